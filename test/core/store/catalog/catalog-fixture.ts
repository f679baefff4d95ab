import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase } from '../../../../src/core/sqlite.js'
import { type CatalogStore, openCatalogStore } from '../../../../src/core/store/catalog/catalog-store.js'
import { catalogMigrations } from '../../../../src/core/store/catalog/schema.js'
import type { ProductView, StoreFixture, VariantView } from '../../../contract/store-fixture.js'
import { fixedClock } from '../../../support/fixed-clock.js'
import { writeImageFile } from '../image-file.js'

export interface CatalogFixture extends StoreFixture {
  readonly store: CatalogStore
  readonly dir: string
  readonly path: string
  readonly mediaDir: string
  /** A second connection, to look behind the store's back. */
  readonly database: Database
}

export async function catalogFixture(): Promise<CatalogFixture> {
  const dir = await mkdtemp(join(tmpdir(), 'wholesaler-test-'))
  const path = join(dir, 'catalog.db')
  const mediaDir = join(dir, 'media')
  const store = await openCatalogStore({ path, mediaDir, currency: null, clock: fixedClock() })
  const database = await openDatabase(path, { migrations: catalogMigrations })
  await mkdir(join(dir, 'tmp'))
  return {
    store,
    dir,
    path,
    mediaDir,
    database,
    putFile: (bytes) => writeImageFile(join(dir, 'tmp', randomUUID()), bytes),
    addByHand: async ({ sku, name }) => {
      const row = database
        .prepare<{ id: number }>(
          `INSERT INTO product (position, status, sku, sku_folded, name, details, created_at, updated_at)
           VALUES (0, 'publish', ?, lower(?), ?, '{}', 0, 0) RETURNING id`,
        )
        .get(sku, sku, name)
      return String(row?.id)
    },
    loseImage: async (id) => {
      const row = database
        .prepare<{ sha256: string; extension: string }>('SELECT sha256, extension FROM image WHERE id = ?')
        .get(Number(id))
      await rm(join(mediaDir, (row?.sha256 ?? '').slice(0, 2), `${row?.sha256}.${row?.extension}`))
    },
    view: async (id) => catalogView(database, Number(id)),
    close: async () => {
      await store.close()
      database.close()
      await rm(dir, { recursive: true })
    },
  }
}

interface Row {
  readonly id: number
  readonly key: string
  readonly name: string
  readonly sku: string | null
  readonly status: string
  readonly price: string | null
  readonly sale_price: string | null
  readonly stock: string | null
  readonly in_stock: number | null
  readonly brand: string | null
  readonly details: string
}

export function catalogView(database: Database, id: number): ProductView | null {
  const row = database.prepare<Row>('SELECT * FROM product WHERE id = ?').get(id)
  if (row === undefined) return null
  const details = JSON.parse(row.details)
  return {
    name: row.name,
    sku: row.sku,
    status: row.status,
    price: row.price,
    salePrice: row.sale_price,
    stock: row.stock,
    inStock: row.in_stock === null ? null : row.in_stock === 1,
    brand: row.brand,
    description: details.description ?? null,
    tags: details.tags ?? [],
    categories: categoriesOf(database, id),
    attributes: attributesOf(database, id, 0),
    variants: database
      .prepare<Row>('SELECT * FROM product WHERE parent_id = ? ORDER BY position')
      .all(id)
      .map((each) => variantView(database, each)),
  }
}

function variantView(database: Database, row: Row): VariantView {
  return {
    id: String(row.id),
    key: row.key,
    sku: row.sku,
    price: row.price,
    stock: row.stock,
    inStock: row.in_stock === null ? null : row.in_stock === 1,
    options: attributesOf(database, row.id, 1).map(({ name, values }) => [name, values[0] ?? '']),
  }
}

function attributesOf(database: Database, id: number, isOption: 0 | 1): { name: string; values: string[] }[] {
  return database
    .prepare<{ name: string; value: string }>(
      'SELECT name, value FROM product_attribute WHERE product_id = ? AND is_option = ? ORDER BY position',
    )
    .all(id, isOption)
    .map(({ name, value }) => ({ name, values: JSON.parse(value) }))
}

function categoriesOf(database: Database, id: number): string[][] {
  return database
    .prepare<{ category_id: number }>('SELECT category_id FROM product_category WHERE product_id = ? ORDER BY position')
    .all(id)
    .map(({ category_id }) => {
      const path: string[] = []
      for (let at = category_id; at !== 0; ) {
        const row = database
          .prepare<{ parent_id: number; name: string }>('SELECT parent_id, name FROM category WHERE id = ?')
          .get(at)
        path.unshift(row?.name ?? '')
        at = row?.parent_id ?? 0
      }
      return path
    })
}
