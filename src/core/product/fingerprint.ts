/**
 * Canonical products and their fingerprints: equal products give equal text, whatever order their properties were
 * set in. Properties have a fixed order; absent ones are left out; everything that is not in `Offer` or about
 * images is content.
 */
import { createHash, hash } from 'node:crypto'
import type { StagedRow } from '../ledger/ledger.js'
import type { MappedProduct } from './mapping.js'
import type { ImageRef, Measure, Offer, Product, Variant } from './product.js'

/** 22 characters of base64url are 132 bits: no two products of this world meet. */
const fingerprintLength = 22

/** `crypto.hash` came with Node 20.12; one call without an object to create is twice as fast for short text. */
function fingerprint(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, fingerprintLength)
}

/** The row to stage for a product: its body as JSON, three fingerprints and what it counts. */
export function toStagedRow({ product, line, entries }: MappedProduct): StagedRow {
  const offer = offerJson(product)
  const images = product.images === undefined ? '' : `,"images":${JSON.stringify(product.images.map(canonicalImage))}`
  const ownContent = contentJson(product)
  let content = ownContent
  let offers = offer
  let pictures = images
  let variants = ''
  for (const variant of product.variants) {
    const own = variantJson(variant)
    const ownOffer = offerJson(variant)
    const picture = variant.image === undefined ? '' : `,"image":${imageJson(variant.image)}`
    const id = JSON.stringify(variant.key)
    content += own
    if (ownOffer !== '') offers += `;${id}${ownOffer}`
    if (picture !== '') pictures += `;${id}${picture}`
    variants += `${variants === '' ? '' : ','}{${own}${ownOffer}${picture}}`
  }
  return {
    key: product.key,
    body: `{${ownContent}${offer}${images},"variants":[${variants}]}`,
    content: fingerprint(content),
    offer: fingerprint(offers),
    images: fingerprint(pictures),
    variants: entries ?? product.variants.length,
    images_wanted: imagesWanted(product),
    line,
  }
}

/** The product that `toStagedRow` wrote. */
export function parseBody(body: string): Product {
  return JSON.parse(body) as Product
}

/** References in `images`, and those of variants that are not among them, each URL once. */
export function imagesWanted({ images = [], variants }: Product): number {
  if (variants.length === 0) return images.length
  const urls = new Set(images.map(({ url }) => url))
  for (const { image } of variants) if (image != null) urls.add(image.url)
  return urls.size
}

/**
 * Everything but offer, images and variants, without the braces around it. Properties are in the order in which they
 * stand here; JSON leaves out those that are undefined.
 */
function contentJson(product: Product): string {
  return withoutBraces({
    key: product.key,
    name: product.name,
    sku: product.sku,
    gtin: product.gtin,
    mpn: product.mpn,
    description: product.description,
    shortDescription: product.shortDescription,
    brand: product.brand,
    categories: product.categories,
    tags: product.tags,
    currency: product.currency,
    taxIncluded: product.taxIncluded,
    vatRate: product.vatRate,
    weight: measure(product.weight),
    length: measure(product.length),
    width: measure(product.width),
    height: measure(product.height),
    attributes: product.attributes?.map(({ name, values }) => ({ name, values })),
    status: product.status,
    url: product.url,
    options: product.options,
  } satisfies Canonical<Product, keyof Offer | 'images' | 'variants'>)
}

function variantJson({ key, sku, gtin, mpn, options, weight }: Variant): string {
  return withoutBraces({ key, sku, gtin, mpn, options, weight: measure(weight) } satisfies Canonical<
    Variant,
    keyof Offer | 'image'
  >)
}

/** With a comma before it, or empty. */
function offerJson({ price, salePrice, wholesalePrice, stock, inStock, availability }: Offer): string {
  const json = withoutBraces({
    price,
    salePrice,
    wholesalePrice,
    stock,
    inStock,
    availability,
  } satisfies Canonical<Offer, never>)
  return json === '' ? '' : `,${json}`
}

/** All properties of `T` but those that stand elsewhere: one that is forgotten does not compile. */
type Canonical<T, Elsewhere extends keyof T> = { [F in Exclude<keyof T, Elsewhere>]-?: T[F] | undefined }

function withoutBraces(data: object): string {
  return JSON.stringify(data).slice(1, -1)
}

function measure(from: Measure | null | undefined): Measure | null | undefined {
  if (from == null) return from
  return from.unit === undefined ? { value: from.value } : { value: from.value, unit: from.unit }
}

function imageJson(image: ImageRef | null): string {
  return image === null ? 'null' : JSON.stringify(canonicalImage(image))
}

function canonicalImage({ url, alt }: ImageRef): ImageRef {
  return alt === undefined ? { url } : { url, alt }
}

/** Hash of plain data in which the order of keys does not count. Functions and `undefined` are left out. */
export function digestOf(data: unknown): string {
  return createHash('sha256').update(canonicalJson(data)).digest('base64url')
}

function canonicalJson(data: unknown): string {
  return (
    JSON.stringify(data, (_key, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
    ) ?? 'undefined'
  )
}
