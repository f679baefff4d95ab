/**
 * How the shop takes fields in, with all its leniency: items of a batch are not checked against the schema, so
 * a decimal comma becomes a thousand, an unknown type a simple product, an unknown status a draft.
 */
import { Problem } from './problem.js'
import {
  type Json,
  type JsonObject,
  type ShopAttribute,
  type ShopProduct,
  type ShopState,
  slugOf,
  uncategorized,
} from './shop-state.js'

/** Looks at an address as the shop does when it side-loads an image: bytes, or why not. */
export type Sideload = (src: string) => Promise<{ readonly bytes: number } | { readonly refused: string }>

export interface WriteContext {
  readonly state: ShopState
  readonly sideload: Sideload
  readonly addAttachment: (src: string, bytes: number) => number
  readonly now: number
}

const types = ['simple', 'grouped', 'external', 'variable'] as const
const statuses = ['publish', 'draft', 'pending', 'private', 'trash']

export function newProduct(id: number, parentId: number, now: number): ShopProduct {
  return {
    id,
    parentId,
    type: parentId === 0 ? 'simple' : 'variation',
    status: 'publish',
    name: parentId === 0 ? 'Product' : '',
    slug: '',
    sku: '',
    gtin: '',
    description: '',
    shortDescription: '',
    regularPrice: '',
    salePrice: '',
    manageStock: false,
    stockQuantity: null,
    stockStatus: 'instock',
    backorders: 'no',
    weight: '',
    dimensions: { length: '', width: '', height: '' },
    categories: parentId === 0 ? [uncategorized] : [],
    brands: [],
    tags: [],
    images: [],
    attributes: [],
    options: [],
    menuOrder: 0,
    meta: [],
    createdAt: now,
    modifiedAt: now,
  }
}

/** Writes the fields of a request into a product. Throws `Problem`; the product is then to be thrown away. */
export async function writeFields(product: ShopProduct, body: JsonObject, context: WriteContext): Promise<void> {
  const { state } = context
  takeIdentifiers(product, body, state)
  if (typeof body.name === 'string' && product.type !== 'variation') product.name = body.name
  if (product.type !== 'variation' && body.type !== undefined) {
    product.type = types.find((type) => type === body.type) ?? 'simple'
  }
  if (typeof body.status === 'string') product.status = statuses.includes(body.status) ? body.status : 'draft'
  // A draft has no address of its own yet.
  if (product.slug === '' && product.status !== 'draft') product.slug = slugOf(product.name)
  if (typeof body.description === 'string') product.description = body.description
  if (typeof body.short_description === 'string') product.shortDescription = body.short_description
  if (typeof body.weight === 'string') product.weight = body.weight
  if (isObject(body.dimensions)) Object.assign(product.dimensions, body.dimensions)
  takePrices(product, body)
  takeStock(product, body)
  takeTerms(product, body, state)
  takeAttributes(product, body, state)
  if (typeof body.menu_order === 'number' && body.menu_order !== 0) product.menuOrder = body.menu_order
  takeMeta(product, body, state)
  if (Array.isArray(body.images)) product.images = await takeImages(body.images.filter(isObject), context)
  if (isObject(body.image) && product.type === 'variation') {
    const { id, src } = body.image
    product.images = id === undefined && src === undefined ? [] : await takeImages([body.image], context)
  }
  product.modifiedAt = context.now
}

function takeIdentifiers(product: ShopProduct, body: JsonObject, state: ShopState): void {
  if (typeof body.sku === 'string') {
    const sku = cleaned(body.sku)
    const bearer = state.bySku(sku)
    if (bearer !== null && bearer.id !== product.id) {
      if (bearer.status === 'trash') {
        const message = `The product with SKU (${sku}) you are trying to insert is already present in the lookup table`
        throw new Problem(400, 'woocommerce_rest_product_not_created', message)
      }
      throw new Problem(400, 'product_invalid_sku', 'Invalid or duplicated SKU.', {
        resource_id: bearer.id,
        unique_sku: `${sku}-1`,
      })
    }
    product.sku = sku
  }
  if (typeof body.global_unique_id === 'string') {
    const gtin = body.global_unique_id.replace(/[^0-9-]/g, '')
    const bearer = state.byGtin(gtin)
    if (bearer !== null && bearer.id !== product.id) {
      const message = 'Invalid or duplicated GTIN, UPC, EAN or ISBN.'
      throw new Problem(400, 'product_invalid_global_unique_id', message, { resource_id: bearer.id })
    }
    product.gtin = gtin
  }
}

function takePrices(product: ShopProduct, body: JsonObject): void {
  if (body.regular_price !== undefined) product.regularPrice = price(body.regular_price)
  if (body.sale_price !== undefined) product.salePrice = price(body.sale_price)
  if (product.type === 'variable') [product.regularPrice, product.salePrice] = ['', '']
  if (product.salePrice !== '' && Number(product.salePrice) >= Number(product.regularPrice)) product.salePrice = ''
}

