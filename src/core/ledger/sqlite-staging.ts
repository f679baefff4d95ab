import type { Clock } from '../clock.js'
import { WholesalerError } from '../errors.js'
import { missingApartMs, type RetireHow } from '../missing-policy.js'
import type { Database, SqlValue } from '../sqlite.js'
import type { BodyFiles, BodyPlace, BodyWriter } from './body-files.js'
import { changedOffers } from './changed-offers.js'
import { countInState } from './count-rows.js'
import { droppedStaging } from './dropped-staging.js'
import type {
  ChangedOffers,
  FeedFigures,
  ReplacedRow,
  StagedChunk,
  StagedCounts,
  StagedSnapshot,
  Staging,
} from './ledger.js'
import { Pace } from './pace.js'
import { rowState } from './schema.js'
import { isInSnapshot, pruneFailures, purgeDropped, settleMissing, takeOverFailures } from './settle.js'
import { lastStagedId, type PlacedRow, type WrittenRows, writeRows } from './staged-rows.js'
import type { WholesalerRef } from './wholesaler-table.js'

/** Begins a snapshot of the wholesaler, after dropping what an earlier staging left behind. */
export async function beginSqliteStaging(
  database: Database,
  bodies: BodyFiles,
  wholesaler: WholesalerRef,
  clock: Clock,
): Promise<SqliteStaging> {
  const pace = new Pace(clock)
  await settleMissing(database, wholesaler.id, pace)
  const snapshotId = database.transaction(() => {
    database
      .prepare("UPDATE snapshot SET state = 'dropped' WHERE wholesaler_id = ? AND state = 'staging'")
      .run(wholesaler.id)
    const last = lastStagedId(database)
    const begun = database.prepare<{ id: number }>(
      "INSERT INTO snapshot (wholesaler_id, state, first_row, last_row) VALUES (?, 'staging', ?, ?) RETURNING id",
    )
    const row = begun.get(wholesaler.id, last + 1, last)
    if (row === undefined) throw new Error('the ledger gave the snapshot no number')
    return row.id
  })
  await purgeDropped(database, bodies, wholesaler.id, pace)
  const known = database.prepare('SELECT 1 FROM snapshot WHERE id = ?')
  bodies.removeUnknown((id) => known.get(id) !== undefined)
  return new SqliteStaging(database, bodies, wholesaler, snapshotId, clock)
}

class SqliteStaging implements Staging {
  readonly #database: Database
  readonly #bodies: BodyFiles
  readonly #file: BodyWriter
  readonly #wholesaler: WholesalerRef
  readonly #snapshotId: number
  readonly #clock: Clock
  readonly #pace: Pace
  #products = 0

  constructor(database: Database, bodies: BodyFiles, wholesaler: WholesalerRef, snapshotId: number, clock: Clock) {
    this.#database = database
    this.#bodies = bodies
    this.#file = bodies.create(snapshotId)
    this.#wholesaler = wholesaler
    this.#snapshotId = snapshotId
    this.#clock = clock
    this.#pace = new Pace(clock)
  }

