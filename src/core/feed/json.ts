import { WholesalerError } from '../errors.js'
import { faultOf, JsonDocument, JsonSyntaxError } from './json-document.js'
import { JsonRecordError, parseJsonRecord } from './json-value.js'
import { emptyFeed, lenientHint, malformed } from './malformed.js'
import type { RecordOutput, RecordParser } from './read-records.js'
import type { FeedText } from './text.js'
import type { TextPlace } from './text-places.js'

/** Names that lists of products go by, the surest first. Compared without case. */
const listNames = [
  'products',
  'product',
  'offers',
  'offer',
  'articles',
  'article',
  'items',
  'item',
  'goods',
  'catalog',
  'records',
  'rows',
  'entries',
  'results',
  'feed',
  'data',
]

export interface JsonReading {
  readonly file: string
  /** Tells the arrays of records by their path; the root's is `''`. */
  readonly isRecordArray: (path: string) => boolean
  readonly lenient: boolean
}

interface Candidate {
  readonly path: string
  readonly firstItem: string
}

/**
 * Finds the array that holds the records: the root, else the array of objects with the most telling name,
 * the shallowest and first of its kind. Arrays inside arrays are parts of records and not looked at.
 * Throws `feed_malformed` when there is none, `feed_empty` when there are only empty ones.
 */
export async function findJsonRecords(text: FeedText, file: string): Promise<string> {
  const found: Candidate[] = []
  const document = new JsonDocument({
    isRecordArray: () => false,
    array: (path, firstItem) => found.push({ path, firstItem }),
  })
  const best = () => bestCandidate(found)
  try {
    let seen = 0
    for await (const piece of text.chunks()) {
      document.write(piece)
      seen += piece.length
      if (seen >= text.head.length && best() !== undefined) break
    }
    if (best() === undefined) document.end()
  } catch (error) {
    // What is wrong behind the place where records begin is for the reading to say, with the records before it.
    if (best() === undefined) throw placed(error, file)
  }
  const path = best()
  if (path !== undefined) return path
  if (found.some(({ firstItem }) => firstItem === ']')) throw emptyFeed('The feed has no record.', { file })
  throw malformed('No array of objects was found in this JSON.', { file }, 'Name the array of records with "record".')
}

function bestCandidate(found: readonly Candidate[]): string | undefined {
  const rank = (path: string) => {
    const at = listNames.indexOf(path.slice(path.lastIndexOf('/') + 1).toLowerCase())
    return at === -1 ? listNames.length : at
  }
  const depth = (path: string) => (path === '' ? 0 : path.split('/').length)
  return found
    .filter(({ path, firstItem }) => firstItem === '{' || (path === '' && firstItem !== ']'))
    .toSorted((a, b) => rank(a.path) - rank(b.path) || depth(a.path) - depth(b.path))[0]?.path
}

/**
 * Turns the items of one array of a JSON document into records.
 *
 * Rejects: `not_an_object`, `too_deep`, and under lenient `bad_json` for a record that is broken inside.
 * Repairs, lenient only: `trailing_comma`. Throws `feed_malformed` with line and column for all else.
 */
export class JsonRecordParser implements RecordParser {
  readonly #reading: JsonReading
  readonly #out: RecordOutput
  readonly #document: JsonDocument

  constructor(reading: JsonReading, out: RecordOutput) {
    this.#reading = reading
    this.#out = out
    this.#document = new JsonDocument({
      isRecordArray: reading.isRecordArray,
      record: this.#onRecord,
      ...(reading.lenient ? { trailingComma: this.#onTrailingComma } : {}),
    })
  }

  write(piece: string): void {
    this.#placed(() => this.#document.write(piece))
  }

  end(): void {
    this.#placed(() => this.#document.end())
  }

  readonly #onRecord = (text: string, place: TextPlace): void => {
    const position = this.#out.meet(place.line)
    try {
      this.#out.put(parseJsonRecord(text), position)
    } catch (error) {
      if (!(error instanceof JsonRecordError)) throw error
      const fault = error.fault === 'bad_json' ? faultOf(text) : error
      if (fault instanceof JsonSyntaxError && !this.#reading.lenient) {
        const at = placeAfter(place, fault.place)
        throw malformed(fault.message, { file: this.#reading.file, record: position.record, ...at })
      }
      this.#out.reject({ position, code: error.fault, reason: fault.message, raw: text })
    }
  }

  readonly #onTrailingComma = (place: TextPlace): void => {
    const position = { record: this.#out.met, line: place.line }
    this.#out.repair(position, 'trailing_comma', 'A comma without a value behind it was passed over.')
  }

  #placed(action: () => void): void {
    try {
      action()
    } catch (error) {
      throw placed(error, this.#reading.file)
    }
  }
}

function placed(error: unknown, file: string): unknown {
  if (!(error instanceof JsonSyntaxError)) return error
  return new WholesalerError({
    kind: 'feed_malformed',
    message: error.message,
    hint: lenientHint,
    place: { file, ...error.place },
    cause: error,
  })
}

/** The place in the feed of a place in a text that begins at `start`. */
function placeAfter(start: TextPlace, place: TextPlace): TextPlace {
  return place.line === 1
    ? { line: start.line, column: start.column + place.column - 1 }
    : { line: start.line + place.line - 1, column: place.column }
}

/** Tells arrays by a name or the end of a path, as a hint gives it; `''` is the root. */
export function jsonPathMatcher(hint: string): (path: string) => boolean {
  return (path) => path === hint || (hint !== '' && path.endsWith(`/${hint}`))
}
