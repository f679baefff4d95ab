/** Real feeds, and what may become of them on their way: another encoding, dialect or packing, or only a part of them. */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import iconv from 'iconv-lite'
import { seededRandom } from '../../chaos/random.js'
import { unpacked } from '../../commands/count-real-feed.js'
import { zipOf } from '../../support/zip.js'

export interface MatrixFeed {
  readonly name: string
  readonly format: 'csv' | 'xml' | 'json' | 'ndjson'
  /** XML: path of a record. */
  readonly record?: string
  readonly delimiter?: string
  /** CSV: columns whose numbers have a point. */
  readonly numbers?: readonly string[]
  /** Encoding of the file. */
  readonly encoding?: string
  /** It is broken, and read leniently in every form. */
  readonly lenient?: true
}

/** Every file that has products of its own; of two weeks of one feed, the later. */
export const matrixFeeds: readonly MatrixFeed[] = [
  { name: 'ceneo/ceneo_2025-12-17.xml', format: 'xml', record: 'offers/o' },
  { name: 'google/google_rss_opispost.xml.gz', format: 'xml', record: 'rss/channel/item' },
  { name: 'heureka/heureka_arche_77.xml', format: 'xml', record: 'SHOP/SHOPITEM' },
  { name: 'idosell-iof/iof_full_46.xml', format: 'xml', record: 'offer/products/product' },
  { name: 'prisjakt/prisjakt_ok_9.xml', format: 'xml', record: 'products/product' },
  { name: 'trovaprezzi/trovaprezzi_it_144.xml', format: 'xml', record: 'Products/Offer' },
  { name: 'yml/yml_utf8_html_params_628.yml.gz', format: 'xml', record: 'yml_catalog/shop/offers/offer' },
  {
    name: 'yml/yml_windows-1251_3479.yml.gz',
    format: 'xml',
    record: 'yml_catalog/shop/offers/offer',
    encoding: 'windows-1251',
  },
  { name: 'bmecat/bmecat12_new_catalog.xml', format: 'xml', record: 'BMECAT/T_NEW_CATALOG/ARTICLE' },
  {
    name: 'prisjakt/BROKEN_bare_ampersand_26.xml',
    format: 'xml',
    record: 'rss/channel/item',
    lenient: true,
  },
  {
    name: 'yml/BROKEN_missing_last_close_tag.yml',
    format: 'xml',
    record: 'yml_catalog/shop/offers/offer',
    lenient: true,
  },
  {
    name: 'yml/BROKEN_unescaped_html_in_description.yml',
    format: 'xml',
    record: 'yml_catalog/shop/offers/offer',
    lenient: true,
  },
  {
    name: 'yml/BROKEN_declares_utf8_is_windows-1251.yml.gz',
    format: 'xml',
    record: 'yml_catalog/shop/offers/offer',
    encoding: 'windows-1251',
  },
  { name: 'csv/instacart_49688.csv.zip', format: 'csv' },
  { name: 'csv/adidas_845_images_tilde.csv', format: 'csv', numbers: ['selling_price', 'original_price'] },
  { name: 'csv/semicolon_bom_crlf_de_5257.csv.gz', format: 'csv', delimiter: ';' },
  { name: 'facebook/facebook_catalog_dagra.csv', format: 'csv' },
  { name: 'idealo/idealo_epages.csv', format: 'csv' },
  { name: 'magento2/magento2_sample_1994.csv.gz', format: 'csv', numbers: ['price'] },
  { name: 'prestashop/products_import.csv', format: 'csv' },
  { name: 'shopify/shopify_real_export_hair.csv', format: 'csv', numbers: ['Variant Price'] },
  { name: 'shopify/shopify_sample_apparel.csv', format: 'csv', numbers: ['Variant Price'] },
  { name: 'woocommerce/sample_products.csv', format: 'csv', numbers: ['Regular price', 'Sale price'] },
  { name: 'json/thai_retail_part28.json.gz', format: 'json' },
  { name: 'ndjson/icecat_smartphones.ndjson', format: 'ndjson' },
  { name: 'ndjson/samsung_uk_750.ndjson', format: 'ndjson' },
]

/** The text of the first records of a feed, as a whole feed of its own. */
export function leadingPart(feed: MatrixFeed, path: string, records: number): string {
  const text = iconv.decode(unpacked(feed.name, readFileSync(path)), feed.encoding ?? 'utf-8')
  switch (feed.format) {
    case 'csv':
      return csvText(rowsOf(text, feed).slice(0, records + 1), { delimiter: feed.delimiter ?? ',' })
    case 'json':
      return JSON.stringify((JSON.parse(text) as unknown[]).slice(0, records))
    case 'ndjson':
      return `${text.split('\n').slice(0, records).join('\n').trimEnd()}\n`
    case 'xml':
      return leadingXml(text.replace(/encoding=["'][^"']+["']/, 'encoding="utf-8"'), feed.record ?? '', records)
  }
}

