import { hasColumns, type Preset } from './preset.js'

/**
 * A product feed of Awin, the affiliate network, with its own columns; publishers choose which ones they get. Prices are
 * gross. Feeds in Google's format, which Awin also hands out, are mapped as those are.
 * The column names are from general knowledge of Awin's "Create a feed" and were not checked against a live feed.
 */
export const awinCsv: Preset = {
  name: 'awin-csv',
  fits: (look) =>
    hasColumns(look, 'aw_product_id', 'product_name') || hasColumns(look, 'merchant_product_id', 'aw_deep_link')
      ? 'its columns are those of an Awin product feed'
      : null,
  map: {
    key: ['merchant_product_id', 'aw_product_id'],
    gtin: ['ean', 'product_GTIN', 'upc'],
    mpn: ['mpn', 'product_model'],
    name: 'product_name',
    description: ['description', 'product_short_description'],
    shortDescription: 'product_short_description',
    brand: 'brand_name',
    categories: [
      { from: ['merchant_product_category_path', 'merchant_category'], levels: '>' },
      { from: 'category_name', levels: '' },
    ],
    images: {
      all: [
        // Awin's own copy is a small one.
        { from: ['merchant_image_url', 'large_image', 'aw_image_url'] },
        'alternate_image',
        'alternate_image_two',
        'alternate_image_three',
        'alternate_image_four',
      ],
    },
    price: ['search_price', 'store_price', 'display_price'],
    oldPrice: ['product_price_old', 'rrp_price'],
    currency: 'currency',
    taxIncluded: true,
    stock: 'stock_quantity',
    inStock: 'in_stock',
    availability: ['stock_status', 'delivery_time'],
    url: ['merchant_deep_link', 'aw_deep_link'],
    attributes: {
      Color: 'colour',
      Size: ['Fashion:size', 'size'],
      Material: ['Fashion:material', 'material'],
      Pattern: 'Fashion:pattern',
      Gender: 'Fashion:suitable_for',
      Condition: 'condition',
    },
    group: 'parent_product_id',
    variants: {
      options: [
        { named: { Color: 'colour', Size: ['Fashion:size', 'size'] } },
        { named: { Material: ['Fashion:material', 'material'], Pattern: 'Fashion:pattern' }, varying: true },
      ],
    },
  },
}
