/**
 * Canonical products and their fingerprints: equal products give equal text, whatever order their properties were
 * set in. Properties have a fixed order; absent ones are left out; everything that is not in `Offer` or about
 * images is content.
 */
import { createHash, hash } from 'node:crypto'
import type { Fingerprints, StagedChunk, StagedRow } from '../ledger/ledger.js'
import { AttributeTexts } from './attribute-texts.js'
import { leaveToShop, type OwnedField } from './field-owners.js'
import type { MappedProduct } from './mapping.js'
import type { ImageRef, Measure, Offer, Product, Variant } from './product.js'

/** 22 characters of base64url are 132 bits: no two products of this world meet. */
const fingerprintLength = 22

/** `crypto.hash` came with Node 20.12; one call without an object to create is twice as fast for short text. */
function fingerprint(json: string | Uint8Array): string {
  return hash('sha256', json, 'base64url').slice(0, fingerprintLength)
}

const fingerprintOfNothing = fingerprint('')

/**
 * A row whose fingerprints are still to be taken, by the thread that has time for it: a number is the length in bytes
 * of a part of the body. Content comes first, behind the opening brace, then offer and images.
 */
export interface CutRow extends Omit<StagedRow, keyof Fingerprints> {
  readonly content: string | number
  readonly offer: string | number
  readonly images: string | number
}

/** As `StagedChunk`. */
interface Chunk<Row> {
  readonly rows: readonly Row[]
  readonly bodies: Uint8Array
}

export type CutChunk = Chunk<CutRow>

export interface CutProduct {
  readonly row: CutRow
  readonly body: string
}

/** A product ready to be staged: its row, and its body as JSON. */
export interface StagedProduct {
  readonly row: StagedRow
  readonly body: string
}

/** What is staged of a product: its body as JSON, three fingerprints and what it counts. */
export function toStagedProduct(mapped: MappedProduct): StagedProduct {
  const { row, body } = toCutProduct(mapped)
  return { row: seal(row, Buffer.from(body), 0), body }
}

/**
 * Like `toStagedProduct`, with as much left to do as can be done with the body alone. Fields that are the shop's stand in
 * the body, for the day on which the product is made, and not in the fingerprints.
 */
export function toCutProduct({ product, line, entries }: MappedProduct, left: readonly OwnedField[] = []): CutProduct {
  if (left.length === 0) return cut(product, line, entries)
  const counted = cut(leaveToShop(product, left, { storedName: '' }), line, entries)
  const { content, offer, images } = seal(counted.row, Buffer.from(counted.body), 0)
  const whole = cut(product, line, entries)
  return { ...whole, row: { ...whole.row, content, offer, images } }
}

function cut(product: Product, line: number, entries: number | undefined): CutProduct {
  const content = contentJson(product)
  const offer = offerJson(product)
  const images = product.images === undefined ? '' : `,"images":[${product.images.map(imageJson).join(',')}]`
  const { prints, json } = product.variants.length === 0 ? noVariants : variantsOf(product, { content, offer, images })
  const body = `{${content}${offer}${images},"variants":[${json}]}`
  const bytes = bytesOf(body)
  // What is all ASCII need not be counted part by part.
  const isAscii = bytes === body.length + lineEnd.length
  const lengthOf = (part: string) => (isAscii ? part.length : Buffer.byteLength(part))
  const row: CutRow = {
    key: product.key,
    content: prints?.content ?? lengthOf(content),
    offer: prints?.offer ?? lengthOf(offer),
    images: prints?.images ?? lengthOf(images),
    bytes,
    variants: entries ?? product.variants.length,
    images_wanted: imagesWanted(product),
    line,
  }
  return { row, body }
}

interface VariantsJson {
  readonly json: string
  /** Of the whole product, in which parts of the variants count; null when there are none. */
  readonly prints: Fingerprints | null
}

const noVariants: VariantsJson = { json: '', prints: null }

function variantsOf({ variants }: Product, own: Fingerprints): VariantsJson {
  let { content, offer, images } = own
  let json = ''
  for (const variant of variants) {
    const ownContent = variantJson(variant)
    const ownOffer = offerJson(variant)
    const picture = variant.image === undefined ? '' : `,"image":${imageJson(variant.image)}`
    const id = JSON.stringify(variant.key)
    content += ownContent
    if (ownOffer !== '') offer += `;${id}${ownOffer}`
    if (picture !== '') images += `;${id}${picture}`
    json += `${json === '' ? '' : ','}{${ownContent}${ownOffer}${picture}}`
  }
  const prints = { content: fingerprint(content), offer: fingerprint(offer), images: fingerprint(images) }
  return { json, prints }
}

/** Takes the fingerprints that are still to be taken. */
export function sealed({ rows, bodies }: CutChunk): StagedChunk {
  let next = 0
  const sealedRows = rows.map((row) => {
    const at = next
    next += row.bytes
    return seal(row, bodies, at)
  })
  return { rows: sealedRows, bodies }
}

