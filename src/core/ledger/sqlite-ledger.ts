import { dirname, join } from 'node:path'
import type { Clock } from '../clock.js'
import type { ImageLibrary } from '../images/library.js'
import type { RetireHow } from '../missing-policy.js'
import type { Product } from '../product/product.js'
import { type Database, openDatabase } from '../sqlite.js'
import type { ItemResult, RetiredProduct } from '../store/store.js'
import { BatchTable } from './batch-table.js'
import { bodiesFolder } from './body-files.js'
import { countInState, countMissing } from './count-rows.js'
import { ImportedTable, type Page } from './imported-table.js'
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
import { MissingTable } from './missing-table.js'
import { Pace } from './pace.js'
import { countQuarantined, liftQuarantine } from './quarantine.js'
import { ledgerMigrations, rowState } from './schema.js'
import { beginSequence, lastNumber, nextNumber, raiseNumber } from './sequence.js'
import { purgeDropped, settleMissing } from './settle.js'
import { SqliteImageLibrary } from './sqlite-image-library.js'
import { beginSqliteStaging } from './sqlite-staging.js'
import { type StagedFiles, stagedFiles } from './staged-files.js'
import { WholesalerTable } from './wholesaler-table.js'

export interface LedgerOptions {
  /** Of the store that is written to; the ledger shows only what belongs to it. */
  readonly storeIdentity: string
  readonly clock: Clock
  /** See `beginSequence`. Default: nothing was seen. */
  readonly numbersSeen?: () => Promise<number>
  /** In place of `mergedRowsMax`, for tests. */
  readonly mergedRowsMax?: number
}

/**
 * Opens the ledger of a store in a SQLite file, which may hold those of other stores too, and creates what
 * is not there. Throws what `openDatabase` throws. Several processes may have it open at once.
 */
export async function openSqliteLedger(path: string, options: LedgerOptions): Promise<Ledger> {
  const { storeIdentity, numbersSeen = async () => 0 } = options
  const database = await openDatabase(path, { migrations: ledgerMigrations })
  try {
    await beginSequence(database, numbersSeen)
    const files = stagedFiles(join(dirname(path), bodiesFolder))
    return new SqliteLedger(database, files, findStore(database, storeIdentity), options)
  } catch (error: unknown) {
    database.close()
    throw error
  }
}

function findStore(database: Database, identity: string): number {
  const find = database.prepare<{ id: number }>('SELECT id FROM store WHERE identity = ?')
  const known = find.get(identity)
  if (known !== undefined) return known.id
  return database.transaction(() => {
    database.prepare('INSERT OR IGNORE INTO store (identity) VALUES (?)').run(identity)
    const added = find.get(identity)
    if (added === undefined) throw new Error('the ledger gave the store no number')
    return added.id
  })
}

class SqliteLedger implements Ledger {
  readonly images: ImageLibrary
  readonly #database: Database
  readonly #files: StagedFiles
  readonly #clock: Clock
  readonly #mergedRowsMax: number | null
  readonly #wholesalers: WholesalerTable
  readonly #batches: BatchTable
  readonly #missing: MissingTable
  readonly #imported: ImportedTable

  constructor(database: Database, files: StagedFiles, storeId: number, options: LedgerOptions) {
    this.#database = database
    this.#files = files
    this.#clock = options.clock
    this.#mergedRowsMax = options.mergedRowsMax ?? null
    this.#wholesalers = new WholesalerTable(database, files, storeId)
    this.#batches = new BatchTable(database, files.bodies, this.#wholesalers)
    this.#missing = new MissingTable(database)
    this.#imported = new ImportedTable(database, files.bodies)
    this.images = new SqliteImageLibrary(database, storeId, options.clock)
  }

