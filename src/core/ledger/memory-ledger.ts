import type { Clock } from '../clock.js'
import { imagesWanted, parseBody } from '../product/fingerprint.js'
import { staleWriter } from '../store/stale-writer.js'
import type { ItemResult } from '../store/store.js'
import type {
  BatchCounts,
  ClaimedBatch,
  ImportedProduct,
  Ledger,
  PendingImages,
  PendingProduct,
  SourceStamp,
  Staging,
  WholesalerState,
  Writer,
} from './ledger.js'
import { MemoryImageLibrary } from './memory-image-library.js'
import { MemoryStaging } from './memory-staging.js'
import {
  byKey,
  type MemoryWholesaler,
  newWholesaler,
  pageOf,
  pendingRows,
  sameProduct,
  toPendingProduct,
  withPendingImages,
} from './memory-wholesaler.js'

interface MemoryBatch {
  readonly id: string
  readonly jobId: number
  readonly number: number
  readonly wholesaler: MemoryWholesaler
  token: number
  state: 'running' | 'finished' | 'released'
  counts: BatchCounts
  /** Products as they were taken. */
  readonly items: ReadonlyMap<string, PendingProduct>
}

interface Page {
  readonly size: number
  readonly after: string | null
}

const noCounts: BatchCounts = { processed: 0, created: 0, updated: 0, unchanged: 0, skipped: 0, errors: 0 }

/** A ledger that lives as long as the process: the twin of the one in SQLite, for tests. */
export function createMemoryLedger({ clock }: { readonly clock: Clock }): Ledger {
  return new MemoryLedger(clock)
}

class MemoryLedger implements Ledger {
  readonly images: MemoryImageLibrary
  readonly #clock: Clock
  readonly #wholesalers = new Map<string, MemoryWholesaler>()
  readonly #batches: MemoryBatch[] = []
  readonly #tokens = new Map<number, number>()
  #number = 0
  #snapshots = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.images = new MemoryImageLibrary(clock)
  }

  async nextNumber(): Promise<number> {
    this.#number += 1
    return this.#number
  }

  async raiseNumber(floor: number): Promise<void> {
    this.#number = Math.max(this.#number, floor)
  }

  async wholesaler(name: string): Promise<WholesalerState | null> {
    const found = this.#wholesalers.get(name)
    return found === undefined ? null : toState(found)
  }

  async wholesalers(): Promise<readonly WholesalerState[]> {
    return [...this.#wholesalers.values()].map(toState)
  }

  async addWholesaler(name: string, origin: string | null): Promise<WholesalerState> {
    const wholesaler = this.#wholesalers.get(name) ?? newWholesaler(name)
    wholesaler.origin ??= origin
    this.#wholesalers.set(name, wholesaler)
    return toState(wholesaler)
  }

  async touchSnapshot(name: string, stamp: SourceStamp): Promise<void> {
    const wholesaler = this.#require(name)
    if (wholesaler.current === null) throw new Error(`${name} has no snapshot to touch`)
    wholesaler.current = { ...wholesaler.current, stamp }
  }

  async beginStaging(wholesaler: string): Promise<Staging> {
    this.#snapshots += 1
    return new MemoryStaging(this.#require(wholesaler), this.#snapshots, this.#clock)
  }

  async countPending(wholesaler: string, { updateExisting }: { readonly updateExisting: boolean }): Promise<number> {
    const found = this.#wholesalers.get(wholesaler)
    return found === undefined ? 0 : pendingRows(found, updateExisting).length
  }

  async countMissing(wholesaler: string): Promise<number> {
    const imported = this.#wholesalers.get(wholesaler)?.imported.values() ?? []
    return [...imported].filter(({ missing }) => missing).length
  }

  async claimBatch(
    writer: Writer,
    options: { readonly wholesaler: string; readonly size: number; readonly updateExisting: boolean },
  ): Promise<ClaimedBatch | null> {
    this.#passFence(writer)
    const wholesaler = this.#require(options.wholesaler)
    return this.#claimLeftBehind(writer, wholesaler) ?? this.#claimNext(writer, wholesaler, options)
  }

  async finishBatch(writer: Writer, claimed: ClaimedBatch, results: readonly ItemResult[]): Promise<BatchCounts> {
    this.#passFence(writer)
    const batch = this.#requireBatch(claimed.id)
    if (batch.state === 'released') throw new Error(`batch ${batch.id} was given back and cannot be finished`)
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

  async releaseBatch(writer: Writer, claimed: ClaimedBatch): Promise<void> {
    this.#passFence(writer)
    const batch = this.#requireBatch(claimed.id)
    if (batch.state !== 'running') return
    for (const key of batch.items.keys()) letTakeAgain(batch, key)
    untake(batch)
    batch.state = 'released'
  }

  async jobCounts(jobId: number): Promise<BatchCounts & { readonly batches: number }> {
    const finished = this.#batches.filter((batch) => batch.jobId === jobId && batch.state === 'finished')
    const sum = (name: keyof BatchCounts) => finished.reduce((total, { counts }) => total + counts[name], 0)
    return {
      batches: finished.length,
      processed: sum('processed'),
      created: sum('created'),
      updated: sum('updated'),
      unchanged: sum('unchanged'),
      skipped: sum('skipped'),
      errors: sum('errors'),
    }
  }

  async pendingImages(wholesaler: string, page: Page): Promise<readonly PendingImages[]> {
    const found = this.#wholesalers.get(wholesaler)
    if (found === undefined) return []
    return pageOf(withPendingImages(found), page).map(({ key, storeId, images, body }) => ({
      key,
      storeId,
      wholesaler,
      imagesFingerprint: images,
      product: parseBody(body),
    }))
  }

  async countPendingImages(wholesaler: string): Promise<number> {
    const found = this.#wholesalers.get(wholesaler)
    return found === undefined ? 0 : withPendingImages(found).length
  }

  async finishImages(writer: Writer, wholesaler: string, key: string, imagesFingerprint: string): Promise<void> {
    this.#passFence(writer)
    const { imported } = this.#require(wholesaler)
    const product = imported.get(key)
    if (product !== undefined) imported.set(key, { ...product, imagesDone: imagesFingerprint })
  }

  async imported(wholesaler: string, page: Page): Promise<readonly ImportedProduct[]> {
    const written = [...(this.#wholesalers.get(wholesaler)?.imported ?? [])].filter(([, product]) => product.written)
    const products = written.map(([key, { storeId, content, offer, images }]) => ({
      key,
      storeId,
      content,
      offer,
      images,
    }))
    return pageOf(products.sort(byKey), page)
  }

  async reopen(wholesaler: string, keys: readonly string[], what: 'product' | 'images'): Promise<void> {
    const { imported, rows } = this.#require(wholesaler)
    for (const key of keys) {
      const product = imported.get(key)
      if (product === undefined) continue
      if (what === 'images') {
        if (product.written) imported.set(key, { ...product, imagesDone: null })
        continue
      }
      imported.set(key, { ...product, content: '' })
      const row = rows.get(key)
      if (row !== undefined) row.lastJob = null
    }
  }

  async close(): Promise<void> {}

  #claimLeftBehind(writer: Writer, wholesaler: MemoryWholesaler): ClaimedBatch | null {
    const batch = this.#batches.find(
      ({ jobId, token, state, wholesaler: owner }) =>
        jobId === writer.jobId && owner === wholesaler && state === 'running' && token < writer.token,
    )
    if (batch === undefined) return null
    batch.token = writer.token
    const items: PendingProduct[] = []
    for (const item of batch.items.values()) {
      if (wholesaler.takenBy.get(item.key) !== batch.id) continue
      const row = wholesaler.rows.get(item.key)?.row
      if (row !== undefined && sameProduct(row, item)) items.push(toPendingProduct(wholesaler, row))
      else letTakeAgain(batch, item.key)
    }
    return { id: batch.id, jobId: batch.jobId, number: batch.number, wholesaler: wholesaler.name, items }
  }

  #claimNext(
    { jobId, token }: Writer,
    wholesaler: MemoryWholesaler,
    { size, updateExisting }: { readonly size: number; readonly updateExisting: boolean },
  ): ClaimedBatch | null {
    const rows = pendingRows(wholesaler, updateExisting)
      .filter(({ lastJob }) => lastJob !== jobId)
      .sort((a, b) => a.attempts - b.attempts)
      .slice(0, size)
    if (rows.length === 0) return null
    const number = 1 + this.#batches.filter((batch) => batch.jobId === jobId).length
    const id = `${jobId}-${number}`
    const items = rows.map(({ row }) => toPendingProduct(wholesaler, row))
    for (const row of rows) {
      row.lastJob = jobId
      wholesaler.takenBy.set(row.row.key, id)
    }
    const byProduct = new Map(items.map((item) => [item.key, item]))
    const batch = { id, jobId, number, wholesaler, token, counts: noCounts, items: byProduct }
    this.#batches.push({ ...batch, state: 'running' })
    return { id, jobId, number, wholesaler: wholesaler.name, items }
  }

  #passFence({ jobId, token }: Writer): void {
    const seen = this.#tokens.get(jobId) ?? token
    if (seen > token) throw staleWriter(jobId, token, seen)
    this.#tokens.set(jobId, token)
  }

  #require(name: string): MemoryWholesaler {
    const found = this.#wholesalers.get(name)
    if (found === undefined) throw new Error(`the ledger does not know the wholesaler ${name}`)
    return found
  }

  #requireBatch(id: string): MemoryBatch {
    const found = this.#batches.find((batch) => batch.id === id)
    if (found === undefined) throw new Error(`the ledger does not know the batch ${id}`)
    return found
  }
}

