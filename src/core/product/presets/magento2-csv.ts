import type { FieldRule, PairSource } from '../product-map.js'
import { cellsOf, hasColumns, type Preset } from './preset.js'

const attributes: Extract<PairSource, { text: unknown }> = {
  text: 'additional_attributes',
  between: ',',
  sign: '=',
  values: '|',
  except: ['has_options', 'required_options'],
}

/** Names that a configurable's variations differ in: `sku=A,size=S,color=Red|sku=…`. */
const variedNames: FieldRule = { from: 'configurable_variations', split: ['|', ','], replace: ['=.*$', ''] }

/**
 * Magento 2's own product export. A configurable lists its simple products, which come before it; categories begin at
 * the root category, which no shop shows. Rows of a store view only bear texts of another language, and are left out.
 * Images are paths: say `imageBase: 'https://shop.example/media/catalog/product'`.
 */
export const magento2Csv: Preset = {
  name: 'magento2-csv',
  fits: (look) =>
    hasColumns(look, 'sku', 'product_type', 'attribute_set_code') && hasColumns(look, 'name')
      ? 'its columns are those of the Magento 2 product export'
      : null,
  map: (look) => ({
    sku: 'sku',
    name: 'name',
    description: 'description',
    shortDescription: 'short_description',
    categories: { from: 'categories', split: ',', replace: ['^Default Category(?:/|$)', ''], levels: '/' },
    images: { all: ['base_image', 'additional_images'] },
    imageAlt: 'base_image_label',
    price: 'price',
    salePrice: 'special_price',
    stock: 'qty',
    inStock: 'is_in_stock',
    weight: 'weight',
    status: { from: 'product_online', lookup: { '2': 'draft' } },
    attributes: [attributes],
    children: { from: 'configurable_variations', split: '|', match: '(?:^|,)sku=([^,]+)' },
    // A feed of one store view only has no other rows.
    ...(cellsOf(look, 'store_view_code').includes('') ? { unless: 'store_view_code' } : {}),
    variants: { options: [{ ...attributes, only: variedNames }] },
  }),
}
