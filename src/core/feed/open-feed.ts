import { withoutControls } from './control-characters.js'
import { CsvRecordParser, readCsvColumns } from './csv.js'
import { sniffDialect } from './csv-dialect.js'
import { detectFormat } from './detect-format.js'
import type { Feed, FeedFormat, FeedHints, FeedListener, FeedShape } from './feed.js'
import { findJsonRecords, JsonRecordParser, jsonPathMatcher } from './json.js'
import { emptyFeed } from './malformed.js'
import { type MendedText, mendText } from './mend-text.js'
import { NdjsonRecordParser } from './ndjson.js'
import { type RecordOutput, type RecordParser, readRecords } from './read-records.js'
import type { FeedText } from './text.js'
import { XmlRecordParser } from './xml.js'
import { explainXmlFailure } from './xml-faults.js'
import { LenientXmlRecordParser } from './xml-lenient.js'
import { endOfPath, pathMatcher } from './xml-path.js'
import { findXmlShape } from './xml-shape.js'

interface Opening {
  readonly text: FeedText
  readonly hints: FeedHints
  readonly file: string
}

/** What a format adds to the shape, and how its records are read. */
interface Opened {
  readonly shape: Partial<FeedShape>
  readonly begin: (out: RecordOutput) => RecordParser
  readonly explain?: (error: unknown) => Promise<unknown>
}

const openers: Readonly<Record<FeedFormat, (opening: Opening) => Opened | Promise<Opened>>> = {
  csv: openCsv,
  xml: openXml,
  json: openJson,
  ndjson: openNdjson,
}

/**
 * Opens the text of a snapshot as a feed: finds out its format, dialect and record, unless the hints say, and
 * makes its records ready to be read. Throws `feed_malformed` and `feed_empty`, with `place.file`, for what is
 * no feed or has no record.
 */
export async function openFeed(given: FeedText, hints: FeedHints, place: { readonly file: string }): Promise<Feed> {
  const { file } = place
  const isLenient = hints.lenient === true
  const detected = detectFormat(isLenient ? withoutControls(given.head) : given.head, place)
  const format = hints.format ?? detected
  const { text, mended } = isLenient
    ? mendText(given, format === 'json' || format === 'ndjson')
    : { text: given, mended: null }
  const { shape, begin, explain } = await openers[format]({ text, hints, file })
  const options = { file, lenient: isLenient, ...(explain === undefined ? {} : { explain }) }
  return {
    shape: {
      format,
      compression: text.compression,
      encoding: text.encoding,
      ...(text.member === undefined ? {} : { member: text.member }),
      ...(text.declaredEncoding === undefined ? {} : { declaredEncoding: text.declaredEncoding }),
      ...shape,
    },
    records: (listener, signal) =>
      mended === null
        ? readRecords(text, begin, options, listener, signal)
        : withMending({ text, mended, hints }, listener, readRecords(text, begin, options, listener, signal)),
  }
}

/** Tells, beside what the parser repairs, what was set right in the text. */
async function* withMending(
  { text, mended, hints }: MendedText & { readonly hints: FeedHints },
  listener: FeedListener,
  records: ReturnType<Feed['records']>,
): ReturnType<Feed['records']> {
  const tell = (code: string, detail: string) => listener.repair({ position: { record: 0, line: 0 }, code, detail })
  const { encoding, declaredEncoding } = text
  // Who says the encoding has set it right himself.
  if (hints.encoding === undefined && declaredEncoding !== undefined && declaredEncoding !== encoding) {
    tell('wrong_encoding', `It is ${encoding} and declares ${declaredEncoding}.`)
  }
  const end = yield* records
  const double = mended.get('double_encoded') ?? 0
  const controls = mended.get('control_characters') ?? 0
  if (double > 0) tell('double_encoded', `Text was encoded as UTF-8 twice; ${double} characters were set right.`)
  if (controls > 0) tell('control_characters', `${controls} control characters were taken out.`)
  return end
}

async function openCsv({ text, hints, file }: Opening): Promise<Opened> {
  const sniffed = sniffDialect(text.head, text.bom, hints)
  const lenient = hints.lenient === true
  const columns = await readCsvColumns(text, sniffed, { file, lenient })
  if (columns.length === 0) throw emptyFeed('The feed is empty.', { file })
  const reading = { file, dialect: sniffed, columns, lenient, mustEndLine: hints.mustEndLine === true }
  const { bareReturnEndsRow: _, ...dialect } = sniffed
  return { shape: { dialect, columns }, begin: (out) => new CsvRecordParser(reading, out) }
}

async function openXml({ text, hints, file }: Opening): Promise<Opened> {
  const { root, namespaces, recordPath, match, start } = await findXmlShape(text, file, hints.record)
  const shape = { root, namespaces, recordPath }
  const side = (hints.side ?? []).map(pathMatcher)
  if (hints.lenient === true) {
    const recordName = match.slice(match.lastIndexOf('/') + 1)
    const reading = { file, recordName, start, targets: { record: pathMatcher(endOfPath(match)), side } }
    return { shape, begin: (out) => new LenientXmlRecordParser(reading, out) }
  }
  const reading = { file, targets: { record: pathMatcher(match), side } }
  return {
    shape,
    begin: (out) => new XmlRecordParser(reading, out),
    explain: (error) => explainXmlFailure(error, text, file),
  }
}

async function openJson({ text, hints, file }: Opening): Promise<Opened> {
  const recordPath = hints.record ?? (await findJsonRecords(text, file))
  const isRecordArray =
    hints.record === undefined ? (path: string) => path === recordPath : jsonPathMatcher(hints.record)
  const reading = { file, isRecordArray, lenient: hints.lenient === true }
  return { shape: { recordPath }, begin: (out) => new JsonRecordParser(reading, out) }
}

function openNdjson({ hints, file }: Opening): Opened {
  const reading = { file, mustEndLine: hints.mustEndLine === true }
  return { shape: {}, begin: (out) => new NdjsonRecordParser(reading, out) }
}
