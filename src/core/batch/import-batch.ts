/**
 * One batch on its way into the store: the unit of work, checkpoint and retry.
 *
 * In: a claimed batch. Out: one result per product, recorded in the ledger. Applying is idempotent by the
 * batch's id, so a batch whose checkpoint was lost is applied again and gives the same results.
 */

import type { Clock } from '../clock.js'
import { failpoint } from '../failpoint.js'
import type { Reject } from '../feed/feed.js'
import type { BatchCounts, ClaimedBatch, Ledger, PendingProduct, Writer } from '../ledger/ledger.js'
import type { OwnedField } from '../product/field-owners.js'
import type { Progress } from '../progress.js'
import type { RejectsFile } from '../rejects-file.js'
import type { ItemResult, Store, StoreBatch } from '../store/store.js'
import { isDefect, narrow, remedy, remedyFor } from './poison.js'

export interface BatchPorts {
  readonly ledger: Pick<Ledger, 'finishBatch' | 'halveBatch' | 'putDownBatch'>
  readonly store: Pick<Store, 'apply'>
  readonly rejects: RejectsFile
  readonly progress: Progress
  readonly clock: Clock
}

export interface BatchPolicy {
  readonly updateExisting: boolean
  readonly takeover: boolean
  readonly shopFields: readonly OwnedField[]
}

/**
 * Applies a claimed batch to the store and records what became of it. One that crashed its earlier owners, or that
 * makes the store throw what nobody expected, is halved instead; then nothing is processed, and its halves are the
 * next to be claimed.
 */
export async function importBatch(
  batch: ClaimedBatch,
  writer: Writer,
  policy: BatchPolicy,
  ports: BatchPorts,
): Promise<BatchCounts> {
  failpoint('batch-claimed', batch.id)
  try {
    return await applyAndRecord(batch, writer, policy, ports)
  } catch (error: unknown) {
    // Whatever stopped it was seen, so the batch is not to blame for a dead worker. If this fails too, it is.
    await ports.ledger.putDownBatch(writer, batch).catch(() => {})
    throw error
  }
}

async function applyAndRecord(
  batch: ClaimedBatch,
  writer: Writer,
  policy: BatchPolicy,
  ports: BatchPorts,
): Promise<BatchCounts> {
  const { ledger, progress, clock } = ports
  const { id, wholesaler, items } = batch
  const startedMs = clock.monotonic()
  const stored = { id, jobId: writer.jobId, token: writer.token, wholesaler, items, ...policy }
  const deadly = remedyFor(batch) !== 'none'
  const results = deadly
    ? await remedy(batch, writer, stored, ports)
    : await applyOrNarrow(batch, writer, stored, ports)
  failpoint('batch-applied', id)

  if (results === null) {
    const what = deadly ? `${batch.crashes} workers died with batch ${id}` : `the store failed at batch ${id}`
    const message = `${what} of ${wholesaler}: one of its ${items.length} products may be the cause, and is searched by halving it`
    progress.emit({ type: 'warning', message })
    return nothingProcessed
  }
  // First: after a crash in between they are told twice, the other way round never.
  keepRejects(results, batch, ports)
  const counts = await ledger.finishBatch(writer, batch, results)
  failpoint('batch-recorded', id)
  report(results, batch, ports)
  progress.emit({
    type: 'batch',
    wholesaler,
    batch: id,
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

/** What nobody expected at one product costs that product, not the job. Null when the batch was halved. */
async function applyOrNarrow(
  batch: ClaimedBatch,
  writer: Writer,
  stored: StoreBatch,
  { ledger, store }: Pick<BatchPorts, 'ledger' | 'store'>,
): Promise<readonly ItemResult[] | null> {
  try {
    for (const { key } of batch.items) failpoint('apply-product', key)
    return await store.apply(stored)
  } catch (error: unknown) {
    if (!isDefect(error)) throw error
    return await narrow(batch, writer, stored, error, { ledger, store })
  }
}

const nothingProcessed: BatchCounts = { processed: 0, created: 0, updated: 0, unchanged: 0, skipped: 0, errors: 0 }

function keepRejects(
  results: readonly ItemResult[],
  { wholesaler, items }: ClaimedBatch,
  { rejects }: BatchPorts,
): void {
  const rejected = results.filter((result): result is Rejected => result.outcome === 'rejected')
  for (const result of rejected) {
    const item = items.find(({ key }) => key === result.key)
    rejects.add(wholesaler, rejectOf(result, item))
  }
  rejects.flush()
}

function report(results: readonly ItemResult[], { wholesaler }: ClaimedBatch, { progress }: BatchPorts): void {
  for (const result of results) {
    const { key, outcome } = result
    if (outcome === 'rejected') {
      progress.emit({ type: 'product', wholesaler, key, outcome, reason: result.reason })
      continue
    }
    progress.emit({ type: 'product', wholesaler, key, outcome, storeId: result.storeId })
    if (outcome !== 'skipped') for (const note of result.notes ?? []) progress.emit({ type: 'warning', message: note })
  }
}

type Rejected = Extract<ItemResult, { outcome: 'rejected' }>

function rejectOf({ key, code, reason, field, sku }: Rejected, item: PendingProduct | undefined): Reject {
  return {
    position: { record: 0, line: item?.line ?? 0 },
    code,
    reason,
    key,
    ...(field === undefined ? {} : { field }),
    ...(sku === undefined ? {} : { sku }),
    // Whoever looks for what is special about it has the feed's version of it only as long as the feed has.
    ...(code === 'quarantined' && item !== undefined ? { raw: JSON.stringify(item.product) } : {}),
  }
}
