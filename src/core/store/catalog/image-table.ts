/** Images of the catalog: which there are, and which product shows which. */
import { WholesalerError } from '../../errors.js'
import type { Database } from '../../sqlite.js'
import type { ImageAttachment, ImageFile, ProductImages, StoreId, StoreImage } from '../store.js'
import { inserted } from './inserted.js'
import { type MediaFolder, mediaPath } from './media-folder.js'
import { rowIdOf } from './product-table.js'

interface ImageRow {
  readonly id: number
  readonly sha256: string
  readonly extension: string
  readonly original_url: string
  /** Of the place where it is shown. */
  readonly alt?: string | null
}

interface LinkRow {
  readonly image_id: number
  readonly original_url: string
  readonly alt: string | null
}

export class ImageTable {
  readonly #database: Database
  readonly #media: MediaFolder

  constructor(database: Database, media: MediaFolder) {
    this.#database = database
    this.#media = media
  }

  /** The file first, then its row: a row without file would count as an image that is there. */
  async put(image: ImageFile, now: number): Promise<StoreImage> {
    const known = this.#byHash(image.sha256)
    if (known !== undefined && this.#media.has(known)) {
      await this.#media.discard(image)
      return storeImage(known)
    }
    await this.#media.put(image)
    const { sha256, extension, width, height, bytes, originalUrl } = image
    const row = this.#database
      .prepare<ImageRow>(
        `INSERT INTO image (sha256, extension, width, height, bytes, original_url, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (sha256) DO UPDATE SET extension = excluded.extension, width = excluded.width,
           height = excluded.height, bytes = excluded.bytes
         RETURNING id, sha256, extension, original_url`,
      )
      .get(sha256, extension, width, height, bytes, originalUrl, now)
    // Whoever deleted the same image meanwhile saw no row yet, and took the file that was put or found here.
    if (!this.#media.has(image)) await this.#media.put(image)
    await this.#media.discard(image)
    return storeImage(inserted(row))
  }

  /** Row and file are both there. */
  has(id: StoreId): boolean {
    const rowId = rowIdOf(id)
    if (rowId === null) return false
    const row = this.#database.prepare<ImageRow>('SELECT * FROM image WHERE id = ?').get(rowId)
    return row !== undefined && this.#media.has(row)
  }

  gallery(productId: number): StoreImage[] {
    return this.#database
      .prepare<ImageRow>(
        `SELECT image.id, image.sha256, image.extension, link.original_url, link.alt
         FROM product_image link JOIN image ON image.id = link.image_id
         WHERE link.product_id = ? ORDER BY link.position`,
      )
      .all(productId)
      .map(storeImage)
  }

  /** By variant key. */
  ofVariants(productId: number): Map<string, StoreImage> {
    const rows = this.#database
      .prepare<ImageRow & { key: string | null }>(
        `SELECT variant.key, image.id, image.sha256, image.extension, link.original_url, link.alt
         FROM product variant
         JOIN product_image link ON link.product_id = variant.id AND link.position = 0
         JOIN image ON image.id = link.image_id
         WHERE variant.parent_id = ? ORDER BY variant.position`,
      )
      .all(productId)
    return new Map(rows.map((row) => [row.key ?? '', storeImage(row)]))
  }

  /** Every image that the product and its variants were given is linked to them, and has its file. */
  allPresent(productId: number): boolean {
    const hasFewer = this.#database
      .prepare(
        `SELECT 1 FROM product
         WHERE (id = ?1 OR parent_id = ?1)
           AND images_given > (SELECT count(*) FROM product_image link WHERE link.product_id = product.id)`,
      )
      .get(productId)
    if (hasFewer !== undefined) return false
    return this.#database
      .prepare<ImageRow>(
        `SELECT DISTINCT image.* FROM product
         JOIN product_image link ON link.product_id = product.id
         LEFT JOIN image ON image.id = link.image_id
         WHERE product.id = ?1 OR product.parent_id = ?1`,
      )
      .all(productId)
      .every((row) => row.id !== null && this.#media.has(row))
  }

  /** As `Store.setImages`. Call inside a transaction. */
  set(productId: number, images: ProductImages): 'changed' | 'unchanged' | 'gone' {
    const product = this.#database.prepare('SELECT 1 FROM product WHERE id = ? AND parent_id IS NULL').get(productId)
    if (product === undefined) return 'gone'
    const variants = this.#database
      .prepare<{ id: number; key: string }>('SELECT id, key FROM product WHERE parent_id = ?')
      .all(productId)

    let changed = this.#link(productId, images.gallery)
    for (const { id, key } of variants) {
      const image = Object.hasOwn(images.variants, key) ? images.variants[key] : undefined
      if (this.#link(id, image === undefined ? [] : [image])) changed = true
    }
    return changed ? 'changed' : 'unchanged'
  }

  #link(productId: number, attachments: readonly ImageAttachment[]): boolean {
    const wanted = linkRows(attachments)
    const stored = this.#database
      .prepare<LinkRow>('SELECT image_id, original_url, alt FROM product_image WHERE product_id = ? ORDER BY position')
      .all(productId)
    if (sameLinks(wanted, stored)) return false

    this.#database.prepare('DELETE FROM product_image WHERE product_id = ?').run(productId)
    const insert = this.#database.prepare(
      'INSERT INTO product_image (product_id, position, image_id, original_url, alt) VALUES (?, ?, ?, ?, ?)',
    )
    for (const [position, link] of wanted.entries()) {
      this.#mustExist(link.image_id)
      insert.run(productId, position, link.image_id, link.original_url, link.alt)
    }
    this.#database.prepare('UPDATE product SET images_given = ? WHERE id = ?').run(wanted.length, productId)
    return true
  }

  #mustExist(imageId: number): void {
    if (this.#database.prepare('SELECT 1 FROM image WHERE id = ?').get(imageId) !== undefined) return
    throw new WholesalerError({
      kind: 'unexpected',
      message: `image ${imageId} is not in the catalog`,
      hint: 'Run `wholesaler import --verify`: it finds images that are gone and imports them again.',
    })
  }

  #byHash(sha256: string): ImageRow | undefined {
    return this.#database.prepare<ImageRow>('SELECT * FROM image WHERE sha256 = ?').get(sha256)
  }
}

/** The links in order, each image once: the first place counts. */
function linkRows(attachments: readonly ImageAttachment[]): LinkRow[] {
  const links = new Map<number, LinkRow>()
  for (const { imageId, originalUrl, alt } of attachments) {
    const id = rowIdOf(imageId) ?? 0
    if (!links.has(id)) links.set(id, { image_id: id, original_url: originalUrl, alt: alt ?? null })
  }
  return [...links.values()]
}

function sameLinks(wanted: readonly LinkRow[], stored: readonly LinkRow[]): boolean {
  return (
    wanted.length === stored.length &&
    wanted.every((link, index) => {
      const other = stored[index]
      return link.image_id === other?.image_id && link.original_url === other.original_url && link.alt === other.alt
    })
  )
}

export function storeImage(row: ImageRow): StoreImage {
  return {
    id: String(row.id),
    originalUrl: row.original_url,
    url: mediaPath(row),
    sha256: row.sha256,
    ...(row.alt == null ? {} : { alt: row.alt }),
  }
}
