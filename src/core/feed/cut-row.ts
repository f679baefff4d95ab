/** One row of CSV that keeps to the rules: cells that are quoted as a whole or not at all. */
import type { SniffedDialect } from './csv-dialect.js'
import { lineEndsIn } from './csv-rows.js'

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** What `cutRow` asks for, ready to be compared. */
export interface RowGrammar {
  readonly delimiter: string
  /** Its first unit. */
  readonly delimiterCode: number
  readonly isDelimiterShort: boolean
  readonly quote: number
  readonly returnEndsRow: boolean
}

export function grammarOf({ delimiter, quote, bareReturnEndsRow }: SniffedDialect): RowGrammar {
  return {
    delimiter,
    delimiterCode: delimiter.charCodeAt(0),
    isDelimiterShort: delimiter.length === 1,
    // Without one: a number that no character has.
    quote: quote === '' ? Number.POSITIVE_INFINITY : quote.charCodeAt(0),
    returnEndsRow: bareReturnEndsRow,
  }
}

export interface CutRow {
  readonly cells: string[]
  readonly lineEnds: number
  /** Where the next row begins. */
  readonly end: number
}

/** The row goes on behind the text; or it is not regular. */
export type NoRow = 'open' | 'irregular'

/** Reads the row that begins at `start`. */
export function cutRow(text: string, start: number, grammar: RowGrammar): CutRow | NoRow {
  const { delimiter, delimiterCode, isDelimiterShort, quote, returnEndsRow } = grammar
  const { length } = text
  const cells: string[] = []
  let lineEnds = 0
  let at = start
  for (;;) {
    if (at < length && text.charCodeAt(at) === quote) {
      const close = closingQuote(text, at)
      if (close < 0) return 'open'
      const cell = quotedText(text, at, close)
      cells.push(cell)
      lineEnds += lineEndsIn(cell)
      at = close + 1
    } else {
      const first = at
      for (; at < length; at += 1) {
        const code = text.charCodeAt(at)
        if (code === delimiterCode && (isDelimiterShort || text.startsWith(delimiter, at))) break
        if (code === lineFeed || code === quote) break
        if (code !== carriageReturn) continue
        if (returnEndsRow || at + 1 >= length || text.charCodeAt(at + 1) === lineFeed) break
        // Alone it is text, as in a badly exported cell.
        lineEnds += 1
      }
      cells.push(text.slice(first, at))
    }
    // Behind a closing quote at the very end another may come, and a line feed behind a return.
    if (at >= length) return 'open'
    const code = text.charCodeAt(at)
    if (code === delimiterCode && (isDelimiterShort || text.startsWith(delimiter, at))) {
      at += delimiter.length
      continue
    }
    at += 1
    if (code === lineFeed) return { cells, lineEnds, end: at }
    if (code !== carriageReturn) {
      // Of a longer delimiter the rest may come.
      return !isDelimiterShort && delimiter.startsWith(text.slice(at - 1)) ? 'open' : 'irregular'
    }
    if (at >= length) return 'open'
    if (text.charCodeAt(at) === lineFeed) return { cells, lineEnds, end: at + 1 }
    return returnEndsRow ? { cells, lineEnds, end: at } : 'irregular'
  }
}

/** Index of the quote that closes the one at `open`; below 0 when it is not there yet. */
function closingQuote(text: string, open: number): number {
  const quote = text.charAt(open)
  let close = text.indexOf(quote, open + 1)
  while (close >= 0 && text.charAt(close + 1) === quote) close = text.indexOf(quote, close + 2)
  return close
}

function quotedText(text: string, open: number, close: number): string {
  const inner = text.slice(open + 1, close)
  const quote = text.charAt(open)
  return inner.includes(quote) ? inner.replaceAll(quote + quote, quote) : inner
}
