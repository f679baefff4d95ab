import type { Clock } from '../clock.js'
import type { RetireHow } from '../missing-policy.js'
import { parseBody } from '../product/fingerprint.js'
import type { Product } from '../product/product.js'
import { staleWriter } from '../store/stale-writer.js'
import type { ItemResult, RetiredProduct } from '../store/store.js'
import type {
  BatchCounts,
  ClaimedBatch,
  ClaimOptions,
  ImageState,
  ImportedProduct,
  ImportedState,
  Ledger,
  PendingImages,
  SourceStamp,
  Staging,
  StagingOptions,
  WholesalerState,
  Writer,
} from './ledger.js'
import { MarksFiles } from './marks-files.js'
import { MemoryBatches } from './memory-batches.js'
import { MemoryImageLibrary } from './memory-image-library.js'
import { MemoryStaging } from './memory-staging.js'
import {
  byKey,
  dueProducts,
  isQuarantined,
  liftQuarantine,
  type MemoryWholesaler,
  newWholesaler,
  pageOf,
  pendingRows,
  withPendingImages,
} from './memory-wholesaler.js'
import { pick } from './pick.js'

interface Page {
  readonly size: number
  readonly after: string | null
}

export interface MemoryLedgerOptions {
  readonly clock: Clock
  /** Where marks of stagings are kept. Default: nowhere. */
  readonly marksFolder?: string
}

/** A ledger that lives as long as the process: the twin of the one in SQLite, for tests. */
export function createMemoryLedger(options: MemoryLedgerOptions): Ledger {
  return new MemoryLedger(options)
}

class MemoryLedger implements Ledger {
  readonly images: MemoryImageLibrary
  readonly #clock: Clock
  readonly #marks: MarksFiles | null
  readonly #wholesalers = new Map<string, MemoryWholesaler>()
  readonly #batches = new MemoryBatches()
  readonly #tokens = new Map<number, number>()
  /** Products taken out of sale, by job. */
  readonly #retired = new Map<number, number>()
  #number = 0
  #snapshots = 0

  constructor({ clock, marksFolder }: MemoryLedgerOptions) {
    this.#clock = clock
    this.#marks = marksFolder === undefined ? null : new MarksFiles(marksFolder)
    this.images = new MemoryImageLibrary(clock)
  }

  async nextNumber(): Promise<number> {
    this.#number += 1
    return this.#number
  }

  async lastNumber(): Promise<number> {
    return this.#number
  }

  async raiseNumber(floor: number): Promise<void> {
    this.#number = Math.max(this.#number, floor)
  }

  async wholesaler(name: string): Promise<WholesalerState | null> {
    const found = this.#wholesalers.get(name)
    return found === undefined ? null : this.#toState(found)
  }

