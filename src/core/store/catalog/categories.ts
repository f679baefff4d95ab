/** The category tree of the catalog, and where products stand in it. */
import type { Database } from '../../sqlite.js'
import { InsertQueue } from './insert-queue.js'
import { withoutNul } from './product-row.js'

/** Paths kept by id, so that a feed with one category per product does not fill the memory. */
const cachedPathsMax = 20_000

export class Categories {
  readonly #database: Database
  /** Safe to keep while the database is open: a category is never removed or renamed. */
  readonly #ids = new Map<string, number>()
  readonly #places: InsertQueue

  constructor(database: Database) {
    this.#database = database
    this.#places = new InsertQueue(database, 'product_category (product_id, position, category_id)')
  }

  /** Puts a product under these paths, in this order, and nowhere else, at the next `flush`. Names are made when missing. */
  place(productId: number, paths: readonly (readonly string[])[], isNew: boolean): void {
    const ids = paths.filter((path) => path.length > 0).map((path) => this.#idOf(path))
    if (!isNew) {
      this.#places.flush()
      const stored = this.#database
        .prepare<{ category_id: number }>(
          'SELECT category_id FROM product_category WHERE product_id = ? ORDER BY position',
        )
        .all(productId)
      if (ids.length === stored.length && ids.every((id, index) => id === stored[index]?.category_id)) return
      this.#database.prepare('DELETE FROM product_category WHERE product_id = ?').run(productId)
    }
    for (const [position, id] of ids.entries()) this.#places.add(productId, position, id)
  }

  /** Where a product stands, in its order. */
  pathsOf(productId: number): readonly (readonly string[])[] {
    const find = this.#database.prepare<{ parent_id: number; name: string }>(
      'SELECT parent_id, name FROM category WHERE id = ?',
    )
    const path = (id: number): readonly string[] => {
      const row = id === 0 ? undefined : find.get(id)
      return row === undefined ? [] : [...path(row.parent_id), row.name]
    }
    return this.#database
      .prepare<{ category_id: number }>(
        'SELECT category_id FROM product_category WHERE product_id = ? ORDER BY position',
      )
      .all(productId)
      .map(({ category_id }) => path(category_id))
  }

  /** To be called before the transaction ends. */
  flush(): void {
    this.#places.flush()
  }

  /** To be called after a rollback: ids given out in that transaction are not in the tables. */
  forget(): void {
    this.#places.forget()
    this.#ids.clear()
  }

  #idOf(path: readonly string[]): number {
    const name = JSON.stringify(path)
    const known = this.#ids.get(name)
    if (known !== undefined) return known

    let id = 0
    for (const part of path) id = this.#child(id, withoutNul(part))
    if (this.#ids.size >= cachedPathsMax) this.#ids.clear()
    this.#ids.set(name, id)
    return id
  }

  #child(parentId: number, name: string): number {
    const found = this.#database
      .prepare<{ id: number }>('SELECT id FROM category WHERE parent_id = ? AND name = ?')
      .get(parentId, name)
    if (found !== undefined) return found.id
    return this.#database.prepare('INSERT INTO category (parent_id, name) VALUES (?, ?)').insert(parentId, name)
  }
}
