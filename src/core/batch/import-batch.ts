/**
 * One batch on its way into the store: the unit of work, checkpoint and retry.
 *
 * In: a claimed batch. Out: one result per product, recorded in the ledger. Applying is idempotent by the
 * batch's id, so a batch whose checkpoint was lost is applied again and gives the same results.
 */

import type { Clock } from '../clock.js'
import { failpoint } from '../failpoint.js'
import type { BatchCounts, ClaimedBatch, Ledger, Writer } from '../ledger/ledger.js'
import type { Progress } from '../progress.js'
import type { RejectsFile } from '../rejects-file.js'
import type { ItemResult, Store } from '../store/store.js'

export interface BatchPorts {
  readonly ledger: Ledger
  readonly store: Store
  readonly rejects: RejectsFile
  readonly progress: Progress
  readonly clock: Clock
}

export interface BatchPolicy {
  readonly updateExisting: boolean
  readonly takeover: boolean
}

/** Applies a claimed batch to the store and records what became of it. */
export async function importBatch(
  batch: ClaimedBatch,
  writer: Writer,
  policy: BatchPolicy,
  { ledger, store, rejects, progress, clock }: BatchPorts,
): Promise<BatchCounts> {
  failpoint('batch-claimed', batch.id)
  const startedMs = clock.monotonic()
  for (const { key } of batch.items) failpoint('apply-product', key)
  const results = await store.apply({
    id: batch.id,
    jobId: writer.jobId,
    token: writer.token,
    wholesaler: batch.wholesaler,
    items: batch.items,
    updateExisting: policy.updateExisting,
    takeover: policy.takeover,
  })
  failpoint('batch-applied', batch.id)
  const counts = await ledger.finishBatch(writer, batch, results)
  failpoint('batch-recorded', batch.id)

  for (const result of results) report(result, batch.wholesaler, rejects, progress)
  progress.emit({
    type: 'batch',
    wholesaler: batch.wholesaler,
    batch: batch.id,
    number: batch.number,
    created: counts.created,
    updated: counts.updated,
    unchanged: counts.unchanged,
    skipped: counts.skipped,
    errors: counts.errors,
    durationMs: Math.round(clock.monotonic() - startedMs),
  })
  return counts
}

function report(result: ItemResult, wholesaler: string, rejects: RejectsFile, progress: Progress): void {
  if (result.outcome === 'rejected') {
    const { key, code, reason, field, sku } = result
    rejects.add(wholesaler, {
      position: { record: 0, line: 0 },
      code,
      reason,
      key,
      ...(field === undefined ? {} : { field }),
      ...(sku === undefined ? {} : { sku }),
    })
    progress.emit({ type: 'product', wholesaler, key, outcome: result.outcome, reason })
    return
  }
  progress.emit({ type: 'product', wholesaler, key: result.key, outcome: result.outcome, storeId: result.storeId })
  if (result.outcome === 'skipped') return
  for (const note of result.notes ?? []) progress.emit({ type: 'warning', message: note })
}
