/** `feed inspect` for people: what the feed is, what it would become, what is wrong with it. */
import type { ChalkInstance } from 'chalk'
import type { Inspection } from '../core/inspect-feed.js'
import type { Offer, Product } from '../core/product/product.js'
import { count, countOf } from './figures.js'
import { pairLines, tableLines } from './table.js'

/** Rejects and repairs shown; `--json` has more. */
const examplesMax = 5

/** `lineWidth`: columns of the terminal; unlimited in a pipe. */
export function inspectText(
  { feed, shape, sample, rejects, repairs }: Inspection,
  style: ChalkInstance,
  lineWidth?: number,
): string {
  const declared = shape.declaredEncoding === undefined || shape.declaredEncoding === shape.encoding
  const facts = pairLines(
    [
      ['Feed', feed.source],
      ['Format', [shape.format, packing(feed.compression, shape.member)].filter((part) => part !== null).join(', ')],
      ['Encoding', declared ? shape.encoding : `${shape.encoding} (declares ${shape.declaredEncoding})`],
      ['Delimiter', shape.dialect === undefined ? null : JSON.stringify(shape.dialect.delimiter)],
      ['Record', shape.recordPath ?? null],
      ['Columns', shape.columns === undefined ? null : shape.columns.join(', ')],
      ['Preset', feed.preset],
      ['Records', count(feed.records)],
      [
        'Products',
        `${count(feed.products)}, with ${countOf(feed.variants, 'variant')} and ${countOf(feed.images, 'image')}`,
      ],
      ['Left out', feed.skipped === 0 ? null : countOf(feed.skipped, 'product')],
      ['Complete', feed.complete ? 'yes' : 'no: the feed ended early'],
    ],
    lineWidth,
  )
  return `${[
    ...facts.map((line) => (!feed.complete && line.startsWith('Complete') ? style.red(line) : line)),
    ...sampleLines(sample, style, lineWidth),
    ...faultLines(
      'Rejects',
      feed.rejects,
      rejects.map(({ position, reason }) => ({ position, text: reason })),
      style,
    ),
    ...faultLines(
      'Repairs',
      feed.repairs,
      repairs.map(({ position, detail }) => ({ position, text: detail })),
      style,
    ),
  ].join('\n')}\n`
}

function packing(compression: string | null, member: string | undefined): string | null {
  if (compression === null || compression === 'none') return null
  return member === undefined ? compression : `${compression} member ${member}`
}

function sampleLines(sample: readonly Product[], style: ChalkInstance, lineWidth?: number): string[] {
  if (sample.length === 0) return []
  const [titles = '', ...rows] = tableLines<Product>(
    [
      { title: 'SKU', value: ({ sku, key }) => sku ?? key, widthMax: 20 },
      { title: 'NAME', value: ({ name }) => name, widthMax: 32 },
      { title: 'PRICE', side: 'right', value: (product) => priceText(product) },
      { title: 'STOCK', side: 'right', value: (product) => stockText(product) },
      {
        title: 'VARIANTS',
        side: 'right',
        value: ({ variants }) => (variants.length === 0 ? '' : count(variants.length)),
      },
      { title: 'IMAGES', side: 'right', value: ({ images = [] }) => count(images.length) },
      { title: 'CATEGORY', value: ({ categories }) => categories?.[0]?.join(' > ') ?? '', widthMax: 40 },
    ],
    sample,
    lineWidth,
  )
  return ['', style.dim(titles), ...rows]
}

function priceText({ price, variants, currency }: Product): string {
  const shown = price ?? variants.find((variant) => variant.price != null)?.price
  return shown == null ? '' : currency === undefined ? shown : `${shown} ${currency}`
}

function stockText(product: Product): string {
  const offer: Offer = product.stock == null && product.variants[0] !== undefined ? product.variants[0] : product
  if (offer.stock != null) return offer.stock
  return offer.inStock == null ? '' : offer.inStock ? 'yes' : 'no'
}

interface Fault {
  readonly position: { readonly line: number; readonly record: number }
  readonly text: string
}

function faultLines(title: string, total: number, faults: readonly Fault[], style: ChalkInstance): string[] {
  if (total === 0) return []
  const shown = faults.slice(0, examplesMax)
  const lines = pairLines(shown.map(({ position, text }) => [placeText(position), text]))
  const more = total - shown.length
  return ['', style.yellow(`${title}: ${count(total)}`), ...lines, ...(more > 0 ? [`… and ${count(more)} more`] : [])]
}

function placeText({ line, record }: Fault['position']): string {
  return line > 0 ? `line ${line}` : `record ${record}`
}
