import type { Preset } from './preset.js'

/**
 * IdoSell IOF 3.0, the standard of Polish B2B shops. Every size is a variant; its `code` tells it apart, since one
 * size id may come once per colour. Stock is summed over the warehouses; -1 means unlimited.
 */
export const iof: Preset = {
  name: 'iof',
  fits: ({ shape }) =>
    shape.root?.attributes.file_format?.toUpperCase() === 'IOF' ? 'its root says file_format IOF' : null,
  map: {
    key: '@id',
    name: ['description/name', 'name'],
    description: 'description/long_desc',
    shortDescription: 'description/short_desc',
    brand: 'producer/@name',
    categories: { from: 'category/@name', levels: '\\' },
    images: ['images/large/image/@url', 'images/originals/image/@url', 'images/image/@url'],
    currency: '@currency',
    price: 'price/@gross',
    taxIncluded: true,
    vatRate: '@vat',
    url: 'card/@url',
    attributes: [{ each: 'parameters/parameter', name: '@name', value: 'value/@name' }],
    variants: {
      each: 'sizes/size',
      key: ['@code', '@id'],
      sku: '@code',
      gtin: { from: '@code_producer', match: '^(?:\\d{8}|\\d{12,14})$' },
      mpn: { from: '@code_producer', match: '^(?!(?:\\d{8}|\\d{12,14})$).+$' },
      options: [{ named: { Size: '@name' } }, { named: { Model: '@code_producer' }, varying: true }],
      price: 'price/@gross',
      stock: 'stock/@quantity',
      stockUnlimited: '-1',
      weight: '@weight',
      weightUnit: { value: 'g' },
    },
  },
}
