/**
 * A WooCommerce shop instead of the embedded catalog. Keys and passwords never stand here: they come from the
 * environment or from files that it names.
 */
export default {
  store: {
    type: 'woocommerce',
    // The shop's front page, as in the browser.
    url: process.env.SHOP_URL ?? 'https://shop.example.com',
    // 'upload' needs an application password; with consumer keys only, say 'src'.
    images: 'upload',
  },
  wholesalers: {
    offers: { feed: './offers.csv' },
  },
}
