/**
 * Batches that crashed whoever had them, or at which the store failed: one product of them may be the cause. It
 * is found by halving, so that it costs no other product its import and few workers their lives: 2 for the whole
 * batch, 1 for each part of it, 2 for the product alone. That is 10 for a batch of 100.
 */
import { hasCode, messageOf, WholesalerError } from '../errors.js'
import type { ClaimedBatch, Ledger, Writer } from '../ledger/ledger.js'
import type { ItemResult, Store, StoreBatch } from '../store/store.js'

/** Once may be chance: a power cut, a kill by hand. */
const wholeCrashesMax = 2
/** Nobody is condemned for one crash. */
const aloneCrashesMax = 2
/** A part comes from a batch that crashed twice: no need to wait for a second sign. */
const partCrashesMax = 1

export type Remedy = 'none' | 'halve' | 'quarantine'

/** What a batch needs before it may be applied. */
export function remedyFor({ size, crashes, isPart }: Pick<ClaimedBatch, 'size' | 'crashes' | 'isPart'>): Remedy {
  if (size <= 1) return crashes >= aloneCrashesMax ? 'quarantine' : 'none'
  return crashes >= (isPart ? partCrashesMax : wholeCrashesMax) ? 'halve' : 'none'
}

interface RemedyPorts {
  readonly ledger: Pick<Ledger, 'halveBatch'>
  readonly store: Pick<Store, 'apply'>
}

/**
 * Results of a batch that crashed its owners: what the store had made of it after all, or its one product's
 * quarantine. Null when it was halved; its halves are claimed next.
 */
export async function remedy(
  batch: ClaimedBatch,
  writer: Writer,
  stored: StoreBatch,
  { ledger, store }: RemedyPorts,
): Promise<readonly ItemResult[] | null> {
  // With nothing in it, an applied batch still gives its results, and one that was not is closed for ever: its
  // products are never written under two ids.
  const applied = await store.apply({ ...stored, items: [] })
  if (applied.length > 0) return applied
  if (remedyFor(batch) === 'quarantine') return batch.items.map(({ key }) => quarantined(key, batch))
  await ledger.halveBatch(writer, batch)
  return null
}

/** True for what no station foresaw: neither an error of the core nor a refusal of the system. */
export function isDefect(error: unknown): boolean {
  if (error instanceof WholesalerError) return false
  return !(hasCode(error) && typeof error.errno === 'number')
}

/**
 * As `remedy`, for a batch at which the store threw `error`. A product alone is rejected, and tried again on the
 * next run, by when the program may know better.
 */
export async function narrow(
  batch: ClaimedBatch,
  writer: Writer,
  stored: StoreBatch,
  error: unknown,
  { ledger, store }: RemedyPorts,
): Promise<readonly ItemResult[] | null> {
  const applied = await store.apply({ ...stored, items: [] })
  if (applied.length > 0) return applied
  if (batch.items.length > 1) {
    await ledger.halveBatch(writer, batch)
    return null
  }
  const reason = `the store failed at it, which should not happen: ${messageOf(error)}`
  return batch.items.map(({ key }) => ({ key, outcome: 'rejected', code: 'store_failed', reason }))
}

function quarantined(key: string, { crashes, jobId }: ClaimedBatch): ItemResult {
  const again = `it is tried again when its content changes, or after wholesaler jobs retry ${jobId}`
  return {
    key,
    outcome: 'rejected',
    code: 'quarantined',
    reason: `${crashes} workers died while they imported this product alone; ${again}`,
  }
}
