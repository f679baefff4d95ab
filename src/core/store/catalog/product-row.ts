/** Rows of the table `product`: what a product or a variant of a feed becomes in the catalog. */
import type { Fingerprints } from '../../ledger/ledger.js'
import { foldSku, type ImageRef, type Measure, type Offer, type Product, type Variant } from '../../product/product.js'
import type { SqlValue } from '../../sqlite.js'
import { kept, merged } from '../merge.js'

/** Columns of the `offer` fingerprint: what changes every night. */
export interface OfferColumns {
  readonly price: string | null
  readonly sale_price: string | null
  readonly wholesale_price: string | null
  readonly stock: string | null
  readonly in_stock: number | null
  readonly availability: string | null
}

export interface ProductColumns extends OfferColumns {
  readonly parent_id: number | null
  readonly position: number
  readonly owner: string | null
  readonly key: string | null
  readonly sku: string | null
  readonly sku_folded: string | null
  readonly status: string
  readonly name: string
  readonly brand: string | null
  readonly gtin: string | null
  readonly mpn: string | null
  /** `ProductDetails` or `VariantDetails` as JSON. */
  readonly details: string
  /** `Retired` as JSON. */
  readonly retired: string | null
  readonly content: string | null
  readonly offer: string | null
  readonly images: string | null
  readonly updated_at: number
}

export interface ProductRow extends ProductColumns {
  readonly id: number
}

/** What a row was before the missing policy changed it; comes back with the product. */
export type Retired = Partial<Pick<ProductColumns, 'status' | 'stock' | 'in_stock'>>

export const productDetailNames = [
  'description',
  'shortDescription',
  'tags',
  'images',
  'currency',
  'taxIncluded',
  'vatRate',
  'weight',
  'length',
  'width',
  'height',
  'url',
] as const satisfies readonly (keyof Product)[]
export type ProductDetails = Partial<Pick<Product, (typeof productDetailNames)[number]>>
export interface VariantDetails {
  readonly weight?: Measure | null
  readonly image?: ImageRef | null
}

export const offerColumnNames = ['price', 'sale_price', 'wholesale_price', 'stock', 'in_stock', 'availability'] as const

export const productColumnNames = [
  'parent_id',
  'position',
  'owner',
  'key',
  'sku',
  'sku_folded',
  'status',
  'name',
  'brand',
  'gtin',
  'mpn',
  ...offerColumnNames,
  'details',
  'retired',
  'content',
  'offer',
  'images',
  'updated_at',
] as const satisfies readonly (keyof ProductColumns)[]

/** Values in the order of `productColumnNames`. */
export function columnValues(columns: ProductColumns): SqlValue[] {
  return productColumnNames.map((name) => {
    const value = columns[name]
    return typeof value === 'string' ? withoutNul(value) : value
  })
}

/** The text without NUL characters: a database of text ends at the first one. */
export function withoutNul(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '') : text
}

const emptyRow: ProductColumns = {
  parent_id: null,
  position: 0,
  owner: null,
  key: null,
  sku: null,
  sku_folded: null,
  status: 'publish',
  name: '',
  brand: null,
  gtin: null,
  mpn: null,
  price: null,
  sale_price: null,
  wholesale_price: null,
  stock: null,
  in_stock: null,
  availability: null,
  details: '{}',
  retired: null,
  content: null,
  offer: null,
  images: null,
  updated_at: 0,
}

export interface ProductPlace {
  readonly owner: string
  readonly sku: string | null
  readonly fingerprints: Fingerprints
  readonly now: number
}

/** The row of a product; what it does not mention stays as in `stored`. */
export function productColumns(product: Product, place: ProductPlace, stored: ProductColumns | null): ProductColumns {
  const before = stored === null ? emptyRow : restored(stored)
  const prices = offerColumns(product, before)
  const { content, offer, images } = place.fingerprints
  // Spelled out: spreading into so wide an object took a third of the time of an import.
  return {
    parent_id: null,
    position: 0,
    owner: place.owner,
    key: product.key,
    sku: place.sku,
    sku_folded: foldedOrNull(place.sku),
    status: product.status ?? before.status,
    name: product.name,
    brand: kept(product.brand, before.brand),
    gtin: kept(product.gtin, before.gtin),
    mpn: kept(product.mpn, before.mpn),
    price: prices.price,
    sale_price: prices.sale_price,
    wholesale_price: prices.wholesale_price,
    stock: prices.stock,
    in_stock: prices.in_stock,
    availability: prices.availability,
    details: productDetails(product, before.details),
    retired: null,
    content,
    offer,
    images,
    updated_at: place.now,
  }
}

export interface VariantPlace {
  readonly parentId: number
  readonly position: number
  readonly owner: string
  readonly sku: string | null
  readonly now: number
}

/** The row of a variant; what it does not mention stays as in `stored`. */
export function variantColumns(variant: Variant, place: VariantPlace, stored: ProductColumns | null): ProductColumns {
  const before = stored === null ? emptyRow : restored(stored)
  const prices = offerColumns(variant, before)
  return {
    parent_id: place.parentId,
    position: place.position,
    owner: place.owner,
    key: variant.key,
    sku: place.sku,
    sku_folded: foldedOrNull(place.sku),
    status: before.status,
    name: '',
    brand: null,
    gtin: kept(variant.gtin, before.gtin),
    mpn: kept(variant.mpn, before.mpn),
    price: prices.price,
    sale_price: prices.sale_price,
    wholesale_price: prices.wholesale_price,
    stock: prices.stock,
    in_stock: prices.in_stock,
    availability: prices.availability,
    details: variantDetails(variant, before.details),
    retired: null,
    content: null,
    offer: null,
    images: null,
    updated_at: place.now,
  }
}

export function offerColumns(offer: Offer, stored: OfferColumns): OfferColumns {
  return {
    price: kept(offer.price, stored.price),
    sale_price: kept(offer.salePrice, stored.sale_price),
    wholesale_price: kept(offer.wholesalePrice, stored.wholesale_price),
    stock: kept(offer.stock, stored.stock),
    in_stock: typeof offer.inStock === 'boolean' ? Number(offer.inStock) : kept(offer.inStock, stored.in_stock),
    availability: kept(offer.availability, stored.availability),
  }
}

/** The details of a product as JSON, updated. */
export function productDetails(product: Product, stored: string): string {
  return JSON.stringify(merged(parseDetails<ProductDetails>(stored), product, productDetailNames))
}

/** The details of a variant as JSON, updated. */
export function variantDetails(variant: Variant, stored: string): string {
  return JSON.stringify(merged<VariantDetails>(parseDetails(stored), variant, ['weight', 'image']))
}

/** Details come only from this file, so their shape is known. */
export function parseDetails<D extends object>(details: string): Partial<D> {
  return details === '{}' ? {} : JSON.parse(details)
}

export function parseRetired(retired: string | null): Retired {
  return retired === null ? {} : JSON.parse(retired)
}

function restored(row: ProductColumns): ProductColumns {
  return row.retired === null ? row : { ...row, ...parseRetired(row.retired) }
}

function foldedOrNull(sku: string | null): string | null {
  return sku === null ? null : foldSku(sku)
}
