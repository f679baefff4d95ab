/**
 * What is left to do after a snapshot became current: mark what it lacks as missing, unmark what returned,
 * delete the rows of snapshots that nothing points to. In small transactions, each remembering how far it
 * came; whoever dies in between leaves the rest to the next one.
 */
import type { Database } from '../sqlite.js'
import type { BodyFiles } from './body-files.js'
import type { Pace } from './pace.js'
import { pruneQuarantine, quarantineAgain } from './quarantine.js'

/** A row of `imported` that a snapshot (twice its parameter) has, be it as a record that was rejected. */
export const isInSnapshot = `(EXISTS (SELECT 1 FROM staged s WHERE s.snapshot_id = ? AND s.key = imported.key)
  OR EXISTS (SELECT 1 FROM rejected_key r WHERE r.snapshot_id = ? AND r.key = imported.key))`

/** Marks missing and returned products of the wholesaler's current snapshot, if that is not done yet. */
export async function settleMissing(database: Database, wholesalerId: number, pace: Pace): Promise<void> {
  let more = nextUnsettled(database, wholesalerId) !== null
  while (more) more = await pace.step((rows) => database.transaction(() => settleSome(database, wholesalerId, rows)))
}

interface Unsettled {
  readonly snapshot: number
  readonly complete: number
  readonly stagedAt: number
  readonly fetch: number
  readonly after: string
}

function nextUnsettled(database: Database, wholesalerId: number): Unsettled | null {
  const unsettled = database.prepare<Unsettled>(`
    SELECT s.id AS snapshot, s.complete, s.staged_at AS stagedAt, w.complete_fetches AS fetch, w.unsettled_after AS after
    FROM wholesaler w JOIN snapshot s ON s.id = w.current_snapshot
    WHERE w.id = ? AND w.unsettled_after IS NOT NULL`)
  return unsettled.get(wholesalerId) ?? null
}

/** True when there is more to do. */
function settleSome(database: Database, wholesalerId: number, rows: number): boolean {
  const work = nextUnsettled(database, wholesalerId)
  if (work === null) return false
  const page = database.prepare<{ key: string }>(
    'SELECT key FROM imported WHERE wholesaler_id = ? AND key > ? ORDER BY key LIMIT 1 OFFSET ?',
  )
  const upTo = page.get(wholesalerId, work.after, rows - 1)?.key ?? null

  const range = upTo === null ? 'wholesaler_id = ? AND key > ?' : 'wholesaler_id = ? AND key > ? AND key <= ?'
  const bounds = upTo === null ? [wholesalerId, work.after] : [wholesalerId, work.after, upTo]

  if (work.complete === 1) {
    database
      .prepare(`
        UPDATE imported SET missing_since = ?, missing_fetch = ?
        WHERE ${range} AND missing_since IS NULL AND batch IS NOT NULL AND NOT ${isInSnapshot}`)
      .run(work.stagedAt, work.fetch, ...bounds, work.snapshot, work.snapshot)
  }
  database
    .prepare(`
      UPDATE imported SET missing_since = NULL, missing_fetch = NULL
      WHERE ${range} AND missing_since IS NOT NULL AND ${isInSnapshot}`)
    .run(...bounds, work.snapshot, work.snapshot)
  database.prepare('UPDATE wholesaler SET unsettled_after = ? WHERE id = ?').run(upTo, wholesalerId)
  return upTo !== null
}

/** Deletes the rows and products of the wholesaler's dropped snapshots. */
export async function purgeDropped(
  database: Database,
  bodies: BodyFiles,
  wholesalerId: number,
  pace: Pace,
): Promise<void> {
  const dropped = database.prepare<{ id: number; first_row: number; last_row: number }>(
    "SELECT id, first_row, last_row FROM snapshot WHERE wholesaler_id = ? AND state = 'dropped'",
  )
  for (const { id, first_row, last_row } of dropped.all(wholesalerId)) {
    let first = first_row
    while (first <= last_row) {
      first = await pace.step((rows) => database.transaction(() => purgeRows(database, id, first, first + rows)))
    }
    bodies.remove(id)
    database.transaction(() => {
      database.prepare('DELETE FROM rejected_key WHERE snapshot_id = ?').run(id)
      database.prepare('DELETE FROM snapshot WHERE id = ?').run(id)
    })
  }
}

/**
 * Returns `end`: where to go on. NOT INDEXED leaves SQLite the range of ids, which is what makes it quick: it would
 * rather look through all keys of the snapshot, each time.
 */
function purgeRows(database: Database, snapshotId: number, first: number, end: number): number {
  database
    .prepare('DELETE FROM staged NOT INDEXED WHERE id >= ? AND id < ? AND snapshot_id = ?')
    .run(first, end, snapshotId)
  database.prepare('UPDATE snapshot SET first_row = ? WHERE id = ?').run(end, snapshotId)
  return end
}

/** Forgets failures of products that the current snapshot no longer has. */
export async function pruneFailures(
  database: Database,
  wholesalerId: number,
  snapshotId: number,
  pace: Pace,
): Promise<void> {
  const has = database.prepare('SELECT 1 FROM staged WHERE snapshot_id = ? AND key = ?')
  const remove = database.prepare('DELETE FROM failure WHERE wholesaler_id = ? AND key = ?')
  await eachFailure(database, wholesalerId, pace, ({ key }) => {
    if (has.get(snapshotId, key) === undefined) remove.run(wholesalerId, key)
  })
  pruneQuarantine(database, wholesalerId, snapshotId)
}

/** Gives the rows of a snapshot the attempts that their products had before; quarantined ones stay that. */
export async function takeOverFailures(
  database: Database,
  wholesalerId: number,
  snapshotId: number,
  pace: Pace,
): Promise<void> {
  const update = database.prepare('UPDATE staged SET attempts = ?, last_job = ? WHERE snapshot_id = ? AND key = ?')
  await eachFailure(database, wholesalerId, pace, ({ key, attempts, last_job }) => {
    update.run(attempts, last_job, snapshotId, key)
  })
  quarantineAgain(database, wholesalerId, snapshotId)
}

interface FailureRow {
  readonly key: string
  readonly attempts: number
  readonly last_job: number
}

async function eachFailure(
  database: Database,
  wholesalerId: number,
  pace: Pace,
  visit: (failure: FailureRow) => void,
): Promise<void> {
  const page = database.prepare<FailureRow>(
    'SELECT key, attempts, last_job FROM failure WHERE wholesaler_id = ? AND key > ? ORDER BY key LIMIT ?',
  )
  let after: string | undefined = ''
  while (after !== undefined && page.get(wholesalerId, after, 1) !== undefined) {
    const from: string = after
    after = await pace.step((rows) =>
      database.transaction(() => {
        const failures = page.all(wholesalerId, from, rows)
        for (const failure of failures) visit(failure)
        return failures.at(-1)?.key
      }),
    )
  }
}
