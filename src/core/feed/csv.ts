import { hasControls, withoutControls } from './control-characters.js'
import { isSepRow, type SniffedDialect } from './csv-dialect.js'
import { csvParseSplitter, type OnRow, RowError, type RowSplitter, rowBytesMax } from './csv-rows.js'
import { malformed } from './malformed.js'
import { lineSeams, type RecordOutput, type RecordParser, type RecordSeams } from './read-records.js'
import { regularSplitter } from './regular-rows.js'
import type { FeedText } from './text.js'

/** More columns than any shop export has; a file above this is not a product feed. */
const columnsMax = 10_000

export interface CsvReading {
  readonly file: string
  readonly dialect: SniffedDialect
  readonly columns: readonly string[]
  readonly lenient: boolean
  /** A last row without line end is a reject. */
  readonly mustEndLine: boolean
}

/**
 * Reads the header of a CSV feed. Names are trimmed, with runs of white space made one space; a blank one
 * becomes `column 7`, a repeated one gets ` (2)`. Throws `feed_malformed` for a header that cannot be read.
 */
export async function readCsvColumns(
  text: FeedText,
  dialect: SniffedDialect,
  reading: { readonly file: string; readonly lenient: boolean },
): Promise<readonly string[]> {
  const splitter = csvParseSplitter(dialect, reading.lenient)
  let header: readonly string[] | undefined
  let line = 1
  const onRow: OnRow = (cells) => {
    if (header === undefined && !isHeaderless(cells, line)) header = cells
    if (header === undefined) line += 1
  }
  try {
    for await (const piece of text.chunks()) {
      splitter.write(piece, onRow)
      if (header !== undefined) break
    }
    if (header === undefined) await splitter.end(onRow)
  } catch (error) {
    // What is wrong behind the header is for the reading to say, with the rows before it.
    if (header === undefined) throw badRow(error, reading.file, line, [])
  }
  if (header === undefined) return []
  if (header.length > columnsMax) {
    throw malformed(`The first row has ${header.length} cells; ${columnsMax} are the most.`, {
      file: reading.file,
      line,
    })
  }
  return columnNames(header)
}

function columnNames(header: readonly string[]): string[] {
  const taken = new Set<string>()
  return header.map((cell, index) => {
    const name = withoutControls(cell).trim().replace(/\s+/g, ' ') || `column ${index + 1}`
    let unique = name
    for (let count = 2; taken.has(unique); count += 1) unique = `${name} (${count})`
    taken.add(unique)
    return unique
  })
}

/** Rows that may stand above the header: blank lines and Excel's `sep=;`. */
function isHeaderless(cells: readonly string[], line: number): boolean {
  return cells.every((cell) => cell.trim() === '') || (line === 1 && isSepRow(cells))
}

const byteOrderMark = 0xfeff

/**
 * Turns CSV text into rows. A row stays as long as it is: what is beyond its end is absent, `''` is blank.
 *
 * Repairs: `short_row`, `blank_row` (only empty cells: left out), `control_characters` (taken out),
 * `stray_quote` (lenient: kept as text). Rejects: `surplus_cells`, `cut_off`. Throws `feed_malformed` for
 * stray quotes, a quote that is not closed, a row above 8 MiB, and an end in the middle of a row.
 */
export class CsvRecordParser implements RecordParser {
  readonly #reading: CsvReading
  readonly #out: RecordOutput
  readonly #splitter: RowSplitter
  readonly #width: number
  #inHeader = true
  #line = 1
  #endsLine = true
  /** Cells of the shortest row so far: a cut row is shorter than any that was meant to be short. */
  #shortest: number
  /** Control characters were in the pieces that the open row stands in. */
  #suspect = false

  constructor(reading: CsvReading, out: RecordOutput) {
    this.#reading = reading
    this.#out = out
    this.#splitter = regularSplitter(reading.dialect, reading.lenient)
    this.#width = reading.columns.length
    this.#shortest = this.#width
  }

