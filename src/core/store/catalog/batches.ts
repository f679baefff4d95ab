/**
 * Applies a batch to the catalog: fence, look-up of the batch, rows and results in one transaction.
 * Whatever kills the process, the batch is there as a whole or not at all.
 */
import type { Clock } from '../../clock.js'
import { WholesalerError } from '../../errors.js'
import { failpoint } from '../../failpoint.js'
import type { Database } from '../../sqlite.js'
import { assignSkus, findAdoptable, refusalOf } from '../sku-rules.js'
import type { ItemResult, StoreBatch, StoreItem } from '../store.js'
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
      this.#products.categories.forget()
      throw error
    }
  }

  #applyOnce(batch: StoreBatch): readonly ItemResult[] {
    passFence(this.#database, batch.jobId, batch.token)
    const applied = this.#resultsOf(batch.id)
    if (applied !== null) return applied

    const now = this.#clock.now()
    const results = this.#writeItems(batch, now)
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
    return batch.items.map((item) => {
      const refusal = refusalOf(item, currency)
      if (refusal !== null) return refusal

      const result = this.#writeItem(batch, item, now)
      failpoint('product-written', item.key)
      if (currency === null && item.product.currency !== undefined && result.outcome !== 'rejected') {
        currency = item.product.currency
        writeMeta(this.#database, 'currency', currency)
      }
      return result
    })
  }

  #writeItem(batch: StoreBatch, item: StoreItem, now: number): ItemResult {
    const known = this.#products.byKey(batch.wholesaler, item.key)
    if (known === undefined) {
      const adoptable = findAdoptable(batch, item, this.#products)
      if (adoptable === null) return this.#create(batch, item, now)
      if (typeof adoptable !== 'string') return adoptable
      return this.#update(batch, item, Number(adoptable), now)
    }
    if (!batch.updateExisting || known.content !== item.content) return this.#update(batch, item, known.id, now)
    return this.#updateKnown(batch, item, known, now)
  }

  #create(batch: StoreBatch, item: StoreItem, now: number): ItemResult {
    const { key, product } = item
    const owner = batch.wholesaler
    const skus = assignSkus({ product, wholesaler: owner, productId: null, borne: new Map() }, this.#products)
    if ('outcome' in skus) return skus
    const id = this.#products.create({ product, owner, skus, fingerprints: item, now })
    return { key, outcome: 'created', storeId: String(id), ...noted(skus.notes) }
  }

  #update(batch: StoreBatch, item: StoreItem, id: number, now: number): ItemResult {
    const { key, product } = item
    const storeId = String(id)
    if (!batch.updateExisting) return { key, outcome: 'skipped', storeId }

    const row = this.#products.row(id)
    if (row === undefined) return this.#create(batch, item, now)
    const variants = matchVariants(product, this.#products.variantsOf(id))
    const borne = new Map<string, string>()
    for (const [index, variant] of product.variants.entries()) {
      const sku = variants.rows[index]?.sku_folded ?? null
      if (sku !== null) borne.set(variant.key, sku)
    }
    const owner = batch.wholesaler
    const skus = assignSkus({ product, wholesaler: owner, productId: storeId, borne }, this.#products)
    if ('outcome' in skus) return skus
    this.#products.update(row, variants, { product, owner, skus, fingerprints: item, now })
    return { key, outcome: 'updated', storeId, ...noted(skus.notes) }
  }

  /** The content is what was imported: only price and stock may differ, and which images the feed names. */
  #updateKnown(batch: StoreBatch, item: StoreItem, known: KnownProduct, now: number): ItemResult {
    const { key, product } = item
    const offerDiffers = known.offer !== item.offer
    if (offerDiffers && !this.#products.updateOffer(known.id, product, item.offer, now)) {
      return this.#update(batch, item, known.id, now)
    }
    if (known.images !== item.images) this.#products.noteImages(known.id, product, item.images)
    return { key, outcome: offerDiffers ? 'updated' : 'unchanged', storeId: String(known.id) }
  }
}

function noted(notes: readonly string[]): { readonly notes?: readonly string[] } {
  return notes.length === 0 ? {} : { notes }
}
