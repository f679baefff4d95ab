import { cellsOf, hasColumns, type Preset } from './preset.js'

/**
 * Magento 1 as Magmi and shops' own exports write it. A configurable lists its simple products in `simples_skus`, and the
 * columns they differ in in `configurable_attributes`; categories are parted by `;;`. Rows for stores other than
 * `admin` only bear their texts, and are left out. The continuation rows of Magento 1's native export (`_store`,
 * `_super_products_sku`) are another format, which this is not.
 * Column names are from general knowledge of Magmi's documentation and were not checked against a live file.
 */
export const magmiCsv: Preset = {
  name: 'magmi-csv',
  fits: (look) =>
    hasColumns(look, 'sku', 'type', 'attribute_set', 'name') && !hasColumns(look, '_store')
      ? 'its columns are those of Magento 1 and Magmi'
      : null,
  map: (look) => ({
    sku: 'sku',
    gtin: ['ean', 'gtin', 'upc', 'barcode'],
    mpn: 'mpn',
    name: 'name',
    description: 'description',
    shortDescription: 'short_description',
    brand: ['manufacturer', 'brand'],
    categories: { from: 'categories', split: ';;', levels: '/' },
    images: {
      // A plus before a picture keeps it out of the gallery or puts it there: a word to Magmi, no part of its name.
      all: ['image', 'small_image', { from: 'media_gallery', split: ';' }].map((from) =>
        typeof from === 'string'
          ? { from, replace: ['^[+-]', ''] as const }
          : { ...from, replace: ['^[+-]', ''] as const },
      ),
    },
    price: 'price',
    salePrice: 'special_price',
    stock: 'qty',
    inStock: 'is_in_stock',
    weight: 'weight',
    status: { from: 'status', lookup: { '2': 'draft', Disabled: 'draft', Enabled: 'publish' } },
    attributes: { Color: 'color', Size: 'size', Material: 'material', Gender: 'gender' },
    children: { from: 'simples_skus', split: ',' },
    ...(cellsOf(look, 'store').some(namesAdmin) ? { unless: { from: 'store', match: '^(?!.*\\badmin\\b).+' } } : {}),
    variants: { options: [{ entries: '.', only: { from: 'configurable_attributes', split: ',' } }] },
  }),
}

function namesAdmin(store: string): boolean {
  return /\badmin\b/.test(store)
}
