/** Reads the whole catalog, sorted by SKU, some hundred products at a time, with all that belongs to them. */
import type { Attribute } from '../../product/product.js'
import type { Database } from '../../sqlite.js'
import type { MediaName } from './media-folder.js'
import { type ProductRow, productColumnNames } from './product-row.js'

export interface CatalogEntry {
  readonly row: ProductRow
  /** Options first. */
  readonly attributes: readonly Attribute[]
  readonly categories: readonly (readonly string[])[]
  readonly images: readonly LinkedImage[]
}

export interface CatalogProduct extends CatalogEntry {
  readonly variants: readonly CatalogEntry[]
}

export interface LinkedImage extends MediaName {
  readonly original_url: string
}

/** Products read at once. */
const pageSize = 200

/** Category paths kept by id, so that a feed with one category per product does not fill the memory. */
const cachedPathsMax = 20_000

const select = `SELECT id, ${productColumnNames.join(', ')} FROM product`
const inList = 'IN (SELECT value FROM json_each(?))'

export class CatalogPages {
  readonly #database: Database
  readonly #categoryPaths = new Map<number, readonly string[]>()

  constructor(database: Database) {
    this.#database = database
  }

  /** Products by SKU, then the few that have none (their variants do). */
  *read(): Generator<readonly CatalogProduct[]> {
    const parents = `${select} WHERE parent_id IS NULL`
    const bySku = this.#database.prepare<ProductRow>(
      `${parents} AND sku_folded > ? ORDER BY sku_folded LIMIT ${pageSize}`,
    )
    for (let rows = bySku.all(''); rows.length > 0; rows = bySku.all(rows.at(-1)?.sku_folded ?? '')) {
      yield this.#products(rows)
    }
    const byId = this.#database.prepare<ProductRow>(
      `${parents} AND sku_folded IS NULL AND id > ? ORDER BY id LIMIT ${pageSize}`,
    )
    for (let rows = byId.all(0); rows.length > 0; rows = byId.all(rows.at(-1)?.id ?? 0)) yield this.#products(rows)
  }

  /** The most attributes, options included, that a product or variant has. */
  mostAttributes(): number {
    const counts = 'SELECT count(*) AS count FROM product_attribute GROUP BY product_id'
    return (
      this.#database.prepare<{ most: number | null }>(`SELECT max(count) AS most FROM (${counts})`).get()?.most ?? 0
    )
  }

  /** Every unit these measures come in, by the name of the property. */
  units(...measures: readonly string[]): string[] {
    const statement = this.#database.prepare<{ unit: string }>(
      `SELECT DISTINCT json_extract(details, '$.' || ? || '.unit') AS unit FROM product WHERE unit IS NOT NULL`,
    )
    return [...new Set(measures.flatMap((measure) => statement.all(measure).map(({ unit }) => unit)))]
  }

  #products(parents: readonly ProductRow[]): CatalogProduct[] {
    const variants = this.#database
      .prepare<ProductRow>(`${select} WHERE parent_id ${inList} ORDER BY position, id`)
      .all(JSON.stringify(parents.map(({ id }) => id)))
    const ids = JSON.stringify([...parents, ...variants].map(({ id }) => id))
    const attributes = this.#attributes(ids)
    const categories = this.#categories(ids)
    const images = this.#images(ids)

    const entry = (row: ProductRow): CatalogEntry => ({
      row,
      attributes: attributes.get(row.id) ?? [],
      categories: categories.get(row.id) ?? [],
      images: images.get(row.id) ?? [],
    })
    const byParent = grouped(variants.map((row) => [row.parent_id ?? 0, entry(row)]))
    return parents.map((row) => ({ ...entry(row), variants: byParent.get(row.id) ?? [] }))
  }

  #attributes(ids: string): ReadonlyMap<number, readonly Attribute[]> {
    const rows = this.#database
      .prepare<{ product_id: number; name: string; value: string }>(
        `SELECT product_id, name, value FROM product_attribute
         WHERE product_id ${inList} ORDER BY product_id, is_option DESC, position`,
      )
      .all(ids)
    return grouped(rows.map(({ product_id, name, value }) => [product_id, { name, values: JSON.parse(value) }]))
  }

  #categories(ids: string): ReadonlyMap<number, readonly (readonly string[])[]> {
    const rows = this.#database
      .prepare<{ product_id: number; category_id: number }>(
        `SELECT product_id, category_id FROM product_category
         WHERE product_id ${inList} ORDER BY product_id, position`,
      )
      .all(ids)
    return grouped(rows.map(({ product_id, category_id }) => [product_id, this.#pathOf(category_id)]))
  }

  #images(ids: string): ReadonlyMap<number, readonly LinkedImage[]> {
    const rows = this.#database
      .prepare<LinkedImage & { product_id: number }>(
        `SELECT link.product_id, link.original_url, image.sha256, image.extension
         FROM product_image link JOIN image ON image.id = link.image_id
         WHERE link.product_id ${inList} ORDER BY link.product_id, link.position`,
      )
      .all(ids)
    return grouped(rows.map((row) => [row.product_id, row]))
  }

  #pathOf(categoryId: number): readonly string[] {
    const known = this.#categoryPaths.get(categoryId)
    if (known !== undefined) return known
    const row = this.#database
      .prepare<{ parent_id: number; name: string }>('SELECT parent_id, name FROM category WHERE id = ?')
      .get(categoryId)
    if (row === undefined) return []
    const path = row.parent_id === 0 ? [row.name] : [...this.#pathOf(row.parent_id), row.name]
    if (this.#categoryPaths.size >= cachedPathsMax) this.#categoryPaths.clear()
    this.#categoryPaths.set(categoryId, path)
    return path
  }
}

function grouped<T>(pairs: readonly (readonly [id: number, value: T])[]): ReadonlyMap<number, readonly T[]> {
  const groups = new Map<number, T[]>()
  for (const [id, value] of pairs) {
    const group = groups.get(id)
    if (group === undefined) groups.set(id, [value])
    else group.push(value)
  }
  return groups
}
