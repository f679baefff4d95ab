/**
 * Merging a staging into the snapshot it stands on: what the feed left out goes, what it has anew takes the place of what
 * was there, and all that was kept is not touched, however much it is.
 *
 * What happens beforehand can be seen by nobody: the bodies of the staging are added to the file of the snapshot, at a place
 * that was set apart for it. Then one transaction does it all, which is why it is done for a limited number of rows only.
 */
import type { Database } from '../sqlite.js'
import type { BodyFiles } from './body-files.js'
import type { BaseSnapshot } from './kept-rows.js'
import { type CountedSnapshot, describeSnapshot, type NewSnapshot } from './make-current.js'
import type { Pace } from './pace.js'
import { addRowRange, countAddedRanges } from './row-ranges.js'
import { isSettled, settleKeys } from './settle.js'

/**
 * Changed rows that are merged in one transaction: half a second of the five that others would wait to write. With more,
 * what is kept is copied in steps, which takes five seconds for a million rows.
 */
const mergedRows = 20_000
/** A row takes 25 µs in a ledger of a million rows; where the keys of all are in memory, 8. */
const mergedRowsOfSmall = 50_000
const smallProductsMax = 250_000

export function mergedRowsMax(base: BaseSnapshot | null): number {
  return base !== null && base.products <= smallProductsMax ? mergedRowsOfSmall : mergedRows
}

/** To take over a rejected key that both have takes two look-ups: this many of them are as much work as a row. */
const rejectedPerRow = 10

/** Products that became missing or came back and are told so at once; more of them are settled in steps, as ever. */
const settledAtOnceMax = 2_000

/**
 * Merges after which a snapshot is to be written as a whole again: each may add a range of ids, and rows of a feed are
 * scattered more widely with each.
 */
const mergesMax = 30

export interface Merge {
  readonly database: Database
  readonly stagingId: number
  readonly base: BaseSnapshot
  /** Throws when the staging was dropped. */
  readonly checkAlive: () => void
  /** Ids of rows that the feed does not have. */
  readonly leftOut: readonly number[]
  /** Bytes of bodies that no row will point to. */
  readonly freedBytes: number
}

/** As how many rows counts what is to be merged, but for those left out: rows that were written, and rejected keys. */
export function countToMerge(database: Database, stagingId: number, { id }: BaseSnapshot, written: number): number {
  const keys = database.prepare<{ times: number; count: number }>(`
    SELECT times, count(*) AS count
    FROM (SELECT count(*) AS times FROM rejected_key WHERE snapshot_id IN (?, ?) GROUP BY key) GROUP BY times`)
  let rows = written
  for (const { times, count } of keys.all(stagingId, id)) rows += times === 1 ? count : count / rejectedPerRow
  return rows
}

/** Adds the bodies of the staging to those of the base. Returns where they begin; that they are there is all that changed. */
export async function addBodies(
  { database, stagingId, base, checkAlive }: Pick<Merge, 'database' | 'stagingId' | 'base' | 'checkAlive'>,
  bodies: BodyFiles,
  bytes: number,
  pace: Pace,
): Promise<number> {
  const size = bodies.size(base.id) ?? 0
  const at = await pace.step(() =>
    database.transaction(() => {
      checkAlive()
      const end = database.prepare<{ at: number }>(`
        UPDATE snapshot SET body_end = coalesce(body_end, ?1) + ?2, body_dead = body_dead + ?2 WHERE id = ?3
        RETURNING body_end - ?2 AS at`)
      return end.get(size, bytes, base.id)?.at ?? size
    }),
  )
  if (bytes > 0) await bodies.add(base.id, { from: stagingId, at })
  return at
}

interface StagedPair {
  readonly id: number
  readonly key: string
  readonly bytes: number
  /** The row of the base whose place it takes; null: a new key. */
  readonly base: number | null
}

