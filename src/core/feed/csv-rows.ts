import { finished } from 'node:stream/promises'
import { CsvError, type InfoRecord, type Options, parse } from 'csv-parse'
import { CsvError as CsvSyncError, parse as parseWhole } from 'csv-parse/sync'
import type { SniffedDialect } from './csv-dialect.js'

/**
 * Longest row, in UTF-8 bytes. Long HTML descriptions stay far below; a quote that is never closed would
 * otherwise collect the rest of the feed in memory.
 */
export const rowBytesMax = 8 * 1024 * 1024

/**
 * Called for each row, blank lines (`['']`) included. `lineEnds` are those inside its cells; `isOdd`: a quote that opens or
 * closes no cell was taken as text, which happens only where quotes are relaxed.
 */
export type OnRow = (cells: string[], lineEnds: number, isOdd: boolean) => void

/** Cuts text into rows of cells. The one place that knows a CSV grammar; all else counts, names and judges. */
export interface RowSplitter {
  /** Calls back for every row that this piece completes; throws `RowError` after the rows before it. */
  write(piece: string, onRow: OnRow): void
  /** Calls back for the rows that are left when the text is over. */
  end(onRow: OnRow): Promise<void>
  /** True when it is known that no row is open. */
  isBetweenRows(): boolean
  /** Whether that will ever be known again. */
  tellsRows(): boolean
}

/** A row that breaks the grammar. */
export class RowError extends Error {
  override readonly name = 'RowError'

  constructor(
    readonly reason: 'stray_quote' | 'unclosed_quote' | 'too_long',
    /** Index of the cell, from 0. */
    readonly cell: number,
    options?: ErrorOptions,
  ) {
    super(reason, options)
  }
}

/** Splits by csv-parse: every dialect, every odd case. `relaxed` takes stray quotes as text. */
export function csvParseSplitter(dialect: SniffedDialect, relaxed: boolean): RowSplitter {
  const parser = parse({ ...parseOptions(dialect), relax_quotes: relaxed, raw: relaxed })
  // Read from `parser.errored` instead; without a listener Node would end the process.
  parser.on('error', () => {})

  let charsSinceRow = 0
  let take: OnRow = () => {}
  // Rows are taken where they are made. To queue them in the stream and read them again takes a twentieth of the time, and
  // those before a fault are lost when the text is over.
  const end = parser.push.bind(parser, null)
  parser.push = (row: string[] | { readonly record: string[]; readonly raw: string } | null) => {
    if (row === null) return end()
    charsSinceRow = 0
    if (Array.isArray(row)) take(row, sumOfLineEnds(row), false)
    else take(row.record, sumOfLineEnds(row.record), isOdd(row.record, row.raw, dialect))
    return true
  }

  return {
    write(piece, onRow) {
      take = onRow
      charsSinceRow += piece.length
      parser.write(piece)
      if (parser.errored !== null) throw rowError(parser.errored)
      // The parser's own limit counts what is in the cells; this one counts the delimiters of empty cells too.
      if (charsSinceRow > rowBytesMax) throw new RowError('too_long', 0)
    },
    // It may hold back some of what it was given.
    isBetweenRows: () => false,
    tellsRows: () => false,
    async end(onRow) {
      const left: Parameters<OnRow>[] = []
      take = (...row) => left.push(row)
      parser.end()
      // Nothing is left to read, and what is not read does not end.
      parser.resume()
      const [result] = await Promise.allSettled([finished(parser)])
      for (const row of left) onRow(...row)
      if (result.status === 'rejected') throw rowError(result.reason)
    },
  }
}

/** Of a delimiter of several bytes csv-parse keeps the first in the raw text, which then tells nothing. */
function isOdd(cells: readonly string[], raw: string, dialect: SniffedDialect): boolean {
  return Buffer.byteLength(dialect.delimiter) === 1 && hasQuote(cells, dialect) && !isStrictRow(raw, dialect)
}