function price(value: Json | undefined): string {
  return String(value ?? '').replace(/[^0-9.-]/g, '')
}

function takeStock(product: ShopProduct, body: JsonObject): void {
  if (typeof body.manage_stock === 'boolean') product.manageStock = body.manage_stock
  if (typeof body.backorders === 'string') product.backorders = body.backorders
  const { stock_status: status } = body
  if (status === 'instock' || status === 'outofstock' || status === 'onbackorder') product.stockStatus = status
  if (!product.manageStock) {
    product.stockQuantity = null
    return
  }
  if (body.stock_quantity !== undefined) product.stockQuantity = Math.trunc(Number(body.stock_quantity)) || 0
  product.stockQuantity ??= 0
  product.stockStatus = product.stockQuantity > 0 || product.backorders !== 'no' ? 'instock' : 'outofstock'
}

function takeTerms(product: ShopProduct, body: JsonObject, state: ShopState): void {
  if (product.type === 'variation') return
  for (const taxonomy of ['categories', 'brands', 'tags'] as const) {
    const given = body[taxonomy]
    if (!Array.isArray(given)) continue
    const ids = given.filter(isObject).map(({ id }) => Number(id))
    product[taxonomy] = [...new Set(ids)].filter((id) => state.terms.get(id)?.taxonomy === taxonomy)
  }
  if (product.categories.length === 0) product.categories = [uncategorized]
}

function takeAttributes(product: ShopProduct, body: JsonObject, state: ShopState): void {
  const given = Array.isArray(body.attributes) ? body.attributes.filter(isObject) : null
  if (given === null) return
  if (product.type !== 'variation') {
    product.attributes = given.flatMap((attribute) => attributeOf(attribute, state))
    return
  }
  const known = state.products.get(product.parentId)?.attributes ?? []
  product.options = given.flatMap(({ id, name, option }) => {
    const match = known.find((each) =>
      id === undefined || id === 0 ? slugOf(each.name) === slugOf(String(name)) : each.id === id,
    )
    // An attribute that the parent does not have is dropped; an option that it lacks is taken.
    if (match?.variation !== true) return []
    return [{ id: match.id, name: match.name, option: cleaned(String(option ?? '')) }]
  })
}

function attributeOf(given: JsonObject, state: ShopState): ShopAttribute[] {
  const position = typeof given.position === 'number' ? given.position : 0
  const id = typeof given.id === 'number' ? given.id : 0
  const name = id === 0 ? cleaned(String(given.name ?? '')) : state.attributes.get(id)?.name
  if (name === undefined || name === '') return []
  const options = Array.isArray(given.options) ? given.options.map((option) => cleaned(String(option))) : []
  if (id !== 0) {
    for (const option of options)
      if (state.findTerm(`pa_${id}`, option, 0) === null) state.addTerm(`pa_${id}`, option, 0)
  }
  return [{ id, name, position, visible: given.visible === true, variation: given.variation === true, options }]
}

function takeMeta(product: ShopProduct, body: JsonObject, state: ShopState): void {
  if (!Array.isArray(body.meta_data)) return
  for (const { key, value } of body.meta_data.filter(isObject)) {
    const known = product.meta.find((meta) => meta.key === key)
    if (known !== undefined) known.value = value ?? null
    else product.meta.push({ id: state.nextMeta(), key: String(key), value: value ?? null })
  }
}

async function takeImages(images: readonly JsonObject[], context: WriteContext): Promise<number[]> {
  const { state } = context
  const ids: number[] = []
  for (const { id, src, alt, name } of images) {
    let attachmentId = typeof id === 'number' ? id : 0
    if (attachmentId === 0 && typeof src === 'string') {
      const loaded = await context.sideload(src)
      if ('refused' in loaded) throw new Problem(400, 'woocommerce_product_image_upload_error', loaded.refused)
      attachmentId = context.addAttachment(src, loaded.bytes)
    }
    const attachment = state.attachments.get(attachmentId)
    if (attachment === undefined) {
      throw new Problem(400, 'woocommerce_product_invalid_image_id', `#${attachmentId} is an invalid image ID.`)
    }
    if (typeof alt === 'string' && alt !== '') attachment.alt = alt
    if (typeof name === 'string' && name !== '') attachment.name = name
    ids.push(attachmentId)
  }
  return ids
}

/** WordPress's cleaning of single-line text: no tags, encoded bytes and control characters, blanks folded. */
export function cleaned(text: string): string {
  return text
    .replace(/<[^>]*>/g, '')
    .replace(/%[0-9a-f]{2}/gi, '')
    .replace(/[\s\0]+/g, ' ')
    .trim()
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
