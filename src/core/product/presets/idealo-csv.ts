import { type FeedLook, hasColumns, type Preset } from './preset.js'

function hasCosts({ shape }: FeedLook): boolean {
  return (shape.columns ?? []).some((column) => /^(?:delivery|payment)costs?_/i.test(column))
}

/**
 * idealo's CSV. Prices are gross; `basePrice` is the price of a unit of measure, as text. Shops also put words into
 * `eans`: only digits are taken.
 * Source: https://idealo.github.io/csv-importer/en/csv
 */
export const idealoCsv: Preset = {
  name: 'idealo-csv',
  fits: (look) =>
    hasColumns(look, 'sku', 'title', 'price', 'url') && (hasCosts(look) || hasColumns(look, 'eans', 'deliveryTime'))
      ? 'its columns are those of an idealo feed'
      : null,
  map: {
    sku: 'sku',
    gtin: { from: 'eans', split: [';', '|', ','], match: '^\\d{8,14}$', first: true },
    mpn: { from: 'hans', split: [';', '|'], first: true },
    name: 'title',
    description: 'description',
    brand: 'brand',
    categories: { from: 'categoryPath', levels: '>' },
    images: { all: ['imageUrls', 'imageUrl'] },
    price: 'price',
    oldPrice: 'formerPrice',
    currency: 'currency',
    taxIncluded: true,
    availability: 'deliveryTime',
    url: 'url',
    attributes: {
      Color: ['colour', 'color'],
      Size: 'size',
      Material: 'material',
      Gender: 'gender',
      Condition: 'condition',
      'Base price': 'basePrice',
    },
  },
}
