import type { CsvDialect, FeedHints } from './feed.js'

/** What a reader must know beyond the dialect that is reported. */
export interface SniffedDialect extends CsvDialect {
  /** Whether a carriage return that stands alone ends a row. Otherwise it is text, as in a badly exported cell. */
  readonly bareReturnEndsRow: boolean
}

/**
 * Delimiters that are tried, in order of preference when all else is equal: the ones that are rare in text
 * come first, the comma of `2,50` late.
 */
const delimiters = ['\t', ';', '|', ',', '\u001f', '\u0001', '^', '~', '¦', ':'] as const

/** Rows of the head that are looked at. */
const rowsMax = 200

/** A delimiter that fits fewer rows than this is not one: a list separator or a decimal comma. */
const fitMin = 0.5

/** Differences in fit below this are noise of ragged rows. */
const fitStep = 0.1

/** Excel's own way to name the delimiter: a first line `sep=;`. */
const sepLine = /^sep=(.)?\r?\n?/i

/** Finds delimiter, quote and line end of CSV text from its beginning; what the hints say is taken as said. */
export function sniffDialect(
  head: string,
  bom: boolean,
  hints: Pick<FeedHints, 'delimiter' | 'quote'> = {},
): SniffedDialect {
  const named = sepLine.exec(head)
  const text = named === null ? head : head.slice(named[0].length)
  const said = hints.delimiter ?? named?.[1]
  const quote = hints.quote ?? sniffQuote(text)
  const delimiter = said ?? bestDelimiter(text, quote)
  const rows = scanRows(text, delimiter, quote)
  return { delimiter, quote, bom, newline: newlineOf(rows.ends), bareReturnEndsRow: returnEndsRow(rows) }
}

/** True for the first row of a file that begins with Excel's `sep=` line. */
export function isSepRow(row: readonly string[]): boolean {
  return row.length <= 2 && /^sep=.?$/i.test(row.join(''))
}

interface Trial {
  readonly delimiter: string
  readonly columns: number
  /** Share of rows with as many cells as the header; one with fewer or more, but several, counts half. */
  readonly fit: number
  /** Header cells that do not look like names: unbalanced brackets, or a space at the start. */
  readonly odd: number
}

function bestDelimiter(text: string, quote: string): string {
  const trials = delimiters
    .filter((delimiter) => text.includes(delimiter))
    .map((delimiter) => tryDelimiter(text, delimiter, quote))
    .filter((trial) => trial.columns > 1 && trial.fit >= fitMin)
  const best = trials.toSorted(
    (a, b) =>
      Math.round(b.fit / fitStep) - Math.round(a.fit / fitStep) ||
      a.odd / a.columns - b.odd / b.columns ||
      b.columns - a.columns,
  )[0]
  return best?.delimiter ?? oneColumnDelimiter(text)
}

function tryDelimiter(text: string, delimiter: string, quote: string): Trial {
  const { header, counts } = scanRows(text, delimiter, quote)
  const columns = header.length
  const points = counts.map((count) => (count === columns ? 1 : count > 1 ? 0.5 : 0))
  const fit = counts.length === 0 ? 1 : points.reduce((sum: number, point) => sum + point, 0) / counts.length
  return { delimiter, columns, fit, odd: header.filter(isOddName).length }
}

/** For text without columns: the comma, unless rows have it, as text then. */
function oneColumnDelimiter(text: string): string {
  return [',', ';', '\t', '|'].find((delimiter) => !text.includes(delimiter)) ?? '\u001f'
}

function isOddName(cell: string): boolean {
  const brackets = (open: string, close: string) => cell.split(open).length - cell.split(close).length
  return cell.startsWith(' ') || brackets('(', ')') !== 0 || brackets('[', ']') !== 0 || brackets('{', '}') !== 0
}

/** Double quotes, unless the head has none of them and every header cell stands in single ones. */
function sniffQuote(text: string): string {
  if (text.includes('"')) return '"'
  const line = /^[^\r\n]+/.exec(text.trimStart())?.[0].trim() ?? ''
  return /^'[^']*'([^\w\s'])'[^']*'(?:\1'[^']*')*$/.test(line) ? "'" : '"'
}

interface Scan {
  readonly header: readonly string[]
  /** Cells per complete row after the header. */
  readonly counts: readonly number[]
  readonly ends: Readonly<Record<'\n' | '\r\n' | '\r', number>>
}

/** Splits the head into rows the quick way: good enough to count cells, not to read them. */
function scanRows(text: string, delimiter: string, quote: string): Scan {
  const ends = { '\n': 0, '\r\n': 0, '\r': 0 }
  const header: string[] = []
  const counts: number[] = []
  let cells = 1
  let start = 0
  let rowStart = 0
  let inHeader = true
  for (let at = 0; at < text.length && counts.length < rowsMax; at += 1) {
    const char = text[at]
    if (char === quote && at === start) {
      at = closingQuote(text, at, quote)
    } else if (char === '\n' || char === '\r') {
      const end = char === '\r' && text[at + 1] === '\n' ? '\r\n' : char
      ends[end] += 1
      if (at > rowStart) {
        if (inHeader) header.push(bare(text.slice(start, at), quote))
        else counts.push(cells)
        inHeader = false
      }
      at += end.length - 1
      cells = 1
      start = at + 1
      rowStart = start
    } else if (text.startsWith(delimiter, at)) {
      if (inHeader) header.push(bare(text.slice(start, at), quote))
      cells += 1
      at += delimiter.length - 1
      start = at + 1
    }
  }
  if (inHeader) header.push(bare(text.slice(start), quote))
  return { header, counts, ends }
}

/** Index of the quote that closes the one at `open`, or the end of the text. */
function closingQuote(text: string, open: number, quote: string): number {
  let at = open
  for (;;) {
    at = text.indexOf(quote, at + 1)
    if (at === -1) return text.length
    if (text[at + 1] !== quote) return at
    at += 1
  }
}

function bare(cell: string, quote: string): string {
  return quote !== '' && cell.startsWith(quote) ? cell.slice(1, -1) : cell
}

function newlineOf(ends: Scan['ends']): CsvDialect['newline'] {
  if (ends['\n'] >= ends['\r\n'] && ends['\n'] >= ends['\r']) return '\n'
  return ends['\r\n'] >= ends['\r'] ? '\r\n' : '\r'
}

/** A bare CR ends rows when it does so in the head and the rows between have the header's width. */
function returnEndsRow({ header, counts, ends }: Scan): boolean {
  if (ends['\r'] === 0) return false
  if (ends['\n'] + ends['\r\n'] === 0) return true
  return counts.every((count) => count === header.length)
}
