/**
 * Decides about the images of many products, five each, against a library of half a million in its ledger on
 * disk, as `import --dry-run` does. Run as a process of its own: `plan.ts PRODUCTS`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../dist/core/clock.js'
import { ImagePlanSum, planProduct } from '../../dist/core/images/plan-product.js'
import { ledgerMigrations } from '../../dist/core/ledger/schema.js'
import { openSqliteLedger } from '../../dist/core/ledger/sqlite-ledger.js'
import { openDatabase } from '../../dist/core/sqlite.js'

const libraryImages = 500_000
const imagesPerProduct = 5
/** One image in ten is new to the library, one in fifty failed before. */
const [unknownShare, failedShare] = [10, 50]

const products = Number(process.argv[2] ?? 100_000)
const dir = await mkdtemp(join(tmpdir(), 'wholesaler-bench-'))
const path = join(dir, 'ledger.db')

const urlOf = (number: number) =>
  `https://cdn${number % 7}.wholesaler.example/products/${number >> 3}/image-${number}.jpg`

async function fillLibrary(): Promise<void> {
  const database = await openDatabase(path, { migrations: ledgerMigrations })
  database.prepare("INSERT INTO store (id, identity) VALUES (1, 'bench')").run()
  const image = database.prepare(`
    INSERT INTO image (store_id, sha256, store_image_id, extension, width, height, bytes) VALUES (1, ?, ?, 'jpg', 9, 9, 9)`)
  const url = database.prepare('INSERT INTO image_url (store_id, url, sha256) VALUES (1, ?, ?)')
  const failure = database.prepare(`
    INSERT INTO image_failure (store_id, url, code, reason, failed_at, times) VALUES (1, ?, 'http_404', 'gone', ?, 1)`)
  database.transaction(() => {
    for (let number = 0; number < libraryImages; number += 1) {
      if (number % failedShare === 1) failure.run(urlOf(number), Date.now())
      if (number % unknownShare <= 1) continue
      const sha256 = number.toString(16).padStart(64, '0')
      image.run(sha256, String(number))
      url.run(urlOf(number), sha256)
    }
  })
  database.close()
}

await fillLibrary()
const ledger = await openSqliteLedger(path, { storeIdentity: 'bench', clock: systemClock })
const store = {
  imagesOf: async () => ({ gallery: [], variants: new Map() }),
  hasImages: async (ids: readonly string[]) => new Set(ids),
}
const sum = new ImagePlanSum()
const rules = { base: { folders: [], url: null } }
const started = performance.now()
for (let number = 0; number < products; number += 1) {
  const images = Array.from({ length: imagesPerProduct }, (_, index) => ({
    url: urlOf((number * imagesPerProduct + index) % libraryImages),
  }))
  sum.add(await planProduct({ images, variants: [] }, String(number), rules, { ledger, store, clock: systemClock }))
}
const ms = performance.now() - started
await ledger.close()
await rm(dir, { recursive: true })
const { attach, download, skip, requests } = sum.counts
const rssMb = process.resourceUsage().maxRSS / 1024
console.log(JSON.stringify({ ms, records: products * imagesPerProduct, rssMb, attach, download, skip, requests }))
