/** Reads and writes products with their variants, attributes and categories. Every call is part of a transaction. */
import type { Fingerprints } from '../../ledger/ledger.js'
import type { Attribute, Product, Variant } from '../../product/product.js'
import { foldSku } from '../../product/product.js'
import type { Database } from '../../sqlite.js'
import type { Bearer, ProductLookup, SkuPlan } from '../sku-rules.js'
import type { StoreId } from '../store.js'
import { Categories } from './categories.js'
import { InsertQueue } from './insert-queue.js'
import {
  columnValues,
  type OfferColumns,
  offerColumnNames,
  offerColumns,
  type ProductRow,
  productColumnNames,
  productColumns,
  productDetails,
  variantColumns,
  variantDetails,
  withoutNul,
} from './product-row.js'
import type { VariantMatch } from './variant-match.js'

/** A product as far as deciding needs it. */
export interface KnownProduct {
  readonly id: number
  readonly content: string | null
  readonly offer: string | null
  readonly images: string | null
}

export interface ProductWrite {
  readonly product: Product
  readonly owner: string
  readonly skus: SkuPlan
  readonly fingerprints: Fingerprints
  readonly now: number
}

const selectRow = `SELECT id, ${productColumnNames.join(', ')} FROM product`
const insertRow = `INSERT INTO product (${productColumnNames.join(', ')}, created_at)
  VALUES (${'?, '.repeat(productColumnNames.length)}?)`
const updateRow = `UPDATE product SET ${productColumnNames.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`
const updateOfferColumns = offerColumnNames.map((name) => `${name} = ?`).join(', ')

export class ProductTable implements ProductLookup {
  readonly #database: Database
  readonly #categories: Categories
  readonly #attributes: InsertQueue

  constructor(database: Database) {
    this.#database = database
    this.#categories = new Categories(database)
    this.#attributes = new InsertQueue(database, 'product_attribute (product_id, is_option, position, name, value)')
  }

  /** Products of a wholesaler, never variants, by key. Unknown ones are left out. */
  byKeys(owner: string, keys: readonly string[]): ReadonlyMap<string, KnownProduct> {
    const rows = this.#database
      .prepare<KnownProduct & { key: string }>(`
        SELECT key, id, content, offer, images FROM product
        WHERE owner = ? AND key IN (SELECT value FROM json_each(?)) AND parent_id IS NULL`)
      .all(owner, JSON.stringify(keys))
    return new Map(rows.map((row) => [row.key, row]))
  }

  /** Those of these folded SKUs that anything bears. */
  borneOf(foldedSkus: readonly string[]): readonly string[] {
    return this.#database
      .prepare<{ sku: string }>(`
        SELECT sku_folded AS sku FROM product WHERE sku_folded IN (SELECT value FROM json_each(?))`)
      .all(JSON.stringify(foldedSkus))
      .map(({ sku }) => sku)
  }

  byId(id: StoreId): { readonly owner: string | null } | null {
    const rowId = rowIdOf(id)
    if (rowId === null) return null
    const row = this.#database
      .prepare<{ owner: string | null }>('SELECT owner FROM product WHERE id = ? AND parent_id IS NULL')
      .get(rowId)
    return row ?? null
  }

  bySku(foldedSku: string): Bearer | null {
    const row = this.#database
      .prepare<Pick<ProductRow, 'id' | 'parent_id' | 'owner'>>(
        'SELECT id, parent_id, owner FROM product WHERE sku_folded = ?',
      )
      .get(foldedSku)
    if (row === undefined) return null
    return { productId: String(row.parent_id ?? row.id), isVariant: row.parent_id !== null, owner: row.owner }
  }

  /** Of a product, never of a variant. */
  fingerprints(id: number): KnownProduct | undefined {
    return this.#database
      .prepare<KnownProduct>('SELECT id, content, offer, images FROM product WHERE id = ? AND parent_id IS NULL')
      .get(id)
  }

  row(id: number): ProductRow | undefined {
    return this.#database.prepare<ProductRow>(`${selectRow} WHERE id = ?`).get(id)
  }

