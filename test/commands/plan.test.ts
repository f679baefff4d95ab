import assert from 'node:assert/strict'
import { DatabaseSync } from '@photostructure/sqlite'
import { csvFeed, inWorkplace, skus, type Workplace } from './workplace.js'

/** Plans an import of `feed.csv` and keeps the plan. */
async function plan(place: Workplace) {
  const { code, stdout, stderr } = await place.run('import', 'feed.csv', '--dry-run', '--json')
  assert.equal(code, 0, stderr)
  await place.write('plan.json', stdout)
  return JSON.parse(stdout)
}

function inCatalog(place: Workplace, sql: string): void {
  const catalog = new DatabaseSync(place.path('.wholesaler/catalog.db'))
  catalog.exec(sql)
  catalog.close()
}

describe('import --apply', function () {
  this.timeout(120_000)

  it('executes a plan, of a first import too', () =>
    inWorkplace(async (place) => {
      await place.write('feed.csv', csvFeed(skus(12)))
      const first = await plan(place)
      assert.deepEqual([first.plan.ledger, first.plan.feeds[0].creates, first.plan.changes.length], [null, 12, 12])
      const made = await place.importJson('feed.csv', '--apply', 'plan.json')
      assert.deepEqual([made.code, made.job?.total_created], [0, 12])

      await place.write('feed.csv', csvFeed(skus(14)).replace('A00003,10.00', 'A00003,11.00'))
      const { plan: second } = await plan(place)
      assert.deepEqual([second.feeds[0].creates, second.feeds[0].updates], [2, 1])
      assert.deepEqual(second.changes[0], {
        wholesaler: 'feed',
        key: 'a00003',
        sku: 'A00003',
        name: 'Product A00003',
        act: 'update',
        fields: [
          { field: 'price', from: '10', to: '11' },
          { field: 'wholesalePrice', from: '10', to: '11' },
        ],
      })
      const applied = await place.importJson('feed.csv', '--apply', 'plan.json')
      assert.deepEqual([applied.code, applied.job?.total_created, applied.job?.total_updated], [0, 2, 1])
    }))

  it('refuses, and writes nothing, when shop, feed, options or ledger have moved since', () =>
    inWorkplace(async (place) => {
      await place.write('feed.csv', csvFeed(skus(3)))
      await place.importJson('feed.csv')
      const tonight = csvFeed(skus(4), { price: '12.00' })
      await place.write('feed.csv', tonight)
      await plan(place)
      const refused = async (reason: RegExp, ...more: string[]) => {
        const before = await place.catalog()
        const { code, error, job } = await place.importJson('feed.csv', '--apply', 'plan.json', ...more)
        assert.deepEqual([code, error?.code, job ?? null], [6, 'guard', null])
        assert.match(error?.message ?? '', reason)
        assert.deepEqual(await place.catalog(), before)
      }

      await refused(/its options are not those/, '--no-update-existing')
      inCatalog(place, "UPDATE product SET price = '9.99' WHERE sku = 'A00001'")
      await refused(/the shop has other products/)
      inCatalog(place, "UPDATE product SET price = '10.00' WHERE sku = 'A00001'")
      await place.write('feed.csv', csvFeed(skus(5), { price: '12.00' }))
      await refused(/the feed of feed is another one/)
      await place.write('feed.csv', tonight)
      await place.write('other.csv', csvFeed(skus(1, 'B')))
      await place.importJson('other.csv')
      await refused(/the ledger was written to by another job/)
    }))

  it('says what is no plan', () =>
    inWorkplace(async (place) => {
      await place.write('feed.csv', csvFeed(skus(1)))
      await place.write('plan.json', '{"success": false}')

      const { code, error } = await place.importJson('feed.csv', '--apply', 'plan.json')

      assert.deepEqual([code, error?.code], [2, 'usage'])
      assert.match(error?.hint ?? '', /--dry-run --json > plan\.json/)
    }))
})
