/**
 * Batches whose owner died in another job, which nobody may ever take up again: a new job that comes to their
 * products goes on with what they tell, or each new job would die of the same product as the one before.
 */
import type { Database } from '../sqlite.js'

export interface LostBatch {
  readonly id: string
  /** Owners that died with it. */
  readonly tries: number
  readonly size: number
  readonly part: number
}

/** The lost batch of each product that is in one, by key. There are few: one per job that died. */
export function lostBatches(database: Database, wholesalerId: number, jobId: number): ReadonlyMap<string, LostBatch> {
  const items = database.prepare<LostBatch & { readonly key: string }>(`
    SELECT t.key, b.id, b.tries, b.size, b.part FROM batch_item t JOIN batch b ON b.id = t.batch_id
    WHERE t.wholesaler_id = ? AND b.job_id <> ? AND b.state = 'running' AND b.tries > 0`)
  return new Map(items.all(wholesalerId, jobId).map(({ key, ...batch }) => [key, batch]))
}

export interface NextBatch<R> {
  readonly rows: readonly R[]
  readonly crashes: number
  readonly isPart: boolean
}

/**
 * The first of the queue that make a batch: up to the first product that crashed a worker before, or that one
 * alone; up to the first product of a lost batch, or all of that batch, with its crashes.
 */
export function nextBatch<R extends { readonly key: string }>(
  queue: readonly R[],
  suspects: ReadonlySet<string>,
  lost: ReadonlyMap<string, Pick<LostBatch, 'id' | 'tries' | 'size'> & { readonly part: number | boolean }>,
): NextBatch<R> {
  const at = queue.findIndex(({ key }) => suspects.has(key) || lost.has(key))
  const first = queue[0]
  if (at !== 0 || first === undefined) {
    return { rows: at === -1 ? queue : queue.slice(0, at), crashes: 0, isPart: false }
  }
  const batch = lost.get(first.key)
  if (batch === undefined) return { rows: [first], crashes: 0, isPart: false }
  const rows = queue.filter(({ key }) => lost.get(key)?.id === batch.id)
  // Of what is left of it, nothing is known but that it comes from there.
  const isWhole = rows.length === batch.size
  return { rows, crashes: isWhole ? batch.tries : 0, isPart: !isWhole || Boolean(batch.part) }
}
