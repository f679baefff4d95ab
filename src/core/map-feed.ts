/**
 * From a snapshot on disk to products ready for staging: open, read, map. Needs nothing but plain data and
 * the file, so it runs in a thread of its own just as well (`map-feed-in-thread.ts`).
 */
import type { FeedEnd, FeedHints, FeedShape, Reject, Repair } from './feed/feed.js'
import { openFeed } from './feed/open-feed.js'
import { openText } from './feed/open-text.js'
import type { StagedChunk } from './ledger/ledger.js'
import { sideElements } from './product/choose-preset.js'
import { toStagedChunk, toStagedProduct } from './product/fingerprint.js'
import { createMapper } from './product/mapper.js'
import type { WholesalerMapping } from './product/mapping.js'

export interface MapFeedPlan {
  /** The snapshot. */
  readonly path: string
  /** The source as people know it, for messages. */
  readonly source: string
  readonly hints: FeedHints
  readonly mapping: WholesalerMapping
  /** Folder for temporary data of feeds whose records must be grouped. */
  readonly spillDir: string
  /** Size of the snapshot. */
  readonly bytes: number
}

/** What is known of a feed before its records are mapped. */
export interface FeedFacts {
  readonly shape: FeedShape
  readonly preset: string
}

/** A part of a feed, in its order. Plain data. */
export interface MappedChunk {
  /** Its products, ready for the ledger. */
  readonly staged: StagedChunk
  /** Currency of its first product that names one. */
  readonly currency: string | null
  readonly rejects: readonly Reject[]
  readonly repairs: readonly Repair[]
  /** Products that rules leave out. */
  readonly skipped: number
}

export interface MappedFeed {
  readonly facts: FeedFacts
  /** Streams the feed once, in chunks of some hundred products. Throws as `Feed.records` does. */
  chunks(signal: AbortSignal): AsyncGenerator<MappedChunk, FeedEnd, void>
}

/** Opens a feed for mapping. Throws what is wrong with the feed or its mapping. */
export type OpenMappedFeed = (plan: MapFeedPlan, signal: AbortSignal) => Promise<MappedFeed>

/** Maps in this thread. */
export const openMappedFeed: OpenMappedFeed = async ({ path, source, hints, mapping, spillDir }) => {
  const text = await openText(path, hints, source)
  const feed = await openFeed(text, { side: sideElements, ...hints }, { file: source })
  const mapper = await createMapper(feed, mapping, { spillDir })
  return {
    facts: { shape: feed.shape, preset: mapper.preset },
    async *chunks(signal) {
      let gathered = noFindings()
      const products = mapper.products(
        feed,
        {
          reject: (reject) => gathered.rejects.push(reject),
          repair: (repair) => gathered.repairs.push(repair),
          skip: () => {
            gathered.skipped += 1
          },
        },
        signal,
      )
      for (;;) {
        const next = await products.next()
        const findings = gathered
        gathered = noFindings()
        const mapped = next.done ? [] : next.value
        const currency = mapped.find(({ product }) => product.currency !== undefined)?.product.currency ?? null
        yield { staged: toStagedChunk(mapped.map(toStagedProduct)), currency, ...findings }
        if (next.done) return next.value
      }
    },
  }
}

function noFindings(): { rejects: Reject[]; repairs: Repair[]; skipped: number } {
  return { rejects: [], repairs: [], skipped: 0 }
}
