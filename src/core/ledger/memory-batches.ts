/** Batches of the ledger in memory. */
import { imagesWanted } from '../product/fingerprint.js'
import type { ItemResult } from '../store/store.js'
import type { BatchCounts, ClaimedBatch, ClaimOptions, PendingProduct, StagedRow, Writer } from './ledger.js'
import { nextBatch } from './lost-batches.js'
import { type MemoryWholesaler, pendingRows, sameProduct, toPendingProduct } from './memory-wholesaler.js'

interface MemoryBatch {
  readonly id: string
  readonly jobId: number
  readonly number: number
  readonly wholesaler: MemoryWholesaler
  token: number
  state: 'running' | 'finished' | 'released' | 'halved'
  /** Owners that took it and did not put it down. */
  tries: number
  readonly isPart: boolean
  counts: BatchCounts
  /** Products as they were taken. */
  readonly items: ReadonlyMap<string, PendingProduct>
}

const noCounts: BatchCounts = { processed: 0, created: 0, updated: 0, unchanged: 0, skipped: 0, errors: 0 }

/** Taking pending products, recording what the store made of them. Fencing is the ledger's. */
export class MemoryBatches {
  readonly #batches: MemoryBatch[] = []

  claim(writer: Writer, wholesaler: MemoryWholesaler, options: ClaimOptions): ClaimedBatch | null {
    const leftBehind = this.#claimLeftBehind(writer, wholesaler)
    if (leftBehind !== null || options.leftBehindOnly === true) return leftBehind
    return this.#claimNext(writer, wholesaler, options)
  }

  finish(id: string, results: readonly ItemResult[]): BatchCounts {
    const batch = this.#require(id)
    if (batch.state === 'released' || batch.state === 'halved')
      throw new Error(`batch ${batch.id} was given back and cannot be finished`)
    if (batch.state === 'finished') return batch.counts

    const counts = { ...noCounts }
    for (const result of results) {
      counts.processed += 1
      counts[result.outcome === 'rejected' ? 'errors' : result.outcome] += 1
      const item = batch.items.get(result.key)
      // Another job may have taken the product since: what that one finds in the store counts.
      if (item !== undefined && batch.wholesaler.takenBy.get(result.key) === batch.id) record(batch, item, result)
    }
    untake(batch)
    batch.state = 'finished'
    batch.counts = counts
    return counts
  }

  release(id: string): void {
    const batch = this.#require(id)
    if (batch.state !== 'running') return
    for (const key of batch.items.keys()) letTakeAgain(batch, key)
    untake(batch)
    batch.state = 'released'
  }

  putDown(id: string): void {
    const batch = this.#require(id)
    if (batch.state === 'running') batch.tries -= 1
  }

  halve({ id, items }: ClaimedBatch): void {
    const batch = this.#require(id)
    if (batch.state !== 'running') return
    batch.state = 'halved'
    const kept = new Set(items.map(({ key }) => key))
    for (const key of batch.items.keys()) if (!kept.has(key)) letTakeAgain(batch, key)
    untake(batch)
    const middle = Math.ceil(items.length / 2)
    for (const half of [items.slice(0, middle), items.slice(middle)]) {
      if (half.length > 0) this.#add(batch, half, { token: 0, tries: 0, isPart: true })
    }
  }

  checkpoints(jobId: number): number {
    return this.#workedOff(jobId).length
  }

  sum(jobId: number): BatchCounts & { readonly batches: number } {
    const finished = this.#workedOff(jobId)
    const sum = (name: keyof BatchCounts) => finished.reduce((total, { counts }) => total + counts[name], 0)
    return {
      batches: finished.filter(({ isPart }) => !isPart).length,
      processed: sum('processed'),
      created: sum('created'),
      updated: sum('updated'),
      unchanged: sum('unchanged'),
      skipped: sum('skipped'),
      errors: sum('errors'),
    }
  }

