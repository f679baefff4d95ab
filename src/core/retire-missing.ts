/**
 * The missing policy: products that left a wholesaler's feed for good go out of stock, are hidden or are deleted.
 *
 * Acts only on what two complete fetches lacked (`missing-policy.ts`), never on more than the guard lets pass, and
 * only once all that is pending has had its turn. Each batch is written to the store, then noted in the ledger:
 * whoever dies in between leaves it due, and the store is asked again for what is so already.
 */
import { WholesalerError } from './errors.js'
import { failpoint } from './failpoint.js'
import type { RetireCounts } from './feed-report.js'
import type { ImportPorts } from './import-ports.js'
import type { JobOptions } from './jobs/job.js'
import type { Ledger, Writer } from './ledger/ledger.js'
import { defaultRetireMax, type MissingPolicy, type RetireHow, retireFloor } from './missing-policy.js'
import type { Wholesaler } from './wholesaler.js'

export interface RetireRun {
  readonly options: Pick<JobOptions, 'perBatch' | 'maxDelete' | 'updateExisting'>
  readonly writer: Writer
  readonly signal: AbortSignal
  readonly outOfTime: () => boolean
  /** Told of each batch that is done. */
  readonly onRetired: (products: number) => void
}

export interface RetireOutcome extends RetireCounts {
  /** Why nothing was done although products are due. */
  readonly guard: WholesalerError | null
}

/** Takes out of sale what is due. Null when the policy is to keep, or existing products are not to be touched. */
export async function retireMissing(
  wholesaler: Wholesaler,
  run: RetireRun,
  ports: Pick<ImportPorts, 'ledger' | 'store' | 'progress'>,
): Promise<RetireOutcome | null> {
  const { ledger } = ports
  const { missing: policy, name } = wholesaler
  if (policy === 'keep' || !run.options.updateExisting) return null
  const due = await ledger.countDue(name, policy)
  const guard = await checkRetire(wholesaler, { due, ...run.options }, ledger)
  const done = guard === null && due > 0 ? await retireDue(name, policy, run, ports) : 0
  return { policy, due, done, guard }
}

export interface RetireGuard {
  readonly due: number
  /** What the operator named for this run. */
  readonly maxDelete: number | null
}

/** Null, or why so many products may not be taken out of sale in one run. */
export async function checkRetire(
  { name, missing, guards }: Wholesaler,
  { due, maxDelete }: RetireGuard,
  ledger: Pick<Ledger, 'countInSale'>,
): Promise<WholesalerError | null> {
  const named = maxDelete ?? guards.maxDelete
  if (due <= (named ?? retireFloor)) return null
  const limit = named ?? defaultRetireMax(await ledger.countInSale(name))
  if (due <= limit) return null
  return new WholesalerError({
    kind: 'guard',
    message:
      `${due} products are missing from the feed of ${name}, more than the ${limit} that one run may ` +
      `${actWords[missing]}; they were left as they are`,
    hint: `If they are gone for good, import again with --max-delete ${due}.`,
  })
}

const actWords: Readonly<Record<MissingPolicy, string>> = {
  keep: 'change',
  'out-of-stock': 'set out of stock',
  draft: 'hide',
  delete: 'delete',
}

const outcomes: Readonly<Record<RetireHow, string>> = {
  'out-of-stock': 'out_of_stock',
  draft: 'hidden',
  delete: 'deleted',
}

async function retireDue(
  wholesaler: string,
  how: RetireHow,
  { options, writer, signal, outOfTime, onRetired }: RetireRun,
  { ledger, store, progress }: Pick<ImportPorts, 'ledger' | 'store' | 'progress'>,
): Promise<number> {
  let done = 0
  while (!outOfTime()) {
    signal.throwIfAborted()
    const products = await ledger.dueProducts(wholesaler, { how, size: options.perBatch })
    if (products.length === 0) break
    await store.retire({ ...writer, wholesaler, products, how })
    failpoint('missing-retired')
    await ledger.noteRetired(writer, wholesaler, { how, keys: products.map(({ key }) => key) })
    done += products.length
    onRetired(products.length)
    for (const { key, storeId } of products) {
      progress.emit({ type: 'product', wholesaler, key, outcome: outcomes[how], storeId })
    }
  }
  return done
}
