/** What the stand-in shop holds, and its sequences of ids: posts (products, variations, attachments) and terms. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined }
export type JsonObject = { readonly [name: string]: Json | undefined }

export interface Meta {
  readonly id: number
  readonly key: string
  value: Json
}

export interface ShopAttribute {
  readonly id: number
  readonly name: string
  readonly position: number
  readonly visible: boolean
  readonly variation: boolean
  readonly options: readonly string[]
}

/** A product or a variation. */
export interface ShopProduct {
  readonly id: number
  readonly parentId: number
  type: 'simple' | 'grouped' | 'external' | 'variable' | 'variation'
  status: string
  name: string
  slug: string
  sku: string
  gtin: string
  description: string
  shortDescription: string
  regularPrice: string
  salePrice: string
  manageStock: boolean
  stockQuantity: number | null
  stockStatus: 'instock' | 'outofstock' | 'onbackorder'
  backorders: string
  weight: string
  dimensions: { length: string; width: string; height: string }
  categories: readonly number[]
  brands: readonly number[]
  tags: readonly number[]
  images: readonly number[]
  attributes: readonly ShopAttribute[]
  /** Option by attribute name, of a variation. */
  options: readonly { readonly id: number; readonly name: string; readonly option: string }[]
  menuOrder: number
  meta: Meta[]
  readonly createdAt: number
  modifiedAt: number
}

export interface ShopTerm {
  readonly id: number
  readonly taxonomy: Taxonomy
  readonly name: string
  readonly slug: string
  readonly parent: number
}

/** `pa_<id>` are the terms of a global attribute. */
export type Taxonomy = 'categories' | 'tags' | 'brands' | `pa_${number}`

export interface ShopAttachment {
  readonly id: number
  readonly slug: string
  readonly file: string
  name: string
  alt: string
  readonly bytes: number
  /** Its file; what was never uploaded has none. */
  readonly data?: Buffer
  readonly createdAt: number
}

export interface GlobalAttribute {
  readonly id: number
  readonly name: string
}

/** Id of the category that a product without one is put into. */
export const uncategorized = 15

export class ShopState {
  readonly products = new Map<number, ShopProduct>()
  readonly attachments = new Map<number, ShopAttachment>()
  readonly terms = new Map<number, ShopTerm>([
    [
      uncategorized,
      { id: uncategorized, taxonomy: 'categories', name: 'Uncategorized', slug: 'uncategorized', parent: 0 },
    ],
  ])
  readonly attributes = new Map<number, GlobalAttribute>()
  /** Folded SKUs of products on their way in: the lock of the look-up table. */
  readonly locked = new Set<string>()
  #lastPost = 9
  #lastTerm = uncategorized
  #lastMeta = 26
  #lastAttribute = 0

  nextPost(): number {
    return ++this.#lastPost
  }

  nextMeta(): number {
    return ++this.#lastMeta
  }

  addTerm(taxonomy: Taxonomy, name: string, parent: number): ShopTerm {
    const id = ++this.#lastTerm
    const term = { id, taxonomy, name, slug: slugOf(name), parent }
    this.terms.set(id, term)
    return term
  }

  /** WordPress compares names without regard to case, among the children of one parent. */
  findTerm(taxonomy: Taxonomy, name: string, parent: number): ShopTerm | null {
    const wanted = name.trim().toLowerCase()
    for (const term of this.terms.values()) {
      if (term.taxonomy === taxonomy && term.parent === parent && term.name.toLowerCase() === wanted) return term
    }
    return null
  }

  addAttribute(name: string): GlobalAttribute {
    const attribute = { id: ++this.#lastAttribute, name }
    this.attributes.set(attribute.id, attribute)
    return attribute
  }

  variationsOf(parentId: number): ShopProduct[] {
    return [...this.products.values()].filter((product) => product.parentId === parentId && parentId !== 0)
  }

  /** Who bears the SKU, in the trash as well: the database compares without regard to case and blanks at the ends. */
  bySku(sku: string): ShopProduct | null {
    const wanted = sku.trim().toLowerCase()
    if (wanted === '') return null
    for (const product of this.products.values()) if (product.sku.trim().toLowerCase() === wanted) return product
    return null
  }

  byGtin(gtin: string): ShopProduct | null {
    if (gtin === '') return null
    for (const product of this.products.values()) if (product.gtin === gtin) return product
    return null
  }

  remove(id: number): void {
    this.products.delete(id)
    for (const variation of this.variationsOf(id)) this.products.delete(variation.id)
  }
}

export function slugOf(name: string): string {
  const plain = name
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
  return plain.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '')
}
