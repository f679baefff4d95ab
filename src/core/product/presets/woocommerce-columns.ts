/**
 * The columns of WooCommerce's product export, whose headers are in the language of the shop. Their order is the same in
 * every language, and the four measures with their units in brackets stand in its midst: counted from there, every
 * column is known. Source: get_default_column_names in woocommerce/includes/export, in the order of the exporter.
 */
import { cellsOf, type FeedLook } from './preset.js'

/** Columns from the weight on, in English. */
const fromWeight = [
  ...['Weight', 'Length', 'Width', 'Height', 'Allow customer reviews?', 'Purchase note', 'Sale price', 'Regular price'],
  ...['Categories', 'Tags', 'Shipping class', 'Images', 'Download limit', 'Download expiry days', 'Parent'],
]

/** Columns before the weight, from the first one on; older versions lack those of `since`. */
const beforeWeight = [
  ...['ID', 'Type', 'SKU', 'GTIN, UPC, EAN, or ISBN', 'Name', 'Published', 'Is featured?', 'Visibility in catalog'],
  ...['Short description', 'Description', 'Date sale price starts', 'Date sale price ends', 'Tax status', 'Tax class'],
  ...['In stock?', 'Stock', 'Low stock amount', 'Backorders allowed?', 'Sold individually?'],
]

/** Newest first: the GTIN came with 9.2, the low stock amount with 3.5. */
const since = ['GTIN, UPC, EAN, or ISBN', 'Low stock amount']

/** Types are never translated. */
const types = /^(?:simple|variable|variation|grouped|external|subscription|bundle)(?:\s*,|$)/

/** A header by its English name; null when the feed is no export with all columns. */
export type HeaderOf = (english: string) => string

/** Headers of an export in another language; null when this is none. */
export function localizedHeaders(look: FeedLook): HeaderOf | null {
  const columns = look.shape.columns ?? []
  const weight = columns.findIndex((_, index) =>
    [0, 1, 2, 3].every((more) => /\(.+\)$/.test(columns[index + more] ?? '')),
  )
  const missing = beforeWeight.length - weight
  if (columns[0] !== 'ID' || weight < 0 || missing < 0 || missing > since.length) return null
  const typeCells = cellsOf(look, columns[1] ?? '')
  if (typeCells.length === 0 || !typeCells.every((cell) => types.test(cell))) return null
  const before = beforeWeight.filter((name) => !since.slice(0, missing).includes(name))
  const byEnglish = new Map([...before, ...fromWeight].map((name, index) => [name, columns[index] ?? name]))
  return (english) => byEnglish.get(english) ?? english
}
