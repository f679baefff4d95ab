/** Where the rows of a snapshot are: ranges of ids, maybe with rows of others among them. */
import type { Database } from '../sqlite.js'
import type { RowRange } from './row-set.js'

/** In order, none overlaps another: ids at the end of the table are given again when their rows are deleted. */
export function rowRanges(database: Database, snapshotId: number): readonly RowRange[] {
  const ranges = database
    .prepare<RowRange>(`
      SELECT first_row AS first, last_row AS last FROM snapshot WHERE id = ?1 AND first_row <= last_row
      UNION ALL SELECT first_row, last_row FROM row_range WHERE snapshot_id = ?1 ORDER BY 1`)
    .all(snapshotId)
  const apart: RowRange[] = []
  for (const { first, last } of ranges) {
    const before = apart.at(-1)
    if (before !== undefined && first <= before.last + 1) {
      apart[apart.length - 1] = { first: before.first, last: Math.max(before.last, last) }
    } else apart.push({ first, last })
  }
  return apart
}

export function addRowRange(database: Database, snapshotId: number, { first, last }: RowRange): void {
  database
    .prepare(`
      INSERT INTO row_range (snapshot_id, first_row, last_row) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET last_row = max(last_row, excluded.last_row)`)
    .run(snapshotId, first, last)
}

/** How often rows were merged into the snapshot. */
export function countAddedRanges(database: Database, snapshotId: number): number {
  const count = database.prepare<{ count: number }>('SELECT count(*) AS count FROM row_range WHERE snapshot_id = ?')
  return count.get(snapshotId)?.count ?? 0
}
