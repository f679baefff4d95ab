import type { FieldMap, FieldRule, PairSource } from '../product-map.js'
import { type FeedLook, hasColumns, type Preset } from './preset.js'
import { type HeaderOf, localizedHeaders } from './woocommerce-columns.js'

/** A column whose header carries its unit: `Weight (kg)`. */
function withUnit({ shape }: FeedLook, header: HeaderOf, name: string): { column: FieldMap; unit: FieldMap } | null {
  const localized = header(name)
  for (const column of shape.columns ?? []) {
    const [, bare, unit] = /^(.*) \((.+)\)$/.exec(column) ?? []
    if (unit === undefined || (column !== localized && bare?.toLowerCase() !== name.toLowerCase())) continue
    return { column, unit: { value: unit } }
  }
  return null
}

/**
 * `Attribute 1 name` and `Attribute 1 value(s)`, as many as the header has. In other languages the number stands elsewhere,
 * and the first two columns with the same one are the name and the values.
 */
function attributePairs({ shape }: FeedLook, header: HeaderOf): readonly PairSource[] {
  const columns = shape.columns ?? []
  if (header('Parent') === 'Parent') {
    return columns.flatMap((column) => {
      const number = /^Attribute (\d+) name$/i.exec(column)?.[1]
      return number === undefined ? [] : [pair(column, `Attribute ${number} value(s)`)]
    })
  }
  const last = columns.indexOf(header('Parent'))
  const numbered = new Map<string, string[]>()
  for (const column of columns.slice(last + 1)) {
    const number = /^[^:]*?(\d+)[^:]*$/.exec(column)?.[1]
    if (number !== undefined) numbered.set(number, [...(numbered.get(number) ?? []), column])
  }
  return [...numbered.values()].flatMap(([name, values, visible]) =>
    // Downloads are numbered as well, and have two columns.
    name === undefined || values === undefined || visible === undefined ? [] : [pair(name, values)],
  )
}

function pair(name: string, values: string): PairSource {
  return { name, value: { from: values, split: [', ', ','] } }
}

/** The exporter writes line ends inside text as the two characters `\n`. */
function longText(from: string): FieldRule {
  return { from, replace: ['\\\\n', '\n'] }
}

const english: HeaderOf = (name) => name

/**
 * The product CSV of WooCommerce's own exporter, with headers in English, or all of its columns with headers in any
 * language. Real exports may lack every SKU: the ID then is the key, and `Parent` says `id:44`.
 * Sources: woocommerce/includes/import, product CSV schema in WooCommerce's wiki.
 */
export const woocommerceCsv: Preset = {
  name: 'woocommerce-csv',
  fits: (look) => {
    if (isEnglish(look)) return 'its columns are those of the WooCommerce product export'
    return localizedHeaders(look) === null ? null : 'its columns are those of a WooCommerce export in another language'
  },
  map: (look) => {
    const header = isEnglish(look) ? english : (localizedHeaders(look) ?? english)
    const weight = withUnit(look, header, 'Weight')
    const length = withUnit(look, header, 'Length')
    const pairs = attributePairs(look, header)
    const isVariation: FieldMap = { from: header('Type'), match: '(?:^|,)\\s*(variation)\\b' }
    return {
      sku: header('SKU'),
      id: 'ID',
      gtin: [header('GTIN, UPC, EAN, or ISBN'), 'Meta: _global_unique_id', 'Meta: _ean', 'EAN'],
      name: header('Name'),
      description: longText(header('Description')),
      shortDescription: longText(header('Short description')),
      brand: 'Brands',
      categories: { from: header('Categories'), split: [', ', ','], levels: '>' },
      tags: { from: header('Tags'), split: [', ', ','] },
      images: header('Images'),
      price: header('Regular price'),
      salePrice: header('Sale price'),
      stock: header('Stock'),
      inStock: { from: header('In stock?'), lookup: { backorder: 'on backorder' } },
      weight: weight?.column,
      weightUnit: weight?.unit,
      length: length?.column,
      width: withUnit(look, header, 'Width')?.column,
      height: withUnit(look, header, 'Height')?.column,
      sizeUnit: length?.unit,
      attributes: pairs,
      status: header('Published'),
      parent: header('Parent'),
      variants: { when: isVariation, options: pairs },
    }
  },
}

function isEnglish(look: FeedLook): boolean {
  return hasColumns(look, 'Type', 'SKU', 'Name', 'Regular price', 'Categories')
}
