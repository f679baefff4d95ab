import type { JoinMap, OfferMap, ProductMap } from '../product-map.js'
import type { Preset } from './preset.js'

const productOffer: ProductMap = { currency: '@currency', price: 'price/@gross', taxIncluded: true, vatRate: '@vat' }
const sizeOffer: OfferMap = { price: 'price/@gross', stock: 'stock/@quantity', stockUnlimited: '-1' }

/** The light file: prices for this customer and stock, by the ids of products and sizes. */
const light: JoinMap = {
  key: '@id',
  to: '@id',
  map: { ...productOffer, variants: { each: 'sizes/size', key: ['@code', '@id'], id: '@id', ...sizeOffer } },
}

/**
 * IdoSell IOF 3.0, the standard of Polish B2B shops. Every size is a variant; its `code` tells it apart, since one
 * size id may come once per colour. Stock is summed over the warehouses; -1 means unlimited.
 * Texts and images may come without prices, in a file of their own: the light file then is the second one.
 */
export const iof: Preset = {
  name: 'iof',
  fits: ({ shape }) =>
    shape.root?.attributes.file_format?.toUpperCase() === 'IOF' ? 'its root says file_format IOF' : null,
  join: light,
  map: {
    key: '@id',
    name: ['description/name', 'name'],
    description: 'description/long_desc',
    shortDescription: 'description/short_desc',
    brand: 'producer/@name',
    categories: { from: 'category/@name', levels: '\\' },
    images: ['images/large/image/@url', 'images/originals/image/@url', 'images/image/@url'],
    ...productOffer,
    url: 'card/@url',
    attributes: [{ each: 'parameters/parameter', name: '@name', value: 'value/@name' }],
    variants: {
      each: 'sizes/size',
      key: ['@code', '@id'],
      id: '@id',
      sku: '@code',
      gtin: { from: '@code_producer', match: '^(?:\\d{8}|\\d{12,14})$' },
      mpn: { from: '@code_producer', match: '^(?!(?:\\d{8}|\\d{12,14})$).+$' },
      options: [{ named: { Size: '@name' } }, { named: { Model: '@code_producer' }, varying: true }],
      ...sizeOffer,
      weight: '@weight',
      weightUnit: { value: 'g' },
    },
  },
}