  async write({ rows: staged, bodies }: StagedChunk): Promise<readonly ReplacedRow[]> {
    const replaced: ReplacedRow[] = []
    let end = this.#file.append(bodies)
    const rows = staged.map((row): PlacedRow => {
      const at = end
      end += row.bytes
      return { row, at }
    })
    for (let first = 0; first < rows.length; ) {
      first = await this.#pace.step((count) => {
        const some = rows.slice(first, first + count)
        const written = this.#database.transaction(() => this.#write(some))
        this.#products += written.inserted
        replaced.push(...written.replaced)
        return first + some.length
      })
    }
    return replaced
  }

  async noteRejected(keys: readonly string[]): Promise<void> {
    if (keys.length === 0 || !this.#hasImported()) return
    this.#database.transaction(() => {
      this.#checkAlive()
      this.#database
        .prepare('INSERT OR IGNORE INTO rejected_key (snapshot_id, key) SELECT ?, value FROM json_each(?)')
        .run(this.#snapshotId, JSON.stringify(keys))
    })
  }

  async countDue(how: RetireHow): Promise<number> {
    return await this.#countLacking(
      'coalesce(missing_since <= ? AND retired IS NOT ?, 0)',
      this.#clock.now() - missingApartMs,
      how,
    )
  }

  async changedOffers(sampleMax: number): Promise<ChangedOffers> {
    const snapshots = { current: this.#currentSnapshot(), staged: this.#snapshotId }
    return changedOffers(this.#database, this.#bodies, snapshots, sampleMax)
  }

  async preview(): Promise<StagedCounts> {
    return { ...this.#countStates(), missing: await this.#countLacking('1') }
  }

  async commit(snapshot: Omit<StagedSnapshot, 'id' | 'stagedAt'>, figures?: FeedFigures): Promise<StagedCounts> {
    const counts = this.#countStates()
    const { id: wholesalerId } = this.#wholesaler
    if (!snapshot.complete) await this.#carryOver()
    await this.#file.finish()
    await takeOverFailures(this.#database, wholesalerId, this.#snapshotId, this.#pace)
    this.#makeCurrent(snapshot, figures)

    await settleMissing(this.#database, wholesalerId, this.#pace)
    await purgeDropped(this.#database, this.#bodies, wholesalerId, this.#pace)
    await pruneFailures(this.#database, wholesalerId, this.#snapshotId, this.#pace)
    return { ...counts, missing: countMissing(this.#database, wholesalerId) }
  }

  async abort(): Promise<void> {
    await this.#file.abandon()
    try {
      this.#database.transaction(() => {
        this.#database
          .prepare("UPDATE snapshot SET state = 'dropped' WHERE id = ? AND state = 'staging'")
          .run(this.#snapshotId)
      })
      await purgeDropped(this.#database, this.#bodies, this.#wholesaler.id, this.#pace)
    } catch (error: unknown) {
      // A full or failing disk is why it is aborted: nothing of it is visible, and the next staging drops it.
      if (!(error instanceof WholesalerError)) throw error
    }
  }

  #write(rows: readonly PlacedRow[]): WrittenRows {
    this.#checkAlive()
    const target = {
      snapshotId: this.#snapshotId,
      wholesalerId: this.#wholesaler.id,
      mayBeKnown: this.#hasImported(),
    }
    return writeRows(this.#database, target, rows)
  }

  /** The snapshot ends under our hands when someone else begins one of the same wholesaler. */
  #checkAlive(): void {
    const row = this.#database
      .prepare<{ state: string }>('SELECT state FROM snapshot WHERE id = ?')
      .get(this.#snapshotId)
    if (row?.state === 'staging') return
    throw droppedStaging(this.#wholesaler.name)
  }

  #hasImported(): boolean {
    return (
      this.#database.prepare('SELECT 1 FROM imported WHERE wholesaler_id = ? LIMIT 1').get(this.#wholesaler.id) !==
      undefined
    )
  }

  #countStates(): Omit<StagedCounts, 'missing'> {
    const count = (state: number) => countInState(this.#database, this.#snapshotId, state)
    const added = count(rowState.new)
    const changed = count(rowState.changed)
    return { new: added, changed, unchanged: this.#products - added - changed }
  }

  /** Products of the last import that this snapshot lacks, as far as they are of this kind. */
  async #countLacking(kind: string, ...values: readonly SqlValue[]): Promise<number> {
    const page = this.#database.prepare<{ key: string; lacking: number }>(`
      SELECT key, batch IS NOT NULL AND ${kind} AND NOT ${isInSnapshot} AS lacking
      FROM imported WHERE wholesaler_id = ? AND key > ? ORDER BY key LIMIT ?`)
    const snapshot = this.#snapshotId
    let count = 0
    for (let after: string | undefined = ''; after !== undefined; ) {
      const from: string = after
      const products = await this.#pace.step((rows) =>
        page.all(...values, snapshot, snapshot, this.#wholesaler.id, from, rows),
      )
      for (const { lacking } of products) count += lacking
      after = products.at(-1)?.key
    }
    return count
  }

  #currentSnapshot(): number | null {
    const wholesaler = this.#database.prepare<{ id: number | null }>(
      'SELECT current_snapshot AS id FROM wholesaler WHERE id = ?',
    )
    return wholesaler.get(this.#wholesaler.id)?.id ?? null
  }

  /** Copies what the current snapshot has and this one lacks: nothing is known about products not yet read. */
  async #carryOver(): Promise<void> {
    const current = this.#database
      .prepare<{ id: number; first_row: number; last_row: number }>(`
        SELECT s.id, s.first_row, s.last_row FROM wholesaler w JOIN snapshot s ON s.id = w.current_snapshot
        WHERE w.id = ?`)
      .get(this.#wholesaler.id)
    if (current === undefined) return
    for (let first = current.first_row; first <= current.last_row; ) {
      first = await this.#pace.step((rows) =>
        this.#database.transaction(() => {
          this.#checkAlive()
          this.#copy(current.id, first, first + rows)
          return first + rows
        }),
      )
    }
  }

  /** Copies the rows with ids from `first` up to `end` whose keys this snapshot lacks. */
  #copy(from: number, first: number, end: number): void {
    const rows = this.#database
      .prepare<BodyPlace & { id: number }>(`
        SELECT id, body_at AS at, body_bytes AS bytes FROM staged was NOT INDEXED
        WHERE id >= ? AND id < ? AND snapshot_id = ? AND NOT EXISTS
          (SELECT 1 FROM staged s WHERE s.snapshot_id = ? AND s.key = was.key) ORDER BY id`)
      .all(first, end, from, this.#snapshotId)
    const copy = this.#database.prepare(`
      INSERT INTO staged (snapshot_id, key, line, content, offer, images, variants, images_wanted, body_at, body_bytes,
        state, attempts, last_job)
      SELECT ?, key, line, content, offer, images, variants, images_wanted, ?, body_bytes, state, attempts, last_job
      FROM staged WHERE id = ?`)
    const bodies = this.#bodies.read(from, rows)
    for (const [index, { id }] of rows.entries()) {
      copy.run(this.#snapshotId, this.#file.append(Buffer.from(bodies[index] ?? '')), id)
    }
    this.#database
      .prepare('UPDATE snapshot SET last_row = ? WHERE id = ?')
      .run(lastStagedId(this.#database), this.#snapshotId)
  }

  #makeCurrent(
    { sha256, mappingDigest, complete, stamp, feed }: Omit<StagedSnapshot, 'id' | 'stagedAt'>,
    figures: FeedFigures | undefined,
  ): void {
    const { id: wholesalerId } = this.#wholesaler
    this.#database.transaction(() => {
      this.#checkAlive()
      this.#database
        .prepare("UPDATE snapshot SET state = 'dropped' WHERE wholesaler_id = ? AND state = 'committed'")
        .run(wholesalerId)
      this.#database
        .prepare(`
          UPDATE snapshot SET state = 'committed', sha256 = ?, mapping_digest = ?, complete = ?, file_stamp = ?,
            etag = ?, last_modified = ?, feed = ?, staged_at = ?
          WHERE id = ?`)
        .run(
          sha256,
          mappingDigest,
          complete ? 1 : 0,
          stamp.file,
          stamp.etag,
          stamp.lastModified,
          JSON.stringify(feed),
          this.#clock.now(),
          this.#snapshotId,
        )
      this.#database
        .prepare("UPDATE wholesaler SET current_snapshot = ?, unsettled_after = '' WHERE id = ?")
        .run(this.#snapshotId, wholesalerId)
      if (!complete) return
      this.#database
        .prepare(`
          UPDATE wholesaler SET complete_records = ?, complete_products = ?, complete_fetches = complete_fetches + 1,
            complete_fetched_at = ?, complete_figures = ? WHERE id = ?`)
        .run(
          feed.records,
          feed.products,
          this.#clock.now(),
          figures === undefined ? null : JSON.stringify(figures),
          wholesalerId,
        )
    })
  }
}

export function countMissing(database: Database, wholesalerId: number): number {
  const row = database
    .prepare<{ count: number }>(
      `SELECT count(*) AS count FROM imported INDEXED BY imported_missing
       WHERE wholesaler_id = ? AND missing_since IS NOT NULL`,
    )
    .get(wholesalerId)
  return row?.count ?? 0
}
