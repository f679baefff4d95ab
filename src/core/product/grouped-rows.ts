/** The records of one product while it is put together from them. */
import type { FeedRecord } from '../feed/feed.js'
import type { ProductDraft } from './compile-product.js'
import { noted, type RawSink, type RecordMapping } from './map-single.js'
import type { OfferDraft } from './offer.js'
import { toVariantSet, type VariantDraft } from './variants.js'

export type Grouped = Pick<RecordMapping, 'map' | 'namesOf'>

/** The row that stands for the product, and rows as variants of it. */
export interface Rows {
  readonly main: FeedRecord
  readonly draft: ProductDraft
  readonly offer: OfferDraft
  readonly variants: VariantDraft[]
  readonly used: FeedRecord[]
}

/** Adds a row as a variant of the product. */
export function addVariant(rows: Rows, record: FeedRecord, variant: VariantDraft): void {
  rows.variants.push(variant)
  if (record !== rows.main) rows.used.push(record)
}

/** `entries`: how many the group had, where a lone one became the product itself. */
export function emit(
  { main, draft, offer, variants, used }: Rows,
  skuSlug: boolean,
  sink: RawSink,
  entries?: number,
): void {
  const set = noted(toVariantSet(variants), sink)
  const records = [main, ...used.filter((record) => record !== main)]
  const lone = set.variants.length === 0 && entries !== undefined ? { entries } : {}
  sink.product({ draft, offer, set, skuSlug, records, ...lone })
}
