/** Numbers that an index alone can tell. */
import type { Database } from '../sqlite.js'

/** Pending rows of a snapshot in this state; reads only the index. */
export function countInState(database: Database, snapshotId: number, state: number): number {
  const row = database
    .prepare<{ count: number }>(
      'SELECT count(*) AS count FROM staged WHERE snapshot_id = ? AND state = ? AND state > 0',
    )
    .get(snapshotId, state)
  return row?.count ?? 0
}

/** Products that the current snapshot lacks, as far as that is settled. */
export function countMissing(database: Database, wholesalerId: number): number {
  const row = database
    .prepare<{ count: number }>(
      `SELECT count(*) AS count FROM imported INDEXED BY imported_missing
       WHERE wholesaler_id = ? AND missing_since IS NOT NULL`,
    )
    .get(wholesalerId)
  return row?.count ?? 0
}
