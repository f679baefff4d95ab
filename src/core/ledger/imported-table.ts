/** What was last imported, and whose images are still to be attached. */
import { parseBody } from '../product/fingerprint.js'
import type { Product } from '../product/product.js'
import type { Database } from '../sqlite.js'
import type { BodyFiles, BodyPlace } from './body-files.js'
import { passFence } from './fence.js'
import type { ImageState, ImportedProduct, ImportedState, PendingImages, Writer } from './ledger.js'
import type { Pace } from './pace.js'
import { pick } from './pick.js'
import { rowState } from './schema.js'
import type { WholesalerRef } from './wholesaler-table.js'

export interface Page {
  readonly size: number
  /** Key of the last product of the page before; null for the first page. */
  readonly after: string | null
}

/**
 * Imported products with images to attach, as far as the feed has them in that version. Left to itself, SQLite
 * looks through all that was ever imported.
 */
const pendingImages = `
  FROM imported i INDEXED BY imported_images CROSS JOIN staged s ON s.snapshot_id = ? AND s.key = i.key AND s.images = i.images
  WHERE i.wholesaler_id = ? AND i.images_done IS NOT i.images`

interface PendingImagesRow extends BodyPlace {
  readonly images_given: string | null
  readonly key: string
  readonly store_product_id: string
  readonly images: string
}

export class ImportedTable {
  readonly #database: Database
  readonly #bodies: BodyFiles

  constructor(database: Database, bodies: BodyFiles) {
    this.#database = database
    this.#bodies = bodies
  }

  page(wholesaler: WholesalerRef, { size, after }: Page): readonly ImportedProduct[] {
    return this.#database
      .prepare<ImportedProduct>(`
        SELECT key, store_product_id AS storeId, content, offer, images FROM imported
        WHERE wholesaler_id = ? AND key > ? AND batch IS NOT NULL ORDER BY key LIMIT ?`)
      .all(wholesaler.id, after ?? '', size)
      .map(({ key, storeId, content, offer, images }) => ({ key, storeId, content, offer, images }))
  }

  pendingImages({ id, name, currentSnapshot }: WholesalerRef, { size, after }: Page): readonly PendingImages[] {
    const rows = this.#database
      .prepare<PendingImagesRow>(
        `SELECT i.key, i.store_product_id, i.images, i.images_given, s.body_at AS at, s.body_bytes AS bytes ${pendingImages}
         AND i.key > ? ORDER BY i.key LIMIT ?`,
      )
      .all(currentSnapshot, id, after ?? '', size)
    const products = currentSnapshot === null ? [] : this.#bodies.read(currentSnapshot, rows).map(parseBody)
    return rows.flatMap((row, index) => {
      const product = products[index]
      if (product === undefined) return []
      const { key, store_product_id: storeId, images: imagesFingerprint } = row
      const given = row.images_given?.split(' ') ?? []
      return [{ key, storeId, wholesaler: name, imagesFingerprint, product, given }]
    })
  }

  countPendingImages({ id, currentSnapshot }: WholesalerRef): number {
    const count = this.#database.prepare<{ count: number }>(`SELECT count(*) AS count ${pendingImages}`)
    return count.get(currentSnapshot, id)?.count ?? 0
  }

  imageStates({ id }: WholesalerRef, keys: readonly string[]): ReadonlyMap<string, ImageState> {
    const find = this.#database.prepare<ImageState>(
      'SELECT store_product_id AS storeId, images_done AS done FROM imported WHERE wholesaler_id = ? AND key = ?',
    )
    return pick(keys, (key) => {
      const row = find.get(id, key)
      return row === undefined ? undefined : { storeId: row.storeId, done: row.done }
    })
  }

  importedOf({ id }: WholesalerRef, keys: readonly string[]): ReadonlyMap<string, ImportedState> {
    const find = this.#database.prepare<Omit<ImportedState, 'retired'> & { retired: number }>(`
      SELECT store_product_id AS storeId, content, offer, images, retired IS NOT NULL AS retired
      FROM imported WHERE wholesaler_id = ? AND key = ?`)
    return pick(keys, (key) => {
      const row = find.get(id, key)
      return row === undefined ? undefined : { ...row, retired: row.retired === 1 }
    })
  }

  stagedProduct({ currentSnapshot }: WholesalerRef, key: string): Product | null {
    if (currentSnapshot === null) return null
    const place = this.#database
      .prepare<BodyPlace>('SELECT body_at AS at, body_bytes AS bytes FROM staged WHERE snapshot_id = ? AND key = ?')
      .get(currentSnapshot, key)
    const [body] = place === undefined ? [] : this.#bodies.read(currentSnapshot, [place])
    return body === undefined ? null : parseBody(body)
  }

  noteGivenImages(writer: Writer, wholesaler: WholesalerRef, key: string, marks: readonly string[]): void {
    this.#database.transaction(() => {
      passFence(this.#database, writer)
      this.#database
        .prepare('UPDATE imported SET images_given = ? WHERE wholesaler_id = ? AND key = ?')
        .run(marks.length === 0 ? null : marks.join(' '), wholesaler.id, key)
    })
  }

  finishImages(writer: Writer, wholesaler: WholesalerRef, key: string, imagesFingerprint: string): void {
    this.#database.transaction(() => {
      passFence(this.#database, writer)
      this.#database
        .prepare('UPDATE imported SET images_done = ? WHERE wholesaler_id = ? AND key = ?')
        .run(imagesFingerprint, wholesaler.id, key)
    })
  }

  async reopen(
    wholesaler: WholesalerRef,
    keys: readonly string[],
    what: 'product' | 'images',
    pace: Pace,
  ): Promise<void> {
    for (let first = 0; first < keys.length; ) {
      first = await pace.step((count) =>
        this.#database.transaction(() => {
          const some = keys.slice(first, first + count)
          for (const key of some) {
            if (what === 'product') this.#reopenProduct(wholesaler, key)
            else this.#reopenImages(wholesaler, key)
          }
          return first + some.length
        }),
      )
    }
  }

  #reopenProduct({ id }: WholesalerRef, key: string): void {
    const known = this.#database
      .prepare("UPDATE imported SET content = '' WHERE wholesaler_id = ? AND key = ?")
      .run(id, key)
    if (known === 0) return
    this.#database
      .prepare(`
        UPDATE staged SET state = ${rowState.changed}, last_job = NULL
        WHERE key = ? AND state <> ${rowState.quarantined} AND snapshot_id IN (SELECT id FROM snapshot WHERE wholesaler_id = ? AND state <> 'dropped')`)
      .run(key, id)
  }

  #reopenImages({ id }: WholesalerRef, key: string): void {
    this.#database
      .prepare('UPDATE imported SET images_done = NULL WHERE wholesaler_id = ? AND key = ? AND batch IS NOT NULL')
      .run(id, key)
  }
}
