/** Products and variations as the shop's REST API shows them, field by field as recorded. */
import {
  type Json,
  type JsonObject,
  type ShopAttachment,
  type ShopProduct,
  type ShopState,
  slugOf,
} from './shop-state.js'

/** Answers to writes are in the context `edit`: raw texts, and two fields more. */
export type Context = 'view' | 'edit'

export function productJson(product: ShopProduct, state: ShopState, base: string, context: Context): JsonObject {
  if (product.type === 'variation') return variationJson(product, state, base)
  const { regularPrice, salePrice } = product
  const price = priceOf(product, state)
  const variations = state.variationsOf(product.id)
  const text = (raw: string) => (context === 'edit' || raw === '' ? raw : rendered(raw))
  return {
    id: product.id,
    name: product.name,
    slug: product.slug,
    permalink: `${base}/product/${product.slug}/`,
    ...dates(product),
    type: product.type,
    status: product.status,
    featured: false,
    catalog_visibility: 'visible',
    description: text(product.description),
    short_description: text(product.shortDescription),
    sku: product.sku,
    price,
    regular_price: regularPrice,
    sale_price: salePrice,
    ...saleDates,
    on_sale: salePrice !== '',
    purchasable: price !== '',
    total_sales: 0,
    ...downloads,
    external_url: '',
    button_text: '',
    tax_status: 'taxable',
    tax_class: '',
    manage_stock: product.manageStock,
    stock_quantity: product.stockQuantity,
    ...backorders(product),
    low_stock_amount: null,
    sold_individually: false,
    weight: product.weight,
    dimensions: product.dimensions,
    shipping_required: true,
    shipping_taxable: true,
    shipping_class: '',
    shipping_class_id: 0,
    reviews_allowed: true,
    average_rating: context === 'edit' ? '0' : '0.00',
    rating_count: 0,
    upsell_ids: [],
    cross_sell_ids: [],
    parent_id: 0,
    purchase_note: '',
    categories: termsJson(product.categories, state),
    brands: termsJson(product.brands, state),
    tags: termsJson(product.tags, state),
    images: product.images.flatMap((id) => imageJson(state.attachments.get(id), base)),
    attributes: product.attributes.map((attribute) => ({
      id: attribute.id,
      name: attribute.name,
      slug: attribute.name,
      position: attribute.position,
      visible: attribute.visible,
      variation: attribute.variation,
      options: attribute.options,
    })),
    default_attributes: [],
    variations: variations.map(({ id }) => id),
    grouped_products: [],
    menu_order: product.menuOrder,
    price_html: price === '' ? '' : `<bdi>${price}</bdi>`,
    related_ids: [],
    meta_data: metaJson(product),
    stock_status: stockStatusOf(product, state),
    has_options: product.type === 'variable',
    post_password: '',
    global_unique_id: product.gtin,
    ...(context === 'edit'
      ? { permalink_template: `${base}/product/%pagename%/`, generated_slug: slugOf(product.name) }
      : {}),
    _links: links(`${base}/wp-json/wc/v3/products`, product.id),
  }
}

function variationJson(product: ShopProduct, state: ShopState, base: string): JsonObject {
  const collection = `${base}/wp-json/wc/v3/products/${product.parentId}/variations`
  const [image] = product.images.flatMap((id) => imageJson(state.attachments.get(id), base))
  const price = product.salePrice === '' ? product.regularPrice : product.salePrice
  return {
    id: product.id,
    type: 'variation',
    ...dates(product),
    description: product.description,
    permalink: `${base}/product/?attribute=${product.id}`,
    sku: product.sku,
    global_unique_id: product.gtin,
    price,
    regular_price: product.regularPrice,
    sale_price: product.salePrice,
    ...saleDates,
    on_sale: product.salePrice !== '',
    status: product.status,
    purchasable: price !== '',
    ...downloads,
    tax_status: 'taxable',
    tax_class: 'parent',
    manage_stock: product.manageStock,
    stock_quantity: product.stockQuantity,
    stock_status: product.stockStatus,
    ...backorders(product),
    low_stock_amount: null,
    weight: product.weight,
    dimensions: product.dimensions,
    shipping_class: '',
    shipping_class_id: 0,
    image: image ?? null,
    attributes: product.options.map(({ id, name, option }) => ({ id, name, slug: name.toLowerCase(), option })),
    menu_order: product.menuOrder,
    meta_data: metaJson(product),
    name: product.options.map(({ option }) => option).join(', '),
    parent_id: product.parentId,
    _links: {
      ...links(collection, product.id),
      up: [{ href: `${base}/wp-json/wc/v3/products/${product.parentId}` }],
    },
  }
}

