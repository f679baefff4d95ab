/** The short transaction that a staging ends with: from then on its snapshot is the one that everybody sees. */
import type { Database } from '../sqlite.js'
import type { FeedFigures, SnapshotFacts } from './ledger.js'

export interface NewSnapshot {
  readonly wholesalerId: number
  readonly facts: SnapshotFacts
  readonly figures: FeedFigures | undefined
  /** Length of its marks; null when it has none. */
  readonly marksBytes: number | null
  /** Unix ms. */
  readonly now: number
}

/** A snapshot and the number of its rows. */
export type CountedSnapshot = NewSnapshot & { readonly products: number }

/**
 * Makes the staging the current snapshot; call inside a transaction. Its missing products are then to be settled.
 * `bodyEnd`: length of its file.
 */
export function makeCurrent(database: Database, stagingId: number, bodyEnd: number, snapshot: CountedSnapshot): void {
  const { wholesalerId } = snapshot
  database
    .prepare("UPDATE snapshot SET state = 'dropped' WHERE wholesaler_id = ? AND state = 'committed'")
    .run(wholesalerId)
  database.prepare("UPDATE snapshot SET state = 'committed', body_end = ? WHERE id = ?").run(bodyEnd, stagingId)
  database
    .prepare("UPDATE wholesaler SET current_snapshot = ?, unsettled_after = '' WHERE id = ?")
    .run(stagingId, wholesalerId)
  describeSnapshot(database, stagingId, snapshot)
}

/** Notes what the current snapshot is from now on. */
export function describeSnapshot(database: Database, snapshotId: number, snapshot: CountedSnapshot): void {
  const { wholesalerId, facts, figures, products, marksBytes, now } = snapshot
  const { sha256, mappingDigest, complete, stamp, feed } = facts
  database
    .prepare(`
      UPDATE snapshot SET sha256 = ?, mapping_digest = ?, complete = ?, file_stamp = ?, etag = ?, last_modified = ?,
        feed = ?, staged_at = ?, products = ?, marks_bytes = ?
      WHERE id = ?`)
    .run(
      sha256,
      mappingDigest,
      complete ? 1 : 0,
      stamp.file,
      stamp.etag,
      stamp.lastModified,
      JSON.stringify(feed),
      now,
      products,
      marksBytes,
      snapshotId,
    )
  if (!complete) return
  database
    .prepare(`
      UPDATE wholesaler SET complete_records = ?, complete_products = ?, complete_fetches = complete_fetches + 1,
        complete_fetched_at = ?, complete_figures = ? WHERE id = ?`)
    .run(feed.records, feed.products, now, figures === undefined ? null : JSON.stringify(figures), wholesalerId)
}
