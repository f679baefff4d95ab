import type { Clock } from '../clock.js'
import type { ImageFailure, ImageLibrary, LibraryImage } from '../images/library.js'
import type { Database } from '../sqlite.js'
import type { StoreId } from '../store/store.js'

const imageColumns = 'i.sha256, i.store_image_id AS storeId, i.extension, i.width, i.height, i.bytes'

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
    const found = new Map<string, LibraryImage>()
    for (const url of urls) {
      const row = find.get(this.#storeId, url)
      if (row !== undefined) found.set(url, toImage(row))
    }
    return found
  }

  async findByHash(sha256: string): Promise<LibraryImage | null> {
    const row = this.#database
      .prepare<LibraryImage>(`SELECT ${imageColumns} FROM image i WHERE i.store_id = ? AND i.sha256 = ?`)
      .get(this.#storeId, sha256)
    return row === undefined ? null : toImage(row)
  }

  async record(url: string, { sha256, storeId, extension, width, height, bytes }: LibraryImage): Promise<void> {
    this.#database.transaction(() => {
      this.#database
        .prepare(`
          INSERT OR REPLACE INTO image (store_id, sha256, store_image_id, extension, width, height, bytes)
          VALUES (?, ?, ?, ?, ?, ?, ?)`)
        .run(this.#storeId, sha256, storeId, extension, width, height, bytes)
      this.#database
        .prepare('INSERT OR REPLACE INTO image_url (store_id, url, sha256) VALUES (?, ?, ?)')
        .run(this.#storeId, url, sha256)
      this.#database.prepare('DELETE FROM image_failure WHERE store_id = ? AND url = ?').run(this.#storeId, url)
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

  async recordFailure(
    url: string,
    { code, reason }: { readonly code: string; readonly reason: string },
  ): Promise<void> {
    this.#database.transaction(() => {
      this.#database
        .prepare(`
          INSERT INTO image_failure (store_id, url, code, reason, failed_at, times) VALUES (?, ?, ?, ?, ?, 1)
          ON CONFLICT DO UPDATE SET
            code = excluded.code, reason = excluded.reason, failed_at = excluded.failed_at, times = times + 1`)
        .run(this.#storeId, url, code, reason, this.#clock.now())
    })
  }

  async failures(urls: readonly string[]): Promise<ReadonlyMap<string, ImageFailure>> {
    const find = this.#database.prepare<ImageFailure>(
      'SELECT url, code, reason, failed_at AS failedAt, times FROM image_failure WHERE store_id = ? AND url = ?',
    )
    const found = new Map<string, ImageFailure>()
    for (const url of urls) {
      const row = find.get(this.#storeId, url)
      if (row === undefined) continue
      const { code, reason, failedAt, times } = row
      found.set(url, { url, code, reason, failedAt, times })
    }
    return found
  }

  async count(): Promise<number> {
    const count = this.#database.prepare<{ count: number }>('SELECT count(*) AS count FROM image WHERE store_id = ?')
    return count.get(this.#storeId)?.count ?? 0
  }
}

/** A plain object: rows of the engine have no prototype. */
function toImage({ sha256, storeId, extension, width, height, bytes }: LibraryImage): LibraryImage {
  return { sha256, storeId, extension, width, height, bytes }
}
