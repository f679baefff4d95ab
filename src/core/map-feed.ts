/**
 * From a snapshot on disk to products ready for staging: open, read, map. Needs nothing but plain data and
 * the file, so it runs in a thread of its own just as well (`map-feed-in-thread.ts`).
 */
import { readMarks } from './block-marks.js'
import { type ChunkBlock, ChunkBuilder } from './chunk-builder.js'
import type { Feed, FeedEnd, FeedHints, FeedShape, Reject, Repair } from './feed/feed.js'
import { openFeed } from './feed/open-feed.js'
import { openText } from './feed/open-text.js'
import { sideElements } from './product/choose-preset.js'
import { shopFields } from './product/field-owners.js'
import type { CutChunk } from './product/fingerprint.js'
import { createMapper } from './product/mapper.js'
import type { WholesalerMapping } from './product/mapping.js'
import type { ReadField } from './product/read-fields.js'

/** A snapshot, and how to read it. */
export interface FeedFile {
  readonly path: string
  /** The source as people know it, for messages. */
  readonly source: string
  readonly hints: FeedHints
}

export interface MapFeedPlan extends FeedFile {
  /** The second file of the wholesaler. */
  readonly second?: FeedFile
  readonly mapping: WholesalerMapping
  /** Folder for temporary data of feeds whose records must be grouped. */
  readonly spillDir: string
  /** Size of the snapshot. */
  readonly bytes: number
  /** Given: blocks of the feed are to be told, and those that are marked in this file are to be kept. */
  readonly marks?: { readonly path: string | null }
}

/** What is known of a feed before its records are mapped. */
export interface FeedFacts {
  readonly shape: FeedShape
  readonly preset: string
  /** Why that one, for people, and which others would fit. */
  readonly presetReason: string
  readonly otherPresets: readonly string[]
  /** What the mapping reads of the feed, as its first records fill it. */
  readonly fields: readonly ReadField[]
  /** Hash of how it is read, for marks. */
  readonly reading: string
}

/** A part of a feed, in its order. Plain data. */
export interface MappedChunk {
  /** Its products, ready for the ledger but for their fingerprints. */
  readonly cut: CutChunk
  /** Currency of its first product that names one. */
  readonly currency: string | null
  readonly rejects: readonly Reject[]
  readonly repairs: readonly Repair[]
  /** Products that rules leave out. */
  readonly skipped: number
  readonly figures: ProductFigures
  /** What it is made of; empty where blocks are not asked for. What is kept counts in nothing else here but the currency. */
  readonly blocks: readonly ChunkBlock[]
}

/** Numbers of products that have what shops live by. */
export interface ProductFigures {
  readonly withImage: number
  readonly inStock: number
}

export interface MappedFeed {
  readonly facts: FeedFacts
  /** Streams the feed once, in chunks of some hundred products. Throws as `Feed.records` does. */
  chunks(signal: AbortSignal): AsyncGenerator<MappedChunk, FeedEnd, void>
}

/** Opens a feed for mapping. Throws what is wrong with the feed or its mapping. */
export type OpenMappedFeed = (plan: MapFeedPlan, signal: AbortSignal) => Promise<MappedFeed>

/** Maps in this thread. */
export const openMappedFeed: OpenMappedFeed = async ({ mapping, spillDir, second, marks, ...first }) => {
  const feed = await openFile(first)
  const left = shopFields(mapping.fields)
  const mapper = await createMapper(feed, mapping, {
    spillDir,
    ...(second === undefined ? {} : { second: await openFile(second) }),
  })
  return {
    facts: {
      shape: feed.shape,
      preset: mapper.preset,
      presetReason: mapper.presetReason,
      otherPresets: mapper.otherPresets,
      fields: mapper.fields,
      reading: mapper.reading,
    },
    async *chunks(signal) {
      const known = marks?.path == null ? null : readMarks(marks.path, mapper.reading)
      const chunk = new ChunkBuilder(left, marks === undefined ? undefined : known)
      const products = mapper.products(feed, chunk.listener, signal)
      for (;;) {
        let next: Awaited<ReturnType<typeof products.next>>
        try {
          next = await products.next()
        } catch (error: unknown) {
          yield chunk.take()
          throw error
        }
        if (!next.done) chunk.add(next.value)
        if (next.done || chunk.isFull) yield chunk.take()
        if (next.done) return next.value
      }
    },
  }
}

async function openFile({ path, source, hints }: FeedFile): Promise<Feed> {
  const text = await openText(path, hints, source)
  return openFeed(text, { side: sideElements(text.head), ...hints }, { file: source })
}
