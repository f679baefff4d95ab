import { type FeedLook, hasColumns, type Preset } from './preset.js'

/** Texts may come per language: `name:en`; the first language is taken. */
function column({ shape }: FeedLook, name: string): string {
  const columns = shape.columns ?? []
  return columns.find((one) => one === name) ?? columns.find((one) => one.startsWith(`${name}:`)) ?? name
}

/**
 * Vendure's product import. A row without a name is one more variant of the product above it; lists are parted by `|`,
 * facets are `name:value`. Assets may be file names: say `imageBase`.
 * Source: https://docs.vendure.io/current/core/developer-guide/importing-data
 */
export const vendureCsv: Preset = {
  name: 'vendure-csv',
  fits: (look) =>
    hasColumns(look, 'sku', 'price', 'assets', 'facets') && hasColumns(look, column(look, 'optionValues'))
      ? 'its columns are those of the Vendure product import'
      : null,
  map: (look) => ({
    continues: [column(look, 'slug'), column(look, 'name')],
    name: column(look, 'name'),
    description: column(look, 'description'),
    brand: { from: column(look, 'facets'), split: '|', match: '^\\s*brand:(.+)$', first: true },
    categories: { from: column(look, 'facets'), split: '|', match: '^\\s*category:(.+)$', levels: '' },
    images: { from: 'assets', split: '|' },
    attributes: [{ text: column(look, 'facets'), between: '|', sign: ':', except: ['brand', 'category'] }],
    variants: {
      when: ['sku', 'price'],
      sku: 'sku',
      options: [
        {
          name: { from: column(look, 'optionGroups'), split: '|' },
          value: { from: column(look, 'optionValues'), split: '|' },
        },
      ],
      price: 'price',
      stock: 'stockOnHand',
      image: { from: 'variantAssets', split: '|', first: true },
    },
  }),
}
