/** A wholesaler made ready for an import: where its feed is, how to read it, how to map it. */
import type { FeedHints } from './feed/feed.js'
import type { FeedSource } from './feed/source.js'
import type { ImageRules } from './images/image-rules.js'
import type { MissingPolicy } from './missing-policy.js'
import type { WholesalerMapping } from './product/mapping.js'

export interface Wholesaler {
  readonly name: string
  readonly source: FeedSource
  /** Folder or host an ad-hoc name belongs to; null for a configured wholesaler. */
  readonly origin: string | null
  /** Request headers for a URL source; values may be secrets and are never logged or stored. */
  readonly headers: Readonly<Record<string, string>>
  readonly hints: FeedHints
  /** A second file, which is joined to the feed. */
  readonly second?: SecondSource
  readonly mapping: WholesalerMapping
  /** Moves ownership of products that another wholesaler owns, instead of rejecting them. */
  readonly takeover: boolean
  /** More rejects than this in one feed stop it before any write; null = no limit. */
  readonly rejectsMax: number | null
  /** What becomes of products that left the feed. */
  readonly missing: MissingPolicy
  readonly guards: Guards
  /** Folders below which local image paths are read, beside the feed's own folder. */
  readonly imageRoots: readonly string[]
  readonly imageRules: ImageRules
}

/** What one run may do at most before somebody has to say that it is right. */
export interface Guards {
  /** Most products that one run may take out of sale; null: see `defaultRetireMax`. */
  readonly maxDelete: number | null
  /** Stop when what the mapping reads vanishes from the feed, or is of another kind. */
  readonly fields: boolean
  /** Most percent of them that one feed may lose against the last complete one: products, those with an image, those in stock. */
  readonly products: number
  readonly images: number
  readonly stock: number
  /** Most percent of the products whose price may move by more than `priceChange` percent. */
  readonly prices: number
  readonly priceChange: number
}

export const defaultGuards: Guards = {
  maxDelete: null,
  fields: true,
  products: 50,
  images: 50,
  stock: 90,
  prices: 50,
  priceChange: 50,
}

/** Where a second file is, and how to read it. */
export type SecondSource = Pick<Wholesaler, 'source' | 'headers' | 'hints'>
