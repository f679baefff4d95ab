import { childNames, firstElement, type Preset } from './preset.js'

const needed = ['id', 'name', 'price', 'currency', 'availability', 'url', 'image']

/** Another element beside these is a sign of another format. */
const known = new Set([
  ...needed,
  ...[
    'brand',
    'description',
    'category',
    'ean',
    'gtin',
    'mpn',
    'sku',
    'condition',
    'shipping',
    'stock',
    'size',
    'color',
  ],
])

/**
 * Prisjakt (PriceSpy) with plain elements, as shops make it by themselves. Prices are gross. Prisjakt's own format
 * extends Google's, and is mapped as that is.
 * Source: https://developer.prisjakt.nu/docs/sections/for-shops/offer-inventory/feeds/offer/formats/prisjakt_xml
 */
export const prisjakt: Preset = {
  name: 'prisjakt',
  fits: (look) => {
    const record = firstElement(look)
    if (record?.name !== 'product') return null
    const names = childNames(record)
    return needed.every((name) => names.has(name)) && [...names].every((name) => known.has(name))
      ? 'its records are products with the plain elements of Prisjakt'
      : null
  },
  map: {
    key: 'id',
    sku: 'sku',
    gtin: ['gtin', 'ean'],
    mpn: 'mpn',
    name: 'name',
    description: 'description',
    brand: 'brand',
    categories: { from: 'category', levels: '>' },
    images: 'image',
    price: 'price',
    currency: 'currency',
    taxIncluded: true,
    stock: 'stock',
    availability: 'availability',
    url: 'url',
    attributes: { Color: 'color', Size: 'size', Condition: 'condition' },
  },
}
