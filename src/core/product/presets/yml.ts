import { firstElement, type Preset } from './preset.js'

/**
 * Yandex YML and its relatives (prom.ua, satu.kz, rozetka). `vendorCode` is the manufacturer's number, and in some
 * feeds the same for all: the offer's id is the key.
 * Source: https://yandex.ru/support/partnermarket/export/yml.html
 */
export const yml: Preset = {
  name: 'yml',
  fits: (look) => {
    const record = firstElement(look)
    if (look.shape.root?.name === 'yml_catalog') return 'its root element is yml_catalog'
    return record?.name === 'offer' &&
      record.children.some((child) => typeof child !== 'string' && child.name === 'categoryId')
      ? 'its records are offers with a categoryId'
      : null
  },
  tree: { element: 'categories/category', id: '@id', parent: '@parentId', name: '.' },
  map: {
    key: ['@id', '@Offer_ID', 'Offer_ID'],
    sku: ['shop-sku', 'article', '@article'],
    gtin: 'barcode',
    mpn: 'vendorCode',
    name: ['name', { all: ['typePrefix', 'vendor', 'model'], join: ' ' }, 'model', 'title'],
    description: 'description',
    brand: 'vendor',
    categories: { from: ['categoryId', 'category_id'], tree: true },
    images: ['picture', 'image'],
    price: ['price', 'prices/price'],
    oldPrice: ['oldprice', 'price_old', 'old_price'],
    currency: ['currencyId', 'currency'],
    stock: ['quantity_in_stock', 'stock_quantity', 'quantity', 'count', { from: 'outlets/outlet/@instock', sum: true }],
    inStock: ['@available', 'available', '@in_stock'],
    weight: 'weight',
    weightUnit: { value: 'kg' },
    url: 'url',
    attributes: [
      {
        each: ['param', 'Param'],
        name: ['@name', '@Name'],
        value: { all: ['.', '@unit'], join: ' ' },
      },
      { named: { Country: 'country_of_origin' } },
    ],
    group: ['@group_id', 'group_id'],
    variants: {
      options: [
        {
          each: ['param', 'Param'],
          name: ['@name', '@Name'],
          value: { all: ['.', '@unit'], join: ' ' },
          varying: true,
        },
      ],
    },
  },
}
