/**
 * The embedded catalog: a shop of its own in one SQLite file and one media folder.
 *
 * In: batches of products, image files. Out: rows with integer ids that stay the same from import to
 * import, and files named by the hash of their image. Calls of one process run one after another, several
 * processes wait for each other by SQLite's locks. Nothing here reads a feed or the ledger.
 */
import { createHash, randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import type { Clock } from '../../clock.js'
import { WholesalerError } from '../../errors.js'
import type { Fingerprints } from '../../ledger/ledger.js'
import { foldSku } from '../../product/product.js'
import { type Database, openDatabase } from '../../sqlite.js'
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
  StoreProduct,
  StoreState,
  StoreWriter,
  StrayFile,
} from '../store.js'
import { BatchTable } from './batches.js'
import { differences } from './differences.js'
import { highestNumber, passFence, raiseFence } from './fence.js'
import { ImageInventory } from './image-inventory.js'
import { ImageTable, storeImage } from './image-table.js'
import { MediaFolder } from './media-folder.js'
import { readMeta, writeMeta } from './meta.js'
import { ProductTable, rowIdOf } from './product-table.js'
import { retire } from './retire.js'
import { catalogMigrations } from './schema.js'

export interface CatalogOptions {
  /** The database file; made when there is none. */
  readonly path: string
  /** Made when the first image is put into it. */
  readonly mediaDir: string
  /** `store.currency` of the config, ISO 4217; null leaves it to the first feed. */
  readonly currency: string | null
  readonly clock: Clock
}

/** The catalog as a store, and what only a catalog can tell. */
export interface CatalogStore extends Store {
  /** Highest job id or fencing token ever seen, 0 for none: a new ledger numbers above it. */
  highestNumber(): Promise<number>
  /** From now on no owner with a lower token writes anything for the job. */
  raiseFence(writer: StoreWriter): Promise<void>
}

/** Up to this size the whole file is checked when it is opened (6 ms, at every run of cron); damage in a larger one shows on reading. */
const checkedBytesMax = 1024 * 1024

/**
 * Opens the catalog. Throws `state_unreadable` for a damaged, foreign or newer file, or a link, and leaves
 * it untouched; `config` when products are there in another currency than `currency`.
 */
export async function openCatalogStore(options: CatalogOptions): Promise<CatalogStore> {
  const database = await openDatabase(options.path, { migrations: catalogMigrations })
  try {
    if (statSync(options.path).size <= checkedBytesMax) database.check()
    database.transaction(() => prepareMeta(database, options.currency))
    return new SqliteCatalog(database, options)
  } catch (error: unknown) {
    database.close()
    throw error
  }
}

function prepareMeta(database: Database, currency: string | null): void {
  if (readMeta(database, 'identity') === null) writeMeta(database, 'identity', randomUUID())
  const stored = readMeta(database, 'currency')
  if (currency === null || currency === stored) return
  if (stored !== null && database.prepare('SELECT 1 FROM product LIMIT 1').get() !== undefined) {
    throw new WholesalerError({
      kind: 'config',
      message: `store.currency is ${currency}, but the catalog has products in ${stored}`,
      hint: `Set store.currency to ${stored}, or name another --state-dir for a new catalog.`,
      place: { file: database.path },
    })
  }
  writeMeta(database, 'currency', currency)
}

class SqliteCatalog implements CatalogStore {
  readonly kind = 'catalog'
  readonly can = { fence: true, closeBatches: true, exchangeImages: true }
  readonly #database: Database
  readonly #clock: Clock
  readonly #products: ProductTable
  readonly #batches: BatchTable
  readonly #images: ImageTable
  readonly #inventory: ImageInventory

  constructor(database: Database, { mediaDir, clock }: CatalogOptions) {
    this.#database = database
    this.#clock = clock
    this.#products = new ProductTable(database)
    this.#batches = new BatchTable(database, this.#products, clock)
    const media = new MediaFolder(mediaDir)
    this.#images = new ImageTable(database, media)
    this.#inventory = new ImageInventory(database, media)
  }

  async identity(): Promise<string> {
    return `catalog:${readMeta(this.#database, 'identity')}`
  }

