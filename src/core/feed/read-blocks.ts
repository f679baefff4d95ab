/** Gives a parser a feed block by block, and passes over blocks that are known. */
import { type BlockListener, blockHash, type RecordBlock, startBytes, startOf } from './blocks.js'
import type { RecordPosition } from './feed.js'
import type { ReadStep, RecordOutput, RecordParser, RecordSeams } from './read-records.js'
import type { RawText } from './text.js'

/**
 * Records of a block, about: what is done once for a block costs little for each of them, and one change costs the reading
 * of few others.
 */
const blockRecords = 25
const blockBytesMin = 4 * 1024
const blockBytesUsualMax = 128 * 1024

/** A stretch without a place where a record ends is read on without being a block. */
const blockBytesMax = 1024 * 1024

/** Bytes that are read before it is looked what they are. */
const windowBytes = 32 * 1024

/** Known blocks passed over between two rests, in which others may run. */
const keptPerRest = 64

/** Places that may be the end of a record, tried one by one before the steps grow: a cell of many lines has many. */
const triesMax = 64
const strideBytes = 256

/** Records read without meeting a known block before only some are still looked at: maybe all are new. */
const lostRecordsMax = 5000
const lostLookEvery = 16

/** A block that has changed is mostly as long as it was, but for so many records: the rest is read at once. */
const changedRecordsUsual = 4

/** What a feed in blocks is read into. */
interface Reading {
  readonly parser: RecordParser
  readonly seams: RecordSeams
  readonly out: RecordOutput
}

/** Reads a feed to its end, and leaves records in the output. */
export async function* readInBlocks(
  text: RawText,
  reading: Reading,
  listener: BlockListener,
): AsyncGenerator<ReadStep, void, void> {
  try {
    yield* new BlockReader(text, reading, listener).steps()
  } finally {
    await text.close()
  }
}

class BlockReader {
  readonly #text: RawText
  readonly #parser: RecordParser
  readonly #seams: RecordSeams
  readonly #out: RecordOutput
  readonly #listener: BlockListener
  #bytes = Buffer.alloc(0)
  #at = 0
  #isOver = false
  /** Why there are no more bytes: to be thrown when those before it are read. */
  #failure: { readonly error: unknown } | null = null
  /** The last byte that was decoded is ASCII. */
  #endsAscii = true
  /** The known block that should come next, and whether there is reason to think that it stands here. */
  #next = 0
  #isExpected = true
  /** Seams since a known block was met. */
  #lost = 0
  /** Bytes read so far, and the records in them. */
  #readBytes = 0
  #readRecords = 0

  constructor(text: RawText, { parser, seams, out }: Reading, listener: BlockListener) {
    this.#text = text
    this.#parser = parser
    this.#seams = seams
    this.#out = out
    this.#listener = listener
  }

