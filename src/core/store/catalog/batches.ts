/**
 * Applies a batch to the catalog: fence, look-up of the batch, rows and results in one transaction.
 * Whatever kills the process, the batch is there as a whole or not at all.
 */
import type { Clock } from '../../clock.js'
import { WholesalerError } from '../../errors.js'
import { failpoint } from '../../failpoint.js'
import { leaveToShop } from '../../product/field-owners.js'
import type { Variant } from '../../product/product.js'
import type { Database } from '../../sqlite.js'
import { assignSkus, findAdoptable, refusalOf } from '../sku-rules.js'
import type { ItemResult, StoreBatch, StoreItem } from '../store.js'
import { BatchLookup } from './batch-lookup.js'
import { passFence } from './fence.js'
import { readMeta, writeMeta } from './meta.js'
import type { KnownProduct, ProductTable } from './product-table.js'
import { matchVariants } from './variant-match.js'

/** Results are kept for this long; failed jobs, which may be retried under their old batches, for 30 days. */
const resultsKeptMs = 60 * 24 * 60 * 60 * 1000

export class BatchTable {
  readonly #database: Database
  readonly #products: ProductTable
  readonly #clock: Clock

  constructor(database: Database, products: ProductTable, clock: Clock) {
    this.#database = database
    this.#products = products
    this.#clock = clock
  }

  apply(batch: StoreBatch): readonly ItemResult[] {
    try {
      // The ledger records the batch right after: a power loss must not take it from the store alone.
      return this.#database.transaction(() => this.#applyOnce(batch), { durable: true })
    } catch (error: unknown) {
      this.#products.forget()
      throw error
    }
  }

  #applyOnce(batch: StoreBatch): readonly ItemResult[] {
    passFence(this.#database, batch.jobId, batch.token)
    const applied = this.#resultsOf(batch.id)
    if (applied !== null) return applied

    const now = this.#clock.now()
    const results = this.#writeItems(batch, now)
    this.#products.flush()
    this.#record(batch, results, now)
    return results
  }

  #resultsOf(batchId: string): readonly ItemResult[] | null {
    const row = this.#database
      .prepare<{ results: string }>('SELECT results FROM applied_batch WHERE batch_id = ?')
      .get(batchId)
    if (row === undefined) return null
    const results: unknown = JSON.parse(row.results)
    if (Array.isArray(results)) return results
    throw new WholesalerError({
      kind: 'state_unreadable',
      message: `the results of batch ${batchId} cannot be read`,
      place: { file: this.#database.path },
    })
  }

  #record(batch: StoreBatch, results: readonly ItemResult[], now: number): void {
    this.#database
      .prepare('INSERT INTO applied_batch (batch_id, job_id, token, results, applied_at) VALUES (?, ?, ?, ?, ?)')
      .run(batch.id, batch.jobId, batch.token, JSON.stringify(results), now)
    this.#database.prepare('DELETE FROM applied_batch WHERE applied_at < ?').run(now - resultsKeptMs)
  }

  #writeItems(batch: StoreBatch, now: number): ItemResult[] {
    let currency = readMeta(this.#database, 'currency')
    const lookup = new BatchLookup(this.#products, batch)
    return batch.items.map((item) => {
      const refusal = refusalOf(item, currency)
      if (refusal !== null) return refusal

      const result = this.#writeItem({ batch, lookup, now }, item)
      failpoint('product-written', item.key)
      if (currency === null && item.product.currency !== undefined && result.outcome !== 'rejected') {
        currency = item.product.currency
        writeMeta(this.#database, 'currency', currency)
      }
      return result
    })
  }

  #writeItem(work: BatchWork, item: StoreItem): ItemResult {
    const { batch, lookup } = work
    const known = lookup.byKey(item.key)
    if (known === undefined) {
      const adoptable = findAdoptable(batch, item, lookup)
      if (adoptable === null) return this.#create(work, item)
      if (typeof adoptable !== 'string') return adoptable
      return this.#update(work, item, Number(adoptable))
    }
    if (!batch.updateExisting || known.content !== item.content) return this.#update(work, item, known.id)
    return this.#updateKnown(work, item, known)
  }

  #create({ batch, lookup, now }: BatchWork, item: StoreItem): ItemResult {
    const { key, product } = item
    const owner = batch.wholesaler
    const skus = assignSkus({ product, wholesaler: owner, productId: null, borne: new Map() }, lookup)
    if ('outcome' in skus) return skus
    lookup.take(key, skus)
    const id = this.#products.create({ product, owner, skus, fingerprints: item, now })
    return { key, outcome: 'created', storeId: String(id), ...noted(skus.notes) }
  }

  #update(work: BatchWork, item: StoreItem, id: number): ItemResult {
    const { batch, lookup, now } = work
    const { key, product } = item
    const storeId = String(id)
    if (!batch.updateExisting) return { key, outcome: 'skipped', storeId }

    const row = this.#products.row(id)
    if (row === undefined) return this.#create(work, item)
    const variants = matchVariants(product, this.#products.variantsOf(id))
    const borne = new Map<string, string>()
    for (const [index, variant] of product.variants.entries()) {
      const sku = variants.rows[index]?.sku_folded ?? null
      if (sku !== null) borne.set(variant.key, sku)
    }
    const owner = batch.wholesaler
    const skus = assignSkus({ product, wholesaler: owner, productId: storeId, borne }, lookup)
    if ('outcome' in skus) return skus
    lookup.take(key, skus)
    const isNew = (variant: Variant) => (variants.rows[product.variants.indexOf(variant)] ?? null) === null
    const written = leaveToShop(product, batch.shopFields ?? [], { storedName: row.name, isNew })
    this.#products.update(row, variants, { product: written, owner, skus, fingerprints: item, now })
    return { key, outcome: 'updated', storeId, ...noted(skus.notes) }
  }

  /** The content is what was imported: only price and stock may differ, and which images the feed names. */
  #updateKnown(work: BatchWork, item: StoreItem, known: KnownProduct): ItemResult {
    const { batch, now } = work
    const { key, product } = item
    const offerDiffers = known.offer !== item.offer
    const offered = leaveToShop(product, batch.shopFields ?? [], { storedName: '' })
    if (offerDiffers && !this.#products.updateOffer(known.id, offered, item.offer, now)) {
      return this.#update(work, item, known.id)
    }
    if (known.images !== item.images) this.#products.noteImages(known.id, product, item.images)
    return { key, outcome: offerDiffers ? 'updated' : 'unchanged', storeId: String(known.id) }
  }
}

/** What writing an item needs beside the item. */
interface BatchWork {
  readonly batch: StoreBatch
  readonly lookup: BatchLookup
  /** Unix ms. */
  readonly now: number
}

function noted(notes: readonly string[]): { readonly notes?: readonly string[] } {
  return notes.length === 0 ? {} : { notes }
}
