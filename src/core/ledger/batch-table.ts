/**
 * Batches: taking pending products, recording what the store made of them.
 *
 * A claim writes down the fingerprints it took, so that results are recorded for what was sent, whatever has
 * been staged since. A product belongs to the batch that took it last.
 */
import { parseBody } from '../product/fingerprint.js'
import type { Database } from '../sqlite.js'
import type { ItemResult } from '../store/store.js'
import { type BatchResults, recordResults } from './batch-results.js'
import type { BodyFiles } from './body-files.js'
import { passFence } from './fence.js'
import { halve } from './halve-batch.js'
import type { BatchCounts, ClaimedBatch, ClaimOptions, PendingProduct, Writer } from './ledger.js'
import { lostBatches, nextBatch } from './lost-batches.js'
import { suspectsOf } from './quarantine.js'
import { rowState } from './schema.js'
import { batchId } from './sequence.js'
import type { WholesalerRef, WholesalerTable } from './wholesaler-table.js'

interface BatchRow extends BatchCounts {
  readonly id: string
  readonly number: number
  readonly wholesaler_id: number
  readonly state: 'running' | 'finished' | 'released'
}

/** A staged row that may be claimed, beside what was last imported of it: nothing, when the row is new. */
interface PendingRow {
  readonly id: number
  readonly key: string
  readonly line: number
  readonly state: number
  readonly attempts: number
  readonly content: string
  readonly offer: string
  readonly images: string
  readonly images_wanted: number
  readonly at: number
  readonly bytes: number
  readonly store_product_id?: string | null
  readonly was_content?: string | null
  readonly was_offer?: string | null
  readonly was_images?: string | null
  readonly retired?: string | null
}

const stagedColumns = `s.id, s.key, s.line, s.state, s.attempts, s.content, s.offer, s.images, s.images_wanted,
  s.body_at AS at, s.body_bytes AS bytes`
const pendingColumns = `${stagedColumns},
  i.store_product_id, i.content AS was_content, i.offer AS was_offer, i.images AS was_images, i.retired`

/** Its one parameter is the wholesaler. */
const pendingTables = `staged s
  LEFT JOIN imported i ON i.wholesaler_id = ? AND i.key = s.key`

/** The head of the queue of one state. Parameters: snapshot, job, how many. */
function nextInState(state: number, andNot = ''): string {
  return `
    WHERE s.snapshot_id = ? AND s.state = ${state} AND s.state > 0 AND s.last_job IS NOT ? ${andNot}
    ORDER BY s.attempts, s.id LIMIT ?`
}

/** As it stands in a batch that the job has in hand. Parameters: wholesaler, job. */
const isInHand = `EXISTS (
  SELECT 1 FROM batch_item t JOIN batch b ON b.id = t.batch_id
  WHERE t.wholesaler_id = ? AND t.key = s.key AND b.job_id = ?
    AND t.content = s.content AND t.offer = s.offer AND t.images = s.images)`

/**
 * A new row has nothing imported to look up: half of what a claim would read. Most claims are made by a job with no
 * batch in hand, and need not look each product up there: a fifth of what a claim takes.
 */
function nextOf(andNot: string): { readonly new: string; readonly changed: string } {
  return {
    new: `SELECT ${stagedColumns} FROM staged s ${nextInState(rowState.new, andNot)}`,
    changed: `SELECT ${pendingColumns} FROM ${pendingTables} ${nextInState(rowState.changed, andNot)}`,
  }
}
const next = nextOf('')
const nextNotInHand = nextOf(`AND NOT ${isInHand}`)

const batchCounts = 'processed, created, updated, unchanged, skipped, errors'

export class BatchTable {
  readonly #database: Database
  readonly #bodies: BodyFiles
  readonly #wholesalers: WholesalerTable

  constructor(database: Database, bodies: BodyFiles, wholesalers: WholesalerTable) {
    this.#database = database
    this.#bodies = bodies
    this.#wholesalers = wholesalers
  }

  claim(writer: Writer, options: ClaimOptions, now: number): ClaimedBatch | null {
    const claimed = this.#database.transaction(() => {
      passFence(this.#database, writer)
      const wholesaler = this.#wholesalers.require(options.wholesaler)
      const leftBehind = this.#claimLeftBehind(writer, wholesaler, now)
      const isDone = leftBehind !== null || options.leftBehindOnly === true
      const batch = isDone ? leftBehind : this.#claimNext(writer, wholesaler, options, now)
      // Read here: once the lock is gone, another staging may drop the snapshot and its file.
      return batch && { ...batch, bodies: this.#bodiesOf(wholesaler, batch.rows) }
    })
    if (claimed === null) return null
    const { rows, bodies, ...batch } = claimed
    const items = rows.map((row, index) => toPendingProduct(row, bodies[index] ?? ''))
    return { ...batch, jobId: writer.jobId, wholesaler: options.wholesaler, items }
  }

