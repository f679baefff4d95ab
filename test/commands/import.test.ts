import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { runShell } from '../cli/run-cli.js'
import { realFeed } from '../support/feeds.js'
import { attributes, elements } from './count-real-feed.js'
import { csvFeed, inWorkplace, skus } from './workplace.js'

/** What an offer may change overnight; everything else is content. */
const offerColumns = ['Regular price', 'Sale price', 'Stock', 'In stock?']

describe('a feed that changed overnight', function () {
  this.timeout(60_000)

  it('is imported by its 15 changed offers; what is gone is marked, and nothing else is touched', async function () {
    const before = realFeed(this, 'ceneo/ceneo_2025-12-10.xml')
    const after = realFeed(this, 'ceneo/ceneo_2025-12-17.xml')
    const changed = changedOffers(await readFile(before, 'utf8'), await readFile(after, 'utf8'))
    assert.equal(changed.length, 15)

    await inWorkplace(async ({ importJson, catalog, run }) => {
      await importJson(before, '--as', 'kompre', '--no-images')
      const first = await catalog()

      const { code, stdout } = await run('import', after, '--as', 'kompre', '--no-images', '--ndjson')
      const events = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      const written = events.filter(({ type }) => type === 'product')
      const { feed, pending } = events.at(-1)
      assert.deepEqual(
        { code, pending, staged: feed.staged },
        { code: 0, pending: 0, staged: { new: 0, changed: 15, unchanged: 810, missing: 252 } },
      )
      assert.deepEqual(written.map(({ key }) => key).sort(), changed)
      assert.deepEqual(new Set(written.map(({ outcome }) => outcome)), new Set(['updated']))

      const second = await catalog()
      assert.deepEqual([...second.keys()], [...first.keys()])
      const changes = [...second]
        .map(([sku, row]) => Object.keys(row).filter((column) => row[column] !== first.get(sku)?.[column]))
        .filter((columns) => columns.length > 0)
      const inOffer = changes.filter((columns) => columns.some((column) => offerColumns.includes(column)))
      assert.deepEqual([changes.length, inOffer.length], [15, 13])

      const third = await importJson(after, '--as', 'kompre', '--no-images')
      assert.deepEqual([third.code, third.job?.total_processed, third.feed.staged?.missing], [0, 0, 252])
    })
  })
})

/** Ids of the offers that are in both feeds, and not the same. */
function changedOffers(before: string, after: string): readonly string[] {
  const byId = (xml: string) =>
    new Map(elements(xml, 'o').map((offer) => [attributes(offer, 'o', 'id')[0] ?? '', offer]))
  const old = byId(before)
  return [...byId(after)]
    .filter(([id, offer]) => old.get(id) !== offer)
    .map(([id]) => id)
    .sort()
}

