/**
 * What a staging keeps of the snapshot it stands on: bits, no statement per row. The rest of that snapshot is what the
 * feed left out or has anew.
 */
import type { Database } from '../sqlite.js'
import type { ReplacedRow, StagedRow } from './ledger.js'
import type { Pace } from './pace.js'
import { rowRanges } from './row-ranges.js'
import { type RowRange, RowSet } from './row-set.js'
import { findRow, type WrittenRows } from './staged-rows.js'

/** The snapshot that a staging stands on. It stays as it is while the staging lives, but for states. */
export interface BaseSnapshot {
  readonly id: number
  /** Its rows. */
  readonly products: number
}

export interface BaseRow {
  readonly id: number
  readonly state: number
  /** Length of its body. */
  readonly bytes: number
}

export class KeptRows {
  readonly base: BaseSnapshot
  readonly #database: Database
  readonly #stagingId: number
  readonly #kept: RowSet
  /** Rows whose keys the staging has anew: none of them is kept. */
  readonly #displaced: RowSet

  constructor(database: Database, stagingId: number, base: BaseSnapshot) {
    this.#database = database
    this.#stagingId = stagingId
    this.base = base
    const ranges = rowRanges(database, base.id)
    this.#kept = new RowSet(ranges)
    this.#displaced = new RowSet(ranges)
  }

  has(id: number): boolean {
    return this.#kept.has(id)
  }

  isDisplaced(id: number): boolean {
    return this.#displaced.has(id)
  }

  /** Id of the row of the base that has this key and all that its fingerprints, counts and length tell. */
  findSame(row: StagedRow): number | null {
    const { key, content, offer, images, variants, images_wanted: wanted, bytes } = row
    const found = this.#database
      .prepare<{ id: number }>(`
        SELECT id FROM staged WHERE snapshot_id = ? AND key = ? AND content = ? AND offer = ? AND images = ?
          AND variants = ? AND images_wanted = ? AND body_bytes = ?`)
      .get(this.base.id, key, content, offer, images, variants, wanted, bytes)
    return found?.id ?? null
  }

  /** Returns those of the ids that replace a row, for `replacedBy`. */
  add(ids: ArrayLike<number>): readonly number[] {
    const replacing: number[] = []
    for (let index = 0; index < ids.length; index += 1) {
      const id = ids[index] ?? Number.NaN
      if (!this.#kept.add(id) || this.#displaced.has(id)) replacing.push(id)
    }
    return replacing
  }

  /** What these rows replace: themselves, or what the staging wrote under their keys, which goes. Call inside a transaction. */
  replacedBy(ids: readonly number[]): { readonly replaced: readonly ReplacedRow[]; readonly removed: number } {
    const find = this.#database.prepare<ReplacedRow>(
      'SELECT key, line, variants, images_wanted FROM staged WHERE id = ?',
    )
    const remove = this.#database.prepare('DELETE FROM staged WHERE id = ?')
    let removed = 0
    const replaced = ids.map((id): ReplacedRow => {
      const kept = find.get(id)
      if (kept === undefined) throw new Error(`no row of the snapshot has the id ${id}`)
      if (!this.#displaced.has(id)) return { ...kept }
      this.#displaced.delete(id)
      const written = findRow(this.#database, this.#stagingId, kept.key)
      if (written === undefined) throw new Error(`the ledger lost the row of ${kept.key}`)
      removed += remove.run(written.id)
      return written.row
    })
    return { replaced, removed }
  }

  /**
   * Rows with keys that the base has are known by the ids of its rows, whose place they are to take. Call inside the
   * transaction that wrote them.
   */
  displace(keys: readonly string[], written: WrittenRows): Pick<WrittenRows, 'ids' | 'replaced'> {
    const ids = [...written.ids]
    const replaced = new Map(written.replaced)
    for (const [index, key] of keys.entries()) {
      const found = findRow(this.#database, this.base.id, key)
      if (found === undefined) continue
      ids[index] = found.id
      this.#displaced.add(found.id)
      if (!this.#kept.has(found.id)) continue
      this.#kept.delete(found.id)
      replaced.set(index, found.row)
    }
    return { ids, replaced }
  }

  /** Visits the rows of the base that are not kept, page by page: those that are displaced, and those left out. */
  async eachUnkept(pace: Pace, visit: (rows: readonly BaseRow[]) => void): Promise<void> {
    const page = this.#database.prepare<BaseRow>(`
      SELECT id, state, body_bytes AS bytes FROM staged NOT INDEXED WHERE id >= ? AND id <= ? AND snapshot_id = ?`)
    const gaps = this.#kept.gaps()
    let gap = gaps.next().value
    while (gap !== undefined) {
      gap = await pace.step((rows) => {
        const found: BaseRow[] = []
        let rest: RowRange | undefined = gap
        for (let left = rows; left > 0 && rest !== undefined; ) {
          const last: number = Math.min(rest.last, rest.first + left - 1)
          found.push(...page.all(rest.first, last, this.base.id))
          left -= last - rest.first + 1
          rest = last < rest.last ? { first: last + 1, last: rest.last } : (gaps.next().value ?? undefined)
        }
        visit(found)
        return rest
      })
    }
  }
}
