import type { SniffedDialect } from './csv-dialect.js'
import { hasQuote, type OnRow, relaxedRows } from './csv-rows.js'
import { cutRow, type RowGrammar } from './cut-row.js'

/** To begin csv-parse takes longer than to read a row: where odd rows come one after the other, they are read together. */
const oddCharsMin = 512
const oddCharsMax = 64 * 1024

/** Has csv-parse read what begins with an odd row and ends with a row, and no more of a feed than that. */
export class OddRows {
  readonly #dialect: SniffedDialect
  readonly #grammar: RowGrammar
  #chars = oddCharsMin
  /** Rows that were read the last time. */
  #rows = 0
  /** Length of what ended inside a cell, when it was last looked at. */
  #openChars = 0

  constructor(dialect: SniffedDialect, grammar: RowGrammar) {
    this.#dialect = dialect
    this.#grammar = grammar
  }

  /** Returns the index behind what was read; `start` when more of the text is needed. */
  read(text: string, start: number, regularBefore: number, onRow: OnRow): number {
    // Looking again at each piece would be quadratic.
    if (text.length - start < 2 * this.#openChars) return start
    const isFrequent = regularBefore <= this.#rows
    this.#chars = isFrequent ? Math.min(2 * this.#chars, oddCharsMax) : oddCharsMin
    const near = this.#lineEnd(text, start + this.#chars)
    let end = near > start ? this.#readTo(text, start, near, onRow) : start
    // The line end stands in a cell, or there is none so far away.
    if (end === start) end = this.#readTo(text, start, this.#lastLineEnd(text), onRow)
    this.#openChars = end > start ? 0 : text.length - start
    return end
  }

  /** Reads what is left when the text is over. Returns the index behind the last row; a cell may be open there. */
  readRest(text: string, onRow: OnRow): number {
    return this.#readTo(text, 0, text.length, onRow)
  }

  /** Returns the index behind the last whole row before `stop`. */
  #readTo(text: string, start: number, stop: number, onRow: OnRow): number {
    if (stop <= start) return start
    const stretch = text.slice(start, stop)
    const bytes = Buffer.from(stretch)
    const isAscii = bytes.length === stretch.length
    const rows = relaxedRows(stretch, bytes, this.#dialect)
    let at = start
    let byte = 0
    for (const { cells, lineEnds, end } of rows) {
      const isOdd = hasQuote(cells, this.#dialect) && cutRow(text, at, this.#grammar) === 'irregular'
      at += isAscii ? end - byte : bytes.toString('utf8', byte, end).length
      byte = end
      onRow(cells, lineEnds, isOdd)
    }
    if (rows.length > 0) this.#rows = rows.length
    return at
  }

  /** Index behind the first line end at or after `from`; 0 when there is none, or when half of it may be missing. */
  #lineEnd(text: string, from: number): number {
    const feed = text.indexOf('\n', from)
    if (!this.#dialect.bareReturnEndsRow) return feed + 1
    const bare = text.indexOf('\r', from)
    const isFirst = bare >= 0 && bare + 1 < text.length && (feed < 0 || bare < feed)
    return isFirst && bare + 1 !== feed ? bare + 1 : feed + 1
  }

  #lastLineEnd(text: string): number {
    const feed = text.lastIndexOf('\n')
    return this.#dialect.bareReturnEndsRow ? Math.max(feed, text.lastIndexOf('\r', text.length - 2)) + 1 : feed + 1
  }
}