/** The one transaction. `at`: where the bodies of the staging begin in the file of the base. */
export function merge(work: Merge, snapshot: NewSnapshot, at: number): void {
  const { database, stagingId, base, leftOut } = work
  database.transaction(() => {
    work.checkAlive()
    const wasSettled = isSettled(database, snapshot.wholesalerId)
    const pairs = database
      .prepare<StagedPair>(`
        SELECT d.id, d.key, d.body_bytes AS bytes, b.id AS base
        FROM staged d INDEXED BY staged_key LEFT JOIN staged b ON b.snapshot_id = ? AND b.key = d.key
        WHERE d.snapshot_id = ?`)
      .all(base.id, stagingId)
    const added = pairs.filter((pair) => pair.base === null)
    const touched = [
      ...removeLeftOut(database, leftOut),
      ...added.map(({ key }) => key),
      ...takeOverRejected(database, stagingId, base.id),
    ]
    replaceRows(database, pairs, at)
    addRows(database, base.id, added, at)

    const merged = pairs.reduce((sum, { bytes }) => sum + bytes, 0)
    const products = base.products - leftOut.length + added.length
    describeMerged(work, { ...snapshot, products }, merged)
    const atOnce = wasSettled && touched.length <= settledAtOnceMax
    if (atOnce) settleKeys(database, snapshot.wholesalerId, touched)
    else database.prepare("UPDATE wholesaler SET unsettled_after = '' WHERE id = ?").run(snapshot.wholesalerId)
  })
}

/** Returns their keys. */
function removeLeftOut(database: Database, ids: readonly number[]): readonly string[] {
  const remove = database.prepare<{ key: string }>('DELETE FROM staged WHERE id = ? RETURNING key')
  return ids.flatMap((id) => remove.get(id)?.key ?? [])
}

/** Returns the keys that only one of the two had. */
function takeOverRejected(database: Database, from: number, to: number): readonly string[] {
  const apart = database
    .prepare<{ key: string }>(
      'SELECT key FROM rejected_key WHERE snapshot_id IN (?, ?) GROUP BY key HAVING count(*) = 1',
    )
    .all(from, to)
  database
    .prepare(`
      DELETE FROM rejected_key WHERE snapshot_id = ? AND key NOT IN
        (SELECT r.key FROM rejected_key r WHERE r.snapshot_id = ?)`)
    .run(to, from)
  database
    .prepare(
      'INSERT OR IGNORE INTO rejected_key (snapshot_id, key) SELECT ?, key FROM rejected_key WHERE snapshot_id = ?',
    )
    .run(to, from)
  return apart.map(({ key }) => key)
}

/** Rows of the base become what the staging has of their keys. What is left of the staging is purged with it. */
function replaceRows(database: Database, pairs: readonly StagedPair[], at: number): void {
  const replace = database.prepare(`
    UPDATE staged SET (line, content, offer, images, variants, images_wanted, body_at, body_bytes, state, attempts, last_job)
      = (SELECT line, content, offer, images, variants, images_wanted, body_at + ?, body_bytes, state, attempts, last_job
         FROM staged d WHERE d.id = ?)
    WHERE id = ?`)
  const inPlace = pairs.flatMap(({ id, base }) => (base === null ? [] : [{ id, base }]))
  // In the order of the table: neighbours are on one page.
  for (const { id, base } of inPlace.sort((a, b) => a.base - b.base)) replace.run(at, id, base)
}

/** Rows of the staging become rows of the base, in the order of their keys, which is that of the index. */
function addRows(database: Database, baseId: number, added: readonly StagedPair[], at: number): void {
  const move = database.prepare('UPDATE staged SET snapshot_id = ?, body_at = body_at + ? WHERE id = ?')
  let first = Number.POSITIVE_INFINITY
  let last = 0
  for (const { id } of added) {
    move.run(baseId, at, id)
    first = Math.min(first, id)
    last = Math.max(last, id)
  }
  if (added.length > 0) addRowRange(database, baseId, { first, last })
}

function describeMerged(
  { database, stagingId, base, freedBytes }: Merge,
  snapshot: CountedSnapshot,
  mergedBytes: number,
): void {
  const body = database.prepare<{ isTidy: number }>(`
    UPDATE snapshot SET made_by = ?, body_dead = body_dead + ? WHERE id = ?
    RETURNING body_dead * 2 <= body_end AS isTidy`)
  const isTidy = body.get(stagingId, freedBytes - mergedBytes, base.id)?.isTidy === 1
  const isWorth = isTidy && countAddedRanges(database, base.id) < mergesMax
  const marksBytes = isWorth ? snapshot.marksBytes : null
  describeSnapshot(database, base.id, { ...snapshot, marksBytes })
  database.prepare("UPDATE snapshot SET state = 'dropped' WHERE id = ?").run(stagingId)
}