  variantsOf(id: number): ProductRow[] {
    return this.#database.prepare<ProductRow>(`${selectRow} WHERE parent_id = ? ORDER BY position, id`).all(id)
  }

  /** Category paths and attributes, options left out, of a product. */
  listsOf(id: number): {
    readonly categories: readonly (readonly string[])[]
    readonly attributes: readonly Attribute[]
  } {
    const attributes = this.#database
      .prepare<AttributeRow>(
        'SELECT name, value FROM product_attribute WHERE product_id = ? AND is_option = 0 ORDER BY position',
      )
      .all(id)
    return {
      categories: this.#categories.pathsOf(id),
      attributes: attributes.map(({ name, value }) => ({ name, values: JSON.parse(value) })),
    }
  }

  /** Its attributes and categories are written by the next `flush`. */
  create(write: ProductWrite): number {
    const { product, owner, skus, fingerprints, now } = write
    const columns = productColumns(product, { owner, sku: skus.sku, fingerprints, now }, null)
    const id = this.#insert(columns, now)
    this.#writeLists(id, product, true)
    for (const [position, variant] of product.variants.entries()) this.#putVariant(id, position, variant, null, write)
    return id
  }

  /**
   * Writes all columns of a product that is there. `variants` says which of its rows each variant is. Its attributes and
   * categories are written by the next `flush`.
   */
  update(row: ProductRow, variants: VariantMatch, write: ProductWrite): void {
    const { product, owner, skus, fingerprints, now } = write
    if (variants.vanished.length > 0) this.flush()
    for (const { id } of variants.vanished) this.remove(id)
    this.#releaseSku(row, skus.sku)
    for (const [index, variant] of variants.rows.entries()) {
      if (variant !== null) this.#releaseSku(variant, skus.variants[index] ?? null)
    }

    const columns = productColumns(product, { owner, sku: skus.sku, fingerprints, now }, row)
    this.#database.prepare(updateRow).run(...columnValues(columns), row.id)
    this.#writeLists(row.id, product, false)
    for (const [position, variant] of product.variants.entries()) {
      this.#putVariant(row.id, position, variant, variants.rows[position] ?? null, write)
    }
  }

  /** Writes price and stock and nothing else. False when the variants are not those of the product. */
  updateOffer(id: number, product: Product, offer: string, now: number): boolean {
    const select = `SELECT id, key, ${offerColumnNames.join(', ')} FROM product`
    const stored = this.#database.prepare<OfferRow>(`${select} WHERE id = ?`).get(id)
    if (stored === undefined) return false
    const variants = new Map<string | null, OfferRow>()
    if (product.variants.length > 0) {
      for (const row of this.#database.prepare<OfferRow>(`${select} WHERE parent_id = ?`).all(id)) {
        variants.set(row.key, row)
      }
      if (!product.variants.every(({ key }) => variants.has(key))) return false
    }

    const update = this.#database.prepare(`UPDATE product SET ${updateOfferColumns}, updated_at = ? WHERE id = ?`)
    for (const variant of product.variants) {
      const row = variants.get(variant.key)
      if (row === undefined) continue
      const columns = offerColumns(variant, row)
      if (offerColumnNames.every((name) => columns[name] === row[name])) continue
      update.run(...offerColumnNames.map((name) => columns[name]), now, row.id)
    }
    const columns = offerColumns(product, stored)
    this.#database
      .prepare(`UPDATE product SET ${updateOfferColumns}, updated_at = ?, offer = ? WHERE id = ?`)
      .run(...offerColumnNames.map((name) => columns[name]), now, offer, id)
    return true
  }

  /** Notes which images the feed names; attaching them is another matter. */
  noteImages(id: number, product: Product, images: string): void {
    const row = this.row(id)
    if (row === undefined) return
    const details = productDetails(product, row.details)
    this.#database.prepare('UPDATE product SET details = ?, images = ? WHERE id = ?').run(details, images, id)
    if (product.variants.length === 0) return
    const stored = new Map(this.variantsOf(id).map((variant) => [variant.key, variant]))
    const update = this.#database.prepare('UPDATE product SET details = ? WHERE id = ?')
    for (const variant of product.variants) {
      const before = stored.get(variant.key)
      if (before !== undefined) update.run(variantDetails(variant, before.details), before.id)
    }
  }

