import assert from 'node:assert/strict'
import fc from 'fast-check'
import { defaultConfig } from '../../../src/core/config/load-config.js'
import { resolveWholesalers } from '../../../src/core/config/resolve-wholesalers.js'
import type { FeedEnd, Reject, Repair } from '../../../src/core/feed/feed.js'
import type { MappedChunk, OpenMappedFeed } from '../../../src/core/map-feed.js'
import type { WholesalerMapping } from '../../../src/core/product/mapping.js'
import { silent } from '../../../src/core/progress.js'
import { type StagedFeed, type StageOptions, stageFeed } from '../../../src/core/stage-feed.js'
import { atImportSite, type ImportSite } from './import-site.js'

interface Row {
  readonly sku: string
  readonly price: number
  readonly text: string
}

/** Enough for a feed of more than a megabyte, which is read in blocks. */
const count = 1500
const text = 'A description of some length, as they are. '.repeat(17)

const rows: readonly Row[] = Array.from({ length: count }, (_, index) => ({
  sku: `P${index}`,
  price: 10 + index,
  text,
}))

/** One row in 40 lacks its name and is rejected, one in 70 lacks a cell and is repaired. */
const isNameless = (index: number) => index % 40 === 20
const isShort = (index: number) => index % 70 === 35
const nameless = rows.filter((_, index) => isNameless(index)).length

function written(some: readonly Row[], note: string): string {
  const lines = some.map(({ sku, price, text }, index) => {
    const name = isNameless(index) ? '' : `Product ${sku} ż`
    return `${sku},${name},${price}.50,5,"${text}\n${sku}"${isShort(index) ? '' : ',Acme'}\n`
  })
  return `sku,name,price,stock,description,brand\n${lines.join('')}N,${note},1,1,,\n`
}

const night = fc.array(
  fc.record({
    at: fc.nat({ max: count - 1 }),
    what: fc.constantFrom('price', 'text', 'new', 'gone', 'again', 'moved'),
    much: fc.integer({ min: 1, max: 40 }),
  }),
  { minLength: 1, maxLength: 6 },
)
type Edit = typeof night extends fc.Arbitrary<(infer E)[]> ? E : never

function edited(some: readonly Row[], { at, what, much }: Edit): readonly Row[] {
  const before = some.slice(0, at)
  const here = some.slice(at, at + much)
  const after = some.slice(at + much)
  switch (what) {
    case 'price':
      return [...before, ...here.map((row) => ({ ...row, price: row.price + 1 })), ...after]
    case 'text':
      return [...before, ...here.map((row) => ({ ...row, text: `${row.text}!` })), ...after]
    case 'new':
      return [...before, ...here.map((row) => ({ ...row, sku: `${row.sku}x` })), ...here, ...after]
    case 'gone':
      return [...before, ...after]
    case 'again':
      // The same keys at the end once more, some with another price.
      return [...some, ...here.map((row, index) => ({ ...row, price: row.price + (index % 2) }))]
    default:
      return [...after, ...before, ...here]
  }
}

interface Told {
  readonly feeds: unknown
  readonly counts: unknown
  readonly shelf: unknown
  readonly rejects: readonly string[]
}

async function importNight(site: ImportSite, feed: string, remap: boolean): Promise<Told> {
  await site.feed(feed)
  const report = await site.run({ remap, allowShrink: true })
  return {
    feeds: JSON.parse(JSON.stringify(report.feeds).replaceAll(site.dir, '')),
    counts: report.counts,
    shelf: site.store.entries.map(({ fields }) => fields).sort((a, b) => String(a.sku).localeCompare(String(b.sku))),
    rejects: site.events.flatMap((event) =>
      event.type === 'reject' ? [`${event.line} ${event.code} ${event.key}`] : [],
    ),
  }
}

