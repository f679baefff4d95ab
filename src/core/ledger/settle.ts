/**
 * What is left to do after a snapshot became current: mark what it lacks as missing, unmark what returned,
 * delete the rows of snapshots that nothing points to. In small transactions, each remembering how far it
 * came; whoever dies in between leaves the rest to the next one.
 */
import type { Database, SqlValue } from '../sqlite.js'
import type { Pace } from './pace.js'
import { pruneQuarantine, quarantineAgain } from './quarantine.js'
import { rowRanges } from './row-ranges.js'
import type { StagedFiles } from './staged-files.js'

/** A row of `imported` that a snapshot (twice its parameter) has, be it as a record that was rejected. */
export const isInSnapshot = `(EXISTS (SELECT 1 FROM staged s WHERE s.snapshot_id = ? AND s.key = imported.key)
  OR EXISTS (SELECT 1 FROM rejected_key r WHERE r.snapshot_id = ? AND r.key = imported.key))`

/** Marks missing and returned products of the wholesaler's current snapshot, if that is not done yet. */
export async function settleMissing(database: Database, wholesalerId: number, pace: Pace): Promise<void> {
  let more = nextUnsettled(database, wholesalerId) !== null
  while (more) more = await pace.step((rows) => database.transaction(() => settleSome(database, wholesalerId, rows)))
}

/** The current snapshot, as far as its missing products are concerned. */
interface CurrentSnapshot {
  readonly snapshot: number
  readonly complete: number
  readonly stagedAt: number
  readonly fetch: number
}

interface Unsettled extends CurrentSnapshot {
  readonly after: string
}

const currentSnapshot = `
  SELECT s.id AS snapshot, s.complete, s.staged_at AS stagedAt, w.complete_fetches AS fetch, w.unsettled_after AS after
  FROM wholesaler w JOIN snapshot s ON s.id = w.current_snapshot WHERE w.id = ?`

/** True when the current snapshot is complete and each product it lacks is marked. */
export function isSettled(database: Database, wholesalerId: number): boolean {
  const current = database
    .prepare<CurrentSnapshot & { readonly after: string | null }>(currentSnapshot)
    .get(wholesalerId)
  return current?.complete === 1 && current.after === null
}

/** Marks products that the current snapshot has or lacks since it is settled; call in the transaction that changed it. */
export function settleKeys(database: Database, wholesalerId: number, keys: readonly string[]): void {
  const current = database.prepare<CurrentSnapshot>(currentSnapshot).get(wholesalerId)
  if (current === undefined) return
  const range = 'wholesaler_id = ? AND key IN (SELECT value FROM json_each(?))'
  markMissing(database, current, range, [wholesalerId, JSON.stringify(keys)])
}

function nextUnsettled(database: Database, wholesalerId: number): Unsettled | null {
  const unsettled = database.prepare<Unsettled>(`${currentSnapshot} AND w.unsettled_after IS NOT NULL`)
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
  markMissing(database, work, range, bounds)
  database.prepare('UPDATE wholesaler SET unsettled_after = ? WHERE id = ?').run(upTo, wholesalerId)
  return upTo !== null
}

/** Marks or unmarks imported products: those of a range, a condition with its values. */
function markMissing(
  database: Database,
  { snapshot, complete, stagedAt, fetch }: CurrentSnapshot,
  range: string,
  bounds: readonly SqlValue[],
): void {
  if (complete === 1) {
    database
      .prepare(`
        UPDATE imported SET missing_since = ?, missing_fetch = ?
        WHERE ${range} AND missing_since IS NULL AND batch IS NOT NULL AND NOT ${isInSnapshot}`)
      .run(stagedAt, fetch, ...bounds, snapshot, snapshot)
  }
  database
    .prepare(`
      UPDATE imported SET missing_since = NULL, missing_fetch = NULL
      WHERE ${range} AND missing_since IS NOT NULL AND ${isInSnapshot}`)
    .run(...bounds, snapshot, snapshot)
}

/** Deletes the rows and files of the wholesaler's dropped snapshots, and marks that are of no snapshot any more. */
export async function purgeDropped(
  database: Database,
  { bodies, marks }: StagedFiles,
  wholesalerId: number,
  pace: Pace,
): Promise<void> {
  const dropped = database.prepare<{ id: number }>(
    "SELECT id FROM snapshot WHERE wholesaler_id = ? AND state = 'dropped'",
  )
  for (const { id } of dropped.all(wholesalerId)) {
    for (const range of rowRanges(database, id)) {
      for (let first = range.first; first <= range.last; ) {
        const end = (rows: number) => Math.min(first + rows, range.last + 1)
        first = await pace.step((rows) => database.transaction(() => purgeRows(database, id, first, end(rows))))
      }
    }
    bodies.remove(id)
    database.transaction(() => {
      for (const table of ['rejected_key', 'row_range']) {
        database.prepare(`DELETE FROM ${table} WHERE snapshot_id = ?`).run(id)
      }
      database.prepare('DELETE FROM snapshot WHERE id = ?').run(id)
    })
  }
  const known = database.prepare(`
    SELECT 1 FROM snapshot WHERE coalesce(made_by, id) = ? AND state <> 'dropped'
      AND (state = 'staging' OR marks_bytes IS NOT NULL)`)
  marks.removeUnknown((id) => known.get(id) !== undefined)
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
