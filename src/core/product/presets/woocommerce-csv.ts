import type { FieldMap, FieldRule, PairSource } from '../product-map.js'
import { type FeedLook, hasColumns, type Preset } from './preset.js'

/** A column whose header carries its unit: `Weight (kg)`. */
function withUnit({ shape }: FeedLook, name: string): { column: FieldMap; unit: FieldMap } | null {
  for (const column of shape.columns ?? []) {
    const unit = new RegExp(`^${name} \\((.+)\\)$`, 'i').exec(column)?.[1]
    if (unit !== undefined) return { column, unit: { value: unit } }
  }
  return null
}

/** `Attribute 1 name` and `Attribute 1 value(s)`, as many as the header has. */
function attributePairs({ shape }: FeedLook): readonly PairSource[] {
  return (shape.columns ?? []).flatMap((column) => {
    const number = /^Attribute (\d+) name$/i.exec(column)?.[1]
    if (number === undefined) return []
    return [{ name: column, value: { from: `Attribute ${number} value(s)`, split: [', ', ','] } }]
  })
}

/** The exporter writes line ends inside text as the two characters `\n`. */
function longText(from: string): FieldRule {
  return { from, replace: ['\\\\n', '\n'] }
}

/**
 * The product CSV of WooCommerce's own exporter (English headers). Real exports may lack every SKU: the ID then is the
 * key, and `Parent` says `id:44`. Sources: woocommerce/includes/import, product CSV schema in WooCommerce's wiki.
 */
export const woocommerceCsv: Preset = {
  name: 'woocommerce-csv',
  fits: (look) =>
    hasColumns(look, 'Type', 'SKU', 'Name', 'Regular price') && hasColumns(look, 'Categories')
      ? 'its columns are those of the WooCommerce product export'
      : null,
  map: (look) => {
    const weight = withUnit(look, 'Weight')
    const length = withUnit(look, 'Length')
    const pairs = attributePairs(look)
    const isVariation: FieldMap = { from: 'Type', match: '(?:^|,)\\s*(variation)\\b' }
    return {
      sku: 'SKU',
      id: 'ID',
      gtin: ['GTIN, UPC, EAN, or ISBN', 'Meta: _global_unique_id', 'Meta: _ean', 'EAN'],
      name: 'Name',
      description: longText('Description'),
      shortDescription: longText('Short description'),
      brand: 'Brands',
      categories: { from: 'Categories', split: [', ', ','], levels: '>' },
      tags: { from: 'Tags', split: [', ', ','] },
      images: 'Images',
      price: 'Regular price',
      salePrice: 'Sale price',
      stock: 'Stock',
      inStock: { from: 'In stock?', lookup: { backorder: 'on backorder' } },
      weight: weight?.column,
      weightUnit: weight?.unit,
      length: length?.column,
      width: withUnit(look, 'Width')?.column,
      height: withUnit(look, 'Height')?.column,
      sizeUnit: length?.unit,
      attributes: pairs,
      status: 'Published',
      parent: 'Parent',
      variants: { when: isVariation, options: pairs },
    }
  },
}
