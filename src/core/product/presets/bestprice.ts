import { firstElement, hasChild, type Preset } from './preset.js'

/**
 * BestPrice, the other Greek price comparison, whose elements are named in two ways (`productId`, `product_id`).
 * Prices are gross; levels of a category are parted by `->`.
 * The element names are from general knowledge of its feed description and were not checked against a live feed.
 */
export const bestprice: Preset = {
  name: 'bestprice',
  fits: (look) => {
    const record = firstElement(look)
    return record?.name === 'product' &&
      hasChild(record, 'productId', 'product_id') &&
      hasChild(record, 'category_path', 'categoryPath') &&
      hasChild(record, 'productURL', 'product_url')
      ? 'its records are products with a category path and product URL of BestPrice'
      : null
  },
  map: {
    key: ['productId', 'product_id'],
    gtin: ['EAN', 'ean', 'barcode'],
    mpn: ['mpn', 'MPN', 'SKU'],
    name: ['title', 'name'],
    description: 'description',
    brand: ['brand', 'manufacturer'],
    categories: { from: ['category_path', 'categoryPath'], levels: '->' },
    images: { all: ['imageURL', 'image_url', 'imagesURL/*', 'images_url/*'] },
    price: 'price',
    oldPrice: ['oldPrice', 'old_price'],
    taxIncluded: true,
    stock: ['stock', 'quantity'],
    inStock: ['isAvailable', 'instock'],
    availability: 'availability',
    weight: 'weight',
    weightUnit: { value: 'g' },
    url: ['productURL', 'product_url'],
    attributes: [{ named: { Color: 'color', Size: { from: 'size', split: ',' } } }, { entries: 'features' }],
  },
}
