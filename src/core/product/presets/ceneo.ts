import { firstElement, type Preset } from './preset.js'

/** Days until dispatch, in Ceneo's codes. Source: the offer file specification of ceneo.pl. */
const availability = {
  '1': 'available',
  '3': 'available in 3 days',
  '7': 'available in 7 days',
  '14': 'available in 14 days',
  '90': 'on order',
  '99': 'ask',
  '110': 'pre-order',
}

/** Ceneo, the Polish price comparison. Prices are gross; `stock` is a count and may be negative. */
export const ceneo: Preset = {
  name: 'ceneo',
  fits: (look) => {
    const record = firstElement(look)
    return record?.name === 'o' && 'id' in record.attributes && 'price' in record.attributes
      ? 'its records are the <o id price> of Ceneo'
      : null
  },
  map: {
    key: '@id',
    sku: 'attrs/a[@name=SKU]',
    gtin: 'attrs/a[@name=EAN]',
    mpn: 'attrs/a[@name=Kod_producenta]',
    name: 'name',
    description: 'desc',
    brand: 'attrs/a[@name=Producent]',
    categories: { from: 'cat', levels: '/' },
    images: { all: ['imgs/main/@url', 'imgs/i/@url'] },
    price: '@price',
    taxIncluded: true,
    stock: '@stock',
    availability: { from: '@avail', lookup: availability },
    weight: '@weight',
    weightUnit: { value: 'kg' },
    url: '@url',
    attributes: [{ each: 'attrs/a', name: '@name', value: '.', except: ['SKU', 'EAN', 'Kod_producenta', 'Producent'] }],
  },
}
