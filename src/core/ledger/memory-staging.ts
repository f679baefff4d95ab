import type { Clock } from '../clock.js'
import type { RetireHow } from '../missing-policy.js'
import { parseBody } from '../product/fingerprint.js'
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
import { dueProducts, type KeptRow, type MemoryRow, type MemoryWholesaler, stateOf } from './memory-wholesaler.js'

/** A snapshot on its way into the ledger in memory. */
export class MemoryStaging implements Staging {
  readonly #wholesaler: MemoryWholesaler
  readonly #clock: Clock
  readonly #snapshotId: number
  readonly #rows = new Map<string, KeptRow>()
  readonly #rejected = new Set<string>()

  constructor(wholesaler: MemoryWholesaler, snapshotId: number, clock: Clock) {
    this.#wholesaler = wholesaler
    this.#snapshotId = snapshotId
    this.#clock = clock
    wholesaler.staging = this
  }

  async write({ rows, bodies }: StagedChunk): Promise<readonly ReplacedRow[]> {
    this.#checkAlive()
    let end = 0
    return rows.flatMap((row) => {
      const before = this.#rows.get(row.key)
      const at = end
      end += row.bytes
      this.#rows.set(row.key, { ...row, body: Buffer.from(bodies.subarray(at, end)).toString() })
      if (before === undefined) return []
      return [{ key: before.key, line: before.line, variants: before.variants, images_wanted: before.images_wanted }]
    })
  }

  async noteRejected(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#rejected.add(key)
  }

  async countDue(how: RetireHow): Promise<number> {
    return dueProducts(this.#wholesaler, how, this.#clock.now()).filter(({ key }) => !this.#has(key)).length
  }

  async changedOffers(sampleMax: number): Promise<ChangedOffers> {
    const pairs = [...this.#rows.values()].flatMap((row): ChangedOffers['sample'] => {
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

  async commit(
    { feed, ...snapshot }: Omit<StagedSnapshot, 'id' | 'stagedAt'>,
    figures: FeedFigures | null = null,
  ): Promise<StagedCounts> {
    this.#checkAlive()
    const wholesaler = this.#wholesaler
    const counts = this.#countStates()
    const rows = new Map([...this.#rows].map(([key, row]) => [key, this.#withAttempts(row)]))
    if (!snapshot.complete) {
      for (const [key, row] of wholesaler.rows) if (!rows.has(key)) rows.set(key, row)
    }
    wholesaler.rows = rows
    wholesaler.staging = null
    wholesaler.current = { ...snapshot, feed, id: this.#snapshotId, stagedAt: this.#clock.now() }
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
    if (this.#wholesaler.staging === this) this.#wholesaler.staging = null
  }

  #has(key: string): boolean {
    return this.#rows.has(key) || this.#rejected.has(key)
  }

  #checkAlive(): void {
    if (this.#wholesaler.staging !== this) throw droppedStaging(this.#wholesaler.name)
  }

  #withAttempts(row: KeptRow): MemoryRow {
    const failure = this.#wholesaler.failures.get(row.key)
    return { row, attempts: failure?.attempts ?? 0, lastJob: failure?.lastJob ?? null }
  }

  #countStates(): Omit<StagedCounts, 'missing'> {
    const counts = { new: 0, changed: 0, unchanged: 0 }
    for (const row of this.#rows.values()) counts[stateOf(this.#wholesaler, row)] += 1
    return counts
  }
}
