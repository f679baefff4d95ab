import type { Clock } from '../clock.js'
import { WholesalerError } from '../errors.js'
import { missingApartMs, type RetireHow } from '../missing-policy.js'
import type { Database } from '../sqlite.js'
import type { BodyWriter } from './body-writer.js'
import { changedOffers } from './changed-offers.js'
import { countMissing } from './count-rows.js'
import { droppedStaging } from './dropped-staging.js'
import { currentSnapshot, endStaging } from './end-staging.js'
import { type BaseSnapshot, KeptRows } from './kept-rows.js'
import type {
  ChangedOffers,
  FeedFigures,
  ReplacedRow,
  SnapshotFacts,
  StagedChunk,
  StagedCounts,
  StagedRow,
  Staging,
  WrittenChunk,
} from './ledger.js'
import { StagingMarks } from './marks-files.js'
import { mergedRowsMax } from './merge-snapshot.js'
import { Pace } from './pace.js'
import { pruneFailures, purgeDropped, settleMissing } from './settle.js'
import type { StagedFiles } from './staged-files.js'
import { lastStagedId, type PlacedRow, type WrittenRows, writeRows } from './staged-rows.js'
import { countLacking, countStates, findUnkept, type StagedSoFar } from './staging-counts.js'
import type { WholesalerRef } from './wholesaler-table.js'

interface StagingPlan {
  readonly database: Database
  readonly files: StagedFiles
  readonly wholesaler: WholesalerRef
  readonly clock: Clock
  /** See `StagingOptions`. */
  readonly onto: number | null
  /** Changed rows that are merged; with more, what is kept is copied. Null: see `mergedRowsMax`. */
  readonly mergedRowsMax: number | null
}

/** Begins a snapshot of the wholesaler, after dropping what an earlier staging left behind. */
export async function beginSqliteStaging(plan: StagingPlan): Promise<SqliteStaging> {
  const { database, files, wholesaler, clock, onto } = plan
  const pace = new Pace(clock)
  await settleMissing(database, wholesaler.id, pace)
  const { id, base } = database.transaction(() => {
    const base = onto === null ? null : findBase(database, wholesaler, onto)
    database
      .prepare("UPDATE snapshot SET state = 'dropped' WHERE wholesaler_id = ? AND state = 'staging'")
      .run(wholesaler.id)
    const last = lastStagedId(database)
    const begun = database.prepare<{ id: number }>(
      "INSERT INTO snapshot (wholesaler_id, state, first_row, last_row) VALUES (?, 'staging', ?, ?) RETURNING id",
    )
    const row = begun.get(wholesaler.id, last + 1, last)
    if (row === undefined) throw new Error('the ledger gave the snapshot no number')
    return { id: row.id, base }
  })
  await purgeDropped(database, files, wholesaler.id, pace)
  const known = database.prepare('SELECT 1 FROM snapshot WHERE id = ?')
  files.bodies.removeUnknown((id) => known.get(id) !== undefined)
  return new SqliteStaging(plan, id, base)
}

/** The current snapshot, if it is the one that is meant: whoever has seen another one knows nothing of its rows. */
function findBase(database: Database, { id, name }: WholesalerRef, onto: number): BaseSnapshot {
  const base = database
    .prepare<BaseSnapshot>(`
      SELECT s.id, coalesce(s.products, (SELECT count(*) FROM staged WHERE snapshot_id = s.id)) AS products
      FROM wholesaler w JOIN snapshot s ON s.id = w.current_snapshot
      WHERE w.id = ? AND coalesce(s.made_by, s.id) = ?`)
    .get(id, onto)
  if (base === undefined) throw droppedStaging(name)
  return base
}

class SqliteStaging implements Staging {
  readonly #database: Database
  readonly #files: StagedFiles
  readonly #file: BodyWriter
  readonly #marks: StagingMarks
  readonly #wholesaler: WholesalerRef
  readonly #snapshotId: number
  /** Null: it stands on nothing. */
  readonly #kept: KeptRows | null
  readonly #clock: Clock
  readonly #mergedRowsMax: number | null
  readonly #pace: Pace
  #written = 0

