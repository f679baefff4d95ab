import { firstElement, type Preset, someHasChild } from './preset.js'

/**
 * The feed of the Polish wholesaler MADA: a model per colour, a size per variant. Sold-out products are left out
 * (`stock.skipUnavailable: false` keeps them).
 */
export const mada: Preset = {
  name: 'mada',
  fits: (look) =>
    firstElement(look)?.name === 'PRODUCT' && someHasChild(look, 'MODELS')
      ? 'its records are PRODUCTs with MODELS'
      : null,
  map: {
    key: 'ID',
    sku: 'ID',
    name: 'NAME',
    description: { all: ['DESC', 'PRODUCER_SECURITY_INFO'], join: '\n' },
    // Some producers are only a number in another list.
    brand: { from: 'PRODUCER', match: '^.*\\D.*$' },
    categories: { from: 'CATEGORIES/CATEGORY', levels: '/' },
    images: 'IMAGES/IMG',
    price: 'PRICE',
    currency: { value: 'PLN' },
    taxIncluded: false,
    vatRate: 'VAT',
    tags: 'FLAGS/FLAG',
    attributes: [{ named: { Attribute: 'ATTRIBUTES/ATTRIBUTE' } }],
    variants: {
      each: 'MODELS/MODEL/SIZE',
      gtin: '@ean',
      options: { Color: { from: '../COLOR', first: '/' }, Size: '.' },
      stock: '@amount',
      skuParts: [{ from: '../COLOR', first: '/' }, '.'],
    },
  },
  price: { except: { brand: { mediolano: 0 } } },
  stock: { skipUnavailable: true },
}
