import type { Database } from '../sqlite.js'
import type { ItemResult } from '../store/store.js'
import type { BatchCounts, ClaimedBatch } from './ledger.js'
import { forgetQuarantine, putInQuarantine } from './quarantine.js'
import { rowState } from './schema.js'
import { isInSnapshot } from './settle.js'

export interface BatchResults {
  readonly batch: Pick<ClaimedBatch, 'id' | 'items' | 'size'>
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
}

interface Target extends BatchResults {
  readonly database: Database
  /** Snapshots whose rows must know: the current one, and one that is being staged meanwhile. */
  readonly snapshots: readonly { readonly id: number; readonly complete: number | null }[]
  /** Some product of this wholesaler was rejected before. */
  readonly hasFailures: boolean
}

/** Records what the store made of each product; call inside the transaction that finishes the batch. */
export function recordResults(database: Database, work: BatchResults): BatchCounts {
  const counts = { processed: 0, created: 0, updated: 0, unchanged: 0, skipped: 0, errors: 0 }
  const snapshots = database
    .prepare<{ id: number; complete: number | null }>(
      "SELECT id, complete FROM snapshot WHERE wholesaler_id = ? AND state <> 'dropped'",
    )
    .all(work.wholesalerId)
  const hasFailures =
    database
      .prepare(`
        SELECT 1 WHERE EXISTS (SELECT 1 FROM failure WHERE wholesaler_id = ?)
          OR EXISTS (SELECT 1 FROM quarantine WHERE wholesaler_id = ?)`)
      .get(work.wholesalerId, work.wholesalerId) !== undefined
  const target: Target = { ...work, database, snapshots, hasFailures }
  const held = new Map(heldItems(database, work.batch).map((item) => [item.key, item]))

  const written: WrittenItem[] = []
  for (const result of work.results) {
    counts.processed += 1
    counts[result.outcome === 'rejected' ? 'errors' : result.outcome] += 1
    const item = held.get(result.key)
    // Another job has taken the product since: what that one finds in the store counts.
    if (item === undefined) continue
    if (result.outcome === 'rejected') recordReject(target, item, result.code === 'quarantined')
    else if (result.outcome === 'skipped') recordSkipped(target, item, result.storeId)
    else written.push([item.key, result.storeId])
  }
  if (written.length > 0) recordWritten(target, written)
  return counts
}

/** What the batch still has: it loses what another job takes, and gets nothing new. */
function heldItems(database: Database, { id, items, size }: BatchResults['batch']): readonly BatchItem[] {
  if (items.length === size) {
    const count = database.prepare<{ held: number }>('SELECT count(*) AS held FROM batch_item WHERE batch_id = ?')
    if (count.get(id)?.held === size) return items
  }
  return database.prepare<BatchItem>('SELECT key, content FROM batch_item WHERE batch_id = ?').all(id)
}

/** Key and id in the store. */
type WrittenItem = readonly [string, string]

/**
 * One statement for all: most results are of this kind. The order of the join is told: each item is found by its key,
 * where SQLite would go through the list for each item.
 */
function recordWritten(target: Target, written: readonly WrittenItem[]): void {
  const { database, wholesalerId, batch } = target
  const list = JSON.stringify(written)
  // Another id is another product in the store: it has none of the images of the first. One that is to have none any
  // more is done only when it was looked at.
  database
    .prepare(`
      INSERT INTO imported (wholesaler_id, key, store_product_id, content, offer, images, images_done, batch)
      SELECT t.wholesaler_id, t.key, w.value ->> 1, t.content, t.offer, t.images,
        CASE WHEN t.images_wanted = 0 THEN t.images END, t.batch_id
      FROM json_each(?) w CROSS JOIN batch_item t
        ON t.wholesaler_id = ? AND t.key = w.value ->> 0 AND t.batch_id = ?
      WHERE true
      ON CONFLICT DO UPDATE SET
        images_done = CASE
          WHEN store_product_id = excluded.store_product_id AND images_given IS NOT NULL THEN images_done
          WHEN excluded.images_done IS NOT NULL THEN excluded.images_done
          WHEN store_product_id = excluded.store_product_id THEN images_done END,
        images_given = CASE WHEN store_product_id = excluded.store_product_id THEN images_given END,
        store_product_id = excluded.store_product_id, content = excluded.content, offer = excluded.offer,
        images = excluded.images, batch = excluded.batch, missing_since = NULL, missing_fetch = NULL, retired = NULL`)
    .run(list, wholesalerId, batch.id)
  for (const [key] of written) forgetFailure(target, { key })
  for (const { id, complete } of target.snapshots) {
    const staged = database
      .prepare(`
        UPDATE staged SET attempts = 0, state = (
          SELECT CASE WHEN t.content = staged.content AND t.offer = staged.offer AND t.images = staged.images
            THEN ${rowState.unchanged} ELSE ${rowState.changed} END
          FROM batch_item t WHERE t.wholesaler_id = ? AND t.key = staged.key)
        WHERE snapshot_id = ? AND key IN (SELECT value ->> 0 FROM json_each(?))`)
      .run(wholesalerId, id, list)
    if (staged < written.length && complete === 1) markMissing(target, id, list)
  }
}

/** Products that vanished from the feed after they were taken, and before this batch was known to be applied. */
function markMissing({ database, wholesalerId, now }: Target, snapshotId: number, written: string): void {
  database
    .prepare(`
      UPDATE imported SET missing_since = ?,
        missing_fetch = (SELECT complete_fetches FROM wholesaler WHERE id = imported.wholesaler_id)
      WHERE wholesaler_id = ? AND key IN (SELECT value ->> 0 FROM json_each(?)) AND NOT ${isInSnapshot}`)
    .run(now, wholesalerId, written, snapshotId, snapshotId)
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

function forgetFailure({ database, wholesalerId, hasFailures }: Target, { key }: Pick<BatchItem, 'key'>): void {
  if (!hasFailures) return
  database.prepare('DELETE FROM failure WHERE wholesaler_id = ? AND key = ?').run(wholesalerId, key)
  forgetQuarantine(database, wholesalerId, key)
}
