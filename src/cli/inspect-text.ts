/** `feed inspect` for people: what the feed is, what it would become, what is wrong with it. */
import type { ChalkInstance } from 'chalk'
import type { InspectedColumn, Inspection } from '../core/inspect-feed.js'
import type { Offer, Product } from '../core/product/product.js'
import { count, countOf } from './figures.js'
import { pairLines, tableLines } from './table.js'

/** Rejects and repairs shown; `--json` has more. */
const examplesMax = 5

/** `lineWidth`: columns of the terminal; unlimited in a pipe. */
export function inspectText(inspection: Inspection, style: ChalkInstance, lineWidth?: number): string {
  const { feed, sample, rejects, repairs } = inspection
  const facts = factLines(inspection, lineWidth)
  return `${[
    ...facts.map((line) => (!feed.complete && line.startsWith('Complete') ? style.red(line) : line)),
    ...columnLines(inspection, style, lineWidth),
    ...sampleLines(sample, style, lineWidth),
    ...faultLines(
      'Rejects',
      inspection.rejectCodes,
      rejects.map(({ position, reason }) => ({ position, text: reason })),
      style,
    ),
    ...faultLines(
      'Repairs',
      inspection.repairCodes,
      repairs.map(({ position, detail }) => ({ position, text: detail })),
      style,
    ),
    '',
    style.dim('CONFIG, to paste into wholesaler.config.js'),
    inspection.config.trimEnd(),
  ].join('\n')}\n`
}

function factLines({ feed, shape, preset }: Inspection, lineWidth?: number): string[] {
  const others = preset.others.length === 0 ? '' : `; ${preset.others.join(', ')} would fit too`
  return pairLines(
    [
      ['Feed', feed.source],
      ['Format', [shape.format, packing(feed.compression, shape.member)].filter((part) => part !== null).join(', ')],
      ['Encoding', encodingText(shape)],
      ['Dialect', dialectText(shape)],
      ['Record', recordText(shape)],
      ['Preset', `${preset.name}: ${preset.reason}${others}`],
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
}

function encodingText({ encoding, declaredEncoding }: Inspection['shape']): string {
  if (declaredEncoding === undefined) return `${encoding}, found out: the feed declares none`
  return declaredEncoding === encoding
    ? `${encoding}, as declared`
    : `${encoding}, though it declares ${declaredEncoding}`
}

const lineEnds = { '\n': 'LF', '\r\n': 'CRLF', '\r': 'CR' } as const

function dialectText({ dialect }: Inspection['shape']): string | null {
  if (dialect === undefined) return null
  const { delimiter, quote, newline, bom } = dialect
  const parts = [`delimiter ${JSON.stringify(delimiter)}`, `quote ${quote === '' ? 'none' : quote}`, lineEnds[newline]]
  return [...parts, ...(bom ? ['BOM'] : [])].join(', ')
}

function recordText({ format, recordPath }: Inspection['shape']): string | null {
  if (recordPath === undefined) return null
  if (recordPath !== '') return recordPath
  return format === 'json' ? 'items of the list that the document is' : null
}

function packing(compression: string | null, member: string | undefined): string | null {
  if (compression === null || compression === 'none') return null
  return member === undefined ? compression : `${compression} member ${member}`
}

function columnLines({ columns, columnsCut, shape }: Inspection, style: ChalkInstance, lineWidth?: number): string[] {
  if (columns.length === 0) return []
  const [titles = '', ...rows] = tableLines<InspectedColumn>(
    [
      { title: shape.format === 'csv' ? 'COLUMN' : 'PATH', value: ({ path }) => path, widthMax: 32 },
      { title: 'FILLED', side: 'right', value: ({ share }) => shareText(share) },
      { title: 'KIND', value: ({ kind }) => kind },
      { title: 'READ AS', value: ({ readAs }) => readAs.join(', '), widthMax: 24 },
      { title: 'EXAMPLES', value: ({ examples }) => examples.join(' · ') },
    ],
    columns,
    lineWidth,
  )
  return ['', style.dim(titles), ...rows, ...(columnsCut ? ['… and more'] : [])]
}

/** Rounded, but never to all or nothing when it is neither. */
function shareText(share: number): string {
  const percent = Math.round(share * 100)
  if (percent === 0 && share > 0) return '<1 %'
  return percent === 100 && share < 1 ? '>99 %' : `${percent} %`
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

function faultLines(
  title: string,
  codes: ReadonlyMap<string, number>,
  faults: readonly Fault[],
  style: ChalkInstance,
): string[] {
  const total = [...codes.values()].reduce((sum, number) => sum + number, 0)
  if (total === 0) return []
  const shown = faults.slice(0, examplesMax)
  const lines = pairLines(shown.map(({ position, text }) => [placeText(position), text]))
  const more = total - shown.length
  const kinds = [...codes].map(([code, number]) => `${count(number)} ${code}`).join(', ')
  return [
    '',
    style.yellow(`${title}: ${count(total)} (${kinds})`),
    ...lines,
    ...(more > 0 ? [`… and ${count(more)} more`] : []),
  ]
}

function placeText({ line, record }: Fault['position']): string {
  const parts = [line > 0 ? `line ${line}` : null, record > 0 ? `record ${record}` : null].filter(
    (part) => part !== null,
  )
  return parts.join(', ')
}