function toState({ name, origin, current, lastComplete }: MemoryWholesaler): WholesalerState {
  return { name, origin, current, lastComplete }
}

function record({ wholesaler, jobId }: MemoryBatch, item: PendingProduct, result: ItemResult): void {
  const { imported, rows, failures, current } = wholesaler
  const { key } = item
  const row = rows.get(key)
  if (result.outcome === 'rejected') {
    failures.set(key, { attempts: (failures.get(key)?.attempts ?? 0) + 1, lastJob: jobId })
    if (row !== undefined) row.attempts += 1
    return
  }
  failures.delete(key)
  if (row !== undefined) row.attempts = 0
  const { storeId } = result
  const before = imported.get(key)
  if (result.outcome === 'skipped') {
    const nothing = { content: '', offer: '', images: '', imagesDone: '' }
    if (before === undefined) imported.set(key, { ...nothing, storeId, written: false, missing: false })
    return
  }
  const { content, offer, images } = item
  // Another id is another product in the store: it has none of the images of the first.
  const attached = before?.storeId === storeId ? before.imagesDone : null
  const imagesDone = imagesWanted(item.product) === 0 ? images : attached
  const missing = row === undefined && current?.complete === true
  imported.set(key, { content, offer, images, storeId, written: true, imagesDone, missing })
}

function untake({ id, wholesaler: { takenBy } }: MemoryBatch): void {
  for (const [key, batchId] of [...takenBy]) if (batchId === id) takenBy.delete(key)
}

/** Lets the job take the product again: this time it was not tried. */
function letTakeAgain({ jobId, wholesaler: { rows } }: MemoryBatch, key: string): void {
  const row = rows.get(key)
  if (row?.lastJob === jobId) row.lastJob = null
}
