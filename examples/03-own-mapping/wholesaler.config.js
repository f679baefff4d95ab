/**
 * One wholesaler with column names that nobody can guess: `map` says where each field is. Run it with
 * `wholesaler import` in this folder; change the margin and run it again: only prices are written.
 */
export default {
  store: { type: 'catalog', currency: 'EUR' },
  wholesalers: {
    outlet: {
      feed: './outlet.csv',
      format: 'csv',
      delimiter: ';',
      preset: 'none',
      map: {
        sku: 'Code',
        name: 'Title',
        brand: 'Maker',
        categories: { from: 'Group', levels: '/' },
        price: { from: 'Net price', number: 'comma' },
        stock: 'Count',
        gtin: 'EAN',
        attributes: { Colour: { from: 'Colours', split: '|' } },
        images: { from: 'Photos', split: '|' },
      },
      // 40 % on top, 25 % for one brand, rounded to 5 cents.
      price: { margin: 40, round: 0.05, except: { brand: { lnianka: 25 } } },
      exclude: { category: 'Gifts' },
      skuPrefix: 'OUT-',
      transform(record, product) {
        const remark = record[9]?.trim()
        return remark ? { ...product, shortDescription: remark } : product
      },
    },
  },
}
