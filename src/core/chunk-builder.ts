/** Chunks of a mapped feed while they are filled: products, what was found beside them, and the blocks they came in. */
import { type BlockFindings, findingsAt, findingsFrom } from './block-findings.js'
import type { BlockMark, BlockSums, KnownMarks } from './block-marks.js'
import type { BlockListener, RecordBlock } from './feed/blocks.js'
import type { RecordPosition, Reject, Repair } from './feed/feed.js'
import type { MappedChunk } from './map-feed.js'
import type { OwnedField } from './product/field-owners.js'
import { ChunkWriter } from './product/fingerprint.js'
import type { MapListener, MappedProduct } from './product/mapping.js'
import type { Offer, Product } from './product/product.js'

/** Part of a chunk, in its order: rows that were read, maybe all of a block, or a block of before that is kept. */
export type ChunkBlock =
  | { readonly type: 'read'; readonly rows: number; readonly mark: ReadMark | null }
  | { readonly type: 'kept'; readonly mark: BlockMark }

/** A mark as far as it is known before its products have rows. */
export type ReadMark = Omit<BlockMark, 'rows' | 'variants' | 'images'>

/**
 * Products are made in small parts, so that records die young, and staged many parts at once: fewer messages between
 * threads, fewer transactions. They are text by then. Rejects, repairs and blocks count as much.
 */
const itemsPerChunk = 500
/** Of large products fewer make a chunk. */
const bytesPerChunk = 1024 * 1024

export class ChunkBuilder {
  readonly listener: MapListener
  readonly #writer: ChunkWriter
  #found = noFindings()
  /** Of the products that are added next: their block, what they add up to, how many findings there were before. */
  #block: { readonly block: RecordBlock; readonly start: RecordPosition } | null = null
  #sums = noSums()
  #before = { rejects: 0, repairs: 0 }

  /**
   * @param left Fields that are the shop's.
   * @param known Marks of an earlier staging; undefined when blocks are not asked for.
   */
  constructor(left: readonly OwnedField[], known: KnownMarks | null | undefined) {
    this.#writer = new ChunkWriter(left)
    this.listener = {
      reject: (reject) => {
        this.#found.rejects.push(reject)
      },
      repair: (repair) => {
        this.#found.repairs.push(repair)
      },
      skip: () => {
        this.#sums.skipped += 1
      },
      ...(known === undefined ? {} : { blocks: this.#blocks(known) }),
    }
  }

  /** Adds the products of one chunk of records. */
  add(mapped: readonly MappedProduct[]): void {
    for (const { product } of mapped) count(product, this.#sums)
    this.#writer.add(mapped)
    this.#endPart(mapped.length)
  }

  /** It is time to hand over what was added and found. */
  get isFull(): boolean {
    const { rejects, repairs, blocks } = this.#found
    const items = this.#writer.rows + rejects.length + repairs.length + blocks.length
    return items >= itemsPerChunk || this.#writer.bytes >= bytesPerChunk
  }

  /** What was added and found since the last time. */
  take(): MappedChunk {
    const chunk = { cut: this.#writer.take(), ...this.#found }
    this.#found = noFindings()
    this.#beginFindings()
    return chunk
  }

  #blocks(known: KnownMarks | null): BlockListener {
    return {
      known,
      block: (block, start) => {
        this.#block = block === null ? null : { block, start }
      },
      kept: (index, start) => {
        const mark = known?.at(index)
        if (mark === undefined) return
        this.#found.currency ??= mark.currency
        this.#found.blocks.push({ type: 'kept', mark })
        this.#addFindings(mark, start)
      },
    }
  }

  #endPart(rows: number): void {
    const found = this.#found
    const sums = this.#sums
    found.currency ??= sums.currency
    found.figures.withImage += sums.withImage
    found.figures.inStock += sums.inStock
    found.skipped += sums.skipped
    if (this.listener.blocks !== undefined) {
      const mark = this.#block === null ? null : { ...this.#block.block, ...sums, ...this.#findings(this.#block.start) }
      if (rows > 0 || mark !== null) found.blocks.push({ type: 'read', rows, mark })
    }
    this.#block = null
    this.#sums = noSums()
    this.#beginFindings()
  }

  /** What was found so far belongs to no block that is still to end. */
  #beginFindings(): void {
    this.#before = { rejects: this.#found.rejects.length, repairs: this.#found.repairs.length }
  }

  /** What was found in the block that ends; one that something else was found with must be read again. */
  #findings(start: RecordPosition): { readonly findings: BlockFindings | null; readonly hash?: '' } {
    const rejects = this.#found.rejects.slice(this.#before.rejects)
    const repairs = this.#found.repairs.slice(this.#before.repairs)
    if (rejects.length + repairs.length === 0) return { findings: null }
    const findings = findingsFrom({ rejects, repairs }, start)
    return findings === null ? { findings, hash: '' } : { findings }
  }

  /** Of a block that is kept, they are told as if it had been read. */
  #addFindings({ findings }: BlockMark, start: RecordPosition): void {
    if (findings === null) return
    const { rejects, repairs } = findingsAt(findings, start)
    this.#found.rejects.push(...rejects)
    this.#found.repairs.push(...repairs)
    this.#beginFindings()
  }
}

type PartSums = { -readonly [F in keyof Omit<BlockSums, 'variants' | 'images'>]: BlockSums[F] }

function noSums(): PartSums {
  return { withImage: 0, inStock: 0, skipped: 0, currency: null }
}

function noFindings() {
  return {
    currency: null as string | null,
    rejects: [] as Reject[],
    repairs: [] as Repair[],
    skipped: 0,
    figures: { withImage: 0, inStock: 0 },
    blocks: [] as ChunkBlock[],
  }
}

function count(product: Product, sums: PartSums): void {
  const { currency, images, variants } = product
  sums.currency ??= currency ?? null
  if ((images !== undefined && images.length > 0) || variants.some(({ image }) => image != null)) sums.withImage += 1
  if (isInStock(product) || variants.some(isInStock)) sums.inStock += 1
}

function isInStock({ stock, inStock }: Pick<Offer, 'stock' | 'inStock'>): boolean {
  return inStock === true || (inStock == null && stock != null && !/^(-.*|0+(\.0*)?)$/.test(stock))
}
