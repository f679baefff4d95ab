/**
 * Products as JSON, in which properties have a fixed order: equal products are equal bytes, whatever order their properties
 * were set in. Content comes first, then offer and images, then variants; what is in none of the others is content.
 */
import { AttributeJson } from './attribute-json.js'
import { ascii, type JsonBytes } from './json-bytes.js'
import type { Identifiers, ImageRef, Measure, Offer, Product, Variant } from './product.js'
import { writeList, writeTexts } from './write-texts.js'

/** Where parts of a product stand in what was written: index of the first byte, and behind the last. */
export interface Span {
  readonly from: number
  readonly end: number
}

export interface ProductSpans {
  readonly content: Span
  readonly offer: Span
  readonly images: Span
  readonly variants: readonly VariantSpans[]
}

export interface VariantSpans {
  readonly key: Span
  readonly content: Span
  readonly offer: Span
  readonly image: Span
}

const piece = {
  open: ascii('{'),
  close: ascii('}'),
  null: ascii('null'),
  true: ascii('true'),
  false: ascii('false'),
  key: ascii('"key":'),
  name: ascii(',"name":'),
  sku: ascii(',"sku":'),
  gtin: ascii(',"gtin":'),
  mpn: ascii(',"mpn":'),
  description: ascii(',"description":'),
  shortDescription: ascii(',"shortDescription":'),
  brand: ascii(',"brand":'),
  categories: ascii(',"categories":'),
  tags: ascii(',"tags":'),
  currency: ascii(',"currency":'),
  taxIncluded: ascii(',"taxIncluded":'),
  vatRate: ascii(',"vatRate":'),
  weight: ascii(',"weight":'),
  length: ascii(',"length":'),
  width: ascii(',"width":'),
  height: ascii(',"height":'),
  attributes: ascii(',"attributes":'),
  status: ascii(',"status":'),
  url: ascii(',"url":'),
  options: ascii(',"options":'),
  price: ascii(',"price":'),
  salePrice: ascii(',"salePrice":'),
  wholesalePrice: ascii(',"wholesalePrice":'),
  stock: ascii(',"stock":'),
  inStock: ascii(',"inStock":'),
  availability: ascii(',"availability":'),
  images: ascii(',"images":'),
  image: ascii(',"image":'),
  variants: ascii(',"variants":'),
  imageUrl: ascii('{"url":'),
  alt: ascii(',"alt":'),
  value: ascii('{"value":'),
  unit: ascii(',"unit":'),
}

/** Writes a product, and tells where its parts stand. */
export function writeProduct(json: JsonBytes, product: Product): ProductSpans {
  json.raw(piece.open)
  const from = json.length
  writeContent(json, product)
  const offer = json.length
  writeOffer(json, product)
  const images = json.length
  if (product.images !== undefined) {
    json.raw(piece.images)
    writeList(json, product.images, (image) => writeImage(json, image))
  }
  const end = json.length
  const variants: VariantSpans[] = []
  json.raw(piece.variants)
  writeList(json, product.variants, (variant) => variants.push(writeVariant(json, variant)))
  json.raw(piece.close)
  return {
    content: { from, end: offer },
    offer: { from: offer, end: images },
    images: { from: images, end },
    variants,
  }
}

function writeContent(json: JsonBytes, product: Product): void {
  const { categories, tags, taxIncluded, attributes, options } = product
  json.raw(piece.key)
  json.text(product.key)
  json.raw(piece.name)
  json.text(product.name)
  writeIdentifiers(json, product)
  writeText(json, piece.description, product.description)
  writeText(json, piece.shortDescription, product.shortDescription)
  writeText(json, piece.brand, product.brand)
  if (categories !== undefined) {
    json.raw(piece.categories)
    writeList(json, categories, (path) => writeTexts(json, path))
  }
  if (tags !== undefined) {
    json.raw(piece.tags)
    writeTexts(json, tags)
  }
  writeText(json, piece.currency, product.currency)
  writeFlag(json, piece.taxIncluded, taxIncluded)
  writeText(json, piece.vatRate, product.vatRate)
  writeMeasure(json, piece.weight, product.weight)
  writeMeasure(json, piece.length, product.length)
  writeMeasure(json, piece.width, product.width)
  writeMeasure(json, piece.height, product.height)
  if (attributes !== undefined) {
    json.raw(piece.attributes)
    attributeJson.write(json, attributes)
  }
  writeText(json, piece.status, product.status)
  writeText(json, piece.url, product.url)
  json.raw(piece.options)
  writeTexts(json, options)
}

/** Of the feeds that this thread reads. */
const attributeJson = new AttributeJson()

function writeOffer(json: JsonBytes, offer: Offer): void {
  writeText(json, piece.price, offer.price)
  writeText(json, piece.salePrice, offer.salePrice)
  writeText(json, piece.wholesalePrice, offer.wholesalePrice)
  writeText(json, piece.stock, offer.stock)
  writeFlag(json, piece.inStock, offer.inStock)
  writeText(json, piece.availability, offer.availability)
}

function writeVariant(json: JsonBytes, variant: Variant): VariantSpans {
  json.raw(piece.open)
  const content = json.length
  const key = writeVariantContent(json, variant)
  const offer = json.length
  writeOffer(json, variant)
  const image = json.length
  if (variant.image !== undefined) {
    json.raw(piece.image)
    if (variant.image === null) json.raw(piece.null)
    else writeImage(json, variant.image)
  }
  const end = json.length
  json.raw(piece.close)
  return {
    key,
    content: { from: content, end: offer },
    offer: { from: offer, end: image },
    image: { from: image, end },
  }
}

/** Everything but offer and image. Tells where its key stands. */
function writeVariantContent(json: JsonBytes, variant: Variant): Span {
  json.raw(piece.key)
  const from = json.length
  json.text(variant.key)
  const end = json.length
  writeIdentifiers(json, variant)
  json.raw(piece.options)
  writeList(json, variant.options, (option) => writeTexts(json, option))
  writeMeasure(json, piece.weight, variant.weight)
  return { from, end }
}

function writeIdentifiers(json: JsonBytes, { sku, gtin, mpn }: Identifiers): void {
  writeText(json, piece.sku, sku)
  writeText(json, piece.gtin, gtin)
  writeText(json, piece.mpn, mpn)
}

/** A property that may be absent. */
function writeText(json: JsonBytes, start: Uint8Array, text: string | null | undefined): void {
  if (text === undefined) return
  json.raw(start)
  if (text === null) json.raw(piece.null)
  else json.text(text)
}

function writeFlag(json: JsonBytes, start: Uint8Array, flag: boolean | null | undefined): void {
  if (flag === undefined) return
  json.raw(start)
  json.raw(flag === null ? piece.null : flag ? piece.true : piece.false)
}

function writeMeasure(json: JsonBytes, start: Uint8Array, measure: Measure | null | undefined): void {
  if (measure === undefined) return
  json.raw(start)
  if (measure === null) {
    json.raw(piece.null)
    return
  }
  json.raw(piece.value)
  json.text(measure.value)
  writeText(json, piece.unit, measure.unit)
  json.raw(piece.close)
}

function writeImage(json: JsonBytes, { url, alt }: ImageRef): void {
  json.raw(piece.imageUrl)
  json.text(url)
  writeText(json, piece.alt, alt)
  json.raw(piece.close)
}