/** True when the raw text of one row keeps to the quoting rules. */
function isStrictRow(raw: string, dialect: SniffedDialect): boolean {
  try {
    // Of CR LF, csv-parse leaves the first half in it.
    parseWhole(raw.replace(/\r$/, ''), parseOptions(dialect))
    return true
  } catch {
    // Whatever it stumbles over: the row is not strict.
    return false
  }
}

export interface RelaxedRow {
  readonly cells: string[]
  readonly lineEnds: number
  /** Where the row ends, line end included, in bytes from the beginning of all. */
  readonly end: number
}

/**
 * The whole rows of `text`, with quotes relaxed; what an open cell leaves behind them is not among them. The text begins where
 * a row does and ends with a line end, or the feed with it. To begin takes csv-parse as long as some rows do.
 */
export function relaxedRows(text: string, bytes: Buffer, dialect: SniffedDialect): readonly RelaxedRow[] {
  const { record_delimiter: lineEnds, max_record_size: _, ...options } = parseOptions(dialect)
  const rows: RelaxedRow[] = []
  const take = (cells: string[], { bytes: end }: InfoRecord): null => {
    rows.push({ cells, lineEnds: sumOfLineEnds(cells), end })
    return null
  }
  // Each is looked for at each byte; without any, csv-parse would find out its own.
  const used = lineEnds.filter((end) => text.includes(end))
  const ends = used.length === 0 ? lineEnds : used
  try {
    parseWhole(bytes, { ...options, record_delimiter: ends, relax_quotes: true, on_record: take })
  } catch (error: unknown) {
    if (!(error instanceof CsvSyncError && error.code === 'CSV_QUOTE_NOT_CLOSED')) throw error
  }
  return rows
}

/** Only rows with a quote in a cell may have been relaxed. */
export function hasQuote(cells: readonly string[], { quote }: SniffedDialect): boolean {
  if (quote === '') return false
  for (const cell of cells) if (cell.includes(quote)) return true
  return false
}

function sumOfLineEnds(cells: readonly string[]): number {
  let sum = 0
  for (const cell of cells) sum += lineEndsIn(cell)
  return sum
}

const lineEnds = /\r\n|\n|\r/g

/** Texts up to this length are looked at sign by sign: calling a search takes as long. */
const shortChars = 12

/** Line ends inside a cell, which one that is quoted may have. */
export function lineEndsIn(cell: string): number {
  if (cell.length <= shortChars && !endsLines(cell)) return 0
  if (cell.includes('\r')) return cell.match(lineEnds)?.length ?? 0
  let count = 0
  for (let at = cell.indexOf('\n'); at >= 0; at = cell.indexOf('\n', at + 1)) count += 1
  return count
}

function endsLines(cell: string): boolean {
  for (let at = 0; at < cell.length; at += 1) {
    const code = cell.charCodeAt(at)
    if (code === 0x0a || code === 0x0d) return true
  }
  return false
}

function parseOptions(dialect: SniffedDialect) {
  return {
    delimiter: dialect.delimiter,
    quote: dialect.quote === '' ? null : dialect.quote,
    escape: dialect.quote === '' ? null : dialect.quote,
    record_delimiter: dialect.bareReturnEndsRow ? ['\r\n', '\n', '\r'] : ['\r\n', '\n'],
    relax_column_count: true,
    max_record_size: rowBytesMax,
  } satisfies Options
}

function rowError(error: Error): Error {
  if (!(error instanceof CsvError)) return error
  const cell = typeof error.column === 'number' ? error.column : 0
  switch (error.code as string) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return new RowError('unclosed_quote', cell, { cause: error })
    case 'CSV_MAX_RECORD_SIZE':
      return new RowError('too_long', cell, { cause: error })
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_INVALID_CLOSING_QUOTE':
      return new RowError('stray_quote', cell, { cause: error })
    default:
      return error
  }
}