  write(piece: string): void {
    if (piece === '') return
    const suspect = hasControls(piece)
    this.#suspect ||= suspect
    const lineBefore = this.#line
    this.#endsLine = piece.endsWith('\n') || piece.endsWith('\r')
    try {
      this.#splitter.write(piece, this.#onRow)
    } catch (error) {
      throw badRow(error, this.#reading.file, this.#line, this.#reading.columns)
    }
    if (this.#line > lineBefore) this.#suspect = suspect
  }

  async end(): Promise<void> {
    const left: Parameters<OnRow>[] = []
    try {
      await this.#splitter.end((...row) => left.push(row))
    } catch (error) {
      for (const row of left) this.#onRow(...row)
      throw badRow(error, this.#reading.file, this.#line, this.#reading.columns)
    }
    const last = this.#endsLine ? undefined : left.pop()
    for (const row of left) this.#onRow(...row)
    if (last !== undefined) this.#onUnendedRow(...last)
  }

  endsWithLineEnd(): boolean {
    return this.#endsLine
  }

  readonly seams: RecordSeams = lineSeams({
    line: () => this.#line,
    hasEnds: () => this.#splitter.tellsRows(),
    isAtSeam: () => !this.#inHeader && this.#endsLine && this.#splitter.isBetweenRows(),
    pass: (lines) => {
      this.#line += lines
      this.#endsLine = true
      this.#suspect = false
    },
  })

  readonly #onRow: OnRow = (cells, lineEnds, isOdd) => {
    const line = this.#line
    this.#line += 1 + lineEnds
    if (this.#inHeader) {
      this.#inHeader = isHeaderless(cells, line)
      return
    }
    if (isBlank(cells)) {
      if (cells.length > 1)
        this.#out.repair({ record: this.#out.met, line }, 'blank_row', 'A row of empty cells was left out.')
      return
    }
    this.#record(cells, line, isOdd)
  }

  #record(cells: string[], line: number, isOdd: boolean): void {
    const position = this.#out.meet(line)
    // Where files with byte order marks were joined.
    if (cells[0]?.charCodeAt(0) === byteOrderMark) {
      cells[0] = cells[0].replace(/^\ufeff+/, '')
      this.#out.repair(position, 'byte_order_mark', 'A byte order mark amid the feed was taken out.')
    }
    if (this.#suspect && cells.some(hasControls)) {
      for (const [index, cell] of cells.entries()) cells[index] = withoutControls(cell)
      this.#out.repair(position, 'control_characters', 'Control characters were taken out.')
    }
    if (isOdd) {
      this.#out.repair(position, 'stray_quote', 'A quote that opens or closes no cell was kept as text.')
    }
    if (cells.length > this.#width) {
      if (!isBlank(cells.slice(this.#width))) {
        const reason = `The row has ${cells.length} cells, the header ${this.#width}.`
        this.#out.reject({ position, code: 'surplus_cells', reason, raw: this.#asWritten(cells) })
        return
      }
      cells.length = this.#width
    } else if (cells.length < this.#width) {
      this.#shortest = Math.min(this.#shortest, cells.length)
      this.#out.repair(position, 'short_row', `The row has ${cells.length} of ${this.#width} cells.`)
    }
    this.#out.put(cells, position)
  }

  /** The last row, when no line end follows it: whole, or the place where the feed was cut. */
  #onUnendedRow(...row: Parameters<OnRow>): void {
    const [cells] = row
    const isCut = !this.#inHeader && cells.length < this.#shortest
    if (!isCut && !this.#reading.mustEndLine) {
      this.#onRow(...row)
      return
    }
    if (this.#inHeader || isBlank(cells)) return
    const position = this.#out.meet(this.#line)
    const reason = `The feed ends in the middle of a row: ${cells.length} of ${this.#width} cells, and no line end.`
    this.#out.reject({ position, code: 'cut_off', reason, raw: this.#asWritten(cells) })
    if (isCut) throw malformed(reason, { file: this.#reading.file, ...position })
  }

  #asWritten(cells: readonly string[]): string {
    const { delimiter, quote } = this.#reading.dialect
    const needsQuotes = (cell: string) => cell.includes(delimiter) || cell.includes(quote) || /[\r\n]/.test(cell)
    return cells
      .map((cell) => (quote !== '' && needsQuotes(cell) ? quote + cell.replaceAll(quote, quote + quote) + quote : cell))
      .join(delimiter)
  }
}

function isBlank(cells: readonly string[]): boolean {
  for (const cell of cells) if (cell.trim() !== '') return false
  return true
}

function badRow(error: unknown, file: string, line: number, columns: readonly string[]): unknown {
  if (!(error instanceof RowError)) return error
  const field = columns[error.cell]
  const place = { file, line, ...(field === undefined ? {} : { field }) }
  switch (error.reason) {
    case 'stray_quote':
      return malformed(
        'In the row that begins here, a quote stands inside a cell that is not quoted as a whole.',
        place,
      )
    case 'unclosed_quote':
      return malformed('In the row that begins here, a quote is opened and never closed.', place)
    case 'too_long':
      return malformed(
        `The row that begins here is longer than ${rowBytesMax / 1024 / 1024} MiB; is a quote opened and never closed?`,
        place,
      )
    default:
      return error.reason satisfies never
  }
}
