/**
 * From records to products.
 *
 * In: a feed and a mapping (a preset, a config, or both). Out: neutral products, grouped, priced and
 * filtered, in the order of the feed (a group stands where its first record stood). A record that cannot
 * become a product is a reject with position, field and reason; nothing here throws for bad data, and
 * nothing here knows a store or a ledger.
 */
import type { Feed, FeedEnd, FeedListener, RecordData } from '../feed/feed.js'
import type { FieldOwners } from './field-owners.js'
import type { FilterRules, StockRules } from './filter.js'
import type { PriceRules } from './price.js'
import type { Product } from './product.js'
import type { JoinMap, ProductMap } from './product-map.js'
import type { ReadField } from './read-fields.js'

export interface MappedProduct {
  readonly product: Product
  /** Line of its first record; 0 when unknown. */
  readonly line: number
  /** Entries of its group, where they are no variants: a lone one without options is the product itself. */
  readonly entries?: number
}

export interface MapListener extends FeedListener {
  /** A product that include, exclude or stock rules leave out. */
  skip(reason: string): void
}

/** A mapping made ready for one feed. */
export interface Mapper {
  /** Name of the preset in use. */
  readonly preset: string
  /** Why that one, for people, and which others would fit. */
  readonly presetReason: string
  readonly otherPresets: readonly string[]
  /** What it reads of the feed, as the first records fill it. */
  readonly fields: readonly ReadField[]
  /** Hash of all that shapes mapping: resolved config, preset, `transform` source, mapper version. */
  readonly digest: string
  /** Hash of all that was found out about the feed and shapes mapping. */
  readonly reading: string
  /** Streams products in chunks of some hundred; can be called again. Returns what the feed's end said. */
  products(
    feed: Feed,
    listener: MapListener,
    signal?: AbortSignal,
  ): AsyncGenerator<readonly MappedProduct[], FeedEnd, void>
}

/** The hook of a config: may change or replace the product, or return null to leave it out. */
export type Transform = (record: RecordData | readonly RecordData[], product: Product) => Product | null

/** All that shapes mapping in the config of a wholesaler. Everything may be left out. */
export interface WholesalerMapping {
  /** Name of a preset, or `none`: only `map` counts. Default: found out. */
  readonly preset?: string | undefined
  /** Fields that differ from the preset's. */
  readonly map?: ProductMap | undefined
  /** How a second file belongs to the feed, where the preset does not know it. */
  readonly join?: JoinMap | undefined
  readonly transform?: Transform | undefined
  /** What the hook's behaviour depends on, for the digest. Default: its own source text. */
  readonly transformSource?: string | undefined
  readonly price?: PriceRules | undefined
  /** Only products to which all of this applies. */
  readonly include?: FilterRules | undefined
  /** No products to which any of this applies. */
  readonly exclude?: FilterRules | undefined
  readonly stock?: StockRules | undefined
  /** `shared`: the images of variants are also the product's own, behind those it has. Default: `own`. */
  readonly variantImages?: 'own' | 'shared' | undefined
  /** Set before every SKU; keys stay without it. */
  readonly skuPrefix?: string | undefined
  /** Fields that are the shop's once a product is there: they no longer count for what has changed. Default: none. */
  readonly fields?: FieldOwners | undefined
}

export type { FilterRules, PriceRules, ProductMap, StockRules }
