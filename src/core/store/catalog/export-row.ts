/**
 * One row of WooCommerce's product CSV.
 *
 * Columns and escapes are those of WooCommerce's own exporter and importer (English headers), see
 * https://github.com/woocommerce/woocommerce/wiki/Product-CSV-Import-Schema.
 */
import Big from 'big.js'
import { csvRow, escapeFormula } from '../../csv-writer.js'
import type { Attribute, Measure } from '../../product/product.js'

/** A product or a variation, with all that the export says about it. */
export interface ExportRow {
  readonly type: 'simple' | 'variable' | 'variation'
  readonly sku: string | null
  readonly name: string
  readonly own: OwnCells
  readonly shortDescription: string | null
  readonly description: string | null
  readonly weight: Measure | null
  readonly length: Measure | null
  readonly width: Measure | null
  readonly height: Measure | null
  readonly categories: readonly (readonly string[])[]
  readonly tags: readonly string[]
  readonly parentSku: string | null
  readonly position: number
  readonly brand: string | null
}

/** What products and variations have alike. */
export interface OwnCells {
  readonly gtin: string | null
  readonly status: string
  readonly inStock: number | null
  readonly stock: string | null
  readonly salePrice: string | null
  readonly price: string | null
  readonly images: readonly string[]
  readonly attributes: readonly Attribute[]
}

/** What the whole file has in common. */
export interface ExportLayout {
  readonly weightUnit: string
  readonly sizeUnit: string
  /** As many groups of `Attribute N` columns as the richest product needs. */
  readonly attributes: number
}

/** Exact factors to kilograms and centimetres: for catalogs whose feeds measure in several units. */
const kilograms: Readonly<Record<string, string>> = { kg: '1', g: '0.001', lbs: '0.45359237', oz: '0.028349523125' }
const centimetres: Readonly<Record<string, string>> = { cm: '1', mm: '0.1', m: '100', in: '2.54', yd: '91.44' }

const weightUnitDefault = 'kg'
const sizeUnitDefault = 'cm'

/** The one unit all products use, as they write it; kilograms or centimetres when there are none or several. */
export function commonUnit(kind: 'weight' | 'size', units: readonly string[]): string {
  const [only, ...others] = units
  if (only !== undefined && others.length === 0) return only
  return kind === 'weight' ? weightUnitDefault : sizeUnitDefault
}

export function headerRow({ weightUnit, sizeUnit, attributes }: ExportLayout): string {
  const headers = [
    'Type',
    'SKU',
    'GTIN, UPC, EAN, or ISBN',
    'Name',
    'Published',
    'Short description',
    'Description',
    'Tax status',
    'In stock?',
    'Stock',
    `Weight (${weightUnit})`,
    `Length (${sizeUnit})`,
    `Width (${sizeUnit})`,
    `Height (${sizeUnit})`,
    'Sale price',
    'Regular price',
    'Categories',
    'Tags',
    'Images',
    'Parent',
    'Position',
    'Brands',
  ]
  for (let number = 1; number <= attributes; number++) {
    const group = `Attribute ${number}`
    headers.push(`${group} name`, `${group} value(s)`, `${group} visible`, `${group} global`)
  }
  return csvRow(headers)
}

/** Text cells are escaped one by one, so that numbers below zero stay numbers. */
export function productRow(row: ExportRow, layout: ExportLayout): string {
  const { own } = row
  const size = (measure: Measure | null) => measured(measure, layout.sizeUnit, centimetres)
  const cells = [
    row.type,
    text(row.sku),
    text(own.gtin),
    text(row.name),
    published[own.status] ?? published.publish,
    text(multiline(row.shortDescription)),
    text(multiline(row.description)),
    'taxable',
    own.inStock === null ? '' : String(own.inStock),
    own.stock ?? '',
    measured(row.weight, layout.weightUnit, kilograms),
    size(row.length),
    size(row.width),
    size(row.height),
    own.salePrice ?? '',
    own.price ?? '',
    text(list(row.categories.map(categoryPath))),
    text(list(row.tags)),
    text(list(own.images)),
    text(row.parentSku),
    String(row.position),
    text(row.brand === null ? '' : list([row.brand])),
  ]
  for (let index = 0; index < layout.attributes; index++) cells.push(...attributeCells(own.attributes[index]))
  return csvRow(cells, { escapeFormulas: false })
}

const published = { publish: '1', private: '0', draft: '-1' } as Record<string, string> & { publish: string }

function attributeCells(attribute: Attribute | undefined): string[] {
  if (attribute === undefined) return ['', '', '', '']
  // Visible to shoppers; not global: the attribute is the product's own and needs no taxonomy in the shop.
  return [text(attribute.name), text(list(attribute.values)), '1', '0']
}

function text(value: string | null): string {
  return escapeFormula(value ?? '')
}

/** Line ends are the two characters `\n`; those two characters in the text get one more backslash. */
function multiline(value: string | null): string {
  return (value ?? '').replaceAll('\\n', '\\\\n').replaceAll('\n', '\\n')
}

/** Commas inside a value are `\,`. A value that ends in a backslash gets a blank, which importers cut off. */
function list(values: readonly string[]): string {
  return values.map((value) => value.replaceAll(',', '\\,').replace(/\\$/, '\\ ')).join(', ')
}

/** The importer cuts at every `>`; in a name it is the entity, which WordPress stores and shows as `>`. */
function categoryPath(path: readonly string[]): string {
  return path.map((name) => name.replaceAll('>', '&gt;')).join(' > ')
}

/** A number in the unit of the column; one without unit is taken as it is, one that cannot be converted is left out. */
function measured(measure: Measure | null, unit: string, factors: Readonly<Record<string, string>>): string {
  if (measure === null) return ''
  if (measure.unit === undefined || measure.unit === unit) return measure.value
  const factor = factors[measure.unit]
  return factor === undefined || factors[unit] !== '1' ? '' : new Big(measure.value).times(factor).toFixed()
}
