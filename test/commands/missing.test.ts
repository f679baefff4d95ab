import assert from 'node:assert/strict'
import { DatabaseSync } from '@photostructure/sqlite'
import { missingApartMs } from '../../src/core/missing-policy.js'
import { runCli } from '../cli/run-cli.js'
import { answerOf, csvFeed, inWorkplace, skus, type Workplace } from './workplace.js'

/** A shop that imported 30 products, of which two fetches, an hour apart, lacked the last ones. */
async function loseProducts(place: Workplace, missing: string, left: number): Promise<void> {
  const config = { wholesalers: { aren: { feed: './feed.csv', missing } } }
  await place.write('wholesaler.config.json', JSON.stringify(config))
  await place.write('feed.csv', csvFeed(skus(30)))
  await place.run('import')
  await place.write('feed.csv', csvFeed(skus(left)))
  await place.run('import')
  const ledger = new DatabaseSync(place.path('.wholesaler/ledger.db'))
  ledger.prepare('UPDATE imported SET missing_since = missing_since - ?').run(missingApartMs)
  ledger.close()
}

async function skusInStore(place: Workplace): Promise<number> {
  return (await place.catalog()).size
}

describe('import, for products that left the feed', function () {
  this.timeout(60_000)

  it('killed between store and ledger finishes what it began, and counts each product once', () =>
    inWorkplace(async (place) => {
      await loseProducts(place, 'delete', 21)
      const env = { WHOLESALER_FAILPOINT: 'missing-retired:2:kill' }
      const killed = await runCli(['import', '--per-batch', '4'], { cwd: place.dir, env })
      assert.equal(killed.code, null)

      const recovered = JSON.parse((await place.run('recover', '--json')).stdout)

      assert.equal(recovered.jobs[0].job.status, 'completed')
      assert.equal(recovered.jobs[0].job.total_retired, 9)
      assert.equal(await skusInStore(place), 21)
      assert.equal((await place.importJson()).job?.total_retired, 0)
    }))

  it('ends with 6 when they are too many, having done all else, and takes the number that it named', () =>
    inWorkplace(async (place) => {
      await loseProducts(place, 'draft', 15)

      const tripped = await place.importJson()
      assert.deepEqual([tripped.code, tripped.success, tripped.error?.code], [6, false, 'guard'])
      assert.match(tripped.error?.hint ?? '', /--max-delete 15\.$/)
      assert.deepEqual(tripped.feed.retired, { policy: 'draft', due: 15, done: 0 })
      assert.equal(tripped.job?.status, 'completed')
      const told = await place.run('import')
      assert.deepEqual([told.code, told.stderr.includes('--max-delete 15')], [6, true])

      const allowed = answerOf(await place.run('import', '--max-delete', '15', '--json'))
      assert.deepEqual([allowed.code, allowed.job?.total_retired], [0, 15])
      assert.equal((await place.catalog()).get('A00020')?.Published, '-1')
    }))
})
