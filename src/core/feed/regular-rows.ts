import type { SniffedDialect } from './csv-dialect.js'
import { csvParseSplitter, type OnRow, type RowSplitter } from './csv-rows.js'
import { cutRow, grammarOf, type NoRow, type RowGrammar } from './cut-row.js'
import { OddRows } from './odd-rows.js'

/** An open row longer than this is left to csv-parse, which keeps what it has seen: looking again and again is quadratic. */
const openCharsMax = 1024 * 1024

/**
 * Splits CSV some five times as fast as csv-parse: cells that are quoted as a whole or not at all. At the first row that is
 * anything else csv-parse takes over from the beginning of that row: what is odd is read, or refused in its place, exactly
 * as csv-parse does. `relaxed`: it reads on for as long as rows are odd.
 */
export function regularSplitter(dialect: SniffedDialect, relaxed: boolean): RowSplitter {
  const { delimiter, quote } = dialect
  const isPlain = quote.length <= 1 && delimiter !== '' && ![...`${quote}\r\n`].some((sign) => delimiter.includes(sign))
  return isPlain ? new RegularSplitter(dialect, relaxed) : csvParseSplitter(dialect, relaxed)
}

class RegularSplitter implements RowSplitter {
  readonly #dialect: SniffedDialect
  readonly #relaxed: boolean
  readonly #grammar: RowGrammar
  /** Reads odd rows, where they are to be read. */
  readonly #odd: OddRows | null
  #open = ''
  /** Rows since one was odd. */
  #regular = 0
  #fallback: RowSplitter | null = null

  constructor(dialect: SniffedDialect, relaxed: boolean) {
    this.#dialect = dialect
    this.#relaxed = relaxed
    this.#grammar = grammarOf(dialect)
    this.#odd = relaxed ? new OddRows(dialect, this.#grammar) : null
  }

  write(piece: string, onRow: OnRow): void {
    if (this.#fallback !== null) this.#fallback.write(piece, onRow)
    else if (this.#open === '') this.#rows(piece, 0, onRow)
    else this.#closeRow(piece, onRow)
  }

  isBetweenRows(): boolean {
    return this.#fallback === null && this.#open === ''
  }

  tellsRows(): boolean {
    // A return that ends the text may be half of a line end.
    return this.#fallback === null && !this.#dialect.bareReturnEndsRow
  }

  async end(onRow: OnRow): Promise<void> {
    const rest = this.#fallback ?? csvParseSplitter(this.#dialect, this.#relaxed)
    const open = this.#odd === null ? this.#open : this.#open.slice(this.#odd.readRest(this.#open, onRow))
    this.#open = ''
    if (open !== '') rest.write(open, onRow)
    await rest.end(onRow)
  }

  /** The row that is open stands in a text of its own: one that was put together is slower to read than a piece. */
  #closeRow(piece: string, onRow: OnRow): void {
    const text = this.#open + piece
    const row = cutRow(text, 0, this.#grammar)
    if (row === 'irregular') {
      this.#open = ''
      this.#rows(text, 0, onRow)
    } else if (row === 'open') {
      this.#leave(text, row, onRow)
    } else {
      const inPiece = row.end - this.#open.length
      this.#open = ''
      onRow(row.cells, row.lineEnds, false)
      this.#rows(piece, inPiece, onRow)
    }
  }

  #rows(piece: string, start: number, onRow: OnRow): void {
    let at = start
    while (at < piece.length) {
      const row = cutRow(piece, at, this.#grammar)
      if (typeof row === 'string') {
        if (row === 'open' || this.#odd === null) {
          this.#leave(piece.slice(at), row, onRow)
          return
        }
        const end = this.#odd.read(piece, at, this.#regular, onRow)
        if (end === at) {
          // It is odd, and goes on behind the piece.
          this.#leave(piece.slice(at), 'open', onRow)
          return
        }
        at = end
        this.#regular = 0
      } else {
        at = row.end
        this.#regular += 1
        onRow(row.cells, row.lineEnds, false)
      }
    }
  }

  /** Keeps the start of a row for the next piece, or gives it and all that follows to csv-parse. */
  #leave(row: string, why: NoRow, onRow: OnRow): void {
    if (why === 'open' && row.length <= openCharsMax) {
      this.#open = row
      return
    }
    this.#open = ''
    this.#fallback = csvParseSplitter(this.#dialect, this.#relaxed)
    this.#fallback.write(row, onRow)
  }
}