function leadingXml(text: string, record: string, records: number): string {
  const path = record.split('/')
  const name = path.at(-1) ?? ''
  const ends = [...text.matchAll(new RegExp(`</${name}>`, 'g'))]
  const last = ends[records - 1]
  if (last === undefined) return text
  const closing = path.slice(0, -1).reverse()
  return text.slice(0, last.index + last[0].length) + closing.map((element) => `</${element}>`).join('')
}

export function rowsOf(text: string, { delimiter = ',' }: MatrixFeed): string[][] {
  return parse(text, { delimiter, bom: true, relax_column_count: true, relax_quotes: true })
}

export interface Dialect {
  readonly delimiter: string
  readonly quoteAll?: boolean
  readonly newline?: string
}

export function csvText(
  rows: readonly (readonly string[])[],
  { delimiter, quoteAll = false, newline = '\n' }: Dialect,
): string {
  const cell = (text: string) =>
    quoteAll || text.includes(delimiter) || /["\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  return `${rows.map((row) => row.map(cell).join(delimiter)).join(newline)}${newline}`
}

export interface Written {
  readonly how: string
  /** What has to be said about it: nobody can find it out. */
  readonly encoding?: string
  readonly bytes: Buffer
}

/** So few letters beyond ASCII, and nothing declared: a person would have to guess too. */
const lettersToTell = 10

const singleByte = ['windows-1250', 'windows-1251', 'windows-1252', 'iso-8859-2']

/** The feed in every encoding that can hold its text; XML says so in its declaration. */
export function transcoded(text: string, { format }: MatrixFeed): readonly Written[] {
  const declaring = (encoding: string) => {
    if (format !== 'xml') return text
    return `<?xml version="1.0" encoding="${encoding}"?>${text.replace(/^\ufeff?<\?xml[^>]*\?>/, '')}`
  }
  const letters = text.match(/[^\x00-\x7f]/g)?.length ?? 0
  const told = (encoding: string) => (format !== 'xml' && letters < lettersToTell ? { encoding } : {})
  const wide = (['utf-16le', 'utf-16be'] as const).flatMap((encoding) =>
    [true, false].map((addBOM) => ({
      how: `${encoding} ${addBOM ? 'with' : 'without'} BOM`,
      bytes: iconv.encode(declaring('utf-16'), encoding, { addBOM }),
    })),
  )
  const narrow = singleByte.flatMap((encoding): Written[] => {
    const bytes = iconv.encode(declaring(encoding), encoding)
    return iconv.decode(bytes, encoding) === declaring(encoding) ? [{ how: encoding, bytes, ...told(encoding) }] : []
  })
  return [...wide, ...narrow]
}

export function packed(text: string, { format }: MatrixFeed): readonly Written[] {
  return [
    { how: 'gzip', bytes: gzipSync(text) },
    { how: 'zip', bytes: zipOf([{ name: `feed.${format}`, data: text }]) },
    { how: 'UTF-8 with BOM', bytes: Buffer.from(`\ufeff${text.replace(/^\ufeff/, '')}`) },
  ]
}

export function redelimited(text: string, feed: MatrixFeed): readonly Written[] {
  if (feed.format !== 'csv') return []
  const rows = rowsOf(text, feed)
  const dialects: readonly Dialect[] = [
    ...[',', ';', '\t', '|'].map((delimiter) => ({ delimiter })),
    { delimiter: ';', quoteAll: true, newline: '\r\n' },
    { delimiter: ',', quoteAll: true },
  ]
  return dialects.map((dialect) => ({
    how: `${JSON.stringify(dialect.delimiter)}${dialect.quoteAll === true ? ', all quoted' : ''}`,
    bytes: Buffer.from(csvText(rows, dialect)),
  }))
}

/** `12.50` is `12,50` where numbers are. */
export function withDecimalCommas(text: string, feed: MatrixFeed): readonly Written[] {
  if (feed.numbers === undefined) return []
  const [header = [], ...rows] = rowsOf(text, feed)
  const columns = feed.numbers.map((name) => header.indexOf(name))
  const changed = rows.map((row) => row.map((cell, index) => (columns.includes(index) ? cell.replace('.', ',') : cell)))
  return [{ how: 'decimal commas', bytes: Buffer.from(csvText([header, ...changed], { delimiter: ';' })) }]
}

/** Cut at random bytes, never at the end. */
export function truncated(text: string, seed: number, cuts: number): readonly Written[] {
  const bytes = Buffer.from(text)
  const random = seededRandom(seed, bytes.length)
  return Array.from({ length: cuts }, () => {
    const at = random.integer(1, bytes.length - 1)
    return { how: `cut at byte ${at}`, bytes: bytes.subarray(0, at) }
  })
}
