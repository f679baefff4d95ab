import type { Feed, FeedHints, FeedRecord, Reject, Repair } from '../../../src/core/feed/feed.js'
import { openFeed } from '../../../src/core/feed/open-feed.js'
import { openText } from '../../../src/core/feed/open-text.js'
import type { FeedText } from '../../../src/core/feed/text.js'
import { sideElements } from '../../../src/core/product/choose-preset.js'
import { createMapper, type MapperOptions } from '../../../src/core/product/mapper.js'
import type { MappedProduct, WholesalerMapping } from '../../../src/core/product/mapping.js'
import type { Product } from '../../../src/core/product/product.js'
import { inTempDir } from '../../support/temp-dir.js'

/** What came out of mapping a whole feed. */
export interface Mapped {
  readonly preset: string
  readonly products: readonly Product[]
  readonly mapped: readonly MappedProduct[]
  readonly rejects: readonly Reject[]
  readonly repairs: readonly Repair[]
  readonly skips: readonly string[]
  readonly records: number
  readonly complete: boolean
}

/** Maps the text of a feed, read by the real readers. */
export function mapText(
  text: string,
  mapping: WholesalerMapping = {},
  hints: FeedHints = {},
  options: Partial<MapperOptions> = {},
): Promise<Mapped> {
  return mapFeedText(feedText(text), mapping, hints, options)
}

/** Opens the text of a feed, such as a second file. */
export function openString(text: string, hints: FeedHints = {}): Promise<Feed> {
  return openFeed(feedText(text), hints, { file: 'second' })
}

function feedText(text: string): FeedText {
  return {
    compression: 'none',
    encoding: 'utf-8',
    bom: false,
    head: text.slice(0, 64 * 1024),
    async *chunks() {
      yield text
    },
  }
}

/** Maps a feed on disk. */
export async function mapFile(
  path: string,
  mapping: WholesalerMapping = {},
  hints: FeedHints = {},
  options: Partial<MapperOptions> = {},
): Promise<Mapped> {
  return mapFeedText(await openText(path, hints, path), mapping, hints, options)
}

async function mapFeedText(
  text: FeedText,
  mapping: WholesalerMapping,
  hints: FeedHints,
  options: Partial<MapperOptions>,
): Promise<Mapped> {
  return inTempDir(async (spillDir) => {
    const feed = await openFeed(text, { side: sideElements(text.head), ...hints }, { file: 'test' })
    const mapper = await createMapper(feed, mapping, { spillDir, ...options })
    const rejects: Reject[] = []
    const repairs: Repair[] = []
    const skips: string[] = []
    const mapped: MappedProduct[] = []
    const chunks = mapper.products(feed, {
      reject: (reject) => rejects.push(reject),
      repair: (repair) => repairs.push(repair),
      skip: (reason) => skips.push(reason),
    })
    for (;;) {
      const next = await chunks.next()
      if (next.done) {
        const products = mapped.map(({ product }) => product)
        const { records, complete } = next.value
        return { preset: mapper.preset, products, mapped, rejects, repairs, skips, records, complete }
      }
      mapped.push(...next.value)
    }
  })
}

/** Lines of CSV from cells; nothing is quoted that need not be. */
export function csv(...rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  return `${rows.map((row) => row.map(cell).join(',')).join('\n')}\n`
}

/** Records as a reader would give them, without a feed. */
export function records(...data: readonly FeedRecord['data'][]): readonly FeedRecord[] {
  return data.map((one, index) => ({ data: one, position: { record: index + 1, line: index + 2 } }))
}
