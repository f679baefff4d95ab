import { firstElement, hasChild, type Preset } from './preset.js'

function meta(key: string): string {
  return `postmeta[meta_key=${key}]/meta_value`
}

/**
 * The XML that WordPress exports, as far as it is WooCommerce's: products, their variations, which name their parent's id,
 * and the attachments that images are. Blog posts and pages beside them are left out, and so is what is in the trash.
 * Options of variations are slugs (`dark-red`), as the shop keeps them.
 * The elements are from general knowledge of WordPress eXtended RSS and were not checked against a live export.
 */
export const woocommerceWxr: Preset = {
  name: 'woocommerce-wxr',
  fits: (look) => {
    const record = firstElement(look)
    const isWxr = Object.values(look.shape.namespaces ?? {}).some((uri) =>
      /^http:\/\/wordpress\.org\/export\//.test(uri),
    )
    return isWxr && record?.name === 'item' && hasChild(record, 'post_type')
      ? 'its items are those of a WordPress export'
      : null
  },
  namespaces: { content: 'http://purl.org/rss/1.0/modules/content/' },
  mark: 'wordpress.org/export',
  tree: {
    element: 'channel/term',
    id: 'term_slug',
    parent: 'term_parent',
    name: 'term_name',
    unless: { from: 'term_taxonomy', match: '^(?!product_cat$).+' },
  },
  tables: {
    attachments: {
      when: { from: 'post_type', match: '^attachment$' },
      key: 'post_id',
      value: ['attachment_url', 'guid'],
    },
  },
  map: {
    sku: meta('_sku'),
    id: 'post_id',
    gtin: meta('_global_unique_id'),
    name: 'title',
    description: 'content:encoded',
    categories: [
      { from: 'category[@domain=product_cat]/@nicename', tree: true },
      { from: 'category[@domain=product_cat]', levels: '' },
    ],
    tags: 'category[@domain=product_tag]',
    images: {
      all: [
        { from: meta('_thumbnail_id'), table: 'attachments' },
        { from: meta('_product_image_gallery'), split: ',', table: 'attachments' },
      ],
    },
    price: [meta('_regular_price'), meta('_price')],
    salePrice: meta('_sale_price'),
    stock: meta('_stock'),
    inStock: { from: meta('_stock_status'), lookup: { onbackorder: 'on backorder' } },
    weight: meta('_weight'),
    length: meta('_length'),
    width: meta('_width'),
    height: meta('_height'),
    status: { from: 'status', lookup: { pending: 'draft', future: 'draft' } },
    url: 'link',
    attributes: [{ each: 'category', name: { from: '@domain', match: '^pa_(.+)$' }, value: '.' }],
    parent: { from: 'post_parent', match: '^[1-9]\\d*$', replace: ['^', 'id:'] },
    unless: [
      { from: 'post_type', match: '^(?!(?:product|product_variation)$).+' },
      { from: 'status', match: '^(?:trash|auto-draft)$' },
    ],
    variants: {
      when: { from: 'post_type', match: '^product_variation$' },
      options: [
        { each: 'postmeta', name: { from: 'meta_key', match: '^attribute_(?:pa_)?(.+)$' }, value: 'meta_value' },
      ],
    },
  },
}
