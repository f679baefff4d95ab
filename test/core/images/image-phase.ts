/** The image phase on the plainest ledger and store there are, with a server of pictures beside it. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../src/core/clock.js'
import { createHttpClient } from '../../../src/core/http/http-client.js'
import { decodeHere } from '../../../src/core/images/decode.js'
import { defaultImageRules, type ImageRules } from '../../../src/core/images/image-rules.js'
import { type ImageRun, importImages } from '../../../src/core/images/import-images.js'
import type { JobImageCounts } from '../../../src/core/jobs/job.js'
import type { PendingImages } from '../../../src/core/ledger/ledger.js'
import { MemoryImageLibrary } from '../../../src/core/ledger/memory-image-library.js'
import type { Product } from '../../../src/core/product/product.js'
import type { ProgressEvent } from '../../../src/core/progress.js'
import { MemoryStore } from '../../../src/core/store/memory-store.js'
import type { ImageFile, Store } from '../../../src/core/store/store.js'
import { type FixedClock, fixedClock } from '../../support/fixed-clock.js'
import { type ImageServer, withImageServer } from '../../support/image-server.js'
import { inTempDir } from '../../support/temp-dir.js'

export const wholesaler = 'aren'
const writer = { jobId: 1, token: 1 }

export interface ImagePhase {
  readonly clock: FixedClock
  readonly server: ImageServer
  readonly dir: string
  readonly store: CountingStore
  readonly ledger: ImageLedger
  readonly events: readonly ProgressEvent[]
  /** Puts products into the store and makes their images pending; names them by key. */
  add(...products: readonly Pick<Product, 'key' | 'images' | 'variants'>[]): Promise<void>
  run(options?: Partial<ImageRun> & { readonly rules?: Partial<ImageRules> }): Promise<JobImageCounts>
  /** Original URLs of a product's gallery, in order. */
  gallery(key: string): Promise<readonly (string | null)[]>
  storeId(key: string): string
}

export async function withImagePhase(body: (phase: ImagePhase) => Promise<void>): Promise<void> {
  const clock = fixedClock()
  const http = createHttpClient({ clock, random: () => 0 })
  try {
    await inTempDir((dir) =>
      withImageServer(async (server) => {
        const store = new CountingStore()
        const ledger = new ImageLedger(clock)
        const events: ProgressEvent[] = []
        await mkdir(join(dir, 'feed'))
        const storeId = (key: string): string => {
          const id = ledger.products.get(key)?.storeId
          if (id === undefined) throw new Error(`no product ${key}`)
          return id
        }
        await body({
          clock,
          server,
          dir,
          store,
          ledger,
          events,
          storeId,
          add: (...products) => addProducts(products, store, ledger),
          run: ({ rules = {}, ...options } = {}) =>
            importImages({
              ledger,
              store,
              http,
              clock,
              writer,
              progress: { emit: (event) => events.push(event) },
              stateDir: join(dir, 'state'),
              wholesaler: {
                name: wholesaler,
                source: { kind: 'file', path: join(dir, 'feed', 'feed.csv') },
                imageRoots: [],
                imageRules: { ...defaultImageRules, ...rules },
              },
              allowPrivateHosts: [server.host],
              signal: new AbortController().signal,
              decode: decodeHere,
              ...options,
            }),
          gallery: async (key) => (await store.imagesOf(storeId(key))).gallery.map(({ originalUrl }) => originalUrl),
        })
      }),
    )
  } finally {
    http.close()
  }
}

/** Counts what is written, and what it is asked. */
export class CountingStore extends MemoryStore {
  putImages: ImageFile[] = []
  calls = 0
  imagesSet = 0

  override async imagesOf(productId: string) {
    this.calls += 1
    return super.imagesOf(productId)
  }

  override async putImage(image: ImageFile) {
    this.calls += 1
    this.putImages.push(image)
    return super.putImage(image)
  }

  override async setImages(...args: Parameters<Store['setImages']>) {
    this.calls += 1
    this.imagesSet += 1
    return super.setImages(...args)
  }
}

/** Pending products and an image library, in memory. */
export class ImageLedger {
  readonly products = new Map<string, PendingImages>()
  readonly pending = new Set<string>()
  readonly images: MemoryImageLibrary

  constructor(clock: Clock) {
    this.images = new MemoryImageLibrary(clock)
  }

  async countPendingImages(): Promise<number> {
    return this.pending.size
  }

  async pendingImages(_: string, { size, after }: { readonly size: number; readonly after: string | null }) {
    const keys = [...this.pending].filter((key) => after === null || key > after).sort()
    return keys.slice(0, size).flatMap((key) => this.products.get(key) ?? [])
  }

  async noteGivenImages(_: unknown, __: string, key: string, given: readonly string[]): Promise<void> {
    const product = this.products.get(key)
    if (product !== undefined) this.products.set(key, { ...product, given })
  }

  async finishImages(_: unknown, __: string, key: string): Promise<void> {
    this.pending.delete(key)
  }
}

let batches = 0

async function addProducts(
  products: readonly Pick<Product, 'key' | 'images' | 'variants'>[],
  store: MemoryStore,
  ledger: ImageLedger,
): Promise<void> {
  batches += 1
  const items = products.map((given) => ({
    key: given.key,
    kind: 'new' as const,
    product: { name: given.key, sku: given.key, options: [], ...given },
    storeId: null,
    content: 'c',
    offer: 'o',
    images: JSON.stringify(given.images),
  }))
  const batch = { id: `1-${batches}`, ...writer, wholesaler, updateExisting: true, takeover: false, items }
  const results = await store.apply(batch)
  for (const [index, result] of results.entries()) {
    const item = items[index]
    if (item === undefined || result.outcome === 'rejected') throw new Error(JSON.stringify(result))
    const { key, product, images } = item
    const given = ledger.products.get(key)?.given ?? []
    ledger.products.set(key, { key, storeId: result.storeId, wholesaler, imagesFingerprint: images, product, given })
    ledger.pending.add(key)
  }
}
