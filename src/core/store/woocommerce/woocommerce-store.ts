/**
 * A WooCommerce shop as a store, by its REST API.
 *
 * In: batches of products, image files. Out: products, variations and attachments with the ids that the shop gave
 * them. Nothing is kept here but caches: what was written, and by whom, stands in the meta of each product. A shop
 * can tell neither tokens nor batches apart in one step, so an older writer is not refused (`staleWriters`).
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../../clock.js'
import { WholesalerError } from '../../errors.js'
import type { Fingerprints } from '../../ledger/ledger.js'
import { foldSku } from '../../product/product.js'
import type { FieldChange } from '../field-change.js'
import type {
  ComparedProduct,
  ImageFile,
  ItemResult,
  ProductImages,
  Store,
  StoreBatch,
  StoredImage,
  StoreId,
  StoreImage,
  StorePace,
  StoreProduct,
  StoreState,
  StoreWriter,
  StrayFile,
} from '../store.js'
import { type ApplyPorts, applyBatch } from './apply-batch.js'
import { differences } from './differences.js'
import { Gallery } from './gallery.js'
import { Inventory } from './inventory.js'
import { LookUp } from './look-up.js'
import { bearsFingerprints } from './mark.js'
import { type ImageShelf, Media } from './media.js'
import { Pacer } from './pacer.js'
import { isComplete } from './plan-batch.js'
import { retire } from './retire.js'
import type { ShopClient } from './shop-client.js'
import { foldShopSku, type ShopEntry, storeProduct } from './shop-entry.js'
import { SideLoad } from './side-load.js'
import { Terms } from './terms.js'

export interface WooCommerceOptions {
  readonly client: ShopClient
  readonly clock: Clock
  /**
   * Who numbers the batches: random, and another one when the ledger is. Batches of two ledgers may bear one id, and
   * what a shop remembers outlives both.
   */
  readonly ledgerId: string
  readonly random?: () => number
  readonly onWarning?: (message: string) => void
  /** Ends waiting; what is being sent is seen to its end. */
  readonly signal?: AbortSignal
  /** How images get into the shop: by upload, or fetched by the shop itself, each once. Default: `upload`. */
  readonly images?: 'upload' | 'src'
  readonly trash?: 'revive' | 'report'
  readonly attributes?: 'local' | 'global'
  readonly vanishedVariants?: 'delete' | 'hide'
  /** Units that the shop is set to. Default: kg and cm. */
  readonly units?: { readonly weight: string; readonly size: string }
  readonly requests?: { readonly sizeMax?: number; readonly inFlightMax?: number }
}

export function createWooCommerceStore(options: WooCommerceOptions): Store {
  return new ShopStore(options)
}

class ShopStore implements Store {
  readonly kind = 'woocommerce'
  readonly can = { fence: false, closeBatches: false, exchangeImages: false }
  readonly #client: ShopClient
  readonly #pacer: Pacer
  readonly #lookUp: LookUp
  readonly #media: ImageShelf
  readonly #gallery: Gallery
  readonly #inventory: Inventory
  readonly #apply: ApplyPorts
  readonly #ledgerId: string
  #currency: Promise<string | null> | null = null

