/** From what the records say to the product that is imported: SKUs, filters, prices, the hook. */

import { messageOf } from '../errors.js'
import type { FeedRecord, RecordData } from '../feed/feed.js'
import { checkProduct } from './check-product.js'
import type { ProductDraft } from './compile-product.js'
import { RecordProblem } from './field.js'
import type { Filter } from './filter.js'
import type { RawProduct } from './map-single.js'
import type { Transform } from './mapping.js'
import type { OfferDraft } from './offer.js'
import type { Pricing } from './price.js'
import { foldSku, type Product, type Variant } from './product.js'
import { effectiveSkus, type VariantSet } from './variants.js'

export interface ProductRules {
  readonly skuPrefix: string
  /** Images of variants are also the product's own. */
  readonly sharesVariantImages: boolean
  readonly filter: Filter | null
  readonly pricing: Pricing | null
  readonly transform: Transform | null
}

/** A finished product, or why it is left out. What cannot become a product throws a `RecordProblem`. */
export type Finished = { readonly product: Product } | { readonly skipped: string }

export function finishProduct(raw: RawProduct, rules: ProductRules): Finished {
  const product = assemble(raw, rules.skuPrefix)
  if (rules.sharesVariantImages) shareVariantImages(product)
  const reason = rules.filter?.(product) ?? null
  if (reason !== null) return { skipped: reason }
  rules.pricing?.(product)
  if (rules.transform === null) return { product }
  const transformed = transform(raw.records, product, rules.transform)
  return transformed === null ? { skipped: 'transform' } : { product: transformed }
}

function assemble({ draft, offer, set, skuSlug }: RawProduct, prefix: string): FreshProduct {
  if (draft.key === '') throw new RecordProblem('no_key', 'there is no SKU, id or other key', 'key')
  if (draft.name === '') throw new RecordProblem('no_name', 'there is no name', 'name')
  const currency = theCurrency(draft.currency, offer.currency, set)
  const product: FreshProduct = offer === draft ? draft : Object.assign(draft, offer)
  if (currency !== undefined) product.currency = currency
  const ownSku = product.sku ?? product.key
  if (set.variants.length === 0) {
    product.sku = prefix + ownSku
    return product
  }
  const skus = effectiveSkus(set.variants, ownSku, skuSlug)
  const shared = [...skus.values()].some((sku) => foldSku(sku) === foldSku(ownSku))
  product.sku = shared ? null : prefix + ownSku
  product.options = set.options
  product.variants = set.variants.map((variant) => toVariant(variant, prefix + (skus.get(variant.key) ?? '')))
  if (product.attributes !== undefined) {
    const attributes = product.attributes.filter(({ name }) => !set.options.includes(name))
    if (attributes.length > 0) product.attributes = attributes
    else delete product.attributes
  }
  return product
}

/** Each address once; where no variant has an image, the product says as much about its own as before. */
function shareVariantImages(product: FreshProduct): void {
  const images = [...(product.images ?? [])]
  for (const { image } of product.variants) {
    if (image != null && !images.some(({ url }) => url === image.url)) images.push(image)
  }
  if (images.length > 0) product.images = images
}

/** A product that nobody else holds yet. */
type FreshProduct = ProductDraft & { variants: readonly FreshVariant[] }
type FreshVariant = { -readonly [F in keyof Variant]: Variant[F] }

function toVariant(draft: VariantSet['variants'][number], sku: string): FreshVariant {
  const { keyIsId: _keyIsId, pairs: _pairs, skuParts: _skuParts, currency: _currency, ...rest } = draft
  const { id: _id, priceDelta: _delta, ...variant } = rest
  return { ...variant, sku }
}

/** One product has one currency. */
function theCurrency(own: string | undefined, price: OfferDraft['currency'], set: VariantSet): string | undefined {
  if (set.variants.length === 0) return price ?? own
  const named = new Set([price, ...set.variants.map(({ currency }) => currency)])
  named.delete(undefined)
  if (named.size > 1) {
    throw new RecordProblem('mixed_currencies', `the prices are in ${[...named].join(' and ')}`, 'price')
  }
  const [only] = named
  return only ?? own
}

function transform(records: readonly FeedRecord[], product: Product, hook: Transform): Product | null {
  const data = records.map((record) => record.data)
  const [only] = data
  const input: RecordData | readonly RecordData[] = data.length === 1 && only !== undefined ? only : data
  try {
    const result: unknown = hook(input, product)
    return result === null ? null : checkProduct(result)
  } catch (error: unknown) {
    throw new RecordProblem('transform_failed', `transform: ${messageOf(error)}`)
  }
}
