import type { Clock } from '../clock.js'
import type { RetireHow } from '../missing-policy.js'
import { parseBody } from '../product/fingerprint.js'
import { droppedStaging } from './dropped-staging.js'
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
import { type MarksFiles, StagingMarks } from './marks-files.js'
import { dueProducts, type KeptRow, type MemoryRow, type MemoryWholesaler, stateOf } from './memory-wholesaler.js'

interface WrittenRow {
  readonly id: number
  readonly row: KeptRow
}

const sameFields = ['content', 'offer', 'images', 'variants', 'images_wanted', 'bytes'] as const

/** A snapshot on its way into the ledger in memory. */
export class MemoryStaging implements Staging {
  readonly #wholesaler: MemoryWholesaler
  readonly #clock: Clock
  readonly #snapshotId: number
  readonly #marksFiles: MarksFiles | null
  readonly #marks: StagingMarks | null
  /** The rows of the snapshot that it stands on, by id; null: it stands on nothing. */
  readonly #base: ReadonlyMap<number, MemoryRow> | null
  /** Keys of those that are kept. */
  readonly #kept = new Set<string>()
  readonly #rows = new Map<string, WrittenRow>()
  readonly #rejected = new Set<string>()

  constructor(
    wholesaler: MemoryWholesaler,
    { id, onto, marks }: { readonly id: number; readonly onto: number | undefined; readonly marks: MarksFiles | null },
    clock: Clock,
  ) {
    if (onto !== undefined && wholesaler.current?.id !== onto) throw droppedStaging(wholesaler.name)
    this.#wholesaler = wholesaler
    this.#snapshotId = id
    this.#marksFiles = marks
    this.#marks = marks === null ? null : new StagingMarks(marks, id)
    this.#base = onto === undefined ? null : new Map([...wholesaler.rows.values()].map((row) => [row.id, row]))
    this.#clock = clock
    wholesaler.staging = this
  }

  async write({ rows, bodies }: StagedChunk): Promise<WrittenChunk> {
    this.#checkAlive()
    let end = 0
    const ids: number[] = []
    const replaced: ReplacedRow[] = []
    for (const row of rows) {
      const base = this.#base === null ? undefined : this.#wholesaler.rows.get(row.key)
      const before = this.#rows.get(row.key) ?? (this.#kept.delete(row.key) ? base : undefined)
      if (before !== undefined) replaced.push(replacedRow(before.row))
      const at = end
      end += row.bytes
      const id = before?.id ?? base?.id ?? this.#nextRow()
      ids.push(id)
      this.#rows.set(row.key, { id, row: { ...row, body: Buffer.from(bodies.subarray(at, end)).toString() } })
    }
    return { ids, replaced }
  }

