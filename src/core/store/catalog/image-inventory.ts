/** Looking through the images of the catalog, and taking out or exchanging single ones. */
import type { Database } from '../../sqlite.js'
import type { ImageFile, ImageUse, StoredImage, StoreId, StrayFile } from '../store.js'
import { type MediaFolder, mediaPath } from './media-folder.js'
import { rowIdOf } from './product-table.js'

interface ImageRow {
  readonly id: number
  readonly sha256: string
  readonly extension: string
  readonly width: number
  readonly height: number
  readonly bytes: number
  readonly original_url: string
}

export class ImageInventory {
  readonly #database: Database
  readonly #media: MediaFolder

  constructor(database: Database, media: MediaFolder) {
    this.#database = database
    this.#media = media
  }

  list({ size, after }: { readonly size: number; readonly after: StoreId | null }): readonly StoredImage[] {
    return this.#database
      .prepare<ImageRow>('SELECT * FROM image WHERE id > ? ORDER BY id LIMIT ?')
      .all(after === null ? 0 : (rowIdOf(after) ?? 0), size)
      .map((row) => ({
        id: String(row.id),
        originalUrl: row.original_url,
        url: mediaPath(row),
        sha256: row.sha256,
        extension: row.extension,
        width: row.width,
        height: row.height,
        bytes: row.bytes,
        present: this.#media.has(row),
        uses: this.#usesOf(row.id),
      }))
  }

  async read(id: StoreId): Promise<Buffer | null> {
    const row = this.#find(id)
    return row === undefined ? null : await this.#media.read(row)
  }

  /** The row of the image whose bytes may be exchanged; the file comes first, then `setForm` in a transaction. */
  async replaceFile(id: StoreId, image: ImageFile): Promise<ImageRow | null> {
    const row = this.#find(id)
    if (row === undefined) return null
    await this.#media.replace({ ...image, sha256: row.sha256 })
    return row
  }

  /** Call inside a transaction. */
  setForm({ id }: ImageRow, { extension, width, height, bytes }: ImageFile): void {
    this.#database
      .prepare('UPDATE image SET extension = ?, width = ?, height = ?, bytes = ? WHERE id = ?')
      .run(extension, width, height, bytes, id)
  }

  /** The old form has another name when its extension differs. */
  dropOldFile(row: ImageRow, { extension }: ImageFile): void {
    if (row.extension !== extension) this.#media.remove(row)
  }

  /** Deletes the rows of images that nothing shows. Call inside a transaction; their files go after it. */
  removeRows(ids: readonly StoreId[]): readonly ImageRow[] {
    return ids.flatMap((id) => {
      const rowId = rowIdOf(id)
      const removed = this.#database
        .prepare<ImageRow>(`
          DELETE FROM image WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM product_image WHERE image_id = ?1) RETURNING *`)
        .all(rowId)
      return removed
    })
  }

  /** Call inside a transaction for each: nobody may put the same image between the look and the deed. */
  removeFile(row: ImageRow): void {
    const isBack = this.#database.prepare('SELECT 1 FROM image WHERE sha256 = ?').get(row.sha256) !== undefined
    if (!isBack) this.#media.remove(row)
  }

  async strayFiles(): Promise<readonly StrayFile[]> {
    const named = this.#database.prepare('SELECT 1 FROM image WHERE sha256 = ? AND extension = ?')
    const stray: StrayFile[] = []
    for await (const { url, bytes, name } of this.#media.files()) {
      if (name === null || named.get(name.sha256, name.extension) === undefined) stray.push({ url, bytes })
    }
    return stray
  }

  #find(id: StoreId): ImageRow | undefined {
    return this.#database.prepare<ImageRow>('SELECT * FROM image WHERE id = ?').get(rowIdOf(id))
  }

  #usesOf(imageId: number): readonly ImageUse[] {
    return this.#database
      .prepare<Omit<ImageUse, 'productId'> & { readonly productId: number }>(`
        SELECT coalesce(product.parent_id, product.id) AS productId, product.sku,
          coalesce(parent.name, product.name) AS name, product.owner AS wholesaler,
          CASE WHEN parent.id IS NULL THEN NULL ELSE product.key END AS variant,
          link.position, link.original_url AS originalUrl
        FROM product_image link JOIN product ON product.id = link.product_id
          LEFT JOIN product parent ON parent.id = product.parent_id
        WHERE link.image_id = ? ORDER BY 1, parent.id IS NOT NULL, product.position, link.position`)
      .all(imageId)
      .map((row) => ({ ...row, productId: String(row.productId) }))
  }
}
