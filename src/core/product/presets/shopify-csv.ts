import type { FieldMap, PairSource } from '../product-map.js'
import { hasColumns, type Preset } from './preset.js'

const options: readonly PairSource[] = [1, 2, 3].map((number) => ({
  name: `Option${number} Name`,
  value: `Option${number} Value`,
  ignore: ['Default Title'],
}))

/**
 * Shopify's product CSV of any age. Rows of one `Handle` are one product: the first bears its fields, further ones
 * variants, and rows without price, SKU and option only images. `Default Title` is Shopify's word for no option.
 */
export const shopifyCsv: Preset = {
  name: 'shopify-csv',
  fits: (look) =>
    hasColumns(look, 'Handle', 'Title', 'Variant Price') ? 'its columns are those of the Shopify product export' : null,
  map: {
    key: 'Handle',
    continues: 'Handle',
    name: 'Title',
    description: 'Body (HTML)',
    brand: 'Vendor',
    categories: [
      { from: 'Product Category', levels: '>' },
      { from: 'Type', levels: '' },
    ],
    tags: { from: 'Tags', split: ',' },
    images: 'Image Src',
    imageAlt: 'Image Alt Text',
    status: ['Status', { from: 'Published', lookup: { true: 'publish', false: 'draft' } }] as FieldMap,
    variants: {
      when: ['Variant Price', 'Option1 Value', 'Variant SKU'],
      sku: { from: 'Variant SKU', replace: ["^'", ''] },
      gtin: { from: 'Variant Barcode', replace: ["^'", ''] },
      options,
      price: 'Variant Price',
      oldPrice: 'Variant Compare At Price',
      stock: 'Variant Inventory Qty',
      weight: 'Variant Grams',
      weightUnit: { value: 'g' },
      image: 'Variant Image',
    },
  },
}
