import type { FeedEnd, FeedListener, FeedRecord, RecordData, RecordPosition, Reject } from './feed.js'
import { emptyFeed, isMalformed } from './malformed.js'
import { readInBlocks } from './read-blocks.js'
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
  /** Parsers whose text can be cut between records. */
  readonly seams?: RecordSeams
}

/** The places between records, for who passes over some of them. */
export interface RecordSeams {
  /** Line on which the parser stands. */
  readonly line: number
  /** True when all text so far is done with, and a record may follow. */
  isAtSeam(): boolean
  /** What stands around the records at this seam: what follows is read differently behind another. */
  place(): string
  /** Whether it can be told by a look at the bytes where a record may end. */
  hasEnds(): boolean
  /** Index behind the first place at or after `from` where a record may end; -1 when there is none. */
  recordEnd(bytes: Buffer, from: number): number
  /** Goes on at the seam behind records that are known, which have so many line ends. */
  pass(lines: number): void
}

const lineFeed = 0x0a

/** Of formats in which a record ends where a line does. */
export function lineSeams(parser: {
  readonly line: () => number
  readonly hasEnds: () => boolean
  readonly isAtSeam: () => boolean
  readonly pass: (lines: number) => void
}): RecordSeams {
  return {
    get line() {
      return parser.line()
    },
    isAtSeam: parser.isAtSeam,
    place: () => '',
    hasEnds: parser.hasEnds,
    recordEnd: (bytes, from) => {
      const at = bytes.indexOf(lineFeed, from)
      return at < 0 ? -1 : at + 1
    },
    pass: parser.pass,
  }
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

  /** Counts records that are known. */
  pass(records: number): void {
    this.#met += records
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

  const steps = stepsOf(text, parser, out, signal)
  try {
    for (let last = false; !last && failure === undefined; ) {
      let step: ReadStep = 'some'
      try {
        const next = await steps.next()
        if (next.done) last = true
        else step = next.value
      } catch (error) {
        failure = { error }
      }
      if (step !== 'block') while (out.ready.length >= chunkRecordsMax) yield out.ready.splice(0, chunkRecordsMax)
      if (step !== 'some') yield out.ready.splice(0)
      signal?.throwIfAborted()
    }
  } finally {
    await steps.return()
  }
  if (out.ready.length > 0) yield out.ready.splice(0)

  return endOf(parser, out, failure === undefined ? undefined : await explained(failure.error, options), options)
}

/**
 * What is ready after a step: `some` records, and the rest may wait for more; the records of one `block`, to be handed out
 * together; or `all` before something that is not read.
 */
export type ReadStep = 'some' | 'block' | 'all'

/** Gives the parser the text, step by step. */
async function* stepsOf(
  text: FeedText,
  parser: RecordParser,
  out: RecordOutput,
  signal: AbortSignal | undefined,
): AsyncGenerator<ReadStep, void, void> {
  const { blocks } = out.listener
  if (blocks !== undefined && text.raw !== undefined && parser.seams !== undefined) {
    yield* readInBlocks(text.raw(signal), { parser, seams: parser.seams, out }, blocks)
    return
  }
  for await (const piece of text.chunks(signal)) {
    parser.write(piece)
    yield 'some'
  }
  await parser.end()
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