export function imageJson(attachment: ShopAttachment | undefined, base: string): JsonObject[] {
  if (attachment === undefined) return []
  const { id, name, alt, createdAt } = attachment
  const src = `${base}/wp-content/uploads/${attachment.file}`
  const date = isoSeconds(createdAt)
  return [
    {
      id,
      date_created: date,
      date_created_gmt: date,
      date_modified: date,
      date_modified_gmt: date,
      src,
      name,
      alt,
      srcset: `${src} 1350w`,
      sizes: '(max-width: 1350px) 100vw, 1350px',
      thumbnail: src.replace(/(\.\w+)$/, '-300x300$1'),
    },
  ]
}

export function links(collection: string, id: number): JsonObject {
  return {
    self: [{ href: `${collection}/${id}`, targetHints: { allow: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] } }],
    collection: [{ href: collection }],
  }
}

export function isoSeconds(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19)
}

const saleDates = {
  date_on_sale_from: null,
  date_on_sale_from_gmt: null,
  date_on_sale_to: null,
  date_on_sale_to_gmt: null,
}

const downloads = {
  virtual: false,
  downloadable: false,
  downloads: [],
  download_limit: -1,
  download_expiry: -1,
}

function backorders({ backorders: allowed }: ShopProduct): JsonObject {
  return { backorders: allowed, backorders_allowed: allowed !== 'no', backordered: false }
}

function dates({ createdAt, modifiedAt }: ShopProduct): JsonObject {
  const [created, modified] = [isoSeconds(createdAt), isoSeconds(modifiedAt)]
  return { date_created: created, date_created_gmt: created, date_modified: modified, date_modified_gmt: modified }
}

/** The parent's price is the lowest of its variations'. */
function priceOf(product: ShopProduct, state: ShopState): string {
  if (product.type !== 'variable') return product.salePrice === '' ? product.regularPrice : product.salePrice
  const prices = state
    .variationsOf(product.id)
    .map(({ regularPrice, salePrice }) => (salePrice === '' ? regularPrice : salePrice))
    .filter((price) => price !== '')
  return prices.sort((one, other) => Number(one) - Number(other))[0] ?? ''
}

/** Without stock of its own, a variable product is in stock when one of its variations is. */
export function stockStatusOf(product: ShopProduct, state: ShopState): string {
  if (product.type !== 'variable' || product.manageStock) return product.stockStatus
  const inStock = state.variationsOf(product.id).some(({ stockStatus }) => stockStatus === 'instock')
  return inStock ? 'instock' : 'outofstock'
}

/** Terms come by name. */
function termsJson(ids: readonly number[], state: ShopState): JsonObject[] {
  return ids
    .flatMap((id) => state.terms.get(id) ?? [])
    .sort((one, other) => one.name.localeCompare(other.name))
    .map(({ id, name, slug }) => ({ id, name, slug }))
}

function metaJson({ meta }: ShopProduct): Json[] {
  return meta.map(({ id, key, value }) => ({ id, key, value }))
}

function rendered(text: string): string {
  return text.startsWith('<') ? `${text}\n` : `<p>${text}</p>\n`
}
