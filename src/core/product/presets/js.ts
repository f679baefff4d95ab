import { firstElement, hasChild, type Preset } from './preset.js'

/**
 * The feed of the Polish wholesaler JS: articles with units. The brand list of a shop is its own: say it as
 * `include.brand`. Sold-out articles are left out (`stock.skipUnavailable: false` keeps them).
 */
export const js: Preset = {
  name: 'js',
  fits: (look) => {
    const record = firstElement(look)
    return record?.name === 'article' && hasChild(record, 'units') ? 'its records are articles with units' : null
  },
  map: {
    key: '@sku',
    sku: '@sku',
    id: '@id',
    gtin: '@ean',
    name: ['name/en', 'name/pl', 'name'],
    description: { from: 'attributes/opis', join: '\n' },
    brand: 'brand/name',
    categories: { from: 'category_keys', levels: '|' },
    images: 'images/image/image_url',
    price: 'price',
    currency: { value: 'PLN' },
    taxIncluded: false,
    attributes: [{ entries: 'attributes', except: ['opis'] }],
    variants: {
      each: 'units/unit',
      key: ['@sku', '@id', '@ean'],
      gtin: '@ean',
      options: { Color: 'color', Size: 'size' },
      stock: 'stock',
      image: 'image_url',
      skuParts: ['@sku'],
      skuSlug: true,
    },
  },
  price: { except: { brand: { mediolano: 0 } } },
  stock: { skipUnavailable: true },
}
