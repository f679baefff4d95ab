import { firstElement, hasChild, type Preset } from './preset.js'

/**
 * Trovaprezzi, the Italian price comparison. Prices are gross, in euros; `Stock` is a count or says it in words.
 * `OriginalPrice` is the price before a discount.
 */
export const trovaprezzi: Preset = {
  name: 'trovaprezzi',
  fits: (look) => {
    const record = firstElement(look)
    return record?.name === 'Offer' && hasChild(record, 'Code') && hasChild(record, 'Categories', 'ShippingCost')
      ? 'its records are the Offers of Trovaprezzi'
      : null
  },
  map: {
    key: 'Code',
    sku: 'Code',
    gtin: 'EanCode',
    mpn: 'PartNumber',
    name: 'Name',
    description: 'Description',
    brand: 'Brand',
    categories: { from: 'Categories', split: ';', levels: '>' },
    images: { all: ['Image', 'Image2', 'Image3', 'Image4', 'Image5'] },
    price: 'Price',
    oldPrice: 'OriginalPrice',
    currency: { value: 'EUR' },
    taxIncluded: true,
    stock: 'Stock',
    weight: 'Weight',
    weightUnit: { value: 'kg' },
    url: 'Link',
  },
}
