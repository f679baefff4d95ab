/** Products as they are staged, and their fingerprints: of content, offer and images, see `product-json.ts`. */
import { createHash, hash } from 'node:crypto'
import type { Fingerprints, StagedChunk, StagedRow } from '../ledger/ledger.js'
import { leaveToShop, type OwnedField } from './field-owners.js'
import { ascii, JsonBytes } from './json-bytes.js'
import type { MappedProduct } from './mapping.js'
import type { Product } from './product.js'
import { type ProductSpans, type Span, writeProduct } from './product-json.js'

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

/** A product ready to be staged: its row, and its body as JSON. */
export interface StagedProduct {
  readonly row: StagedRow
  readonly body: string
}

/** What is staged of a product: its body as JSON, three fingerprints and what it counts. */
export function toStagedProduct(mapped: MappedProduct): StagedProduct {
  const writer = new ChunkWriter()
  writer.add([mapped])
  const { rows, bodies } = sealed(writer.take())
  const [row] = rows
  if (row === undefined) throw new Error('nothing was written')
  return { row, body: Buffer.from(bodies).toString('utf8', 0, bodies.length - lineEnd.length) }
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

const lineEnd = ascii('\n')

/** Length of a body as it is staged: each is a line of its own. */
export function bytesOf(body: string): number {
  return Buffer.byteLength(body) + lineEnd.length
}

/** Room for the bodies of a chunk, at least. */
const chunkBytesMin = 64 * 1024

/** Puts a chunk together out of small parts, each written as it comes. Its bodies can be handed over to another thread. */
export class ChunkWriter {
  readonly #left: readonly OwnedField[]
  readonly #json = new JsonBytes(chunkBytesMin)
  /** Products as they count, where that is not how they are written. */
  readonly #counted = new JsonBytes(0)
  #rows: CutRow[] = []

  /** @param left Fields that are the shop's: they stand in the body, for the day on which the product is made, and do not count. */
  constructor(left: readonly OwnedField[] = []) {
    this.#left = left
  }

  /** Rows that were added since the last time. */
  get rows(): number {
    return this.#rows.length
  }

  /** Bytes of their bodies. */
  get bytes(): number {
    return this.#json.length
  }

  add(products: readonly MappedProduct[]): void {
    for (const mapped of products) this.#rows.push(this.#write(mapped))
  }

  /** What was added since the last time. */
  take(): CutChunk {
    const chunk = { rows: this.#rows, bodies: this.#json.take() }
    this.#rows = []
    return chunk
  }

  #write({ product, line, entries }: MappedProduct): CutRow {
    const json = this.#json
    const from = json.length
    const spans = writeProduct(json, product)
    json.raw(lineEnd)
    const bytes = json.length - from
    const { content, offer, images } = this.#left.length === 0 ? cutOf(json, spans) : this.#countedPrints(product)
    return {
      key: product.key,
      line,
      variants: entries ?? product.variants.length,
      images_wanted: imagesWanted(product),
      content,
      offer,
      images,
      bytes,
    }
  }

  #countedPrints(product: Product): Fingerprints {
    const json = this.#counted
    json.clear()
    return printsOf(json, writeProduct(json, leaveToShop(product, this.#left, { storedName: '' })))
  }
}

/** Of a product without variants fingerprints are those of its parts, which can be taken later. */
function cutOf(json: JsonBytes, spans: ProductSpans): Pick<CutRow, keyof Fingerprints> {
  const { content, offer, images, variants } = spans
  if (variants.length > 0) return printsOf(json, spans)
  return { content: lengthOf(content), offer: lengthOf(offer), images: lengthOf(images) }
}

function lengthOf({ from, end }: Span): number {
  return end - from
}

const variantSign = ascii(';')

function printsOf(json: JsonBytes, spans: ProductSpans): Fingerprints {
  const partOf = ({ from, end }: Span) => json.part(from, end)
  const content = [partOf(spans.content)]
  const offer = [partOf(spans.offer)]
  const images = [partOf(spans.images)]
  for (const variant of spans.variants) {
    content.push(partOf(variant.content))
    // Whose offer or image it is counts too.
    const key = partOf(variant.key)
    if (lengthOf(variant.offer) > 0) offer.push(variantSign, key, partOf(variant.offer))
    if (lengthOf(variant.image) > 0) images.push(variantSign, key, partOf(variant.image))
  }
  const print = (parts: readonly Uint8Array[]) => fingerprint(Buffer.concat(parts))
  return { content: print(content), offer: print(offer), images: print(images) }
}

/** Puts products together for the ledger. */
export function toStagedChunk(products: readonly StagedProduct[]): StagedChunk {
  return {
    rows: products.map(({ row }) => row),
    bodies: Buffer.from(products.map(({ body }) => `${body}\n`).join('')),
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
