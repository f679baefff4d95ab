import { firstElement, type Preset, someHasChild } from './preset.js'

/**
 * The full offer of AtomStore shops, as the Polish wholesaler AREN publishes it. Sold-out products are left out
 * (`stock.skipUnavailable: false` keeps them).
 */
export const aren: Preset = {
  name: 'aren',
  fits: (look) =>
    firstElement(look)?.name === 'product' &&
    someHasChild(look, 'combinations', 'base_price_netto', 'default_price_netto')
      ? 'its records are products with combinations or net prices of AtomStore'
      : null,
  map: {
    key: 'code',
    sku: 'code',
    id: 'id',
    gtin: ['attributes/attribute[name=EAN]/values/value', 'attributes/attribute[name=EAN]/value'],
    name: 'name',
    description: 'description',
    brand: { from: 'producer', join: ', ' },
    categories: { from: 'categories/category', levels: '/' },
    images: ['images/image/url', 'images/img/url', 'img/url'],
    price: ['price_netto', 'base_price_netto', 'default_price_netto'],
    currency: { value: 'PLN' },
    taxIncluded: false,
    vatRate: 'tax/value',
    stock: 'quantity',
    weight: 'weight',
    status: { from: 'active', lookup: { '0': 'draft' } },
    attributes: [{ each: 'attributes/attribute', name: 'name', value: ['values/value', 'value'], except: ['EAN'] }],
    variants: {
      each: 'combinations/combination',
      key: ['code', 'id'],
      gtin: ['attributes/attribute[name=EAN]/value', 'attributes/attribute[name=EAN]/values/value'],
      options: [{ each: 'attributes/attribute', name: 'name', value: ['value', 'values/value'], except: ['EAN'] }],
      price: ['price_netto', 'default_price_netto'],
      stock: 'quantity',
      image: ['image', 'image/url', 'images/image/url'],
      skuParts: [
        'code',
        ['attributes/attribute[name=Kolor]/value', 'attributes/attribute[name=Kolor]/values/value'],
        ['attributes/attribute[name=Rozmiar]/value', 'attributes/attribute[name=Rozmiar]/values/value'],
      ],
    },
  },
  price: { except: { brand: { mediolano: 0 } } },
  stock: { skipUnavailable: true },
}