  #bodiesOf({ currentSnapshot }: WholesalerRef, rows: readonly PendingRow[]): readonly string[] {
    return currentSnapshot === null ? [] : this.#bodies.read(currentSnapshot, rows)
  }

  finish(writer: Writer, batch: ClaimedBatch, results: readonly ItemResult[], now: number): BatchCounts {
    return this.#database.transaction(() => {
      passFence(this.#database, writer)
      const row = this.#require(batch.id)
      if (row.state === 'released') throw new Error(`batch ${batch.id} was given back and cannot be finished`)
      if (row.state === 'finished') return countsOf(row)

      const work: BatchResults = { batch, jobId: writer.jobId, wholesalerId: row.wholesaler_id, results, now }
      const counts = recordResults(this.#database, work)
      this.#forgetItems(batch.id)
      this.#database
        .prepare(`
          UPDATE batch SET state = 'finished', processed = ?, created = ?, updated = ?, unchanged = ?, skipped = ?,
            errors = ?, finished_at = ? WHERE id = ?`)
        .run(
          counts.processed,
          counts.created,
          counts.updated,
          counts.unchanged,
          counts.skipped,
          counts.errors,
          now,
          batch.id,
        )
      return counts
    })
  }

  release(writer: Writer, batch: ClaimedBatch): void {
    this.#database.transaction(() => {
      passFence(this.#database, writer)
      if (this.#require(batch.id).state !== 'running') return
      this.#forgetItems(batch.id)
      this.#database.prepare("UPDATE batch SET state = 'released' WHERE id = ?").run(batch.id)
    })
  }

  putDown(writer: Writer, { id }: ClaimedBatch): void {
    this.#database.transaction(() => {
      passFence(this.#database, writer)
      this.#database.prepare("UPDATE batch SET tries = tries - 1 WHERE id = ? AND state = 'running'").run(id)
    })
  }

  halve(writer: Writer, batch: ClaimedBatch): void {
    this.#database.transaction(() => {
      passFence(this.#database, writer)
      const { state, wholesaler_id: wholesalerId } = this.#require(batch.id)
      if (state === 'running') halve(this.#database, wholesalerId, batch)
    })
  }

  checkpoints(jobId: number): number {
    const count = this.#database.prepare<{ count: number }>(`
      SELECT count(*) AS count FROM batch b JOIN wholesaler w ON w.id = b.wholesaler_id
      WHERE b.job_id = ? AND (b.state = 'finished' OR b.halved = 1) AND w.store_id = ?`)
    return count.get(jobId, this.#wholesalers.storeId)?.count ?? 0
  }

  sum(jobId: number): BatchCounts & { readonly batches: number } {
    const row = this.#database
      .prepare<BatchCounts & { batches: number }>(`
        SELECT coalesce(sum(part = 0), 0) AS batches, coalesce(sum(processed), 0) AS processed, coalesce(sum(created), 0) AS created,
          coalesce(sum(updated), 0) AS updated, coalesce(sum(unchanged), 0) AS unchanged,
          coalesce(sum(skipped), 0) AS skipped, coalesce(sum(errors), 0) AS errors
        FROM batch b JOIN wholesaler w ON w.id = b.wholesaler_id
        WHERE b.job_id = ? AND (b.state = 'finished' OR b.halved = 1) AND w.store_id = ?`)
      .get(jobId, this.#wholesalers.storeId)
    if (row === undefined) throw new Error('a sum without a row')
    return { ...countsOf(row), batches: row.batches }
  }

  /** A batch that an earlier owner of this job did not finish, with those products that are still as it took them. */
  #claimLeftBehind(writer: Writer, wholesaler: WholesalerRef, now: number) {
    const batch = this.#database
      .prepare<{ id: string; number: number; tries: number; size: number; part: number }>(`
        SELECT id, number, tries, size, part FROM batch INDEXED BY batch_running
        WHERE job_id = ? AND wholesaler_id = ? AND state = 'running' AND token < ? ORDER BY number LIMIT 1`)
      .get(writer.jobId, wholesaler.id, writer.token)
    if (batch === undefined) return null
    this.#database
      .prepare('UPDATE batch SET token = ?, tries = tries + 1, claimed_at = ? WHERE id = ?')
      .run(writer.token, now, batch.id)

    const rows: PendingRow[] = []
    const items = this.#database.prepare<{ key: string; content: string; offer: string; images: string }>(
      'SELECT key, content, offer, images FROM batch_item WHERE batch_id = ? ORDER BY key',
    )
    const staged = this.#database.prepare<PendingRow>(`
      SELECT ${pendingColumns} FROM ${pendingTables}
      WHERE s.snapshot_id = ? AND s.key = ? AND s.state > 0`)
    const taken = items.all(batch.id)
    for (const item of taken) {
      const row = staged.get(wholesaler.id, wholesaler.currentSnapshot, item.key)
      const same = row?.content === item.content && row.offer === item.offer && row.images === item.images
      // The others stay on the list all the same: the store may have them from before.
      if (same) rows.push(row)
    }
    const { id, number, tries: crashes, size, part } = batch
    return { id, number, crashes, size: size || taken.length, isPart: part === 1, rows: rows.sort(byQueue) }
  }

  #claimNext(writer: Writer, wholesaler: WholesalerRef, { size, updateExisting }: ClaimOptions, now: number) {
    const { id: wholesalerId, currentSnapshot } = wholesaler
    const inHand = this.#hasBatchInHand(writer, wholesalerId) ? [wholesalerId, writer.jobId] : []
    const select = inHand.length === 0 ? next : nextNotInHand
    const values = [currentSnapshot, writer.jobId, ...inHand, size]
    // One query per state: each reads its part of the index in order and stops, whatever lies before it.
    const added = this.#database.prepare<PendingRow>(select.new).all(...values)
    const changed = updateExisting
      ? this.#database.prepare<PendingRow>(select.changed).all(wholesalerId, ...values)
      : []
    const queue = changed.length === 0 ? added : [...added, ...changed].sort(byQueue).slice(0, size)
    const lost = lostBatches(this.#database, wholesalerId, writer.jobId)
    const { rows, crashes, isPart } = nextBatch(queue, suspectsOf(this.#database, wholesalerId), lost)
    if (rows.length === 0) return null

    const { number } = this.#database
      .prepare<{ number: number }>('SELECT coalesce(max(number), 0) + 1 AS number FROM batch WHERE job_id = ?')
      .get(writer.jobId) ?? { number: 1 }
    const id = batchId(this.#database, writer.jobId, number)
    this.#database
      .prepare(`
        INSERT INTO batch (id, job_id, number, wholesaler_id, token, size, tries, part, claimed_at, state)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'running')`)
      .run(id, writer.jobId, number, wholesaler.id, writer.token, rows.length, crashes + 1, isPart ? 1 : 0, now)
    this.#take(id, wholesaler, rows)
    return { id, number, crashes, size: rows.length, isPart, rows }
  }

  #hasBatchInHand({ jobId }: Writer, wholesalerId: number): boolean {
    const running = this.#database.prepare(`
      SELECT 1 FROM batch INDEXED BY batch_running
      WHERE job_id = ? AND wholesaler_id = ? AND state = 'running' LIMIT 1`)
    return running.get(jobId, wholesalerId) !== undefined
  }

  /** One statement for all: taking is a quarter of what a batch costs the ledger. The staged rows stay as they are. */
  #take(batchId: string, wholesaler: WholesalerRef, rows: readonly PendingRow[]): void {
    this.#database
      .prepare(`
        INSERT OR REPLACE INTO batch_item (wholesaler_id, key, batch_id, content, offer, images, images_wanted)
        SELECT ?, key, ?, content, offer, images, images_wanted FROM staged
        WHERE id IN (SELECT value FROM json_each(?))`)
      .run(wholesaler.id, batchId, JSON.stringify(rows.map(({ id }) => id)))
  }

  #forgetItems(batchId: string): void {
    this.#database.prepare('DELETE FROM batch_item WHERE batch_id = ?').run(batchId)
  }

  #require(id: string): BatchRow {
    const row = this.#database
      .prepare<BatchRow>(`SELECT id, number, wholesaler_id, state, ${batchCounts} FROM batch WHERE id = ?`)
      .get(id)
    if (row === undefined) throw new Error(`the ledger does not know the batch ${id}`)
    return row
  }
}

function byQueue(a: PendingRow, b: PendingRow): number {
  return a.attempts - b.attempts || a.id - b.id
}

function toPendingProduct(row: PendingRow, body: string): PendingProduct {
  const { key, line, content, offer, images } = row
  return {
    key,
    line,
    content,
    offer,
    images,
    kind: row.state === rowState.new ? 'new' : 'changed',
    product: parseBody(body),
    storeId: row.store_product_id ?? null,
    differs: {
      content: row.was_content !== content || row.retired != null,
      offer: row.was_offer !== offer,
      images: row.was_images !== images,
    },
  }
}

function countsOf({ processed, created, updated, unchanged, skipped, errors }: BatchCounts): BatchCounts {
  return { processed, created, updated, unchanged, skipped, errors }
}
