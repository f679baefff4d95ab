/** A record as people know it from the feed, for the rejects file. */
import type { CsvRow, FeedShape, RecordData, XmlElement } from '../feed/feed.js'
import { innerXml } from './xml-text.js'

/** Length at which the text is cut, in characters. */
const rawCharsMax = 4096

export function rawText(data: RecordData, { format, dialect }: FeedShape): string {
  const text = format === 'csv' ? csvText(data as CsvRow, dialect?.delimiter ?? ',') : markupText(data, format)
  return text.length > rawCharsMax ? text.slice(0, rawCharsMax) : text
}

function markupText(data: RecordData, format: FeedShape['format']): string {
  return format === 'xml' ? innerXml([data as XmlElement]) : JSON.stringify(data)
}

function csvText(cells: CsvRow, delimiter: string): string {
  const needsQuotes = (cell: string) => cell.includes(delimiter) || /["\r\n]/.test(cell)
  return cells.map((cell) => (needsQuotes(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(delimiter)
}
