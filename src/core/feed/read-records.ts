import type { FeedEnd, FeedListener, FeedRecord, RecordData, RecordPosition, Reject } from './feed.js'
import { emptyFeed, isMalformed } from './malformed.js'
import type { FeedText } from './text.js'

/**
 * Records per yielded chunk: enough to make the cost of a promise vanish, few enough to be garbage before the next
 * collection of young memory. 200 cost XML two fifths more.
 */
const chunkRecordsMax = 50

/** Length at which the raw text of a reject is cut, in characters. */
const rawCharsMax = 4096

/**
 * Turns text into records, one per reading. Fed with the text of a feed in any pieces: where they are cut
 * makes no difference to what comes out. Throws `feed_malformed` after it has put out the records before.
 */
export interface RecordParser {
  write(piece: string): void
  /** The text is over: puts out what is left, throws when the end is not where it should be. */
  end(): void | Promise<void>
  /** What a lenient parser knows about the end of the document, asked after `end`. Absent: complete. */
  problem?(): string | undefined
  /** Formats of lines: whether the text ended with a line end. */
  endsWithLineEnd?(): boolean
}

export interface ReadOptions {
  readonly file: string
  readonly lenient: boolean
  /** Finds a better account of a failure with a second look at the text. */
  readonly explain?: (error: unknown) => Promise<unknown>
}

/** Where a parser puts its records and what it has to say; counts them. */
export class RecordOutput {
  readonly ready: FeedRecord[] = []
  #met = 0

  constructor(readonly listener: FeedListener) {}

  /** Raw records met so far, rejected ones included. */
  get met(): number {
    return this.#met
  }

  /** The position of a record that has just been met, at `line`. */
  meet(line: number): RecordPosition {
    this.#met += 1
    return { record: this.#met, line }
  }

  put(data: RecordData, position: RecordPosition): void {
    this.ready.push({ data, position })
  }

  reject(reject: Reject): void {
    this.listener.reject(
      reject.raw !== undefined && reject.raw.length > rawCharsMax
        ? { ...reject, raw: reject.raw.slice(0, rawCharsMax) }
        : reject,
    )
  }

  repair(position: RecordPosition, code: string, detail: string): void {
    this.listener.repair({ position, code, detail })
  }
}

/**
 * Runs a parser over a feed's text and hands its records out in chunks. This is `Feed.records` for every
 * format: strict and lenient endings, and the feed without a record, are settled here.
 */
export async function* readRecords(
  text: FeedText,
  begin: (out: RecordOutput) => RecordParser,
  options: ReadOptions,
  listener: FeedListener,
  signal?: AbortSignal,
): AsyncGenerator<readonly FeedRecord[], FeedEnd, void> {
  const out = new RecordOutput(listener)
  const parser = begin(out)
  let failure: { error: unknown } | undefined

  const pieces = text.chunks(signal)[Symbol.asyncIterator]()
  try {
    while (failure === undefined) {
      let last = false
      try {
        const piece = await pieces.next()
        last = piece.done === true
        if (piece.done === true) await parser.end()
        else parser.write(piece.value)
      } catch (error) {
        failure = { error }
      }
      while (out.ready.length >= chunkRecordsMax) yield out.ready.splice(0, chunkRecordsMax)
      signal?.throwIfAborted()
      if (last) break
    }
  } finally {
    await pieces.return?.()
  }
  if (out.ready.length > 0) yield out.ready.splice(0)

  return endOf(parser, out, failure === undefined ? undefined : await explained(failure.error, options), options)
}

async function explained(error: unknown, options: ReadOptions): Promise<{ error: unknown }> {
  return { error: options.explain === undefined ? error : await options.explain(error) }
}

function endOf(
  parser: RecordParser,
  out: RecordOutput,
  failure: { error: unknown } | undefined,
  options: ReadOptions,
): FeedEnd {
  if (failure !== undefined && !(options.lenient && isMalformed(failure.error))) throw failure.error
  const problem = failure === undefined ? parser.problem?.() : (failure.error as Error).message
  if (out.met === 0) {
    if (failure !== undefined) throw failure.error
    throw emptyFeed('The feed has no record.', { file: options.file })
  }
  const endsWithLineEnd = parser.endsWithLineEnd?.()
  return {
    complete: problem === undefined,
    records: out.met,
    ...(problem === undefined ? {} : { problem }),
    ...(endsWithLineEnd === undefined ? {} : { endsWithLineEnd }),
  }
}
