/** Products and variations as the shop has them, as far as an import needs to know. */
import { foldSku } from '../../product/product.js'
import type { StoreProduct } from '../store.js'
import { type Mark, readMark, type ShopStock } from './mark.js'

export interface ShopEntry {
  readonly id: number
  /** 0 for a product. */
  readonly parentId: number
  readonly type: string
  readonly status: string
  readonly sku: string | null
  readonly name: string
  /** Ids of a variable product's variations. */
  readonly variations: readonly number[]
  readonly attributes: readonly ShopAttribute[]
  readonly stock: ShopStock
  readonly imageIds: readonly number[]
  readonly menuOrder: number
  /** When it was edited last, as the shop says it. */
  readonly modified: string
  readonly mark: Mark
}

export interface ShopAttribute {
  readonly id: number
  readonly name: string
  readonly variation: boolean
  readonly visible: boolean
  readonly options: readonly string[]
}

/** What is asked of the shop for an entry. */
export const entryFields =
  'id,sku,type,parent_id,status,name,variations,attributes,manage_stock,stock_quantity,stock_status,images,image,menu_order,date_modified_gmt,meta_data'

/** Longest SKU that the shop's look-up table holds; a longer one would be found no more. */
export const skuLengthMax = 100

/**
 * A SKU as the shop keeps it: WordPress cleans tags, percent-encoded bytes, control characters and runs of blanks away
 * (`sanitize_text_field`), in what is written and in what is looked up.
 */
export function shopSku(sku: string): string {
  const withoutTags = sku.replace(/<[^>]*>/g, '')
  return withoutTags
    .replace(/%[0-9a-f]{2}/gi, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
}

/** SKU equality as the shop has it. */
export function foldShopSku(sku: string): string {
  return foldSku(shopSku(sku))
}

/** Null for what is no product. */
export function parseEntry(value: unknown): ShopEntry | null {
  if (typeof value !== 'object' || value === null) return null
  const fields = value as Record<string, unknown>
  if (typeof fields.id !== 'number' || fields.id <= 0) return null
  const sku = typeof fields.sku === 'string' ? fields.sku : ''
  return {
    id: fields.id,
    parentId: typeof fields.parent_id === 'number' ? fields.parent_id : 0,
    type: text(fields.type),
    status: text(fields.status),
    sku: sku === '' ? null : sku,
    name: decodeEntities(text(fields.name)),
    variations: list(fields.variations).filter((id) => typeof id === 'number'),
    attributes: list(fields.attributes).map(attribute),
    stock: {
      // Variations say `parent` where the product's stock counts.
      manage: fields.manage_stock === true,
      quantity: typeof fields.stock_quantity === 'number' ? fields.stock_quantity : null,
      status: text(fields.stock_status),
    },
    imageIds: [...list(fields.images), fields.image].flatMap(idOf),
    menuOrder: typeof fields.menu_order === 'number' ? fields.menu_order : 0,
    modified: text(fields.date_modified_gmt),
    mark: readMark(fields.meta_data),
  }
}

export function storeProduct(entry: ShopEntry, parent: ShopEntry | null): StoreProduct {
  const { mark } = entry
  return {
    id: String(entry.id),
    parentId: entry.parentId === 0 ? null : String(entry.parentId),
    sku: entry.sku,
    name: parent?.name ?? entry.name,
    wholesaler: mark.wholesaler,
    key: mark.key,
  }
}

/** WordPress hands names out with these entities in them. */
export function decodeEntities(text: string): string {
  return text
    .replace(/&(?:#0?38|amp);/g, '&')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&(?:#0?39|#8217);/g, "'")
    .replace(/&quot;/g, '"')
}

function attribute(value: unknown): ShopAttribute {
  const { id, name, variation, visible, options } = (value ?? {}) as Record<string, unknown>
  return {
    id: typeof id === 'number' ? id : 0,
    name: decodeEntities(text(name)),
    variation: variation === true,
    visible: visible === true,
    options: list(options).map((option) => decodeEntities(String(option))),
  }
}

function idOf(value: unknown): number[] {
  const id = typeof value === 'object' && value !== null ? (value as { id?: unknown }).id : null
  return typeof id === 'number' && id > 0 ? [id] : []
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
