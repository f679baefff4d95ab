/**
 * Canonical products and their fingerprints: equal products give equal text, whatever order their properties were
 * set in. Properties have a fixed order; absent ones are left out; everything that is not in `Offer` or about
 * images is content.
 */
import { createHash, hash } from 'node:crypto'
import type { Fingerprints, StagedChunk, StagedRow } from '../ledger/ledger.js'
import { leaveToShop, type OwnedField } from './field-owners.js'
import { quoted } from './json-text.js'
import type { MappedProduct } from './mapping.js'
import type { Product } from './product.js'
import { contentJson, imageJson, offerJson, variantJson } from './product-json.js'

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
export interface CutChunk {
  readonly rows: readonly CutRow[]
  readonly bodies: Uint8Array
}

/** A product as text: its body as JSON, the parts of it that count, and what stands in its row beside them. */
export interface ProductText extends Fingerprints, Omit<StagedRow, keyof Fingerprints | 'bytes'> {
  /** When they are not those of the parts. */
  readonly prints: Fingerprints | null
  readonly body: string
}

/** A product ready to be staged: its row, and its body as JSON. */
export interface StagedProduct {
  readonly row: StagedRow
  readonly body: string
}

/** What is staged of a product: its body as JSON, three fingerprints and what it counts. */
export function toStagedProduct(mapped: MappedProduct): StagedProduct {
  const text = toText(mapped)
  const { key, line, variants, images_wanted, body } = text
  return { row: { key, line, variants, images_wanted, ...printsOf(text), bytes: bytesOf(body) }, body }
}

/**
 * The text of a product. Fields that are the shop's stand in the body, for the day on which the product is made, and not in
 * the fingerprints.
 */
export function toText({ product, line, entries }: MappedProduct, left: readonly OwnedField[] = []): ProductText {
  const text = textOf(product, line, entries)
  if (left.length === 0) return text
  return { ...text, prints: printsOf(textOf(leaveToShop(product, left, { storedName: '' }), line, entries)) }
}

function textOf(product: Product, line: number, entries: number | undefined): ProductText {
  const content = contentJson(product)
  const offer = offerJson(product)
  const images = product.images === undefined ? '' : `,"images":[${product.images.map(imageJson).join(',')}]`
  const { prints, json } = product.variants.length === 0 ? noVariants : variantsOf(product, { content, offer, images })
  return {
    key: product.key,
    line,
    variants: entries ?? product.variants.length,
    images_wanted: imagesWanted(product),
    content,
    offer,
    images,
    prints,
    body: `{${content}${offer}${images},"variants":[${json}]}`,
  }
}

function printsOf({ prints, content, offer, images }: ProductText): Fingerprints {
  return prints ?? { content: fingerprint(content), offer: fingerprint(offer), images: fingerprint(images) }
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
    const id = quoted(variant.key)
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
export class ChunkWriter {
  #rows: CutRow[] = []
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

  add(products: readonly ProductText[]): void {
    let text = ''
    for (const { body } of products) text += body + lineEnd
    // To ask for the length of each body beforehand takes longer than to write them all.
    this.#reserve(Math.ceil(text.length * chunkBytesSpare) + utf8BytesMax)
    const isAscii = this.#bodies.write(text, this.#length) === text.length
    const lengthOf = isAscii ? charsOf : Buffer.byteLength
    let length = 0
    for (const product of products) {
      const row = cutRow(product, lengthOf)
      length += row.bytes
      this.#rows.push(row)
    }
    if (!isAscii && this.#reserve(length)) this.#bodies.write(text, this.#length)
    this.#length += length
  }

  /** What was added since the last time. */
  take(): CutChunk {
    const chunk = { rows: this.#rows, bodies: this.#bodies.subarray(0, this.#length) }
    const next = Math.max(chunkBytesGuess, Math.ceil(this.#length * chunkBytesSpare))
    this.#rows = []
    this.#bodies = Buffer.from(new ArrayBuffer(next))
    this.#length = 0
    return chunk
  }

  /** Makes room for so many more bytes; true when there was not enough, and what was written beyond the end is gone. */
  #reserve(more: number): boolean {
    const end = this.#length + more
    if (end <= this.#bodies.length) return false
    const larger = Buffer.from(new ArrayBuffer(Math.ceil(end * chunkBytesSpare)))
    larger.set(this.#bodies.subarray(0, this.#length))
    this.#bodies = larger
    return true
  }
}

/** A text that is not all ASCII fills more bytes than it has characters, if there is room for one more of them. */
const utf8BytesMax = 4

const charsOf = (text: string): number => text.length

function cutRow(product: ProductText, lengthOf: (text: string) => number): CutRow {
  const { key, line, variants, images_wanted, prints, body } = product
  const { content, offer, images } = prints ?? {
    content: lengthOf(product.content),
    offer: lengthOf(product.offer),
    images: lengthOf(product.images),
  }
  return { key, line, variants, images_wanted, content, offer, images, bytes: lengthOf(body) + lineEnd.length }
}

/** Puts products together for the ledger. */
export function toStagedChunk(products: readonly StagedProduct[]): StagedChunk {
  return {
    rows: products.map(({ row }) => row),
    bodies: Buffer.from(products.map(({ body }) => body + lineEnd).join('')),
  }
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
