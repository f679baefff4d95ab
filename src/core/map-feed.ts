/**
 * From a snapshot on disk to products ready for staging: open, read, map. Needs nothing but plain data and
 * the file, so it runs in a thread of its own just as well (`map-feed-in-thread.ts`).
 */
import type { Feed, FeedEnd, FeedHints, FeedShape, Reject, Repair } from './feed/feed.js'
import { openFeed } from './feed/open-feed.js'
import { openText } from './feed/open-text.js'
import { sideElements } from './product/choose-preset.js'
import { type OwnedField, shopFields } from './product/field-owners.js'
import { ChunkWriter, type CutChunk, toCutProduct } from './product/fingerprint.js'
import { createMapper } from './product/mapper.js'
import type { MapListener, MappedProduct, WholesalerMapping } from './product/mapping.js'
import type { Offer, Product } from './product/product.js'
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
      const chunk = new ChunkUnderWay(left)
      const products = mapper.products(feed, chunk.listener, signal)
      for (let parts = 1; ; parts += 1) {
        let next: Awaited<ReturnType<typeof products.next>>
        try {
          next = await products.next()
        } catch (error: unknown) {
          yield chunk.take()
          throw error
        }
        if (!next.done) chunk.add(next.value)
        if (next.done || parts % partsPerChunk === 0) yield chunk.take()
        if (next.done) return next.value
      }
    },
  }
}

/** A chunk while it is filled. */
class ChunkUnderWay {
  readonly #left: readonly OwnedField[]
  readonly #writer = new ChunkWriter()
  #found = noFindings()

  /** @param left Fields that are the shop's. */
  constructor(left: readonly OwnedField[]) {
    this.#left = left
  }

  readonly listener: MapListener = {
    reject: (reject) => this.#found.rejects.push(reject),
    repair: (repair) => this.#found.repairs.push(repair),
    skip: () => {
      this.#found.skipped += 1
    },
  }

  add(mapped: readonly MappedProduct[]): void {
    for (const { product } of mapped) this.#count(product)
    this.#writer.add(mapped.map((product) => toCutProduct(product, this.#left)))
  }

  /** What was added and found since the last time. */
  take(): MappedChunk {
    const chunk = { cut: this.#writer.take(), ...this.#found }
    this.#found = noFindings()
    return chunk
  }

  #count(product: Product): void {
    const { currency, images, variants } = product
    const { figures } = this.#found
    this.#found.currency ??= currency ?? null
    if ((images !== undefined && images.length > 0) || variants.some(({ image }) => image != null)) {
      figures.withImage += 1
    }
    if (isInStock(product) || variants.some(isInStock)) figures.inStock += 1
  }
}

function isInStock({ stock, inStock }: Pick<Offer, 'stock' | 'inStock'>): boolean {
  return inStock === true || (inStock == null && stock != null && !/^(-.*|0+(\.0*)?)$/.test(stock))
}

async function openFile({ path, source, hints }: FeedFile): Promise<Feed> {
  const text = await openText(path, hints, source)
  return openFeed(text, { side: sideElements(text.head), ...hints }, { file: source })
}

function noFindings() {
  return {
    currency: null as string | null,
    rejects: [] as Reject[],
    repairs: [] as Repair[],
    skipped: 0,
    figures: { withImage: 0, inStock: 0 },
  }
}
