/**
 * CSV as RFC 4180 writes it: cells in quotes where they need them, rows ended by CRLF.
 *
 * A cell that begins like a formula would run in the spreadsheet that opens the file, so it gets an
 * apostrophe in front, as OWASP advises and WooCommerce's exporter does (its importer takes it off again).
 */

export interface CsvRowOptions {
  /** Default true. False only for rows whose text cells went through `escapeFormula` one by one. */
  readonly escapeFormulas?: boolean
}

/** What spreadsheets take for the start of a formula, and the two blanks that hide one. */
const formulaStart = /^[=+\-@\t\r]/
const needsQuotes = /[",\r\n]|^\s|\s$/

/** The text, with an apostrophe in front when a spreadsheet would take it for a formula. */
export function escapeFormula(text: string): string {
  return formulaStart.test(text) ? `'${text}` : text
}

/** One row with its line end. */
export function csvRow(cells: readonly string[], { escapeFormulas = true }: CsvRowOptions = {}): string {
  const written = cells.map((cell) => csvCell(escapeFormulas ? escapeFormula(cell) : cell))
  return `${written.join(',')}\r\n`
}

function csvCell(text: string): string {
  return needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