function seal(row: CutRow, bodies: Uint8Array, at: number): StagedRow {
  let end = at + '{'.length
  const take = (part: string | number): string => {
    if (typeof part === 'string') return part
    if (part === 0) return fingerprintOfNothing
    const start = end
    end += part
    return fingerprint(bodies.subarray(start, end))
  }
  const content = take(row.content)
  const offer = take(row.offer)
  const images = take(row.images)
  return { ...row, content, offer, images }
}

const lineEnd = '\n'

/** Length of a body as it is staged: each is a line of its own. */
export function bytesOf(body: string): number {
  return Buffer.byteLength(body) + lineEnd.length
}

/** Room for the bodies of a first chunk, in bytes; each later one gets what its forerunner took, and a tenth more. */
const chunkBytesGuess = 64 * 1024
const chunkBytesSpare = 1.1

/**
 * Puts a chunk together out of small parts, each written as it comes. Its bodies are in memory of their own, not of
 * Node's pool: they can be handed over to another thread.
 */
export class ChunkWriter<P extends CutProduct = CutProduct> {
  #rows: P['row'][] = []
  #bodies = Buffer.from(new ArrayBuffer(chunkBytesGuess))
  #length = 0

  /** Rows that were added since the last time. */
  get rows(): number {
    return this.#rows.length
  }

  /** Bytes of their bodies. */
  get bytes(): number {
    return this.#length
  }

  add(products: readonly P[]): void {
    let text = ''
    let length = 0
    for (const { row, body } of products) {
      this.#rows.push(row)
      text += body + lineEnd
      length += row.bytes
    }
    const end = this.#length + length
    if (end > this.#bodies.length) this.#grow(end)
    this.#bodies.write(text, this.#length)
    this.#length = end
  }

  /** What was added since the last time. */
  take(): Chunk<P['row']> {
    const chunk = { rows: this.#rows, bodies: this.#bodies.subarray(0, this.#length) }
    const next = Math.max(chunkBytesGuess, Math.ceil(this.#length * chunkBytesSpare))
    this.#rows = []
    this.#bodies = Buffer.from(new ArrayBuffer(next))
    this.#length = 0
    return chunk
  }

  #grow(atLeast: number): void {
    const larger = Buffer.from(new ArrayBuffer(Math.ceil(atLeast * chunkBytesSpare)))
    larger.set(this.#bodies.subarray(0, this.#length))
    this.#bodies = larger
  }
}

/** Puts products together for the ledger. */
export function toStagedChunk<P extends CutProduct>(products: readonly P[]): Chunk<P['row']> {
  const writer = new ChunkWriter<P>()
  writer.add(products)
  return writer.take()
}

/** The products of a chunk, each parsed when it is asked for. */
export function* productsOf({ rows, bodies }: StagedChunk): Generator<{
  readonly row: StagedRow
  readonly product: Product
}> {
  const text = Buffer.from(bodies.buffer, bodies.byteOffset, bodies.byteLength)
  let end = 0
  for (const row of rows) {
    const at = end
    end += row.bytes
    yield { row, product: parseBody(text.toString('utf8', at, end)) }
  }
}

/** The product that `toStagedProduct` wrote. */
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
  const { attributes, status, url, options } = product
  const first = withoutBraces({
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
  } satisfies Canonical<Product, keyof Offer | 'images' | 'variants' | 'attributes' | 'status' | 'url' | 'options'>)
  const list = attributes === undefined ? '' : `,"attributes":${attributeTexts.listOf(attributes)}`
  return `${first}${list}${member('status', status)}${member('url', url)}${member('options', options)}`
}

/** Of the feeds that this thread reads. */
const attributeTexts = new AttributeTexts()

/** With a comma before it, or empty. */
function member(name: string, value: unknown): string {
  return value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`
}

function variantJson({ key, sku, gtin, mpn, options, weight }: Variant): string {
  return withoutBraces({ key, sku, gtin, mpn, options, weight: measure(weight) } satisfies Canonical<
    Variant,
    keyof Offer | 'image'
  >)
}

/**
 * Each with a comma before it, or empty. Written one by one: JSON.stringify takes three times as long for an object of
 * which most properties are absent.
 */
function offerJson(offer: Offer): string {
  let json = ''
  for (const name of offerNames) json += member(name, offer[name])
  return json
}

const offerNames = Object.keys({
  price: 0,
  salePrice: 0,
  wholesalePrice: 0,
  stock: 0,
  inStock: 0,
  availability: 0,
} satisfies Record<keyof Offer, 0>) as readonly (keyof Offer)[]

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
  if (image === null) return 'null'
  return `{"url":${JSON.stringify(image.url)}${member('alt', image.alt)}}`
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