  async keep(ids: ArrayLike<number>): Promise<readonly ReplacedRow[]> {
    if (this.#base === null) throw new Error('a staging that stands on no snapshot has no rows to keep')
    this.#checkAlive()
    const replaced: ReplacedRow[] = []
    for (const id of Array.from(ids)) {
      const kept = this.#base.get(id)?.row
      if (kept === undefined) throw new Error(`no row of the snapshot has the id ${id}`)
      const written = this.#rows.get(kept.key)
      if (written !== undefined) replaced.push(replacedRow(written.row))
      else if (this.#kept.has(kept.key)) replaced.push(replacedRow(kept))
      this.#rows.delete(kept.key)
      this.#kept.add(kept.key)
    }
    return replaced
  }

  async findSame(rows: readonly StagedRow[]): Promise<readonly (number | null)[]> {
    this.#checkAlive()
    return rows.map((row) => {
      const known = this.#base === null ? undefined : this.#wholesaler.rows.get(row.key)
      return known !== undefined && sameFields.every((field) => known.row[field] === row[field]) ? known.id : null
    })
  }

  mark(bytes: Uint8Array): void {
    this.#marks?.add(bytes)
  }

  dropMarks(): void {
    this.#marks?.drop()
  }

  async noteRejected(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#rejected.add(key)
  }

  async countDue(how: RetireHow): Promise<number> {
    return dueProducts(this.#wholesaler, how, this.#clock.now()).filter(({ key }) => !this.#has(key)).length
  }

  async changedOffers(sampleMax: number): Promise<ChangedOffers> {
    const pairs = [...this.#rows.values()].flatMap(({ row }): ChangedOffers['sample'] => {
      const before = this.#wholesaler.rows.get(row.key)?.row
      if (before === undefined || before.offer === row.offer || stateOf(this.#wholesaler, row) !== 'changed') return []
      return [[parseBody(before.body), parseBody(row.body)]]
    })
    return { total: pairs.length, sample: pairs.slice(0, sampleMax) }
  }

  async preview(): Promise<StagedCounts> {
    const lacking = [...this.#wholesaler.imported].filter(([key, { written }]) => written && !this.#has(key))
    return { ...this.#countStates(), missing: lacking.length }
  }

  async commit({ feed, ...snapshot }: SnapshotFacts, figures: FeedFigures | null = null): Promise<StagedCounts> {
    this.#checkAlive()
    const wholesaler = this.#wholesaler
    const counts = this.#countStates()
    if (!snapshot.complete) this.dropMarks()
    const marksBytes = (await this.#marks?.finish()) ?? null
    const rows = new Map(this.#all().map((row) => [row.row.key, this.#withAttempts(row)]))
    if (!snapshot.complete) {
      for (const [key, row] of wholesaler.rows) if (!rows.has(key)) rows.set(key, row)
    }
    wholesaler.rows = rows
    wholesaler.staging = null
    if (wholesaler.current !== null) this.#marksFiles?.remove(wholesaler.current.id)
    const marks = marksBytes === null ? null : (this.#marksFiles?.find(this.#snapshotId, marksBytes) ?? null)
    wholesaler.current = { ...snapshot, feed, id: this.#snapshotId, stagedAt: this.#clock.now(), marks }
    wholesaler.marksBytes = marksBytes
    wholesaler.rejected = this.#rejected
    if (snapshot.complete) {
      wholesaler.lastComplete = { records: feed.records, products: feed.products, figures }
      wholesaler.fetches = { count: wholesaler.fetches.count + 1, lastAt: this.#clock.now() }
    }

    for (const [key, product] of wholesaler.imported) {
      const isThere = !product.written || rows.has(key) || this.#rejected.has(key)
      const nowMissing = snapshot.complete ? { since: this.#clock.now(), fetch: wholesaler.fetches.count } : null
      wholesaler.imported.set(key, { ...product, missing: isThere ? null : (product.missing ?? nowMissing) })
    }
    for (const known of [wholesaler.failures, wholesaler.quarantine]) {
      for (const key of known.keys()) if (!rows.has(key)) known.delete(key)
    }
    const missing = [...wholesaler.imported.values()].filter((product) => product.missing !== null).length
    return { ...counts, missing }
  }

  async abort(): Promise<void> {
    this.dropMarks()
    await this.#marks?.close()
    if (this.#wholesaler.staging === this) this.#wholesaler.staging = null
  }

  #has(key: string): boolean {
    return this.#rows.has(key) || this.#kept.has(key) || this.#rejected.has(key)
  }

  /** The rows that the snapshot would have: kept ones, then those that were written. */
  #all(): readonly WrittenRow[] {
    const kept = [...(this.#base?.values() ?? [])].filter(({ row }) => this.#kept.has(row.key))
    return [...kept, ...this.#rows.values()]
  }

  #nextRow(): number {
    this.#wholesaler.lastRow += 1
    return this.#wholesaler.lastRow
  }

  #checkAlive(): void {
    if (this.#wholesaler.staging !== this) throw droppedStaging(this.#wholesaler.name)
  }

  #withAttempts({ id, row }: WrittenRow): MemoryRow {
    const failure = this.#wholesaler.failures.get(row.key)
    return { id, row, attempts: failure?.attempts ?? 0, lastJob: failure?.lastJob ?? null }
  }

  #countStates(): Omit<StagedCounts, 'missing'> {
    const counts = { new: 0, changed: 0, unchanged: 0 }
    for (const { row } of this.#all()) counts[stateOf(this.#wholesaler, row)] += 1
    return counts
  }
}

function replacedRow({ key, line, variants, images_wanted }: KeptRow): ReplacedRow {
  return { key, line, variants, images_wanted }
}