  #claimLeftBehind(writer: Writer, wholesaler: MemoryWholesaler): ClaimedBatch | null {
    const batch = this.#batches.find(
      ({ jobId, token, state, wholesaler: owner }) =>
        jobId === writer.jobId && owner === wholesaler && state === 'running' && token < writer.token,
    )
    if (batch === undefined) return null
    batch.token = writer.token
    batch.tries += 1
    const items: PendingProduct[] = []
    for (const item of batch.items.values()) {
      if (wholesaler.takenBy.get(item.key) !== batch.id) continue
      const row = wholesaler.rows.get(item.key)?.row
      if (row !== undefined && sameProduct(row, item)) items.push(toPendingProduct(wholesaler, row))
      else letTakeAgain(batch, item.key)
    }
    return { ...claimedBatch(batch, items), crashes: batch.tries - 1 }
  }

  #claimNext(
    { jobId, token }: Writer,
    wholesaler: MemoryWholesaler,
    { size, updateExisting }: ClaimOptions,
  ): ClaimedBatch | null {
    const queue = pendingRows(wholesaler, updateExisting)
      .filter(({ row, lastJob }) => lastJob !== jobId && !this.#isIn(jobId, wholesaler, row))
      .sort((a, b) => a.attempts - b.attempts)
      .slice(0, size)
      .map((pending) => ({ key: pending.row.key, pending }))
    const suspects = new Set(wholesaler.quarantine.keys())
    const { rows, crashes, isPart } = nextBatch(queue, suspects, this.#lostBatches(wholesaler, jobId))
    if (rows.length === 0) return null
    for (const { pending } of rows) pending.lastJob = jobId
    const items = rows.map(({ pending }) => toPendingProduct(wholesaler, pending.row))
    const batch = this.#add({ jobId, wholesaler }, items, { token, tries: crashes + 1, isPart })
    return { ...claimedBatch(batch, items), crashes }
  }

  #lostBatches({ takenBy }: MemoryWholesaler, jobId: number) {
    const lost = this.#batches.filter((batch) => batch.state === 'running' && batch.tries > 0 && batch.jobId !== jobId)
    const byId = new Map(
      lost.map(({ id, tries, isPart, items }) => [id, { id, tries, part: isPart, size: items.size }]),
    )
    return new Map(
      [...takenBy].flatMap(([key, id]) => {
        const batch = byId.get(id)
        return batch === undefined ? [] : [[key, batch] as const]
      }),
    )
  }

  /** True for a product that a batch of the job has, as it was taken. */
  #isIn(jobId: number, { takenBy }: MemoryWholesaler, row: StagedRow): boolean {
    const batch = this.#batches.find(({ id }) => id === takenBy.get(row.key))
    const item = batch?.jobId === jobId ? batch.items.get(row.key) : undefined
    return item !== undefined && sameProduct(item, row)
  }

  #add(
    { jobId, wholesaler }: Pick<MemoryBatch, 'jobId' | 'wholesaler'>,
    items: readonly PendingProduct[],
    facts: Pick<MemoryBatch, 'token' | 'tries' | 'isPart'>,
  ): MemoryBatch {
    const number = 1 + this.#batches.filter((batch) => batch.jobId === jobId).length
    const id = `${jobId}-${number}`
    const byProduct = new Map(items.map((item) => [item.key, item]))
    for (const { key } of items) wholesaler.takenBy.set(key, id)
    const state = 'running'
    const batch: MemoryBatch = { ...facts, id, jobId, number, wholesaler, state, counts: noCounts, items: byProduct }
    this.#batches.push(batch)
    return batch
  }

  /** Batches of the job that it got on with. */
  #workedOff(jobId: number): readonly MemoryBatch[] {
    return this.#batches.filter(
      (batch) => batch.jobId === jobId && (batch.state === 'finished' || batch.state === 'halved'),
    )
  }

  #require(id: string): MemoryBatch {
    const found = this.#batches.find((batch) => batch.id === id)
    if (found === undefined) throw new Error(`the ledger does not know the batch ${id}`)
    return found
  }
}

function claimedBatch(batch: MemoryBatch, items: readonly PendingProduct[]): ClaimedBatch {
  const { id, jobId, number, wholesaler, isPart } = batch
  return { id, jobId, number, wholesaler: wholesaler.name, items, size: batch.items.size, crashes: 0, isPart }
}

function record({ wholesaler, jobId }: MemoryBatch, item: PendingProduct, result: ItemResult): void {
  const { imported, rows, failures, quarantine, current } = wholesaler
  const { key } = item
  const row = rows.get(key)
  if (result.outcome === 'rejected') {
    failures.set(key, { attempts: (failures.get(key)?.attempts ?? 0) + 1, lastJob: jobId })
    if (row !== undefined) row.attempts += 1
    if (result.code === 'quarantined') quarantine.set(key, { content: item.content, lifted: false })
    return
  }
  failures.delete(key)
  quarantine.delete(key)
  if (row !== undefined) row.attempts = 0
  const { storeId } = result
  const before = imported.get(key)
  if (result.outcome === 'skipped') {
    const nothing = { content: '', offer: '', images: '', imagesDone: '', imagesGiven: [] }
    if (before === undefined) imported.set(key, { ...nothing, storeId, written: false, missing: null, retired: null })
    return
  }
  const { content, offer, images } = item
  // Another id is another product in the store: it has none of the images of the first.
  const same = before?.storeId === storeId ? before : null
  const imagesGiven = same?.imagesGiven ?? []
  // One that is to have none any more is done only when it was looked at.
  const isDone = imagesWanted(item.product) === 0 && imagesGiven.length === 0
  const imagesDone = isDone ? images : (same?.imagesDone ?? null)
  const isMissing = row === undefined && current?.complete === true && !wholesaler.rejected.has(key)
  const missing = isMissing ? { since: current.stagedAt, fetch: wholesaler.fetches.count } : null
  imported.set(key, { content, offer, images, storeId, written: true, imagesDone, imagesGiven, missing, retired: null })
}

function untake({ id, wholesaler: { takenBy } }: MemoryBatch): void {
  for (const [key, batchId] of [...takenBy]) if (batchId === id) takenBy.delete(key)
}

/** Lets the job take the product again: this time it was not tried. */
function letTakeAgain({ jobId, wholesaler: { rows } }: MemoryBatch, key: string): void {
  const row = rows.get(key)
  if (row?.lastJob === jobId) row.lastJob = null
}
