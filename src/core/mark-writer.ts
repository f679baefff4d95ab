/** Writes down what a staging read, block by block, for the next one to recognise. */
import { type BlockMark, markLine, marksHash, marksHead, marksSeal, marksTail } from './block-marks.js'
import type { ReadMark } from './chunk-builder.js'
import type { StagedRow, Staging } from './ledger/ledger.js'

/** Text is given to the ledger in pieces of about this length. */
const pieceChars = 64 * 1024

/** Of what was found in blocks, so much is remembered, in characters: more takes longer to keep than to find again. */
const findingsCharsMax = 16 * 1024 * 1024

/** Rows shared by several records before marks are of no use: the feed repeats itself too much. */
const sharedMax = 100_000

export class MarkWriter {
  readonly #staging: Staging
  readonly #shared = new Set<number>()
  readonly #hash = marksHash()
  #text: string
  #count = 0
  #findingsChars = 0

  constructor(staging: Staging, reading: string) {
    this.#staging = staging
    this.#text = marksHead(reading)
  }

  /** A block whose products were just written as these rows. */
  read(mark: ReadMark, rows: readonly StagedRow[], ids: readonly number[]): void {
    let variants = 0
    let images = 0
    for (const row of rows) {
      variants += row.variants
      images += row.images_wanted
    }
    this.kept({ ...mark, rows: mark.hash === '' ? [] : ids, variants, images })
  }

  /** A block that comes again. */
  kept(mark: BlockMark): void {
    const line = markLine(mark)
    if (mark.findings !== null) {
      this.#findingsChars += line.length
      // What was found must not be more than what it was found in.
      if (line.length > mark.bytes || this.#findingsChars > findingsCharsMax) {
        this.kept({ ...mark, hash: '', rows: [], findings: null })
        return
      }
    }
    if (mark.hash !== '') this.#count += 1
    this.#text += line
    if (this.#text.length > pieceChars) this.#flush()
  }

  /**
   * Among these rows are some whose keys came before: one row for several records. The blocks that name them must be read
   * again next time.
   */
  shared(ids: readonly number[]): void {
    for (const id of ids) this.#shared.add(id)
  }

  /** To be called when the feed was read to its end. */
  end(): void {
    this.#text += marksTail(this.#shared)
    this.#flush()
    this.#staging.mark(Buffer.from(marksSeal(this.#hash)))
    if (this.#count === 0 || this.#shared.size > sharedMax) this.#staging.dropMarks()
  }

  #flush(): void {
    const bytes = Buffer.from(this.#text, 'latin1')
    this.#hash.update(bytes)
    this.#staging.mark(bytes)
    this.#text = ''
  }
}
