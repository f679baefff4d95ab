/**
 * The neutral product: what every feed is mapped to and every store is written from.
 *
 * Three values stay apart in every optional field: *absent* (the property is missing: the feed says
 * nothing, a store keeps what it has), *blank* (`null`, or an empty list: the feed says there is none,
 * a store clears it) and a value, zero included. Plain data, safe to serialise; nothing here does I/O.
 */

/**
 * An exact decimal in canonical form: `-?(0|[1-9]\d*)(\.\d*[1-9])?`, so `12.50` is `12.5` and `-0` is `0`.
 * Never a float. Made only by `decimal.ts`.
 */
export type Decimal = string & { readonly __decimal: unique symbol }

export interface ImageRef {
  /** Absolute URL, or a path below the feed's folder, as in the feed (trimmed). */
  readonly url: string
  readonly alt?: string
}

export interface Attribute {
  readonly name: string
  readonly values: readonly string[]
}

/** Length in the unit of the feed; nothing is converted unasked. */
export interface Measure {
  readonly value: Decimal
  /** `kg`, `g`, `lbs`, `cm` …; absent when the feed names none. */
  readonly unit?: string
}

/** Price and stock: what changes every night. Fields of the `offer` fingerprint. */
export interface Offer {
  /** Retail price, price rules applied. */
  readonly price?: Decimal | null
  readonly salePrice?: Decimal | null
  /** What the wholesaler asks, as in the feed. Equal to `price` when no rule applies. */
  readonly wholesalePrice?: Decimal | null
  /** Quantity; fractions and negative counts are kept as the feed has them. */
  readonly stock?: Decimal | null
  /** Availability when the feed tells it apart from a count. */
  readonly inStock?: boolean | null
  /** Availability in the feed's words: `in 3 days`. */
  readonly availability?: string | null
}

/** Identifiers: always text, leading zeros kept. */
export interface Identifiers {
  readonly sku?: string | null
  readonly gtin?: string | null
  readonly mpn?: string | null
}

export interface Variant extends Offer, Identifiers {
  /** Identity inside the product, stable from feed to feed. */
  readonly key: string
  /** Option name and value in the order of the product's options: `[['Color', 'Red'], ['Size', 'M']]`. */
  readonly options: readonly (readonly [name: string, value: string])[]
  readonly image?: ImageRef | null
  readonly weight?: Measure | null
}

export interface Product extends Offer, Identifiers {
  /** Stable identity inside one wholesaler: SKU, else the feed's own id, else group or handle. Not empty. */
  readonly key: string
  readonly name: string
  /** HTML as in the feed; stores and views escape or sanitise. */
  readonly description?: string | null
  readonly shortDescription?: string | null
  readonly brand?: string | null
  /** Paths from root to leaf. */
  readonly categories?: readonly (readonly string[])[]
  readonly tags?: readonly string[]
  /** In the feed's order, first is main; each URL once. */
  readonly images?: readonly ImageRef[]
  /** ISO 4217, upper case; absent means the store's currency. */
  readonly currency?: string
  /** `false` = net. Absent when the feed does not say. */
  readonly taxIncluded?: boolean
  /** Percent: `23`. */
  readonly vatRate?: Decimal | null
  readonly weight?: Measure | null
  readonly length?: Measure | null
  readonly width?: Measure | null
  readonly height?: Measure | null
  readonly attributes?: readonly Attribute[]
  readonly status?: 'publish' | 'draft' | 'private'
  /** Page of the product at the wholesaler's. */
  readonly url?: string | null
  /** Names of the options that tell variants apart, in order; empty for a product without variants. */
  readonly options: readonly string[]
  /** Empty for a simple product. A grouped product has at least one, also when the group has one record. */
  readonly variants: readonly Variant[]
}

/** SKU equality, the same in every store: trim + case fold. */
export function foldSku(sku: string): string {
  return sku.trim().normalize('NFC').toLowerCase()
}