  async nextNumber(): Promise<number> {
    return nextNumber(this.#database)
  }

  async lastNumber(): Promise<number> {
    return lastNumber(this.#database)
  }

  async raiseNumber(floor: number): Promise<void> {
    raiseNumber(this.#database, floor)
  }

  async wholesaler(name: string): Promise<WholesalerState | null> {
    return this.#wholesalers.state(name)
  }

  async wholesalers(): Promise<readonly WholesalerState[]> {
    return this.#wholesalers.states()
  }

  async addWholesaler(name: string, origin: string | null): Promise<WholesalerState> {
    this.#wholesalers.add(name, origin)
    const state = this.#wholesalers.state(name)
    if (state === null) throw new Error(`the ledger lost the wholesaler ${name}`)
    return state
  }

  async touchSnapshot(name: string, stamp: SourceStamp): Promise<void> {
    this.#wholesalers.touch(name, stamp, this.#clock.now())
    const { id } = this.#wholesalers.require(name)
    const pace = new Pace(this.#clock)
    await settleMissing(this.#database, id, pace)
    await purgeDropped(this.#database, this.#files, id, pace)
  }

  async beginStaging(wholesaler: string, { onto }: StagingOptions = {}): Promise<Staging> {
    return await beginSqliteStaging({
      database: this.#database,
      files: this.#files,
      wholesaler: this.#wholesalers.require(wholesaler),
      clock: this.#clock,
      onto: onto ?? null,
      mergedRowsMax: this.#mergedRowsMax,
    })
  }

  async countPending(wholesaler: string, options: { readonly updateExisting: boolean }): Promise<number> {
    const snapshotId = this.#wholesalers.find(wholesaler)?.currentSnapshot ?? null
    if (snapshotId === null) return 0
    const added = countInState(this.#database, snapshotId, rowState.new)
    return options.updateExisting ? added + countInState(this.#database, snapshotId, rowState.changed) : added
  }

  async countMissing(wholesaler: string): Promise<number> {
    const found = this.#wholesalers.find(wholesaler)
    if (found === null) return 0
    await settleMissing(this.#database, found.id, new Pace(this.#clock))
    return countMissing(this.#database, found.id)
  }

  async countDue(wholesaler: string, how: RetireHow, fetchedAt?: number): Promise<number> {
    const found = this.#wholesalers.find(wholesaler)
    if (found === null) return 0
    await settleMissing(this.#database, found.id, new Pace(this.#clock))
    return this.#missing.countDue(found, how, fetchedAt ?? null)
  }

  async dueProducts(
    wholesaler: string,
    { how, size }: { readonly how: RetireHow; readonly size: number },
  ): Promise<readonly RetiredProduct[]> {
    const found = this.#wholesalers.find(wholesaler)
    return found === null ? [] : this.#missing.due(found, how, size)
  }

  async countInSale(wholesaler: string): Promise<number> {
    const found = this.#wholesalers.find(wholesaler)
    return found === null ? 0 : this.#missing.countInSale(found)
  }

  async noteRetired(
    writer: Writer,
    wholesaler: string,
    { how, keys }: { readonly how: RetireHow; readonly keys: readonly string[] },
  ): Promise<void> {
    this.#missing.noteRetired(writer, this.#wholesalers.require(wholesaler), how, keys)
  }

  async claimBatch(writer: Writer, options: ClaimOptions): Promise<ClaimedBatch | null> {
    return this.#batches.claim(writer, options, this.#clock.now())
  }

  async finishBatch(writer: Writer, batch: ClaimedBatch, results: readonly ItemResult[]): Promise<BatchCounts> {
    return this.#batches.finish(writer, batch, results, this.#clock.now())
  }

  async releaseBatch(writer: Writer, batch: ClaimedBatch): Promise<void> {
    this.#batches.release(writer, batch)
  }

  async putDownBatch(writer: Writer, batch: ClaimedBatch): Promise<void> {
    this.#batches.putDown(writer, batch)
  }

  async halveBatch(writer: Writer, batch: ClaimedBatch): Promise<void> {
    this.#batches.halve(writer, batch)
  }

  async jobCheckpoints(jobId: number): Promise<number> {
    return this.#batches.checkpoints(jobId)
  }

  async countQuarantined(wholesaler: string): Promise<number> {
    const found = this.#wholesalers.find(wholesaler)
    return found === null ? 0 : countQuarantined(this.#database, found)
  }

  async liftQuarantine(wholesaler: string): Promise<number> {
    const found = this.#wholesalers.find(wholesaler)
    return found === null ? 0 : liftQuarantine(this.#database, found.id)
  }

  async jobCounts(jobId: number): Promise<BatchCounts & { readonly batches: number; readonly retired: number }> {
    const retired = this.#missing.countRetired(jobId, this.#wholesalers.storeId)
    return { ...this.#batches.sum(jobId), retired }
  }

  async pendingImages(wholesaler: string, page: Page): Promise<readonly PendingImages[]> {
    const found = this.#wholesalers.find(wholesaler)
    return found === null ? [] : this.#imported.pendingImages(found, page)
  }

  async countPendingImages(wholesaler: string): Promise<number> {
    const found = this.#wholesalers.find(wholesaler)
    return found === null ? 0 : this.#imported.countPendingImages(found)
  }

  async imageStates(wholesaler: string, keys: readonly string[]): Promise<ReadonlyMap<string, ImageState>> {
    const found = this.#wholesalers.find(wholesaler)
    return found === null ? new Map() : this.#imported.imageStates(found, keys)
  }

  async importedOf(wholesaler: string, keys: readonly string[]): Promise<ReadonlyMap<string, ImportedState>> {
    const found = this.#wholesalers.find(wholesaler)
    return found === null ? new Map() : this.#imported.importedOf(found, keys)
  }

  async stagedProduct(wholesaler: string, key: string): Promise<Product | null> {
    const found = this.#wholesalers.find(wholesaler)
    return found === null ? null : this.#imported.stagedProduct(found, key)
  }

  async noteGivenImages(writer: Writer, wholesaler: string, key: string, marks: readonly string[]): Promise<void> {
    this.#imported.noteGivenImages(writer, this.#wholesalers.require(wholesaler), key, marks)
  }

  async finishImages(writer: Writer, wholesaler: string, key: string, imagesFingerprint: string): Promise<void> {
    this.#imported.finishImages(writer, this.#wholesalers.require(wholesaler), key, imagesFingerprint)
  }

  async imported(wholesaler: string, page: Page): Promise<readonly ImportedProduct[]> {
    const found = this.#wholesalers.find(wholesaler)
    return found === null ? [] : this.#imported.page(found, page)
  }

  async reopen(wholesaler: string, keys: readonly string[], what: 'product' | 'images'): Promise<void> {
    await this.#imported.reopen(this.#wholesalers.require(wholesaler), keys, what, new Pace(this.#clock))
  }

  async close(): Promise<void> {
    this.#database.close()
  }
}
