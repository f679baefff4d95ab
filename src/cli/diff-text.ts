/** `feed diff` for people. */
import type { ChalkInstance } from 'chalk'
import type { FeedDiff, FieldDiff, ProductDiff } from '../core/diff-feeds.js'
import { count, countOf } from './figures.js'
import { plain } from './print.js'
import { pairLines } from './table.js'
import { cutTo } from './text-width.js'

/** Fields named in the summary. */
const fieldsMax = 8

/** `lineWidth`: columns of the terminal; unlimited in a pipe. */
export function diffText(diff: FeedDiff, style: ChalkInstance, lineWidth = Number.POSITIVE_INFINITY): string {
  const { added, removed, changed, unchanged, changedFields, products } = diff
  const fields = [...changedFields].slice(0, fieldsMax).map(([field, number]) => `${field} ${count(number)}`)
  const lines = pairLines(
    [
      ['Old', `${diff.old.source}, ${countOf(diff.old.products, 'product')}`],
      ['New', `${diff.new.source}, ${countOf(diff.new.products, 'product')}`],
      ['Added', count(added)],
      ['Removed', count(removed)],
      ['Changed', fields.length === 0 ? count(changed) : `${count(changed)}: ${fields.join(', ')}`],
      ['Unchanged', count(unchanged)],
    ],
    lineWidth,
  )
  const shown = products.flatMap((product) => productLines(product, style, lineWidth))
  const more = added + removed + changed - products.length
  const rest = more > 0 ? [`… and ${count(more)} more; --limit shows them`] : []
  return `${[...lines, ...(shown.length > 0 ? [''] : []), ...shown, ...rest].join('\n')}\n`
}

const signs = { added: '+', removed: '-', changed: '~' } as const

function productLines({ change, key, sku, name, fields }: ProductDiff, style: ChalkInstance, width: number): string[] {
  const paint = { added: style.green, removed: style.red, changed: style.yellow }[change]
  const head = cutTo(plain(`${signs[change]} ${sku ?? key}  ${name}`), width)
  return [paint(head), ...fields.map((field) => cutTo(fieldLine(field), width))]
}

function fieldLine({ field, old, new: next }: FieldDiff): string {
  return plain(`    ${field}: ${shown(old, next)} → ${shown(next, old)}`)
}

/** Longest value that is shown whole. */
const shownLengthMax = 60
/** Of a longer one: what stands before the first difference. */
const contextLength = 10

/** A long value from shortly before it differs. */
function shown(value: unknown, other: unknown): string {
  const [text, against] = [textOf(value), textOf(other)]
  if (text.length <= shownLengthMax) return text
  let same = 0
  while (same < text.length && text[same] === against[same]) same += 1
  const from = Math.max(0, same - contextLength)
  const piece = text.slice(from, from + shownLengthMax)
  return `${from > 0 ? '…' : ''}${piece}${from + shownLengthMax < text.length ? '…' : ''}`
}

function textOf(value: unknown): string {
  if (value === null) return 'nothing'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
