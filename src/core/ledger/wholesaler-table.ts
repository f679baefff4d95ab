import type { Database } from '../sqlite.js'
import type { FeedFigures, FeedSummary, SourceStamp, StagedSnapshot, WholesalerState } from './ledger.js'
import type { StagedFiles } from './staged-files.js'

/** What the other tables of the ledger need to know of a wholesaler. */
export interface WholesalerRef {
  readonly id: number
  readonly name: string
  readonly currentSnapshot: number | null
}

interface StateRow {
  readonly name: string
  readonly origin: string | null
  readonly complete_records: number | null
  readonly complete_products: number | null
  readonly complete_figures: string | null
  /** Null when nothing was committed yet; then all that follow are null too. */
  readonly id: number | null
  readonly sha256: string
  readonly mapping_digest: string
  readonly complete: number
  readonly file_stamp: string | null
  readonly etag: string | null
  readonly last_modified: string | null
  readonly feed: string
  readonly staged_at: number
  /** The one whose number its file has. */
  readonly snapshot: number
  readonly body_end: number | null
  readonly marks_bytes: number | null
}

const selectState = `
  SELECT w.name, w.origin, w.complete_records, w.complete_products, w.complete_figures,
    coalesce(s.made_by, s.id) AS id, s.sha256, s.mapping_digest, s.complete, s.file_stamp, s.etag, s.last_modified, s.feed,
    s.staged_at, s.id AS snapshot, s.body_end, s.marks_bytes
  FROM wholesaler w LEFT JOIN snapshot s ON s.id = w.current_snapshot
  WHERE w.store_id = ?`

/** The wholesalers of one store, each with its current snapshot. */
export class WholesalerTable {
  readonly #database: Database
  readonly #files: StagedFiles
  readonly storeId: number

  constructor(database: Database, files: StagedFiles, storeId: number) {
    this.#database = database
    this.#files = files
    this.storeId = storeId
  }

  state(name: string): WholesalerState | null {
    const row = this.#database.prepare<StateRow>(`${selectState} AND w.name = ?`).get(this.storeId, name)
    return row === undefined ? null : this.#toState(row)
  }

  states(): readonly WholesalerState[] {
    return this.#database
      .prepare<StateRow>(`${selectState} ORDER BY w.id`)
      .all(this.storeId)
      .map((row) => this.#toState(row))
  }

  add(name: string, origin: string | null): void {
    this.#database.transaction(() => {
      this.#database
        .prepare(
          `INSERT INTO wholesaler (store_id, name, origin) VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET origin = coalesce(origin, excluded.origin)`,
        )
        .run(this.storeId, name, origin)
    })
  }

  find(name: string): WholesalerRef | null {
    return (
      this.#database
        .prepare<WholesalerRef>(
          'SELECT id, name, current_snapshot AS currentSnapshot FROM wholesaler WHERE store_id = ? AND name = ?',
        )
        .get(this.storeId, name) ?? null
    )
  }

  /** For calls that make no sense before `addWholesaler`. */
  require(name: string): WholesalerRef {
    const found = this.find(name)
    if (found === null) throw new Error(`the ledger does not know the wholesaler ${name}`)
    return found
  }

  /** Notes one more fetch that brought the current snapshot. */
  touch(name: string, stamp: SourceStamp, now: number): void {
    this.#database.transaction(() => {
      const { id, currentSnapshot } = this.require(name)
      if (currentSnapshot === null) throw new Error(`${name} has no snapshot to touch`)
      this.#database
        .prepare('UPDATE snapshot SET file_stamp = ?, etag = ?, last_modified = ? WHERE id = ?')
        .run(stamp.file, stamp.etag, stamp.lastModified, currentSnapshot)
      this.#database
        .prepare(
          `UPDATE wholesaler SET complete_fetches = complete_fetches + 1, complete_fetched_at = ?
           WHERE id = ? AND (SELECT complete FROM snapshot WHERE id = ?)`,
        )
        .run(now, id, currentSnapshot)
    })
  }

  #toState(row: StateRow): WholesalerState {
    const { name, origin, complete_records: records, complete_products: products } = row
    return {
      name,
      origin,
      current: row.id === null ? null : toSnapshot(row, row.id, this.#marksOf(row, row.id)),
      lastComplete: records === null || products === null ? null : { records, products, figures: toFigures(row) },
    }
  }

  /** None either where the products that they would let keep are not there in full. */
  #marksOf({ snapshot, body_end: bodyEnd, marks_bytes: bytes }: StateRow, id: number): string | null {
    if (bytes === null || bodyEnd === null) return null
    return (this.#files.bodies.size(snapshot) ?? -1) < bodyEnd ? null : this.#files.marks.find(id, bytes)
  }
}

function toFigures({ complete_figures: figures }: StateRow): FeedFigures | null {
  return figures === null ? null : (JSON.parse(figures) as FeedFigures)
}

function toSnapshot(row: StateRow, id: number, marks: string | null): StagedSnapshot {
  return {
    id,
    sha256: row.sha256,
    mappingDigest: row.mapping_digest,
    complete: row.complete === 1,
    stamp: { file: row.file_stamp, etag: row.etag, lastModified: row.last_modified },
    feed: JSON.parse(row.feed) as FeedSummary,
    stagedAt: row.staged_at,
    marks,
  }
}
