import assert from 'node:assert/strict'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createHttpClient } from '../../../src/core/http/http-client.js'
import { failureTtlMinMs } from '../../../src/core/images/failure-ttl.js'
import { defaultImageRules } from '../../../src/core/images/image-rules.js'
import { importImages } from '../../../src/core/images/import-images.js'
import type { FeedSummary, Ledger } from '../../../src/core/ledger/ledger.js'
import { openSqliteLedger } from '../../../src/core/ledger/sqlite-ledger.js'
import { toStagedChunk, toStagedProduct } from '../../../src/core/product/fingerprint.js'
import type { Product } from '../../../src/core/product/product.js'
import { silent } from '../../../src/core/progress.js'
import { type CatalogStore, openCatalogStore } from '../../../src/core/store/catalog/catalog-store.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { type ImageServer, withImageServer } from '../../support/image-server.js'
import { inTempDir } from '../../support/temp-dir.js'
import { jpeg } from './pictures.js'

const wholesaler = 'aren'
const clock = fixedClock()

interface Shop {
  readonly dir: string
  readonly server: ImageServer
  readonly ledger: Ledger
  readonly store: CatalogStore
  /** Stages the products as the whole feed, and writes them to the catalog in a job of its own. */
  importProducts(products: readonly Product[]): Promise<void>
  attach(): ReturnType<typeof importImages>
}

async function withShop(body: (shop: Shop) => Promise<void>): Promise<void> {
  const http = createHttpClient({ clock, random: () => 0 })
  await inTempDir((dir) =>
    withImageServer(async (server) => {
      await mkdir(join(dir, 'media'))
      const store = await openCatalogStore({
        path: join(dir, 'catalog.db'),
        mediaDir: join(dir, 'media'),
        currency: null,
        clock,
      })
      const ledger = await openSqliteLedger(join(dir, 'ledger.db'), { storeIdentity: await store.identity(), clock })
      try {
        await ledger.addWholesaler(wholesaler, null)
        await body({
          dir,
          server,
          ledger,
          store,
          importProducts: (products) => importProducts(products, ledger, store),
          attach: async () => {
            const id = await ledger.nextNumber()
            return importImages({
              ledger,
              store,
              http,
              clock,
              progress: silent,
              stateDir: dir,
              writer: { jobId: id, token: await ledger.nextNumber() },
              wholesaler: {
                name: wholesaler,
                source: { kind: 'stdin' },
                imageRoots: [],
                imageRules: defaultImageRules,
              },
              allowPrivateHosts: [server.host],
              signal: new AbortController().signal,
            })
          },
        })
      } finally {
        await ledger.close()
        await store.close()
        http.close()
      }
    }),
  )
}

async function importProducts(products: readonly Product[], ledger: Ledger, store: CatalogStore): Promise<void> {
  const staging = await ledger.beginStaging(wholesaler)
  await staging.write(toStagedChunk(products.map((product, line) => toStagedProduct({ product, line }))))
  const feed: FeedSummary = {
    ...{
      wholesaler,
      source: 'stdin',
      format: null,
      preset: null,
      encoding: null,
      compression: null,
      bytes: 0,
      sha256: null,
    },
    ...{ complete: true, records: products.length, products: products.length, variants: 0, images: 0 },
    ...{ rejects: 0, repairs: 0, skipped: 0, error: null },
  }
  const stamp = { file: null, etag: null, lastModified: null }
  await staging.commit({ sha256: '', mappingDigest: '', complete: true, stamp, feed })
  const writer = { jobId: await ledger.nextNumber(), token: await ledger.nextNumber() }
  for (;;) {
    const batch = await ledger.claimBatch(writer, { wholesaler, size: 100, updateExisting: true })
    if (batch === null) return
    const results = await store.apply({ ...batch, ...writer, updateExisting: true, takeover: false })
    await ledger.finishBatch(writer, batch, results)
  }
}

async function mediaFiles(dir: string): Promise<readonly string[]> {
  const entries = await readdir(join(dir, 'media'), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}

describe('importImages into the catalog', () => {
  it('brings 300 references, 264 addresses and 209 pictures to their products, then has nothing to do (I9)', () =>
    withShop(async ({ dir, server, ledger, store, importProducts, attach }) => {
      const contents = await Promise.all(Array.from({ length: 209 }, (_, number) => jpeg(number)))
      for (let number = 0; number < 264; number += 1)
        server.serve(`/${number}.jpg`, contents[number % 209] ?? Buffer.alloc(0))
      const products = Array.from({ length: 60 }, (_, index): Product => {
        const images = [0, 1, 2, 3, 4].map((place) => ({ url: server.url(`/${(index * 5 + place) % 264}.jpg`) }))
        return { key: `p${index}`, sku: `p${index}`, name: 'Product', options: [], variants: [], images }
      })
      await importProducts(products)

      const counts = await attach()

      assert.deepEqual(counts, { wanted: 300, downloaded: 264, attached: 300, duplicatesSkipped: 91, failed: 0 })
      assert.equal(server.requests(), 264)
      assert.equal((await mediaFiles(dir)).length, 209)
      assert.deepEqual(await readdir(join(dir, 'tmp')), [])
      const found = await store.findBySku(products.map(({ key }) => key))
      for (const { key, images = [] } of products) {
        const { gallery } = await store.imagesOf(found.get(key)?.id ?? '')
        assert.deepEqual(
          gallery.map(({ originalUrl }) => originalUrl),
          images.map(({ url }) => url),
        )
      }
      assert.equal(await ledger.countPendingImages(wholesaler), 0)

      const again = await attach()

      assert.equal(again.wanted, 0)
      assert.equal(server.requests(), 264)
    })).timeout(60_000)

  it('tries a failed image again although the feed is unchanged, when its time has come, and only that one (I12)', () =>
    withShop(async ({ server, ledger, importProducts, attach }) => {
      server.serve('/1.jpg', await jpeg(1))
      const images = ['/1.jpg', '/2.jpg'].map((path) => ({ url: server.url(path) }))
      await importProducts([{ key: 'p', name: 'Product', options: [], variants: [], images }])

      const first = await attach()
      server.serve('/2.jpg', await jpeg(2))
      const soon = await attach()
      clock.advance(failureTtlMinMs)
      const second = await attach()

      assert.deepEqual([first.attached, first.failed], [1, 1])
      assert.deepEqual([soon.attached, soon.failed], [0, 1])
      assert.deepEqual([second.attached, second.failed], [1, 0])
      assert.deepEqual([server.requests('/1.jpg'), server.requests('/2.jpg')], [1, 2])
      assert.equal(await ledger.countPendingImages(wholesaler), 0)
    }))
})
