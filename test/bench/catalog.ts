/**
 * Catalog import without images against raw inserts of the same rows: first staged products are imported
 * into an empty catalog, batch by batch, with claims and checkpoints; then every row this made is inserted
 * into an empty file with the same tables, as many per transaction and as safe from a power loss, with no logic at
 * all.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importBatch } from '../../dist/core/batch/import-batch.js'
import { systemClock } from '../../dist/core/clock.js'
import { openSqliteLedger } from '../../dist/core/ledger/sqlite-ledger.js'
import { toStagedChunk, toStagedProduct } from '../../dist/core/product/fingerprint.js'
import type { Decimal, Product } from '../../dist/core/product/product.js'
import { silent } from '../../dist/core/progress.js'
import { openRejectsFile } from '../../dist/core/rejects-file.js'
import { type Database, openDatabase, type SqlValue } from '../../dist/core/sqlite.js'
import { openCatalogStore } from '../../dist/core/store/catalog/catalog-store.js'
import { catalogMigrations } from '../../dist/core/store/catalog/schema.js'

const products = 20_000
const perBatch = 100

function product(i: number): Product {
  return {
    key: `SKU-${i}`,
    sku: `SKU-${i}`,
    name: `Product ${i}`,
    description: `<p>Line one of product ${i}.</p>\n<ul><li>strong</li><li>light</li></ul>`.repeat(3),
    brand: `Brand ${i % 40}`,
    categories: [
      ['Home', `Room ${i % 12}`, `Shelf ${i % 90}`],
      ['Sale', `Rack ${i % 7}`],
    ],
    attributes: [
      { name: 'Color', values: ['red'] },
      { name: 'Material', values: ['cotton', 'linen'] },
      { name: 'Care', values: [`${i % 60} degrees`] },
    ],
    price: `${i % 900}.5` as Decimal,
    stock: `${i % 250}` as Decimal,
    options: [],
    variants: [],
  }
}

interface Measured {
  readonly ms: number
  readonly cpuMs: number
}

function stopwatch(): () => Measured {
  const started = performance.now()
  const before = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(before)
    return { ms: Math.round(performance.now() - started), cpuMs: Math.round((user + system) / 1000) }
  }
}

async function importAll(dir: string): Promise<Measured> {
  const clock = systemClock
  const ledger = await openSqliteLedger(join(dir, 'ledger.db'), { storeIdentity: 'bench', clock })
  const store = await openCatalogStore({
    path: join(dir, 'catalog.db'),
    mediaDir: join(dir, 'media'),
    currency: 'EUR',
    clock,
  })
  await ledger.addWholesaler('bench', null)
  const staging = await ledger.beginStaging('bench')
  for (let start = 0; start < products; start += 500) {
    await staging.write(
      toStagedChunk(
        Array.from({ length: 500 }, (_, i) => toStagedProduct({ product: product(start + i), line: start + i })),
      ),
    )
  }
  const feed = {
    wholesaler: 'bench',
    source: 'bench',
    format: null,
    preset: null,
    encoding: null,
    compression: null,
    bytes: 0,
    sha256: null,
    complete: true,
    records: products,
    products,
    variants: 0,
    images: 0,
    rejects: 0,
    repairs: 0,
    skipped: 0,
    error: null,
  }
  const stamp = { file: null, etag: null, lastModified: null }
  await staging.commit({ sha256: 'x', mappingDigest: 'x', complete: true, stamp, feed })

  const writer = { jobId: await ledger.nextNumber(), token: await ledger.nextNumber() }
  const ports = { ledger, store, clock, progress: silent, rejects: openRejectsFile(join(dir, 'rejects.csv')) }
  const measured = stopwatch()
  for (;;) {
    const batch = await ledger.claimBatch(writer, { wholesaler: 'bench', size: perBatch, updateExisting: true })
    if (batch === null) break
    await importBatch(batch, writer, { updateExisting: true, takeover: false, shopFields: [] }, ports)
  }
  const result = measured()
  await store.close()
  await ledger.close()
  return result
}

const tables = ['product', 'category', 'product_category', 'product_attribute']

/** All rows of the catalog, ready to be inserted, and the same rows of a product kept together. */
function readRows(database: Database): Map<string, SqlValue[][]> {
  return new Map(
    tables.map((table) => [
      table,
      database
        .prepare<Record<string, SqlValue>>(`SELECT * FROM ${table}`)
        .all()
        .map((row) => Object.values(row)),
    ]),
  )
}

async function insertRaw(dir: string): Promise<Measured> {
  const full = await openDatabase(join(dir, 'catalog.db'), { migrations: catalogMigrations })
  const rows = readRows(full)
  full.close()
  const raw = await openDatabase(join(dir, 'raw.db'), { migrations: catalogMigrations })
  // Rows are inserted table by table: a variant or a link may come before what it points to.
  raw.prepare('PRAGMA foreign_keys = OFF').run()
  const batches = products / perBatch
  const measured = stopwatch()
  for (let batch = 0; batch < batches; batch += 1) {
    raw.transaction(
      () => {
        for (const [table, all] of rows) {
          const size = Math.ceil(all.length / batches)
          const insert = raw.prepare(`INSERT INTO ${table} VALUES (${(all[0] ?? []).map(() => '?').join(', ')})`)
          for (const row of all.slice(batch * size, (batch + 1) * size)) insert.run(...row)
        }
      },
      { durable: true },
    )
  }
  const result = measured()
  raw.close()
  return result
}

const dir = await mkdtemp(join(tmpdir(), 'wholesaler-bench-'))
try {
  const imported = await importAll(dir)
  const raw = await insertRaw(dir)
  console.log(JSON.stringify({ products, imported, raw }))
} finally {
  await rm(dir, { recursive: true })
}
