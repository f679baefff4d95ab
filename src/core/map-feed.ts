/**
 * From a snapshot on disk to products ready for staging: open, read, map. Needs nothing but plain data and
 * the file, so it runs in a thread of its own just as well (`map-feed-in-thread.ts`).
 */
import type { Feed, FeedEnd, FeedHints, FeedShape, Reject, Repair } from './feed/feed.js'
import { openFeed } from './feed/open-feed.js'
import { openText } from './feed/open-text.js'
import { sideElements } from './product/choose-preset.js'
import { type OwnedField, shopFields } from './product/field-owners.js'
import { type CutChunk, joinChunks, toCutProduct, toStagedChunk } from './product/fingerprint.js'
import { createMapper } from './product/mapper.js'
import type { MappedProduct, WholesalerMapping } from './product/mapping.js'
import type { Offer } from './product/product.js'
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

/**
 * Products are made in small parts, so that records die young, and staged several parts at once: fewer messages
 * between threads, fewer transactions. They are text by then.
 */
const partsPerChunk = 4

/** Maps in this thread. */
export const openMappedFeed: OpenMappedFeed = async ({ mapping, spillDir, second, ...first }) => {
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
    },
    async *chunks(signal) {
      let found = noFindings()
      const products = mapper.products(
        feed,
        {
          reject: (reject) => found.rejects.push(reject),
          repair: (repair) => found.repairs.push(repair),
          skip: () => {
            found.skipped += 1
          },
        },
        signal,
      )
      let parts: MappedPart[] = []
      const take = (): MappedChunk => {
        const chunk = joinParts(parts, found)
        parts = []
        found = noFindings()
        return chunk
      }
      for (;;) {
        let next: Awaited<ReturnType<typeof products.next>>
        try {
          next = await products.next()
        } catch (error: unknown) {
          yield take()
          throw error
        }
        if (!next.done) parts.push(toPart(next.value, left))
        if (next.done || parts.length === partsPerChunk) yield take()
        if (next.done) return next.value
      }
    },
  }
}

interface MappedPart extends ProductFigures {
  readonly cut: CutChunk
  readonly currency: string | null
}

function toPart(mapped: readonly MappedProduct[], left: readonly OwnedField[]): MappedPart {
  const currency = mapped.find(({ product }) => product.currency !== undefined)?.product.currency ?? null
  let withImage = 0
  let inStock = 0
  for (const { product } of mapped) {
    const { images, variants } = product
    if ((images !== undefined && images.length > 0) || variants.some(({ image }) => image != null)) withImage += 1
    if (isInStock(product) || variants.some(isInStock)) inStock += 1
  }
  return { cut: toStagedChunk(mapped.map((product) => toCutProduct(product, left))), currency, withImage, inStock }
}

function isInStock({ stock, inStock }: Pick<Offer, 'stock' | 'inStock'>): boolean {
  return inStock === true || (inStock == null && stock != null && !/^(-.*|0+(\.0*)?)$/.test(stock))
}

function joinParts(
  parts: readonly MappedPart[],
  found: Omit<MappedChunk, 'cut' | 'currency' | 'figures'>,
): MappedChunk {
  const currency = parts.find((part) => part.currency !== null)?.currency ?? null
  const sum = (name: keyof ProductFigures) => parts.reduce((total, part) => total + part[name], 0)
  const figures = { withImage: sum('withImage'), inStock: sum('inStock') }
  return { cut: joinChunks(parts.map(({ cut }) => cut)), currency, figures, ...found }
}

async function openFile({ path, source, hints }: FeedFile): Promise<Feed> {
  const text = await openText(path, hints, source)
  return openFeed(text, { side: sideElements(text.head), ...hints }, { file: source })
}

function noFindings(): { rejects: Reject[]; repairs: Repair[]; skipped: number } {
  return { rejects: [], repairs: [], skipped: 0 }
}
