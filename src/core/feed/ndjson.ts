import { faultOf } from './json-document.js'
import { JsonRecordError, parseJsonRecord } from './json-value.js'
import { malformed } from './malformed.js'
import { lineSeams, type RecordOutput, type RecordParser, type RecordSeams } from './read-records.js'

/** Longest line, in characters: far above any real record, far below what memory has. */
export const lineCharsMax = 8 * 1024 * 1024

/** Start of a line that is too long to be read, kept for its reject. */
const excerptChars = 4096

export interface NdjsonReading {
  readonly file: string
  /** A last line without line end is a reject, even when it is a whole object. */
  readonly mustEndLine: boolean
}

/**
 * Turns lines of JSON into records. Blank lines are passed over.
 *
 * Rejects: `bad_json`, `not_an_object`, `too_deep`, `line_too_long`, and `cut_off` for a last line without
 * line end. When that one is no whole object the feed was cut, and `feed_malformed` is thrown as well.
 */
export class NdjsonRecordParser implements RecordParser {
  readonly #reading: NdjsonReading
  readonly #out: RecordOutput
  /** The line that is not yet whole, and its length; longer than the limit, only its start is kept. */
  #open = ''
  #openChars = 0
  #line = 1
  #endsLine = true

  constructor(reading: NdjsonReading, out: RecordOutput) {
    this.#reading = reading
    this.#out = out
  }

  write(piece: string): void {
    if (piece === '') return
    this.#endsLine = piece.endsWith('\n')
    let start = 0
    for (let end = piece.indexOf('\n'); end !== -1; end = piece.indexOf('\n', start)) {
      const part = piece.slice(start, end)
      if (this.#openChars === 0) this.#onLine(part)
      else this.#onOpenLine(part)
      this.#line += 1
      start = end + 1
    }
    if (start < piece.length) this.#keep(start === 0 ? piece : piece.slice(start))
  }

  end(): void {
    if (this.#openChars > lineCharsMax) {
      this.#rejectLong()
      throw malformed('The feed ends in the middle of a line.', { file: this.#reading.file, line: this.#line })
    }
    if (this.#openChars > 0) this.#onUnendedLine(this.#open)
  }

  endsWithLineEnd(): boolean {
    return this.#endsLine
  }

  readonly seams: RecordSeams = lineSeams({
    line: () => this.#line,
    hasEnds: () => true,
    isAtSeam: () => this.#endsLine && this.#openChars === 0,
    pass: (lines) => {
      this.#line += lines
      this.#endsLine = true
    },
  })

  #keep(part: string): void {
    this.#openChars += part.length
    if (this.#openChars <= lineCharsMax) this.#open += part
    else if (this.#open.length > excerptChars) this.#open = this.#open.slice(0, excerptChars)
  }

  #onOpenLine(rest: string): void {
    this.#keep(rest)
    if (this.#openChars > lineCharsMax) this.#rejectLong()
    else this.#onLine(this.#open)
    this.#open = ''
    this.#openChars = 0
  }

  #onLine(line: string): void {
    if (isBlank(line)) return
    const position = this.#out.meet(this.#line)
    try {
      this.#out.put(parseJsonRecord(withoutBom(line)), position)
    } catch (error) {
      if (!(error instanceof JsonRecordError)) throw error
      this.#out.reject({ position, code: error.fault, reason: reasonOf(error, line), raw: line })
    }
  }

  #onUnendedLine(line: string): void {
    if (isBlank(line)) return
    const isCut = isBadJson(withoutBom(line))
    if (!isCut && !this.#reading.mustEndLine) {
      this.#onLine(line)
      return
    }
    const position = this.#out.meet(this.#line)
    const reason = isCut
      ? 'The feed ends in the middle of a line.'
      : 'The feed ends without the line end it used to have.'
    this.#out.reject({ position, code: 'cut_off', reason, raw: line })
    if (isCut) throw malformed(reason, { file: this.#reading.file, ...position, column: line.length + 1 })
  }

  #rejectLong(): void {
    this.#out.reject({
      position: this.#out.meet(this.#line),
      code: 'line_too_long',
      reason: `The line has ${this.#openChars} characters; ${lineCharsMax} are the most.`,
      raw: this.#open.slice(0, excerptChars),
    })
  }
}

function reasonOf(error: JsonRecordError, line: string): string {
  if (error.fault !== 'bad_json') return error.message
  const { message, place } = faultOf(line)
  return `Not JSON at column ${place.column}: ${message}`
}

function isBlank(line: string): boolean {
  return line.length < excerptChars && line.trim() === ''
}

/** Joined files bring a byte order mark along in the middle. */
function withoutBom(line: string): string {
  return line.startsWith('\ufeff') ? line.slice(1) : line
}

function isBadJson(line: string): boolean {
  try {
    parseJsonRecord(line)
    return false
  } catch (error) {
    return error instanceof JsonRecordError && error.fault === 'bad_json'
  }
}