  constructor(options: WooCommerceOptions) {
    const { client, random = Math.random, onWarning = () => {} } = options
    const clock = endedBy(options.clock, options.signal)
    this.#client = client
    this.#ledgerId = options.ledgerId
    this.#pacer = new Pacer(clock, options.requests)
    this.#lookUp = new LookUp(client)
    const pacer = this.#pacer
    // Images go one by one and take as long as they are large: they say nothing about products.
    const imagePacer = new Pacer(clock, {
      sizeMax: 1,
      inFlightMax: Math.min(imagesAtOnceMax, options.requests?.inFlightMax ?? imagesAtOnceMax),
    })
    const shelf = { client, pacer: imagePacer, clock, lookUp: this.#lookUp }
    this.#media = options.images === 'src' ? new SideLoad(shelf) : new Media(shelf)
    this.#gallery = new Gallery({
      client,
      pacer: imagePacer,
      batchPacer: pacer,
      clock,
      variationsOf: (id) => this.#lookUp.variationsOf(id),
    })
    this.#inventory = new Inventory({ client, lookUp: this.#lookUp })
    this.#apply = {
      client,
      pacer,
      clock,
      random,
      lookUp: this.#lookUp,
      terms: new Terms(client, clock, { globalAttributes: options.attributes === 'global', onWarning }),
      units: options.units ?? { weight: 'kg', size: 'cm' },
      vanishedVariants: options.vanishedVariants ?? 'delete',
      policy: { trash: options.trash ?? 'revive' },
      currency: () => this.currency(),
    }
  }

  pace(): StorePace {
    const { size, inFlight, latencyMs } = this.#pacer.pace
    return { requestSize: size, requestsAtOnce: inFlight, latencyMs: latencyMs === null ? null : Math.round(latencyMs) }
  }

  async identity(): Promise<string> {
    // Whether it is reached by http or https, it is the same shop.
    return `woocommerce:${this.#client.site.replace(/^https?:\/\//, '')}`
  }

  currency(): Promise<string | null> {
    this.#currency ??= this.#readCurrency()
    this.#currency.catch(() => {
      this.#currency = null
    })
    return this.#currency
  }

  /** A shop has a currency of its own. */
  async adoptCurrency(): Promise<void> {}

  async findBySku(skus: readonly string[]): Promise<ReadonlyMap<string, StoreProduct>> {
    const entries = (await this.#lookUp.bySku(skus)).filter(({ status }) => status !== 'trash')
    const parents = await this.#lookUp.byIds(entries.flatMap(({ parentId }) => (parentId === 0 ? [] : [parentId])))
    const byId = new Map([...entries, ...parents].map((entry) => [entry.id, entry]))
    const bySku = new Map(entries.map((entry) => [foldShopSku(entry.sku ?? ''), entry]))
    const found = new Map<string, StoreProduct>()
    for (const sku of skus) {
      const entry = bySku.get(foldShopSku(sku))
      if (entry !== undefined) found.set(foldSku(sku), storeProduct(entry, byId.get(entry.parentId) ?? null))
    }
    return found
  }

  async findById(id: StoreId): Promise<StoreProduct | null> {
    const entry = await this.#lookUp.byId(shopId(id))
    if (entry === null || entry.status === 'trash') return null
    const parent = entry.parentId === 0 ? null : await this.#lookUp.byId(entry.parentId)
    return storeProduct(entry, parent)
  }

  apply(batch: StoreBatch): Promise<readonly ItemResult[]> {
    return applyBatch({ ...batch, id: `${this.#ledgerId}:${batch.id}` }, this.#apply)
  }

  differences(compared: readonly ComparedProduct[]): Promise<readonly (readonly FieldChange[] | null)[]> {
    return differences(compared, this.#apply)
  }

  imagesOf(
    productId: StoreId,
  ): Promise<{ readonly gallery: readonly StoreImage[]; readonly variants: ReadonlyMap<string, StoreImage> }> {
    return this.#gallery.imagesOf(shopId(productId))
  }

  async hasImages(ids: readonly StoreId[]): Promise<ReadonlySet<StoreId>> {
    const present = await this.#media.present(ids.map(shopId).filter((id) => id > 0))
    return new Set(ids.filter((id) => present.has(shopId(id))))
  }

  putImage(image: ImageFile): Promise<StoreImage> {
    return this.#media.put(image)
  }

  setImages(
    _writer: StoreWriter,
    productId: StoreId,
    images: ProductImages,
  ): Promise<'changed' | 'unchanged' | 'gone'> {
    return this.#gallery.set(shopId(productId), images)
  }

  listImages(page: { readonly size: number; readonly after: StoreId | null }): Promise<readonly StoredImage[]> {
    return this.#inventory.list(page)
  }

  readImage(id: StoreId): Promise<Buffer | null> {
    return this.#inventory.read(shopId(id))
  }

  async replaceImage(): Promise<StoreImage | null> {
    throw noExchange()
  }

  removeImages(_writer: StoreWriter, ids: readonly StoreId[]): Promise<readonly StoreId[]> {
    return this.#inventory.remove(ids.map(shopId))
  }

  async strayFiles(): Promise<readonly StrayFile[]> {
    return []
  }

  retire(batch: Parameters<Store['retire']>[0]): Promise<number> {
    return retire(batch, this.#apply)
  }

  /** What is edited below a variable product shows in it only where the shop notes that as an edit of the product. */
  async stamps(ids: readonly StoreId[]): Promise<ReadonlyMap<StoreId, string>> {
    const entries = await this.#lookUp.byIds(ids.map(shopId))
    return new Map(
      entries
        .filter(({ status }) => status !== 'trash')
        .map((entry) => [String(entry.id), createHash('sha256').update(JSON.stringify(entry)).digest('base64url')]),
    )
  }

  async verify(items: readonly (Fingerprints & { readonly storeId: StoreId })[]): Promise<readonly StoreState[]> {
    const entries = await this.#lookUp.byIds(items.map(({ storeId }) => shopId(storeId)))
    const byId = new Map(entries.filter(({ status }) => status !== 'trash').map((entry) => [entry.id, entry]))
    // What a gallery shows is there; only what variations bear has to be asked for.
    const unseen = new Set(
      [...byId.values()].flatMap((entry) => linkedIds(entry).filter((id) => !entry.imageIds.includes(id))),
    )
    const present = unseen.size === 0 ? new Set<number>() : await this.#media.present([...unseen])
    return items.map((item) => {
      const entry = byId.get(shopId(item.storeId))
      if (entry === undefined) return { exists: false, asImported: false, imagesPresent: false }
      const shown = new Set(entry.imageIds)
      const { gallery, variants } = entry.mark.images
      return {
        exists: true,
        asImported: bearsFingerprints(entry.mark, item) && isComplete(entry),
        imagesPresent:
          gallery.every(([id]) => shown.has(id)) && variants.every(([, [id]]) => shown.has(id) || present.has(id)),
      }
    })
  }

  async close(): Promise<void> {}

  async #readCurrency(): Promise<string | null> {
    const read = await this.#client.read('/wc/v3/system_status', { _fields: 'settings.currency' })
    const { settings } = (read.ok ? read.page.value : {}) as { settings?: { currency?: unknown } }
    if (typeof settings?.currency === 'string') return settings.currency
    throw new WholesalerError({
      kind: 'temporary',
      message: `the shop does not tell its currency${read.ok ? '' : `: ${read.problem.message}`}`,
      hint: 'The key needs the right to read, and its user to manage WooCommerce.',
      place: { url: this.#client.site },
    })
  }
}

/** Waits end with the signal. */
function endedBy(clock: Clock, signal: AbortSignal | undefined): Clock {
  return { ...clock, sleep: (ms, own) => clock.sleep(ms, own ?? signal) }
}

/** A shop keeps the file of an attachment for ever. */
function noExchange(): WholesalerError {
  return new WholesalerError({
    kind: 'usage',
    message: 'images of a WooCommerce shop cannot be exchanged: what stands behind an id stays as it is',
    hint: 'Delete an image in the shop (Media); the next import --verify brings it again in today’s form.',
  })
}

/** The shop makes seven sizes of each image: two cores have no use for more than four at once. */
const imagesAtOnceMax = 4

/** 0 for what is no id of a shop. */
function shopId(id: StoreId): number {
  return /^[1-9]\d{0,15}$/.test(id) && Number.isSafeInteger(Number(id)) ? Number(id) : 0
}

function linkedIds({ mark }: ShopEntry): number[] {
  return [...mark.images.gallery, ...mark.images.variants.map(([, link]) => link)].map(([id]) => id)
}
