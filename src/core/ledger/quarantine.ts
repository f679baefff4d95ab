/**
 * Products that alone crashed their workers. They are not pending until their content changes or somebody
 * lifts the quarantine, and are then tried in a batch of their own. There are few of them, ever.
 */
import type { Database } from '../sqlite.js'
import { rowState } from './schema.js'
import type { WholesalerRef } from './wholesaler-table.js'

/** Snapshots of a wholesaler (its one parameter) whose rows may be claimed, now or soon. */
const itsSnapshots = "SELECT id FROM snapshot WHERE wholesaler_id = ? AND state <> 'dropped'"

/** Call inside the transaction that records the batch. */
export function putInQuarantine(
  database: Database,
  wholesalerId: number,
  { key, content }: { readonly key: string; readonly content: string },
): void {
  database
    .prepare(`
      INSERT INTO quarantine (wholesaler_id, key, content) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET content = excluded.content, lifted = 0`)
    .run(wholesalerId, key, content)
  database
    .prepare(`
      UPDATE staged SET state = ${rowState.quarantined}
      WHERE key = ? AND content = ? AND state > 0 AND snapshot_id IN (${itsSnapshots})`)
    .run(key, content, wholesalerId)
}

/** The product was imported after all. */
export function forgetQuarantine(database: Database, wholesalerId: number, key: string): void {
  database.prepare('DELETE FROM quarantine WHERE wholesaler_id = ? AND key = ?').run(wholesalerId, key)
}

/** Keeps the products in quarantine that a new snapshot has with the same content. */
export function quarantineAgain(database: Database, wholesalerId: number, snapshotId: number): void {
  const update = database.prepare(`
    UPDATE staged SET state = ${rowState.quarantined}
    WHERE snapshot_id = ? AND key = ? AND content = ? AND state > 0`)
  database.transaction(() => {
    for (const { key, content, lifted } of entriesOf(database, wholesalerId)) {
      if (lifted === 0) update.run(snapshotId, key, content)
    }
  })
}

/** Forgets products that the snapshot does not have. */
export function pruneQuarantine(database: Database, wholesalerId: number, snapshotId: number): void {
  const has = database.prepare('SELECT 1 FROM staged WHERE snapshot_id = ? AND key = ?')
  database.transaction(() => {
    for (const { key } of entriesOf(database, wholesalerId)) {
      if (has.get(snapshotId, key) === undefined) forgetQuarantine(database, wholesalerId, key)
    }
  })
}

/** Keys of products that crashed a worker before, in whatever version. */
export function suspectsOf(database: Database, wholesalerId: number): ReadonlySet<string> {
  return new Set(entriesOf(database, wholesalerId).map(({ key }) => key))
}

export function countQuarantined(database: Database, { id, currentSnapshot }: WholesalerRef): number {
  const isOut = database.prepare(
    `SELECT 1 FROM staged WHERE snapshot_id = ? AND key = ? AND state = ${rowState.quarantined}`,
  )
  return entriesOf(database, id).filter(({ key }) => isOut.get(currentSnapshot, key) !== undefined).length
}

export function liftQuarantine(database: Database, wholesalerId: number): number {
  return database.transaction(() => {
    const entries = entriesOf(database, wholesalerId).filter(({ lifted }) => lifted === 0)
    for (const { key } of entries) {
      database.prepare('DELETE FROM failure WHERE wholesaler_id = ? AND key = ?').run(wholesalerId, key)
      database
        .prepare(`
          UPDATE staged SET last_job = NULL, state = CASE
            WHEN EXISTS (SELECT 1 FROM imported i WHERE i.wholesaler_id = ? AND i.key = staged.key)
            THEN ${rowState.changed} ELSE ${rowState.new} END
          WHERE key = ? AND state = ${rowState.quarantined} AND snapshot_id IN (${itsSnapshots})`)
        .run(wholesalerId, key, wholesalerId)
    }
    database.prepare('UPDATE quarantine SET lifted = 1 WHERE wholesaler_id = ?').run(wholesalerId)
    return entries.length
  })
}

interface Entry {
  readonly key: string
  readonly content: string
  readonly lifted: number
}

function entriesOf(database: Database, wholesalerId: number): readonly Entry[] {
  return database
    .prepare<Entry>('SELECT key, content, lifted FROM quarantine WHERE wholesaler_id = ?')
    .all(wholesalerId)
}
