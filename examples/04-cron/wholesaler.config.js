export default {
  store: { type: 'catalog', currency: 'EUR' },
  wholesalers: { pottery: { feed: './pottery.csv' } },
}
