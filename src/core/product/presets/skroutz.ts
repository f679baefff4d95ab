import { firstElement, hasChild, type Preset } from './preset.js'

/**
 * Skroutz, the Greek price comparison. Prices are gross. One product is one colour; `size` lists the sizes in stock,
 * and `variations`, where there are any, are the sizes with EAN, price and count of their own.
 * Source: XML Data Feed Specification, https://developer.skroutz.gr/feedspec
 */
export const skroutz: Preset = {
  name: 'skroutz',
  fits: (look) => {
    const record = firstElement(look)
    if (record?.name !== 'product' || !hasChild(record, 'price_with_vat', 'price')) return null
    const hasId = hasChild(record, 'uniqueID', 'UniqueID', 'uniqueid', 'UniqueId')
    return hasId && hasChild(record, 'price_with_vat', 'instock', 'InStock')
      ? 'its records are the products with a UniqueID of Skroutz'
      : null
  },
  map: {
    key: ['uniqueID', 'UniqueID', 'uniqueid', 'UniqueId'],
    gtin: ['ean', 'EAN', 'barcode'],
    mpn: ['mpn', 'MPN'],
    name: ['name', 'title'],
    description: 'description',
    brand: 'manufacturer',
    categories: { from: ['category', 'category_path'], levels: '>' },
    images: { all: ['image', 'additionalimage', 'additional_imageurl', 'additional_images/image'] },
    price: ['price_with_vat', 'price'],
    taxIncluded: true,
    vatRate: 'vat',
    stock: 'quantity',
    inStock: ['instock', 'InStock'],
    availability: 'availability',
    // Grams by the specification.
    weight: 'weight',
    weightUnit: { value: 'g' },
    url: 'link',
    attributes: [{ named: { Color: 'color', Size: { from: 'size', split: ',' } } }],
    variants: {
      each: 'variations/variation',
      key: ['variationid', 'variationId', 'VariationID'],
      gtin: 'ean',
      mpn: ['manufacturersku', 'manufacturerSku', 'mpn'],
      options: { Size: 'size' },
      price: 'price_with_vat',
      stock: 'quantity',
      availability: 'availability',
    },
  },
}