  /** Removes a product with its variants, or one variant. Images stay in the catalog. */
  remove(id: number): void {
    this.#database.prepare('DELETE FROM product WHERE id = ?').run(id)
  }

  /** To be called before the transaction ends. */
  flush(): void {
    this.#attributes.flush()
    this.#categories.flush()
  }

  /** To be called after a rollback. */
  forget(): void {
    this.#attributes.forget()
    this.#categories.forget()
  }

  #insert(columns: ReturnType<typeof productColumns>, now: number): number {
    return this.#database.prepare(insertRow).insert(...columnValues(columns), now)
  }

  #putVariant(parentId: number, position: number, variant: Variant, row: ProductRow | null, write: ProductWrite): void {
    const { owner, skus, now } = write
    const sku = skus.variants[position] ?? null
    const columns = variantColumns(variant, { parentId, position, owner, sku, now }, row)
    if (row !== null) this.#database.prepare(updateRow).run(...columnValues(columns), row.id)
    const id = row?.id ?? this.#insert(columns, now)
    const options = variant.options.map(([name, value]) => ({ name, values: [value] }))
    this.#writeAttributes(id, options, true, row === null)
  }

  #writeLists(id: number, product: Product, isNew: boolean): void {
    if (product.categories !== undefined) this.#categories.place(id, product.categories, isNew)
    if (product.attributes !== undefined) this.#writeAttributes(id, product.attributes, false, isNew)
    this.#writeAttributes(id, optionsOf(product), true, isNew)
  }

  /** Writes only what differs: of most updated products, neither options nor attributes have changed. */
  #writeAttributes(id: number, attributes: readonly Attribute[], isOption: boolean, isNew: boolean): void {
    if (isNew && attributes.length === 0) return
    const kind = Number(isOption)
    const rows = attributes.map(({ name, values }) => ({ name: withoutNul(name), value: JSON.stringify(values) }))
    if (!isNew) {
      this.#attributes.flush()
      const stored = this.#database
        .prepare<AttributeRow>(
          'SELECT name, value FROM product_attribute WHERE product_id = ? AND is_option = ? ORDER BY position',
        )
        .all(id, kind)
      if (sameAttributes(rows, stored)) return
      this.#database.prepare('DELETE FROM product_attribute WHERE product_id = ? AND is_option = ?').run(id, kind)
    }
    for (const [position, { name, value }] of rows.entries()) this.#attributes.add(id, kind, position, name, value)
  }

  /** Gives a SKU free before the row gets another one, so that variants may swap theirs. */
  #releaseSku(row: ProductRow, next: string | null): void {
    if (row.sku_folded === null || (next !== null && foldSku(next) === row.sku_folded)) return
    this.#database.prepare('UPDATE product SET sku = NULL, sku_folded = NULL WHERE id = ?').run(row.id)
  }
}

interface OfferRow extends OfferColumns {
  readonly id: number
  readonly key: string | null
}

interface AttributeRow {
  readonly name: string
  /** JSON list. */
  readonly value: string
}

function sameAttributes(rows: readonly AttributeRow[], stored: readonly AttributeRow[]): boolean {
  return (
    rows.length === stored.length &&
    rows.every(({ name, value }, index) => name === stored[index]?.name && value === stored[index]?.value)
  )
}

/** The options of a product, each with the values of its variants, in their order. */
function optionsOf(product: Product): Attribute[] {
  return product.options.map((option) => {
    const values = new Set<string>()
    for (const { options } of product.variants) {
      for (const [name, value] of options) if (name === option) values.add(value)
    }
    return { name: option, values: [...values] }
  })
}

/** The row an id names; null when it is not an id of a catalog. */
export function rowIdOf(id: StoreId): number | null {
  return /^[1-9]\d{0,14}$/.test(id) ? Number(id) : null
}