describe('import', function () {
  this.timeout(30_000)

  it('of 5 batches of 100 takes 500 products and says what is left; the next run takes the next 500', async () => {
    await inWorkplace(async ({ write, importJson, run }) => {
      await write('big.csv', csvFeed(skus(1200)))
      const five = ['big.csv', '--batches', '5', '--per-batch', '100']

      for (const [created, left] of [
        [500, 700],
        [500, 200],
        [200, 0],
        [0, 0],
      ]) {
        const { code, job, pending } = await importJson(...five)
        assert.deepEqual([code, job?.total_created, pending], [0, created, left])
      }
      await write('big.csv', csvFeed(skus(1200), { price: '11.00' }))
      const { stdout } = await run('import', ...five)
      assert.match(stdout, /700/)
    })
  })

  it('of an unchanged feed does not parse it; --remap does, and finds nothing to write', async () => {
    await inWorkplace(async ({ write, run }) => {
      await write('products.csv', csvFeed(skus(3)))
      const steps = async (...flags: string[]) => {
        const { stdout } = await run('import', 'products.csv', '--ndjson', ...flags)
        const events = stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
        const stage = events.filter(({ type, step }) => type === 'step' && step === 'stage')
        return [stage.some(({ state }) => state === 'started'), events.at(-1).job.total_processed]
      }
      assert.deepEqual(await steps(), [true, 3])
      assert.deepEqual(await steps(), [false, 0])
      assert.deepEqual(await steps('--checksum'), [false, 0])
      assert.deepEqual(await steps('--remap'), [true, 0])
    })
  })

  it('maps the same bytes again when a margin changes, and writes the changed prices and nothing else', async () => {
    await inWorkplace(async ({ write, importJson, catalog }) => {
      await write('offer.csv', 'sku,name,brand,price\nA,One,Acme,100\nB,Two,Other,200\nC,Three,Acme,300\n')
      const config = (margin: number) =>
        write(
          'wholesaler.config.json',
          JSON.stringify({
            wholesalers: { acme: { feed: './offer.csv', price: { margin, except: { brand: { other: 0 } } } } },
          }),
        )
      await config(10)
      await importJson()
      const first = await catalog()
      assert.deepEqual(
        [...first.values()].map((row) => Number(row['Regular price'])),
        [110, 200, 330],
      )

      await config(30)
      const { code, job, feed } = await importJson('acme')
      assert.deepEqual(
        [code, job?.total_updated, job?.total_created, feed.staged],
        [0, 2, 0, { new: 0, changed: 2, unchanged: 1, missing: 0 }],
      )
      const second = await catalog()
      for (const [sku, price] of [
        ['A', 130],
        ['B', 200],
        ['C', 390],
      ] as const) {
        const { 'Regular price': now, ...rest } = second.get(sku) ?? {}
        const { 'Regular price': _then, ...before } = first.get(sku) ?? {}
        assert.equal(Number(now), price)
        assert.deepEqual(rest, before)
      }
    })
  })

  it('takes "in stock" away when the feed no longer says so', async () => {
    await inWorkplace(async ({ write, importJson, catalog }) => {
      const feed = (availability: string, stock: number) =>
        `sku,name,stock,availability\nA,One,${stock},${availability}\n`
      const stockOf = async () => {
        const { 'In stock?': inStock, Stock: stock } = (await catalog()).get('A') ?? {}
        return [inStock, stock]
      }
      await write('a.csv', feed('in stock', 2))
      await importJson('a.csv')
      assert.deepEqual(await stockOf(), ['1', '2'])

      await write('a.csv', feed('ask', 0))
      await importJson('a.csv')
      assert.deepEqual(await stockOf(), ['', '0'])
    })
  })

  it('with --no-update-existing creates only; a later run with updates sees what was left', async () => {
    await inWorkplace(async ({ write, importJson }) => {
      await write('a.csv', csvFeed(['A', 'B']))
      await importJson('a.csv')
      await write('a.csv', csvFeed(['A', 'B', 'C'], { price: '12.00' }))

      const create = await importJson('a.csv', '--no-update-existing')
      assert.deepEqual(
        [create.code, create.job?.total_created, create.job?.total_updated, create.job?.total_skipped, create.pending],
        [0, 1, 0, 2, 0],
      )
      const update = await importJson('a.csv')
      assert.deepEqual([update.code, update.job?.total_created, update.job?.total_updated], [0, 0, 2])
    })
  })

  it('with --dry-run writes nothing at all, and with --detailed-exitcode ends with 20 when there are changes', async () => {
    await inWorkplace(async ({ write, importJson, path, catalog }) => {
      await write('a.csv', csvFeed(['A', 'B']))
      const dry = await importJson('a.csv', '--dry-run', '--detailed-exitcode')
      assert.deepEqual([dry.code, dry.success, dry.dry_run, dry.pending, dry.job], [20, true, true, 2, null])
      assert.equal((await importJson('a.csv', '--dry-run')).code, 0)
      assert.equal(existsSync(path('.wholesaler')), false, 'no state folder is made')

      await importJson('a.csv')
      const before = await catalog()
      assert.equal((await importJson('a.csv', '--dry-run', '--detailed-exitcode')).code, 0)
      await write('a.csv', csvFeed(['A', 'B', 'C'], { price: '12.00' }))
      const changes = await importJson('a.csv', '--dry-run', '--detailed-exitcode')
      assert.deepEqual(
        [changes.code, changes.pending, changes.feed.staged],
        [20, 3, { new: 1, changed: 2, unchanged: 0, missing: 0 }],
      )
      assert.deepEqual(await catalog(), before)
      assert.equal((await importJson('a.csv')).job?.total_processed, 3, 'and the import after it does it all')
    })
  })

  it('does not import a feed with less than half of its last records, unless told to (F11)', async () => {
    await inWorkplace(async ({ write, importJson, catalog }) => {
      await write('a.csv', csvFeed(skus(10)))
      await importJson('a.csv')
      await write('a.csv', csvFeed(skus(4), { price: '1.00' }))

      const guarded = await importJson('a.csv')
      assert.deepEqual([guarded.code, guarded.error?.code, guarded.job?.total_processed], [6, 'guard', 0])
      assert.match(guarded.error?.message ?? '', /from 10 to 4 records/)
      assert.match(guarded.error?.hint ?? '', /--allow-shrink/)

      const allowed = await importJson('a.csv', '--allow-shrink')
      assert.deepEqual([allowed.code, allowed.job?.total_updated, allowed.feed.staged?.missing], [0, 4, 6])
      assert.equal((await catalog()).size, 10, 'the shop keeps what is gone from the feed')
    })
  })

  it('of a feed that ended early imports what is complete and marks nothing missing (F1)', async () => {
    await inWorkplace(async ({ write, importJson }) => {
      const xml = (ids: readonly string[]) =>
        `<products>${ids.map((id) => `<product><id>${id}</id><name>N ${id}</name></product>`).join('')}`
      await write('a.xml', `${xml(['1', '2', '3', '4'])}</products>`)
      await importJson('a.xml')
      await write('a.xml', `${xml(['1', '2', '5'])}<product><id>6</id><na`)

      assert.equal((await importJson('a.xml')).code, 7)
      const { code, feed, job, stderr } = await importJson('a.xml', '--lenient')
      assert.deepEqual(
        [code, feed.complete, feed.staged, job?.total_created],
        [3, false, { new: 1, changed: 0, unchanged: 2, missing: 0 }, 1],
      )
      assert.match(stderr, /ended early: .*[^.]\. Its complete records are imported; nothing counts as missing\.\n$/)
    })
  })

  it('reads stdin, which has no name of its own (exit 2 without --as)', async () => {
    await inWorkplace(async ({ write, dir }) => {
      await write('a.csv', csvFeed(['A', 'B']))
      const named = await runShell('cat a.csv | "$WHOLESALER" import - --as acme --json', { cwd: dir })
      const { feed, job } = JSON.parse(named.stdout)
      assert.deepEqual([named.code, feed.wholesaler, job.total_created], [0, 'acme', 2])

      const nameless = await runShell('cat a.csv | "$WHOLESALER" import -', { cwd: dir })
      assert.equal(nameless.code, 2)
      assert.match(nameless.stderr, /--as/)
    })
  })

  it('of the same name from another folder ends with 2 and the hint --as', async () => {
    await inWorkplace(async ({ write, importJson }) => {
      await write('monday/offer.csv', csvFeed(['A', 'B']))
      await write('tuesday/offer.csv', csvFeed(['A', 'B', 'C']))
      await importJson('monday/offer.csv')

      const refused = await importJson('tuesday/offer.csv')
      assert.deepEqual([refused.code, refused.error?.code, refused.success], [2, 'usage', false])
      assert.match(refused.error?.hint ?? '', /--as offer\. .*--as OTHER/)

      const same = await importJson('tuesday/offer.csv', '--as', 'offer')
      assert.deepEqual([same.code, same.feed.staged], [0, { new: 1, changed: 0, unchanged: 2, missing: 0 }])
    })
  })
})
