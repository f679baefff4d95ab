import type { Clock } from '../clock.js'
import type {
  ImageFailure,
  ImageLibrary,
  LibraryEntry,
  LibraryImage,
  LibraryUrl,
  Validators,
} from '../images/library.js'
import type { Database } from '../sqlite.js'
import type { StoreId } from '../store/store.js'
import { pick } from './pick.js'

const imageColumns = `i.sha256, i.store_image_id AS storeId, i.extension, i.width, i.height, i.bytes,
  i.perceptual_hash AS perceptualHash, i.recipe`

/** The image library of one store, in the ledger's file. */
export class SqliteImageLibrary implements ImageLibrary {
  readonly #database: Database
  readonly #storeId: number
  readonly #clock: Clock

  constructor(database: Database, storeId: number, clock: Clock) {
    this.#database = database
    this.#storeId = storeId
    this.#clock = clock
  }

  async findByUrl(urls: readonly string[]): Promise<ReadonlyMap<string, LibraryImage>> {
    const find = this.#database.prepare<LibraryImage>(`
      SELECT ${imageColumns} FROM image_url u JOIN image i ON i.store_id = u.store_id AND i.sha256 = u.sha256
      WHERE u.store_id = ? AND u.url = ?`)
    return pick(urls, (url) => {
      const row = find.get(this.#storeId, url)
      return row === undefined ? undefined : toImage(row)
    })
  }

  async findByHash(sha256: string): Promise<LibraryImage | null> {
    const row = this.#database
      .prepare<LibraryImage>(`SELECT ${imageColumns} FROM image i WHERE i.store_id = ? AND i.sha256 = ?`)
      .get(this.#storeId, sha256)
    return row === undefined ? null : toImage(row)
  }

  async record(url: string, image: LibraryImage, validators?: Validators): Promise<void> {
    const now = this.#clock.now()
    this.#database.transaction(() => {
      this.#put(image)
      this.#database
        .prepare(`
          INSERT INTO image_url (store_id, url, sha256, etag, last_modified, first_seen, last_seen)
          VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
          ON CONFLICT DO UPDATE SET
            etag = CASE WHEN ?7 OR sha256 <> excluded.sha256 THEN excluded.etag ELSE etag END,
            last_modified = CASE WHEN ?7 OR sha256 <> excluded.sha256 THEN excluded.last_modified ELSE last_modified END,
            first_seen = CASE WHEN sha256 = excluded.sha256 THEN coalesce(first_seen, ?6) ELSE ?6 END,
            last_seen = ?6, sha256 = excluded.sha256`)
        .run(
          this.#storeId,
          url,
          image.sha256,
          validators?.etag ?? null,
          validators?.lastModified ?? null,
          now,
          validators === undefined ? 0 : 1,
        )
      this.#forgetFailure(url)
    })
  }

  async adopt(image: LibraryImage, urls: readonly string[]): Promise<number> {
    return this.#database.transaction(() => {
      const known = this.#database.prepare('SELECT 1 FROM image WHERE store_id = ? AND sha256 = ?')
      if (known.get(this.#storeId, image.sha256) === undefined) this.#put(image)
      const add = this.#database.prepare('INSERT OR IGNORE INTO image_url (store_id, url, sha256) VALUES (?, ?, ?)')
      return urls.reduce((added, url) => added + add.run(this.#storeId, url, image.sha256), 0)
    })
  }

  async validators(urls: readonly string[]): Promise<ReadonlyMap<string, Validators>> {
    const find = this.#database.prepare<Validators>(
      'SELECT etag, last_modified AS lastModified FROM image_url WHERE store_id = ? AND url = ?',
    )
    return pick(urls, (url) => {
      const row = find.get(this.#storeId, url)
      return row === undefined ? undefined : { etag: row.etag, lastModified: row.lastModified }
    })
  }

  async confirm(url: string, validators?: Validators): Promise<void> {
    const now = this.#clock.now()
    this.#database.transaction(() => {
      const known = this.#database
        .prepare('UPDATE image_url SET last_seen = ? WHERE store_id = ? AND url = ?')
        .run(now, this.#storeId, url)
      if (known === 0) return
      this.#forgetFailure(url)
      if (validators === undefined) return
      this.#database
        .prepare('UPDATE image_url SET etag = ?, last_modified = ? WHERE store_id = ? AND url = ?')
        .run(validators.etag, validators.lastModified, this.#storeId, url)
    })
  }

  async forget(storeIds: readonly StoreId[]): Promise<void> {
    if (storeIds.length === 0) return
    this.#database.transaction(() => {
      for (const id of storeIds) {
        this.#database
          .prepare(`
            DELETE FROM image_url WHERE store_id = ?1
              AND sha256 IN (SELECT sha256 FROM image WHERE store_id = ?1 AND store_image_id = ?2)`)
          .run(this.#storeId, id)
        this.#database.prepare('DELETE FROM image WHERE store_id = ? AND store_image_id = ?').run(this.#storeId, id)
      }
    })
  }

  async redirect(sha256s: readonly string[], storeId: StoreId): Promise<void> {
    this.#database.transaction(() => {
      for (const sha256 of sha256s) {
        this.#database
          .prepare('UPDATE image SET store_image_id = ? WHERE store_id = ? AND sha256 = ?')
          .run(storeId, this.#storeId, sha256)
      }
    })
  }

  async describe(sha256: string, facts: Partial<Omit<LibraryImage, 'sha256' | 'storeId'>>): Promise<void> {
    const image = await this.findByHash(sha256)
    if (image !== null) this.#database.transaction(() => this.#put({ ...image, ...facts }))
  }

  async recordFailure(
    url: string,
    { code, reason }: { readonly code: string; readonly reason: string },
  ): Promise<void> {
    this.#database.transaction(() => {
      this.#database
        .prepare(`
          INSERT INTO image_failure (store_id, url, code, reason, failed_at, first_failed_at, times)
          VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1)
          ON CONFLICT DO UPDATE SET
            first_failed_at = CASE WHEN code = ?3 THEN coalesce(first_failed_at, failed_at) ELSE ?5 END,
            code = ?3, reason = ?4, failed_at = ?5, times = times + 1`)
        .run(this.#storeId, url, code, reason, this.#clock.now())
    })
  }

  async failures(urls: readonly string[]): Promise<ReadonlyMap<string, ImageFailure>> {
    const find = this.#database.prepare<ImageFailure>(
      `SELECT url, code, reason, failed_at AS failedAt, coalesce(first_failed_at, failed_at) AS firstFailedAt, times
       FROM image_failure WHERE store_id = ? AND url = ?`,
    )
    return pick(urls, (url) => {
      const row = find.get(this.#storeId, url)
      return row === undefined ? undefined : { ...row }
    })
  }

  async entries({ size, after }: { readonly size: number; readonly after: string | null }) {
    const images = this.#database
      .prepare<LibraryImage>(
        `SELECT ${imageColumns} FROM image i WHERE i.store_id = ? AND i.sha256 > ? ORDER BY i.sha256 LIMIT ?`,
      )
      .all(this.#storeId, after ?? '', size)
    return images.map((row): LibraryEntry => ({ ...toImage(row), urls: this.#urlsOf(row.sha256) }))
  }

  async count(): Promise<number> {
    const count = this.#database.prepare<{ count: number }>('SELECT count(*) AS count FROM image WHERE store_id = ?')
    return count.get(this.#storeId)?.count ?? 0
  }

  #put({ sha256, storeId, extension, width, height, bytes, perceptualHash, recipe }: LibraryImage): void {
    this.#database
      .prepare(`
        INSERT OR REPLACE INTO image
          (store_id, sha256, store_image_id, extension, width, height, bytes, perceptual_hash, recipe)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
      .run(this.#storeId, sha256, storeId, extension, width, height, bytes, perceptualHash, recipe)
  }

  #urlsOf(sha256: string): readonly LibraryUrl[] {
    const rows = this.#database
      .prepare<LibraryUrl>(`
        SELECT url, etag, last_modified AS lastModified, first_seen AS firstSeenAt, last_seen AS lastSeenAt
        FROM image_url WHERE store_id = ? AND sha256 = ? ORDER BY url`)
      .all(this.#storeId, sha256)
    // Plain objects: rows of the engine have no prototype.
    return rows.map((row) => ({ ...row }))
  }

  #forgetFailure(url: string): void {
    this.#database.prepare('DELETE FROM image_failure WHERE store_id = ? AND url = ?').run(this.#storeId, url)
  }
}

/** A plain object: rows of the engine have no prototype. */
function toImage(row: LibraryImage): LibraryImage {
  return { ...row }
}
