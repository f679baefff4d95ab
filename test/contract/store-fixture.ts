/** What the store contract needs of a store, and the small words its tests are written in. */
import { createHash } from 'node:crypto'
import type { Decimal, Product, Variant } from '../../src/core/product/product.js'
import type { ImageFile, ItemResult, Store, StoreBatch, StoreId, StoreItem } from '../../src/core/store/store.js'

/** What a store is able to promise. What one cannot is asked of it nowhere; all else is asked of all. */
export interface Abilities {
  /** Refuses a writer whose job was taken over, by its older token. */
  readonly fence: boolean
  /** Knows the results of a batch by its id alone, without the batch's products. */
  readonly rememberBatches: boolean
  /** Takes its currency from us. A store with one of its own is under test with PLN. */
  readonly takeCurrency: boolean
  /** Keeps a feed's word about availability apart from its count. */
  readonly keepAvailability: boolean
  /** Finds a product by wholesaler and key alone, without the id of the last import and under another SKU. */
  readonly findByKey: boolean
  /** Exchanges the form of an image, tells the form of each, and knows of one whose file is gone. */
  readonly exchangeImages: boolean
  /** Longest SKU, in characters. */
  readonly skuLengthMax: number
}

export const allAbilities: Abilities = {
  fence: true,
  rememberBatches: true,
  takeCurrency: true,
  keepAvailability: true,
  findByKey: true,
  exchangeImages: true,
  skuLengthMax: Number.POSITIVE_INFINITY,
}

/** A store under test, empty and, where it takes one from us, without a currency. */
export interface StoreFixture {
  readonly store: Store
  /** An image file as the image phase hands it over; the same bytes give the same hash, in a file of its own. */
  putFile(bytes: string): Promise<ImageFile>
  /** A product that no wholesaler wrote. */
  addByHand(product: { readonly sku: string; readonly name: string }): Promise<StoreId>
  /** Deletes an image behind the store's back. */
  loseImage(id: StoreId): Promise<void>
  /** What a shopper or the owner would see of a product; null when there is none. */
  view(id: StoreId): Promise<ProductView | null>
  close(): Promise<void>
}

export interface ProductView {
  readonly name: string
  readonly sku: string | null
  readonly status: string
  readonly price: string | null
  readonly salePrice: string | null
  readonly stock: string | null
  readonly inStock: boolean | null
  readonly brand: string | null
  readonly description: string | null
  readonly tags: readonly string[]
  readonly categories: readonly (readonly string[])[]
  readonly attributes: readonly { readonly name: string; readonly values: readonly string[] }[]
  readonly variants: readonly VariantView[]
}

export interface VariantView {
  readonly id: StoreId
  readonly key: string
  readonly sku: string | null
  readonly price: string | null
  readonly stock: string | null
  readonly inStock: boolean | null
  readonly options: readonly (readonly [string, string])[]
}

/** What is seen of availability where the store does not keep the feed's word apart from the count. */
export function availability(
  { keepAvailability }: Abilities,
  stock: string | null,
  word: boolean | null,
): boolean | null {
  return keepAvailability || word !== null ? word : stock === null || Number(stock) > 0
}

export const decimal = (text: string) => text as Decimal

export function product(key: string, fields: Partial<Product> = {}): Product {
  return { key, sku: key, name: `Product ${key}`, options: [], variants: [], ...fields }
}

export function variant(key: string, fields: Partial<Variant> = {}): Variant {
  return { key, options: [['Size', key]], ...fields }
}

export function variable(key: string, variants: readonly Variant[], fields: Partial<Product> = {}): Product {
  return product(key, { options: ['Size'], variants, ...fields })
}

/** An item with fingerprints that differ exactly when content, offer or images differ. */
export function item(from: Product, storeId: StoreId | null = null): StoreItem {
  const { price, salePrice, wholesalePrice, stock, inStock, availability, images, variants, ...content } = from
  const offer = { price, salePrice, wholesalePrice, stock, inStock, availability }
  const variantOffers = variants.map((each) => [each.key, each.price, each.salePrice, each.stock, each.inStock])
  const variantContents = variants.map(({ key, sku, options, gtin }) => [key, sku, options, gtin])
  return {
    key: from.key,
    kind: storeId === null ? 'new' : 'changed',
    product: from,
    storeId,
    content: fingerprint([content, variantContents]),
    offer: fingerprint([offer, variantOffers]),
    images: fingerprint([images, variants.map(({ image }) => image)]),
  }
}

function fingerprint(value: unknown): string {
  // undefined and null are different values everywhere.
  const text = JSON.stringify(value, (_, each) => (each === undefined ? '\u0000absent' : each))
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

let batches = 0

/** A batch with an id of its own: job 1, token 1, wholesaler `aren`, updates allowed, no takeover. */
export function batchOf(products: readonly (Product | StoreItem)[], fields: Partial<StoreBatch> = {}): StoreBatch {
  batches += 1
  return {
    id: `1-${batches}`,
    jobId: 1,
    token: 1,
    wholesaler: 'aren',
    items: products.map((each) => ('product' in each ? each : item(each))),
    updateExisting: true,
    takeover: false,
    ...fields,
  }
}

/** Applies one product and returns its result. */
export async function applyOne(
  store: Store,
  one: Product | StoreItem,
  fields: Partial<StoreBatch> = {},
): Promise<ItemResult> {
  const [result] = await store.apply(batchOf([one], fields))
  if (result === undefined) throw new Error('no result')
  return result
}

/** Applies one product that must not be rejected and returns its id. */
export async function idOf(store: Store, one: Product | StoreItem, fields: Partial<StoreBatch> = {}): Promise<StoreId> {
  const result = await applyOne(store, one, fields)
  if (result.outcome === 'rejected') throw new Error(result.reason)
  return result.storeId
}
