/** Products that left the feed: which ones may be taken out of sale, and which ones were. */
import { missingApartMs, type RetireHow } from '../missing-policy.js'
import type { Database } from '../sqlite.js'
import type { RetiredProduct } from '../store/store.js'
import { passFence } from './fence.js'
import type { Writer } from './ledger.js'
import type { WholesalerRef } from './wholesaler-table.js'

/**
 * Two complete fetches lacked it, long enough apart, and it is not yet retired in this way. Parameters: when a
 * complete fetch lacks them again (null: none but those that were), apart, how, wholesaler.
 */
const due = `
  FROM imported i INDEXED BY imported_missing JOIN wholesaler w ON w.id = i.wholesaler_id
  WHERE i.missing_since IS NOT NULL AND i.missing_fetch < w.complete_fetches + (?1 IS NOT NULL)
    AND i.missing_since <= coalesce(?1, w.complete_fetched_at) - ?2 AND i.retired IS NOT ?3 AND i.wholesaler_id = ?4`

export class MissingTable {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  countDue({ id }: WholesalerRef, how: RetireHow, fetchedAt: number | null): number {
    const count = this.#database.prepare<{ count: number }>(`SELECT count(*) AS count ${due}`)
    return count.get(fetchedAt, missingApartMs, how, id)?.count ?? 0
  }

  countInSale({ id }: WholesalerRef): number {
    const count = this.#database.prepare<{ count: number }>(
      'SELECT count(*) AS count FROM imported WHERE wholesaler_id = ? AND batch IS NOT NULL AND retired IS NULL',
    )
    return count.get(id)?.count ?? 0
  }

  due({ id }: WholesalerRef, how: RetireHow, size: number): readonly RetiredProduct[] {
    return this.#database
      .prepare<RetiredProduct>(`SELECT i.key, i.store_product_id AS storeId ${due} ORDER BY i.key LIMIT ?5`)
      .all(null, missingApartMs, how, id, size)
      .map(({ key, storeId }) => ({ key, storeId }))
  }

  /** What came back meanwhile stays as it is. */
  noteRetired(writer: Writer, { id }: WholesalerRef, how: RetireHow, keys: readonly string[]): void {
    const which = `wholesaler_id = ?1 AND missing_since IS NOT NULL AND retired IS NOT ?2
      AND key IN (SELECT value FROM json_each(?3))`
    const sql =
      how === 'delete' ? `DELETE FROM imported WHERE ${which}` : `UPDATE imported SET retired = ?2 WHERE ${which}`
    this.#database.transaction(() => {
      passFence(this.#database, writer)
      const noted = this.#database.prepare(sql).run(id, how, JSON.stringify(keys))
      this.#database
        .prepare(`
          INSERT INTO retirement (job_id, wholesaler_id, products) VALUES (?, ?, ?)
          ON CONFLICT DO UPDATE SET products = products + excluded.products`)
        .run(writer.jobId, id, noted)
    })
  }

  countRetired(jobId: number, storeId: number): number {
    const count = this.#database.prepare<{ count: number }>(`
      SELECT coalesce(sum(products), 0) AS count FROM retirement r JOIN wholesaler w ON w.id = r.wholesaler_id
      WHERE r.job_id = ? AND w.store_id = ?`)
    return count.get(jobId, storeId)?.count ?? 0
  }
}
