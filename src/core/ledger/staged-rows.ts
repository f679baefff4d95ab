/** Writing staged rows: the one place that must be fast. */
import type { Database, SqlValue } from '../sqlite.js'
import type { ReplacedRow, StagedRow } from './ledger.js'
import { rowState } from './schema.js'

/** Rows per INSERT: half the time of one row per statement; more gain nothing. */
const rowsPerStatement = 10

/** Parameters per row, see `rowSql`. */
const valuesPerRow = 9
/** `?1` snapshot, `?2` wholesaler; the rows follow. */
const firstRowValue = 3

export interface WrittenRows {
  readonly inserted: number
  /** Of all rows, in their order. */
  readonly ids: readonly number[]
  /** By the place of the row that replaced it. */
  readonly replaced: ReadonlyMap<number, ReplacedRow>
}

export interface StagedTarget {
  readonly snapshotId: number
  readonly wholesalerId: number
  /** False: nothing was ever imported, so every row is new and needs no look-up. */
  readonly mayBeKnown: boolean
}

/** A row whose product is in the file of the snapshot. */
export interface PlacedRow {
  readonly row: StagedRow
  readonly at: number
}

/** Appends rows to a snapshot; call inside a transaction. A repeated key replaces the row that has it. */
export function writeRows(database: Database, target: StagedTarget, rows: readonly PlacedRow[]): WrittenRows {
  const replaced = new Map<number, ReplacedRow>()
  const ids: number[] = []
  let inserted = 0
  const before = lastStagedId(database)
  let lastId = before
  for (let first = 0; first < rows.length; first += rowsPerStatement) {
    const group = rows.slice(first, first + rowsPerStatement)
    const added = insert(database, target, group)
    if (added === group.length) {
      inserted += added
      for (const _ of group) ids.push(++lastId)
      continue
    }
    // A key is repeated, here or earlier in the feed: take the group back and look at each row by itself.
    if (added > 0) database.prepare('DELETE FROM staged WHERE id > ?').run(lastId)
    for (const row of group) {
      if (insert(database, target, [row]) === 1) {
        inserted += 1
        ids.push(++lastId)
      } else {
        const before = replace(database, target, row)
        replaced.set(ids.length, before.row)
        ids.push(before.id)
      }
    }
  }
  noteAppended(database, target.snapshotId, before)
  return { inserted, ids, replaced }
}

/** Id of the row that was appended last, of whatever snapshot. */
export function lastStagedId(database: Database): number {
  return database.prepare<{ id: number }>('SELECT coalesce(max(id), 0) AS id FROM staged').get()?.id ?? 0
}

/**
 * Notes that rows were appended to a snapshot since `before` was the last id. They may begin below where it was to begin: the
 * rows of a staging that never ended may be deleted while the next one has none yet, and their ids are then given again.
 */
export function noteAppended(database: Database, snapshotId: number, before: number): void {
  database
    .prepare('UPDATE snapshot SET first_row = min(first_row, ?), last_row = ? WHERE id = ?')
    .run(before + 1, lastStagedId(database), snapshotId)
}

/** Returns how many rows had keys that the snapshot lacked. */
function insert(database: Database, target: StagedTarget, rows: readonly PlacedRow[]): number {
  const values: SqlValue[] = [target.snapshotId, target.wholesalerId]
  for (const row of rows) pushValues(values, row)
  return database.prepare(insertSql(rows.length, target.mayBeKnown)).run(...values)
}

function replace(database: Database, target: StagedTarget, placed: PlacedRow): FoundRow {
  const before = findRow(database, target.snapshotId, placed.row.key)
  if (before === undefined) throw new Error(`the ledger lost the row of ${placed.row.key}`)
  const values: SqlValue[] = [target.snapshotId, target.wholesalerId]
  pushValues(values, placed)
  database.prepare(replaceSql).run(...values)
  return before
}

export interface FoundRow {
  readonly id: number
  readonly row: ReplacedRow
}

/** The row that a snapshot has of a key, with what it counts. */
export function findRow(database: Database, snapshotId: number, key: string): FoundRow | undefined {
  const found = database
    .prepare<ReplacedRow & { readonly id: number }>(
      'SELECT id, key, line, variants, images_wanted FROM staged WHERE snapshot_id = ? AND key = ?',
    )
    .get(snapshotId, key)
  if (found === undefined) return undefined
  const { id, ...row } = found
  return { id, row }
}

function pushValues(values: SqlValue[], { row, at }: PlacedRow): void {
  const { key, line, content, offer, images, variants, images_wanted: wanted, bytes } = row
  values.push(key, line, content, offer, images, variants, wanted, at, bytes)
}

const insertTexts = new Map<string, string>()

function insertSql(count: number, mayBeKnown: boolean): string {
  const name = `${count} ${mayBeKnown}`
  let sql = insertTexts.get(name)
  if (sql === undefined) {
    const rows = Array.from({ length: count }, (_, index) => rowSql(firstRowValue + index * valuesPerRow, mayBeKnown))
    sql = `INSERT OR IGNORE INTO staged
      (snapshot_id, key, line, content, offer, images, variants, images_wanted, body_at, body_bytes, state)
      VALUES ${rows.join(', ')}`
    insertTexts.set(name, sql)
  }
  return sql
}

function rowSql(first: number, mayBeKnown: boolean): string {
  const values = Array.from({ length: valuesPerRow }, (_, index) => `?${first + index}`)
  return `(?1, ${values.join(', ')}, ${mayBeKnown ? stateSql(first) : rowState.new})`
}

/** How a row whose values begin at `first` stands to what was imported. */
function stateSql(first: number): string {
  return `coalesce((
    SELECT CASE WHEN i.content = ?${first + 2} AND i.offer = ?${first + 3} AND i.images = ?${first + 4}
      AND i.retired IS NULL THEN ${rowState.unchanged} ELSE ${rowState.changed} END
    FROM imported i WHERE i.wholesaler_id = ?2 AND i.key = ?${first}), ${rowState.new})`
}

const replaceSql = `
  UPDATE staged SET line = ?4, content = ?5, offer = ?6, images = ?7, variants = ?8, images_wanted = ?9,
    body_at = ?10, body_bytes = ?11, state = ${stateSql(firstRowValue)}
  WHERE snapshot_id = ?1 AND key = ?3`