  async currency(): Promise<string | null> {
    return readMeta(this.#database, 'currency')
  }

  async adoptCurrency(currency: string): Promise<void> {
    this.#database.transaction(() => {
      if (readMeta(this.#database, 'currency') === null) writeMeta(this.#database, 'currency', currency)
    })
  }

  async highestNumber(): Promise<number> {
    return highestNumber(this.#database)
  }

  async raiseFence({ jobId, token }: StoreWriter): Promise<void> {
    this.#database.transaction(() => raiseFence(this.#database, jobId, token))
  }

  async findBySku(skus: readonly string[]): Promise<ReadonlyMap<string, StoreProduct>> {
    const folded = JSON.stringify([...new Set(skus.map(foldSku))])
    const rows = this.#database
      .prepare<FoundRow & { sku_folded: string }>(
        `${selectFound} WHERE product.sku_folded IN (SELECT value FROM json_each(?))`,
      )
      .all(folded)
    return new Map(rows.map((row) => [row.sku_folded, storeProduct(row)]))
  }

  async findById(id: StoreId): Promise<StoreProduct | null> {
    const rowId = rowIdOf(id)
    if (rowId === null) return null
    const row = this.#database.prepare<FoundRow>(`${selectFound} WHERE product.id = ?`).get(rowId)
    return row === undefined ? null : storeProduct(row)
  }

  async differences(compared: readonly ComparedProduct[]): Promise<readonly (readonly FieldChange[] | null)[]> {
    return compared.map((each) => differences(each, this.#products))
  }

  async apply(batch: StoreBatch): Promise<readonly ItemResult[]> {
    return this.#batches.apply(batch)
  }

  async imagesOf(
    productId: StoreId,
  ): Promise<{ readonly gallery: readonly StoreImage[]; readonly variants: ReadonlyMap<string, StoreImage> }> {
    const rowId = rowIdOf(productId)
    if (rowId === null) return { gallery: [], variants: new Map() }
    return { gallery: this.#images.gallery(rowId), variants: this.#images.ofVariants(rowId) }
  }

  async hasImages(ids: readonly StoreId[]): Promise<ReadonlySet<StoreId>> {
    return new Set(ids.filter((id) => this.#images.has(id)))
  }

  async putImage(image: ImageFile): Promise<StoreImage> {
    return this.#images.put(image, this.#clock.now())
  }

  async setImages(
    writer: StoreWriter,
    productId: StoreId,
    images: ProductImages,
  ): Promise<'changed' | 'unchanged' | 'gone'> {
    const rowId = rowIdOf(productId)
    return this.#database.transaction(() => {
      passFence(this.#database, writer.jobId, writer.token)
      return rowId === null ? 'gone' : this.#images.set(rowId, images)
    })
  }

  async listImages(page: { readonly size: number; readonly after: StoreId | null }): Promise<readonly StoredImage[]> {
    return this.#inventory.list(page)
  }

  async readImage(id: StoreId): Promise<Buffer | null> {
    return await this.#inventory.read(id)
  }

  async replaceImage(writer: StoreWriter, id: StoreId, image: ImageFile): Promise<StoreImage | null> {
    this.#database.transaction(() => passFence(this.#database, writer.jobId, writer.token))
    const row = await this.#inventory.replaceFile(id, image)
    if (row === null) return null
    this.#database.transaction(() => {
      passFence(this.#database, writer.jobId, writer.token)
      this.#inventory.setForm(row, image)
    })
    this.#inventory.dropOldFile(row, image)
    return storeImage({ ...row, extension: image.extension })
  }

  async removeImages(writer: StoreWriter, ids: readonly StoreId[]): Promise<readonly StoreId[]> {
    const rows = this.#database.transaction(() => {
      passFence(this.#database, writer.jobId, writer.token)
      return this.#inventory.removeRows(ids)
    })
    for (const row of rows) this.#database.transaction(() => this.#inventory.removeFile(row))
    return rows.map((row) => String(row.id))
  }

  async strayFiles(): Promise<readonly StrayFile[]> {
    return await this.#inventory.strayFiles()
  }

  async retire(batch: Parameters<Store['retire']>[0]): Promise<number> {
    return this.#database.transaction(() => {
      passFence(this.#database, batch.jobId, batch.token)
      return retire(this.#database, this.#products, { ...batch, now: this.#clock.now() })
    })
  }

  async stamps(ids: readonly StoreId[]): Promise<ReadonlyMap<StoreId, string>> {
    return new Map(
      ids.flatMap((id) => {
        const rowId = rowIdOf(id)
        const row = rowId === null ? undefined : this.#products.row(rowId)
        if (rowId === null || row === undefined) return []
        const rows = [row, ...this.#products.variantsOf(rowId)]
        return [[id, createHash('sha256').update(JSON.stringify(rows)).digest('base64url')] as const]
      }),
    )
  }

  async verify(items: readonly (Fingerprints & { readonly storeId: StoreId })[]): Promise<readonly StoreState[]> {
    return items.map((item) => {
      const rowId = rowIdOf(item.storeId)
      const row = rowId === null ? undefined : this.#products.fingerprints(rowId)
      if (rowId === null || row === undefined) return { exists: false, asImported: false, imagesPresent: false }
      return {
        exists: true,
        asImported: row.content === item.content && row.offer === item.offer,
        imagesPresent: this.#images.allPresent(rowId),
      }
    })
  }

  async close(): Promise<void> {
    this.#database.close()
  }
}

interface FoundRow {
  readonly id: number
  readonly parent_id: number | null
  readonly sku: string | null
  readonly sku_folded: string | null
  readonly owner: string | null
  readonly name: string
  readonly key: string | null
}

const selectFound = `SELECT product.id, product.parent_id, product.sku, product.sku_folded, product.owner,
    coalesce(parent.name, product.name) AS name,
    CASE WHEN parent.id IS NULL THEN product.key ELSE parent.key END AS key
  FROM product LEFT JOIN product parent ON parent.id = product.parent_id`

function storeProduct(row: FoundRow): StoreProduct {
  return {
    id: String(row.id),
    parentId: row.parent_id === null ? null : String(row.parent_id),
    sku: row.sku,
    name: row.name,
    wholesaler: row.owner,
    key: row.key,
  }
}