  async wholesalers(): Promise<readonly WholesalerState[]> {
    return [...this.#wholesalers.values()].map((wholesaler) => this.#toState(wholesaler))
  }

  async addWholesaler(name: string, origin: string | null): Promise<WholesalerState> {
    const wholesaler = this.#wholesalers.get(name) ?? newWholesaler(name)
    wholesaler.origin ??= origin
    this.#wholesalers.set(name, wholesaler)
    return this.#toState(wholesaler)
  }

  async touchSnapshot(name: string, stamp: SourceStamp): Promise<void> {
    const wholesaler = this.#require(name)
    if (wholesaler.current === null) throw new Error(`${name} has no snapshot to touch`)
    wholesaler.current = { ...wholesaler.current, stamp }
    if (!wholesaler.current.complete) return
    wholesaler.fetches = { count: wholesaler.fetches.count + 1, lastAt: this.#clock.now() }
  }

  async beginStaging(wholesaler: string, { onto }: StagingOptions = {}): Promise<Staging> {
    this.#snapshots += 1
    const options = { id: this.#snapshots, onto, marks: this.#marks }
    return new MemoryStaging(this.#require(wholesaler), options, this.#clock)
  }

  async countPending(wholesaler: string, { updateExisting }: { readonly updateExisting: boolean }): Promise<number> {
    const found = this.#wholesalers.get(wholesaler)
    return found === undefined ? 0 : pendingRows(found, updateExisting).length
  }

  async countMissing(wholesaler: string): Promise<number> {
    const imported = this.#wholesalers.get(wholesaler)?.imported.values() ?? []
    return [...imported].filter(({ missing }) => missing !== null).length
  }

  async countDue(wholesaler: string, how: RetireHow, fetchedAt?: number): Promise<number> {
    const found = this.#wholesalers.get(wholesaler)
    return found === undefined ? 0 : dueProducts(found, how, fetchedAt).length
  }

  async dueProducts(
    wholesaler: string,
    { how, size }: { readonly how: RetireHow; readonly size: number },
  ): Promise<readonly RetiredProduct[]> {
    const found = this.#wholesalers.get(wholesaler)
    return found === undefined ? [] : dueProducts(found, how).slice(0, size)
  }

  async countInSale(wholesaler: string): Promise<number> {
    const imported = this.#wholesalers.get(wholesaler)?.imported.values() ?? []
    return [...imported].filter(({ written, retired }) => written && retired === null).length
  }

  async noteRetired(
    writer: Writer,
    wholesaler: string,
    { how, keys }: { readonly how: RetireHow; readonly keys: readonly string[] },
  ): Promise<void> {
    this.#passFence(writer)
    const { imported } = this.#require(wholesaler)
    for (const key of keys) {
      const product = imported.get(key)
      if (product === undefined || product.missing === null || product.retired === how) continue
      if (how === 'delete') imported.delete(key)
      else imported.set(key, { ...product, retired: how })
      this.#retired.set(writer.jobId, (this.#retired.get(writer.jobId) ?? 0) + 1)
    }
  }

  async claimBatch(writer: Writer, options: ClaimOptions): Promise<ClaimedBatch | null> {
    this.#passFence(writer)
    return this.#batches.claim(writer, this.#require(options.wholesaler), options)
  }

  async finishBatch(writer: Writer, batch: ClaimedBatch, results: readonly ItemResult[]): Promise<BatchCounts> {
    this.#passFence(writer)
    return this.#batches.finish(batch.id, results)
  }

  async releaseBatch(writer: Writer, batch: ClaimedBatch): Promise<void> {
    this.#passFence(writer)
    this.#batches.release(batch.id)
  }

  async putDownBatch(writer: Writer, batch: ClaimedBatch): Promise<void> {
    this.#passFence(writer)
    this.#batches.putDown(batch.id)
  }

  async halveBatch(writer: Writer, batch: ClaimedBatch): Promise<void> {
    this.#passFence(writer)
    this.#batches.halve(batch)
  }

  async jobCheckpoints(jobId: number): Promise<number> {
    return this.#batches.checkpoints(jobId)
  }

  async countQuarantined(wholesaler: string): Promise<number> {
    const found = this.#wholesalers.get(wholesaler)
    return found === undefined ? 0 : [...found.rows.values()].filter(({ row }) => isQuarantined(found, row)).length
  }

  async liftQuarantine(wholesaler: string): Promise<number> {
    const found = this.#wholesalers.get(wholesaler)
    return found === undefined ? 0 : liftQuarantine(found)
  }

  async jobCounts(jobId: number): Promise<BatchCounts & { readonly batches: number; readonly retired: number }> {
    return { ...this.#batches.sum(jobId), retired: this.#retired.get(jobId) ?? 0 }
  }

  async pendingImages(wholesaler: string, page: Page): Promise<readonly PendingImages[]> {
    const found = this.#wholesalers.get(wholesaler)
    if (found === undefined) return []
    return pageOf(withPendingImages(found), page).map(({ key, storeId, images, given, body }) => ({
      key,
      storeId,
      wholesaler,
      imagesFingerprint: images,
      product: parseBody(body),
      given,
    }))
  }

  async countPendingImages(wholesaler: string): Promise<number> {
    const found = this.#wholesalers.get(wholesaler)
    return found === undefined ? 0 : withPendingImages(found).length
  }

  async imageStates(wholesaler: string, keys: readonly string[]): Promise<ReadonlyMap<string, ImageState>> {
    return pick(keys, (key) => {
      const product = this.#wholesalers.get(wholesaler)?.imported.get(key)
      return product === undefined ? undefined : { storeId: product.storeId, done: product.imagesDone }
    })
  }

  async importedOf(wholesaler: string, keys: readonly string[]): Promise<ReadonlyMap<string, ImportedState>> {
    return pick(keys, (key) => {
      const product = this.#wholesalers.get(wholesaler)?.imported.get(key)
      if (product === undefined) return undefined
      const { storeId, content, offer, images, retired } = product
      return { storeId, content, offer, images, retired: retired !== null }
    })
  }

  async stagedProduct(wholesaler: string, key: string): Promise<Product | null> {
    const found = this.#wholesalers.get(wholesaler)?.rows.get(key)
    return found === undefined ? null : parseBody(found.row.body)
  }

  async noteGivenImages(writer: Writer, wholesaler: string, key: string, marks: readonly string[]): Promise<void> {
    this.#passFence(writer)
    const { imported } = this.#require(wholesaler)
    const product = imported.get(key)
    if (product !== undefined) imported.set(key, { ...product, imagesGiven: marks })
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

  #passFence({ jobId, token }: Writer): void {
    const seen = this.#tokens.get(jobId) ?? token
    if (seen > token) throw staleWriter(jobId, token, seen)
    this.#tokens.set(jobId, token)
  }

  #toState({ name, origin, current, lastComplete, marksBytes }: MemoryWholesaler): WholesalerState {
    if (current === null || marksBytes === null) return { name, origin, current, lastComplete }
    const marks = this.#marks?.find(current.id, marksBytes) ?? null
    return { name, origin, current: { ...current, marks }, lastComplete }
  }

  #require(name: string): MemoryWholesaler {
    const found = this.#wholesalers.get(name)
    if (found === undefined) throw new Error(`the ledger does not know the wholesaler ${name}`)
    return found
  }
}
