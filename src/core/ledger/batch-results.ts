import type { Database } from '../sqlite.js'
import type { ItemResult } from '../store/store.js'
import type { BatchCounts } from './ledger.js'
import { forgetQuarantine, putInQuarantine } from './quarantine.js'
import { rowState } from './schema.js'

export interface BatchResults {
  readonly batchId: string
  readonly jobId: number
  readonly wholesalerId: number
  readonly results: readonly ItemResult[]
  /** Unix ms. */
  readonly now: number
}

/** A product as the batch took it. */
interface BatchItem {
  readonly key: string
  readonly content: string
  readonly offer: string
  readonly images: string
  readonly images_wanted: number
}

interface Target extends BatchResults {
  readonly database: Database
  /** Snapshots whose rows must know: the current one, and one that is being staged meanwhile. */
  readonly snapshots: readonly { readonly id: number; readonly complete: number | null }[]
  /** Some product of this wholesaler was rejected before. */
  readonly hasFailures: boolean
}

/** Records what the store made of each product; call inside the transaction that finishes the batch. */
export function recordResults(database: Database, batch: BatchResults): BatchCounts {
  const counts = { processed: 0, created: 0, updated: 0, unchanged: 0, skipped: 0, errors: 0 }
  const snapshots = database
    .prepare<{ id: number; complete: number | null }>(
      "SELECT id, complete FROM snapshot WHERE wholesaler_id = ? AND state <> 'dropped'",
    )
    .all(batch.wholesalerId)
  const hasFailures =
    database
      .prepare(`
        SELECT 1 WHERE EXISTS (SELECT 1 FROM failure WHERE wholesaler_id = ?)
          OR EXISTS (SELECT 1 FROM quarantine WHERE wholesaler_id = ?)`)
      .get(batch.wholesalerId, batch.wholesalerId) !== undefined
  const target: Target = { ...batch, database, snapshots, hasFailures }
  const items = database.prepare<BatchItem>(
    'SELECT key, content, offer, images, images_wanted FROM batch_item WHERE batch_id = ?',
  )
  const taken = new Map(items.all(batch.batchId).map((item) => [item.key, item]))

  for (const result of batch.results) {
    counts.processed += 1
    counts[result.outcome === 'rejected' ? 'errors' : result.outcome] += 1
    const item = taken.get(result.key)
    // Another job has taken the product since: what that one finds in the store counts.
    if (item === undefined) continue
    if (result.outcome === 'rejected') recordReject(target, item, result.code === 'quarantined')
    else if (result.outcome === 'skipped') recordSkipped(target, item, result.storeId)
    else recordWritten(target, item, result.storeId)
  }
  return counts
}

function recordWritten(target: Target, item: BatchItem, storeId: string): void {
  const { database, wholesalerId, batchId } = target
  const imagesDone = item.images_wanted === 0 ? item.images : null
  // Another id is another product in the store: it has none of the images of the first.
  database
    .prepare(`
      INSERT INTO imported (wholesaler_id, key, store_product_id, content, offer, images, images_done, batch)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET
        images_done = CASE
          WHEN excluded.images_done IS NOT NULL THEN excluded.images_done
          WHEN store_product_id = excluded.store_product_id THEN images_done END,
        store_product_id = excluded.store_product_id, content = excluded.content, offer = excluded.offer,
        images = excluded.images, batch = excluded.batch, missing_since = NULL, missing_fetch = NULL, retired = NULL`)
    .run(wholesalerId, item.key, storeId, item.content, item.offer, item.images, imagesDone, batchId)
  forgetFailure(target, item)
  for (const { id, complete } of target.snapshots) {
    const staged = database
      .prepare(`
        UPDATE staged SET attempts = 0, state = CASE WHEN content = ? AND offer = ? AND images = ?
          THEN ${rowState.unchanged} ELSE ${rowState.changed} END
        WHERE snapshot_id = ? AND key = ?`)
      .run(item.content, item.offer, item.images, id, item.key)
    if (staged === 0 && complete === 1) markMissing(target, item)
  }
}

/** The product vanished from the feed after it was taken, and before this batch was known to be applied. */
function markMissing({ database, wholesalerId, now }: Target, { key }: BatchItem): void {
  database
    .prepare(`
      UPDATE imported SET missing_since = ?,
        missing_fetch = (SELECT complete_fetches FROM wholesaler WHERE id = imported.wholesaler_id)
      WHERE wholesaler_id = ? AND key = ?`)
    .run(now, wholesalerId, key)
}

/** The store has the product and it was not to be touched: from now on it counts as one to update. */
function recordSkipped(target: Target, item: BatchItem, storeId: string): void {
  const { database, wholesalerId, jobId } = target
  database
    .prepare(`
      INSERT INTO imported (wholesaler_id, key, store_product_id, content, offer, images, images_done, batch)
      VALUES (?, ?, ?, '', '', '', '', NULL) ON CONFLICT DO NOTHING`)
    .run(wholesalerId, item.key, storeId)
  forgetFailure(target, item)
  for (const { id } of target.snapshots) {
    database
      .prepare(`
        UPDATE staged SET attempts = 0, last_job = ?, state = ${rowState.changed}
        WHERE snapshot_id = ? AND key = ? AND state > ${rowState.unchanged}`)
      .run(jobId, id, item.key)
  }
}

/** Rejected products go to the back of the queue, in later snapshots too. */
function recordReject(
  { database, wholesalerId, jobId, snapshots }: Target,
  { key, content }: BatchItem,
  isQuarantined: boolean,
): void {
  database
    .prepare(`
      INSERT INTO failure (wholesaler_id, key, attempts, last_job) VALUES (?, ?, 1, ?)
      ON CONFLICT DO UPDATE SET attempts = attempts + 1, last_job = excluded.last_job`)
    .run(wholesalerId, key, jobId)
  for (const { id } of snapshots) {
    database
      .prepare('UPDATE staged SET attempts = attempts + 1, last_job = ? WHERE snapshot_id = ? AND key = ?')
      .run(jobId, id, key)
  }
  if (isQuarantined) putInQuarantine(database, wholesalerId, { key, content })
}

function forgetFailure({ database, wholesalerId, hasFailures }: Target, { key }: BatchItem): void {
  if (!hasFailures) return
  database.prepare('DELETE FROM failure WHERE wholesaler_id = ? AND key = ?').run(wholesalerId, key)
  forgetQuarantine(database, wholesalerId, key)
}