  constructor(
    { database, files, wholesaler, clock, mergedRowsMax }: StagingPlan,
    id: number,
    base: BaseSnapshot | null,
  ) {
    this.#database = database
    this.#files = files
    this.#file = files.bodies.create(id)
    this.#marks = new StagingMarks(files.marks, id)
    this.#wholesaler = wholesaler
    this.#snapshotId = id
    this.#kept = base === null ? null : new KeptRows(database, id, base)
    this.#clock = clock
    this.#mergedRowsMax = mergedRowsMax
    this.#pace = new Pace(clock)
  }

  async write({ rows: staged, bodies }: StagedChunk): Promise<WrittenChunk> {
    const ids: number[] = []
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
        this.#written += written.inserted
        for (const id of written.ids) ids.push(id)
        for (const [, row] of [...written.replaced].sort(([a], [b]) => a - b)) replaced.push(row)
        return first + some.length
      })
    }
    return { ids, replaced }
  }

  async keep(ids: ArrayLike<number>): Promise<readonly ReplacedRow[]> {
    const kept = this.#kept
    if (kept === null) throw new Error('a staging that stands on no snapshot has no rows to keep')
    this.#checkAlive()
    const replacing = kept.add(ids)
    if (replacing.length === 0) return []
    return this.#database.transaction(() => {
      this.#checkAlive()
      const { replaced, removed } = kept.replacedBy(replacing)
      this.#written -= removed
      return replaced
    })
  }

  async findSame(rows: readonly StagedRow[]): Promise<readonly (number | null)[]> {
    const kept = this.#kept
    this.#checkAlive()
    return rows.map((row) => kept?.findSame(row) ?? null)
  }

  mark(bytes: Uint8Array): void {
    this.#marks.add(bytes)
  }

  dropMarks(): void {
    this.#marks.drop()
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
    const isDue = 'coalesce(missing_since <= ? AND retired IS NOT ?, 0)'
    const before = this.#clock.now() - missingApartMs
    return await countLacking(this.#database, this.#soFar(), this.#pace, isDue, before, how)
  }

  async changedOffers(sampleMax: number): Promise<ChangedOffers> {
    const current = currentSnapshot(this.#database, this.#wholesaler.id)
    const snapshots = { current, staged: this.#snapshotId }
    return changedOffers(this.#database, this.#files.bodies, snapshots, sampleMax)
  }

  async preview(): Promise<StagedCounts> {
    const unkept = await findUnkept(this.#kept, this.#pace, 0)
    const missing = await countLacking(this.#database, this.#soFar(), this.#pace, '1')
    return { ...countStates(this.#database, this.#soFar(), unkept), missing }
  }

  async commit(facts: SnapshotFacts, figures?: FeedFigures): Promise<StagedCounts> {
    const mergedMax = this.#mergedRowsMax ?? mergedRowsMax(this.#kept?.base ?? null)
    const unkept = await findUnkept(this.#kept, this.#pace, mergedMax + 1)
    const counts = countStates(this.#database, this.#soFar(), unkept)
    const ending = {
      ...this.#soFar(),
      database: this.#database,
      files: this.#files,
      file: this.#file,
      marks: this.#marks,
      unkept,
      mergedMax,
      pace: this.#pace,
      clock: this.#clock,
      checkAlive: () => this.#checkAlive(),
    }
    const current = await endStaging(ending, facts, figures)

    const { id: wholesalerId } = this.#wholesaler
    await settleMissing(this.#database, wholesalerId, this.#pace)
    await purgeDropped(this.#database, this.#files, wholesalerId, this.#pace)
    await pruneFailures(this.#database, wholesalerId, current, this.#pace)
    return { ...counts, missing: countMissing(this.#database, wholesalerId) }
  }

  async abort(): Promise<void> {
    await this.#file.abandon()
    await this.#marks.close()
    try {
      this.#database.transaction(() => {
        this.#database
          .prepare("UPDATE snapshot SET state = 'dropped' WHERE id = ? AND state = 'staging'")
          .run(this.#snapshotId)
      })
      await purgeDropped(this.#database, this.#files, this.#wholesaler.id, this.#pace)
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
    const written = writeRows(this.#database, target, rows)
    if (this.#kept === null) return written
    const keys = rows.map(({ row }) => row.key)
    return { ...written, ...this.#kept.displace(keys, written) }
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

  #soFar(): StagedSoFar {
    return {
      stagingId: this.#snapshotId,
      wholesalerId: this.#wholesaler.id,
      written: this.#written,
      kept: this.#kept,
    }
  }
}