describe('A feed of which most has not changed', () => {
  it('leaves ledger and shop as if it had been read whole, night after night', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(night, { minLength: 2, maxLength: 3 }), async (nights) => {
        await atImportSite({}, async (kept) => {
          await atImportSite({}, async (whole) => {
            let today = rows
            for (const [index, edits] of [[], ...nights].entries()) {
              today = edits.reduce<readonly Row[]>(edited, today)
              const feed = written(today, `night ${index}`)

              assert.deepEqual(await importNight(kept, feed, false), await importNight(whole, feed, true))
            }
          })
        })
      }),
      { numRuns: 4, endOnFailure: true },
    )
  })

  it('is read only where it has changed, and its rows are written only there', () =>
    atStaging({}, async (stage) => {
      const clean = rows.filter((_, index) => !isNameless(index) && !isShort(index))
      const written = (some: readonly Row[], note: string) =>
        `sku,name,price,stock,description\n${some.map(({ sku, price, text }) => `${sku},P ${sku},${price},5,"${text}"\n`).join('')}N,${note},1,1,\n`
      const first = await stage(written(clean, 'first'))
      assert.equal(first.rowsRead, clean.length + 1)

      const later = edited(edited(clean, { at: 700, what: 'price', much: 1 }), { at: 20, what: 'gone', much: 1 })
      const { staged, feed, rowsRead } = await stage(written(later, 'second'))

      assert.deepEqual(staged, { new: clean.length, changed: 0, unchanged: 0, missing: 0 })
      assert.equal(feed.products, clean.length)
      assert.ok(rowsRead < 200, `${rowsRead} of ${clean.length} rows were read again`)
    }))

  it('tells again what was found where it is not read, on the lines where that stands now', async () => {
    const lines = written(rows, 'x').split(/(?<=\n)(?=P\d+,)/)
    const feeds = [
      lines,
      lines.toSpliced(701, 1),
      lines.toSpliced(4, 0, 'Q1,Quite new,5,5,"a\nb",Acme\n', 'Q2,,5\n'),
    ].map((some) => some.join(''))
    await atStaging({}, async (stage) => {
      for (const [index, feed] of feeds.entries()) {
        const found = await stage(feed)
        await atStaging({}, async (whole) => {
          const expected = await whole(feed)
          assert.deepEqual([found.rejects, found.repairs], [expected.rejects, expected.repairs])
          assert.equal(found.feed.products, expected.feed.products)
          assert.ok(expected.rejects.length > 30 && expected.repairs.length > 15)
        })
        if (index > 0) assert.ok(found.rowsRead < 200, `${found.rowsRead} of ${count} rows were read again`)
      }
    })
  })

  it('is not read again for the date that stands in its root', () =>
    atStaging({}, async (stage) => {
      const written = (date: string) =>
        `<items date="${date}">\n${rows.map(({ sku, price, text }) => `<item><id>${sku}</id><name>P ${sku}</name><price>${price}</price><description>${text}</description></item>\n`).join('')}</items>\n`
      const first = await stage(written('2026-01-14'))
      assert.equal(first.rowsRead, count)

      const { feed, rowsRead } = await stage(written('2026-01-15'))

      assert.equal(feed.products, count)
      assert.ok(rowsRead < 200, `${rowsRead} of ${count} rows were read again`)
    }))

  it('is read whole when a hook makes its products, which may know more than their records', async () => {
    let surcharge = 1
    const transform = (_record: unknown, product: object) => ({ ...product, wholesalePrice: String(surcharge) })
    await atImportSite({}, async (site) => {
      await site.feed(written(rows, 'first'))
      await site.run({}, { transform })
      surcharge = 2
      await site.feed(written(rows, 'second'))

      const { counts } = await site.run({}, { transform })

      assert.equal(counts.updated, count - nameless + 1)
    })
  })

  it('keeps blocks of which rules leave every product out', () =>
    atStaging({ include: { brand: ['Other'] } }, async (stage) => {
      const stageNight = async (note: string) => {
        const { feed, blocksKept } = await stage(`${written(rows, note)}O,Other,1,1,,Other\n`)
        return { products: feed.products, skipped: feed.skipped, blocksKept }
      }

      const first = await stageNight('first')
      assert.deepEqual(first, { products: 1, skipped: count - nameless + 1, blocksKept: 0 })
      const { blocksKept, ...second } = await stageNight('second')

      assert.deepEqual({ ...second, blocksKept: 0 }, first)
      assert.ok(blocksKept > 10, `${blocksKept} blocks were kept`)
    }))
})

interface Night extends StagedFeed {
  readonly rowsRead: number
  readonly blocksKept: number
  readonly rejects: readonly Reject[]
  readonly repairs: readonly Repair[]
}

/** Stages feeds of one wholesaler with this mapping, one after the other. */
function atStaging(
  mapping: WholesalerMapping,
  body: (stage: (text: string) => Promise<Night>) => Promise<void>,
): Promise<void> {
  return atImportSite({}, async ({ ports, dir, feed }) => {
    const [aren] = resolveWholesalers(defaultConfig, arenRequest, { cwd: dir, env: {} })
    assert.ok(aren)
    const wholesaler = { ...aren, mapping: { ...aren.mapping, ...mapping } }
    await body(async (text) => {
      let rowsRead = 0
      let blocksKept = 0
      const rejects: Reject[] = []
      const repairs: Repair[] = []
      const openMapped: OpenMappedFeed = async (plan, signal) => {
        const mapped = await ports.openMapped(plan, signal)
        const chunks = () =>
          watched(mapped.chunks(signal), ({ cut, blocks }) => {
            rowsRead += cut.rows.length
            blocksKept += blocks.filter(({ type }) => type === 'kept').length
          })
        return { ...mapped, chunks }
      }
      await feed(text)
      const staged = await stageFeed(
        wholesaler,
        {
          ...ports,
          openMapped,
          progress: silent,
          onReject: (_, reject) => rejects.push(reject),
          onRepair: (repair) => repairs.push(repair),
        },
        stageOptions,
      )
      return { ...staged, rowsRead, blocksKept, rejects, repairs }
    })
  })
}

const arenRequest = { source: 'feed.csv', as: 'aren', preset: null, format: null, lenient: false }

async function* watched(
  chunks: AsyncGenerator<MappedChunk, FeedEnd, void>,
  watch: (chunk: MappedChunk) => void,
): AsyncGenerator<MappedChunk, FeedEnd, void> {
  for (;;) {
    const next = await chunks.next()
    if (next.done) return next.value
    watch(next.value)
    yield next.value
  }
}

const stageOptions: StageOptions = {
  remap: false,
  checksum: true,
  allowShrink: false,
  dryRun: false,
  allowPrivateHosts: [],
  signal: new AbortController().signal,
}