  async *steps(): AsyncGenerator<ReadStep, void, void> {
    for (let kept = 0; ; ) {
      await this.#fill(windowBytes)
      if (this.#at === this.#bytes.length) break
      if (await this.#passKnown()) {
        kept += 1
        if (kept % keptPerRest === 0) yield 'all'
      } else yield (await this.#readBlock()) ? 'block' : 'all'
    }
    if (this.#failure !== null) throw this.#failure.error
    await this.#text.end()
    await this.#parser.end()
  }

  /** Reads until there are so many bytes ahead, or all. */
  async #fill(wanted: number): Promise<void> {
    while (!this.#isOver && this.#bytes.length - this.#at < wanted) {
      const chunk = await this.#nextBytes()
      if (chunk === null) this.#isOver = true
      else if (chunk.length > 0) {
        this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at), chunk])
        this.#at = 0
      }
    }
  }

  async #nextBytes(): Promise<Buffer | null> {
    try {
      return await this.#text.next()
    } catch (error: unknown) {
      this.#failure = { error }
      return null
    }
  }

  async #passKnown(): Promise<boolean> {
    const { known } = this.#listener
    const block = known?.at(this.#next)
    if (block === undefined || !this.#isAtSeam()) return false
    await this.#fill(block.bytes)
    const end = this.#at + block.bytes
    if (end > this.#bytes.length) return false
    if (blockHash(this.#bytes.subarray(this.#at, end), this.#seams.place()) !== block.hash) return false
    const start = this.#position()
    this.#at = end
    this.#text.pass(block.bytes)
    this.#seams.pass(block.lines)
    this.#out.pass(block.records)
    this.#listener.kept(this.#next, start)
    this.#next += 1
    this.#isExpected = true
    this.#lost = 0
    return true
  }

  /** From here to a seam: to the first one behind which a known block begins, or behind enough for a block. */
  async #readBlock(): Promise<boolean> {
    const wasAtSeam = this.#isAtSeam()
    const place = this.#seams.place()
    const start = this.#position()
    const enough = this.#usualBytes()
    const least = wasAtSeam ? this.#leastBytes(enough) : 0
    let length = 0
    // From a seam on, half a record has no end to look for.
    const half = this.#averageBytes() / 2
    for (let tries = 0, stride = half; ; tries += 1) {
      if (tries > triesMax) stride = Math.max(strideBytes, 2 * stride)
      else if (tries > 0) stride = 0
      const end = await this.#endBehind(length, Math.max(length + stride, least))
      await this.#write(length, end)
      length = end
      if (this.#isAtSeam()) {
        tries = -1
        stride = half
        const isOver = !wasAtSeam || length >= enough || this.#seams.place() !== place
        if ((await this.#meetsKnown(length)) || isOver) break
      }
      const isAll = this.#isOver && this.#at + length === this.#bytes.length
      if (isAll || length >= blockBytesMax || !this.#seams.hasEnds()) break
    }
    const records = this.#out.met - start.record
    this.#readBytes += length
    this.#readRecords += records
    // Passing over it must leave the parser where reading it does.
    const isBlock = wasAtSeam && this.#isAtSeam() && this.#seams.place() === place && records > 0
    this.#listener.block(isBlock ? this.#block(length, this.#seams.line - start.line, records) : null, start)
    this.#at += length
    return isBlock
  }

  /** What a record ends with is ASCII in every format: behind another byte the decoder may be amid a character. */
  #isAtSeam(): boolean {
    return this.#endsAscii && this.#seams.isAtSeam()
  }

  #position(): RecordPosition {
    return { record: this.#out.met, line: this.#seams.line }
  }

  #usualBytes(): number {
    return Math.min(Math.max(this.#averageBytes() * blockRecords, blockBytesMin), blockBytesUsualMax)
  }

  #averageBytes(): number {
    return this.#readRecords === 0 ? 0 : this.#readBytes / this.#readRecords
  }

  /** What can be read before it is worth while to look whether a known block begins. */
  #leastBytes(enough: number): number {
    const { known } = this.#listener
    if (known === null || this.#lost >= lostRecordsMax) return enough
    const expected = this.#isExpected ? known.at(this.#next) : undefined
    this.#isExpected = false
    return expected === undefined ? 0 : expected.bytes * Math.max(0, 1 - changedRecordsUsual / expected.records)
  }

  #block(bytes: number, lines: number, records: number): RecordBlock {
    const end = this.#at + bytes
    const start = startOf(this.#bytes, this.#at, end)
    const hash = blockHash(this.#bytes.subarray(this.#at, end), this.#seams.place())
    return { start, hash, bytes, lines, records }
  }

  /** Where to read to next: the first place behind `least` where a record may end, else all that there is. */
  async #endBehind(length: number, least: number): Promise<number> {
    for (let wanted = windowBytes; ; wanted += windowBytes) {
      await this.#fill(wanted)
      if (!this.#seams.hasEnds()) return this.#bytes.length - this.#at
      const from = Math.min(this.#at + Math.max(least, length), this.#bytes.length)
      const end = this.#seams.recordEnd(this.#bytes, from)
      if (end >= 0) return end - this.#at
      if (this.#isOver || wanted >= blockBytesMax) return this.#bytes.length - this.#at
    }
  }

  async #write(from: number, end: number): Promise<void> {
    const bytes = this.#bytes.subarray(this.#at + from, this.#at + end)
    await this.#text.decode(bytes, (text) => this.#parser.write(text))
    this.#endsAscii = (bytes.at(-1) ?? 0) < 0x80
  }

  /** Whether a known block may begin `length` bytes ahead; it is then the next. */
  async #meetsKnown(length: number): Promise<boolean> {
    const { known } = this.#listener
    if (known === null) return false
    this.#lost += 1
    if (this.#lost > lostRecordsMax && this.#lost % lostLookEvery !== 0) return false
    await this.#fill(length + startBytes)
    const found = known.find(startOf(this.#bytes, this.#at + length))
    if (found === undefined) return false
    this.#next = found
    this.#isExpected = true
    return true
  }
}
