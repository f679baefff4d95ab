/**
 * Records that are products by themselves, with what is nested in them as variants; and what all ways of
 * mapping share.
 */
import type { FeedRecord } from '../feed/feed.js'
import type { ProductDraft, ProductReader } from './compile-product.js'
import { add } from './decimal.js'
import { RecordProblem } from './field.js'
import type { CompileContext, OfferDraft } from './offer.js'
import type { Scope } from './picked.js'
import type { Decimal } from './product.js'
import type { ProductMap } from './product-map.js'
import { compileVariant, toVariantSet, type VariantDraft, type VariantSet } from './variants.js'

/** A product before rules: what its records say. */
export interface RawProduct {
  /** See `MappedProduct.entries`. */
  readonly entries?: number
  readonly draft: ProductDraft
  readonly offer: OfferDraft
  readonly set: VariantSet
  readonly skuSlug: boolean
  /** All records it was made of, its main one first. */
  readonly records: readonly FeedRecord[]
}

export interface RawSink {
  product(raw: RawProduct): void
  problem(record: FeedRecord, problem: RecordProblem, key: string | null): void
  /** Notes that follow are about this record. */
  begin(record: FeedRecord): void
  note(code: string, detail: string): void
}

export interface RecordMapping {
  readonly map: (records: readonly FeedRecord[], sink: RawSink) => void
  /** Names under which records belong together; null when every record is a product. */
  readonly namesOf: ((record: FeedRecord) => readonly string[]) | null
  /** Key of a record by itself, for messages. */
  readonly keyOf: (record: FeedRecord) => string | null
}

/** What all ways share. */
export interface Compiled {
  readonly product: ProductReader
  readonly keyOf: (scope: Scope) => string | null
  readonly map: ProductMap
  readonly context: CompileContext
}

export function scopeOf(record: FeedRecord): Scope {
  return { node: record.data, up: null }
}

/** Runs `body` for one record; a problem of that record goes to the sink. */
export function guarded(record: FeedRecord, sink: RawSink, key: () => string | null, body: () => void): void {
  sink.begin(record)
  try {
    body()
  } catch (error: unknown) {
    if (!(error instanceof RecordProblem)) throw error
    sink.problem(record, error, key())
  }
}

const noVariants: VariantSet = { options: [], variants: [], repeated: [], repeatedSkus: [] }

/** Every record is a product, with what is nested in it as variants. */
export function singleMapping(compiled: Compiled): RecordMapping['map'] {
  const nested = nestedVariants(compiled)
  const skuSlug = compiled.map.variants?.skuSlug === true
  return (records, sink) => {
    for (const record of records) {
      const scope = scopeOf(record)
      guarded(
        record,
        sink,
        () => compiled.keyOf(scope),
        () => {
          const { draft, offer } = readProduct(compiled, scope)
          const set = nested === null ? noVariants : noted(nested(scope, offer), sink)
          sink.product({ draft, offer, set, skuSlug, records: [record] })
        },
      )
    }
  }
}

/** The draft is its own offer: one object, filled once. */
export function readProduct({ product, keyOf }: Compiled, scope: Scope): { draft: ProductDraft; offer: OfferDraft } {
  const draft = product.base(scope)
  product.offer(scope, draft)
  const images = product.images(scope)
  if (images !== undefined) draft.images = images
  draft.key = keyOf(scope) ?? ''
  return { draft, offer: draft }
}

/** Variants below a record. */
function nestedVariants({ map, context }: Compiled): ((scope: Scope, product: OfferDraft) => VariantSet) | null {
  const { variants } = map
  if (variants?.each === undefined) return null
  const find = context.selectors.scopes(variants.each)
  const read = compileVariant(variants, context, map, 'nested')
  return (scope, product) => toVariantSet(find(scope).map((one) => withPricesOf(product, read(one, scope))))
}

/** What a variant does not say of its price is what the product says, with what the variant adds to it. */
export function withPricesOf(product: OfferDraft, variant: VariantDraft): VariantDraft {
  if (variant.price == null && product.price !== undefined) {
    const { priceDelta } = variant
    const own = (price: Decimal | null) => (priceDelta === undefined || price === null ? price : add(price, priceDelta))
    variant.price = own(product.price)
    if (product.salePrice !== undefined) variant.salePrice ??= own(product.salePrice)
  }
  if (variant.wholesalePrice == null && product.wholesalePrice !== undefined) {
    variant.wholesalePrice = product.wholesalePrice
  }
  return variant
}

export function noted(set: VariantSet, sink: RawSink): VariantSet {
  for (const key of set.repeated) {
    sink.note('repeated_variant', `variant ${key} came more than once; the last one counts`)
  }
  for (const sku of set.repeatedSkus) {
    sink.note('repeated_sku', `several variants bear the SKU ${sku}; each got an addition of its own`)
  }
  return set
}
