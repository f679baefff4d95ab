/** The one place that knows which adapters there are, and builds them from flags, environment and config. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Clock } from '../core/clock.js'
import { systemClock } from '../core/clock.js'
import type { Config, WooCommerceConfig } from '../core/config/config.js'
import type { StatePlace } from '../core/config/find-state-dir.js'
import { hasCode, WholesalerError } from '../core/errors.js'
import type { HttpClient } from '../core/http/http-client.js'
import type { ImportImages } from '../core/images/import-images.js'
import type { JobStore } from '../core/jobs/job-store.js'
import type { Ledger, Writer } from '../core/ledger/ledger.js'
import type { JobLedger } from '../core/ledger/sqlite-job-ledger.js'
import type { OpenMappedFeed } from '../core/map-feed.js'
import type { CatalogStore } from '../core/store/catalog/catalog-store.js'
import type { Store } from '../core/store/store.js'
import type { ShopClient } from '../core/store/woocommerce/shop-client.js'
import { httpWhenAsked } from './http-when-asked.js'

export const catalogName = 'catalog.db'
export const ledgerName = 'ledger.db'
const mediaName = 'media'

/** Everything a writing command works with. To be closed by `close`. */
export interface Workshop {
  readonly store: Store
  readonly ledger: Ledger
  readonly jobs: JobStore
  readonly http: HttpClient
  readonly clock: Clock
  readonly openMapped: OpenMappedFeed
  readonly importImages: ImportImages
  readonly stateDir: string
  close(): Promise<void>
}

/** Opens store, ledger and jobs of a state folder, creating what is not there. `signal` ends waiting for a shop. */
export async function openWorkshop(
  stateDir: string,
  config: Config,
  onWarning: (message: string) => void,
  signal?: AbortSignal,
): Promise<Workshop> {
  const clock = systemClock
  const [{ openSqliteLedger }, { openJobStore }] = await Promise.all([
    import('../core/ledger/sqlite-ledger.js'),
    import('../core/jobs/lowdb-job-store.js'),
  ])
  await makeStateDir(stateDir)
  const http = httpWhenAsked({ clock, trustProxy: config.network.trustProxy })
  const store = await openConfigured(stateDir, config, { http, onWarning, ...(signal === undefined ? {} : { signal }) })
  try {
    const storeIdentity = await store.identity()
    const numbersSeen = () => highestNumberSeen(stateDir)
    const ledger = await openSqliteLedger(join(stateDir, ledgerName), { storeIdentity, clock, numbersSeen })
    const jobs = openJobStore({ dir: stateDir, clock, onWarning })
    return {
      store,
      ledger,
      jobs,
      http,
      clock,
      openMapped,
      importImages,
      stateDir,
      async close() {
        await http.close()
        await jobs.close()
        await ledger.close()
        await store.close()
      },
    }
  } catch (error: unknown) {
    await store.close()
    throw error
  }
}

/** Loaded with the first feed that has to be read: most runs find nothing new. */
const openMapped: OpenMappedFeed = async (plan, signal) => {
  const { openMappedFeedFast } = await import('../core/map-feed-in-thread.js')
  return await openMappedFeedFast(plan, signal)
}

/** Loaded with the first image that is wanted. */
const importImages: ImportImages = async (run) => {
  const images = await import('../core/images/import-images.js')
  return await images.importImages(run)
}

/** The lock of the job file, for messages about its holder. */
export function jobLockPath(stateDir: string): string {
  return join(stateDir, 'jobs.lock.db')
}

/** The jobs of a state folder, to be looked at: reading creates nothing. */
export async function openJobs(
  stateDir: string,
  onWarning: (message: string) => void,
): Promise<Pick<JobStore, 'read'>> {
  const { openJobStore } = await import('../core/jobs/lowdb-job-store.js')
  return openJobStore({ dir: stateDir, clock: systemClock, onWarning })
}

/** What working with jobs needs when no store is touched: no config is read, so it works when that is broken. */
export interface JobDesk {
  readonly jobs: JobStore
  readonly ledger: JobLedger
  readonly clock: Clock
  readonly stateDir: string
  close(): Promise<void>
}

/** Loads what `openJobDesk` needs, so that a server does not stand still for it at the first request. */
export async function loadJobDesk(): Promise<void> {
  const { loadEngine } = await import('../core/sqlite-engine.js')
  await Promise.all([
    import('../core/ledger/sqlite-job-ledger.js'),
    import('../core/jobs/lowdb-job-store.js'),
    loadEngine(),
  ])
}

/** Opens the jobs of a state folder, creating what is not there. */
export async function openJobDesk(
  stateDir: string,
  onWarning: (message: string) => void,
  { lockWaitMs }: { readonly lockWaitMs?: number } = {},
): Promise<JobDesk> {
  const clock = systemClock
  const [{ openJobLedger }, { openJobStore }] = await Promise.all([
    import('../core/ledger/sqlite-job-ledger.js'),
    import('../core/jobs/lowdb-job-store.js'),
  ])
  await makeStateDir(stateDir)
  const ledger = await openJobLedger(join(stateDir, ledgerName), () => highestNumberSeen(stateDir))
  const jobs = openJobStore({ dir: stateDir, clock, onWarning, ...(lockWaitMs === undefined ? {} : { lockWaitMs }) })
  const raiseFences = async (writer: Writer) => {
    await ledger.raiseFence(writer)
    await inCatalog(stateDir, (catalog) => catalog.raiseFence(writer))
  }
  return {
    jobs,
    ledger: { ...ledger, raiseFence: raiseFences },
    clock,
    stateDir,
    async close() {
      await jobs.close()
      await ledger.close()
    },
  }
}

/** The part of the ledger that all jobs share, for looking at it. Null where nothing was ever imported. */
export async function openLedgerOfJobs(stateDir: string): Promise<JobLedger | null> {
  if (!hasLedger(stateDir)) return null
  const { openJobLedger } = await import('../core/ledger/sqlite-job-ledger.js')
  return await openJobLedger(join(stateDir, ledgerName), () => highestNumberSeen(stateDir))
}

/** True when something was staged or imported in this folder before. */
export function hasLedger(stateDir: string): boolean {
  return existsSync(join(stateDir, ledgerName))
}

/**
 * Opens the store for looking at it. Throws `usage` for a catalog into which nothing was ever imported, and `config`
 * when the credentials of a shop are missing.
 */
export async function openStore({ stateDir, configPath }: StatePlace): Promise<Store> {
  const config = await readConfig(configPath)
  if (config.store.type === 'catalog') {
    findCatalog(stateDir)
    return await openCatalog(stateDir, null)
  }
  const { createHttpClient } = await import('../core/http/http-client.js')
  const http = createHttpClient({ clock: systemClock, trustProxy: config.network.trustProxy })
  const store = await openConfigured(stateDir, config, { http, onWarning: () => {} })
  const close = store.close.bind(store)
  return Object.assign(store, {
    close: async () => {
      await close()
      await http.close()
    },
  })
}

/** Opens store and ledger for looking at them. Both are to be closed. Throws `usage` when nothing was ever imported. */
export async function openShop(place: StatePlace): Promise<{ readonly store: Store; readonly ledger: Ledger }> {
  const { openSqliteLedger } = await import('../core/ledger/sqlite-ledger.js')
  const store = await openStore(place)
  try {
    const storeIdentity = await store.identity()
    const numbersSeen = () => highestNumberSeen(place.stateDir)
    const options = { storeIdentity, clock: systemClock, numbersSeen }
    return { store, ledger: await openSqliteLedger(join(place.stateDir, ledgerName), options) }
  } catch (error: unknown) {
    await store.close()
    throw error
  }
}

/** Path of the catalog that the config names. Throws `usage` for a shop: it is not ours to export. */
export async function findOwnCatalog({ stateDir, configPath }: StatePlace): Promise<string> {
  const { store } = await readConfig(configPath)
  if (store.type === 'catalog') return findCatalog(stateDir)
  throw new WholesalerError({
    kind: 'usage',
    message: 'only the embedded catalog is exported, and the config names a WooCommerce shop',
    hint: 'The shop exports its products itself: Products, Export.',
  })
}

async function readConfig(path: string | null): Promise<Config> {
  const { loadConfig } = await import('../core/config/load-config.js')
  return await loadConfig(path)
}

/** File of an image of the embedded catalog, by the sha256 that names it; null when there is none. */
export async function findCatalogImage(stateDir: string, sha256: string) {
  const { findMedia } = await import('../core/store/catalog/media-folder.js')
  return findMedia(join(stateDir, mediaName), sha256)
}

/** Path of the catalog. Throws `usage` when there is none. */
export function findCatalog(stateDir: string): string {
  const path = join(stateDir, catalogName)
  if (existsSync(path)) return path
  throw new WholesalerError({
    kind: 'usage',
    message: 'there is no catalog yet',
    hint: 'Import a feed first: wholesaler import products.csv. Or name the right folder with --state-dir.',
    place: { file: path },
  })
}

/** A ledger and an HTTP client in a folder that is thrown away: for looking at feeds. */
export async function openLookout(stateDir: string, config: Config) {
  const clock = systemClock
  const { openSqliteLedger } = await import('../core/ledger/sqlite-ledger.js')
  const ledger = await openSqliteLedger(join(stateDir, ledgerName), { storeIdentity: 'none', clock })
  const http = httpWhenAsked({ clock, trustProxy: config.network.trustProxy })
  return {
    ledger,
    http,
    clock,
    openMapped,
    stateDir,
    async close() {
      await http.close()
      await ledger.close()
    },
  }
}

interface ShopSurroundings {
  readonly http: HttpClient
  readonly onWarning: (message: string) => void
  readonly signal?: AbortSignal
}

async function openConfigured(stateDir: string, config: Config, around: ShopSurroundings): Promise<Store> {
  const { store } = config
  if (store.type === 'catalog') return await openCatalog(stateDir, store.currency ?? null)
  const { createWooCommerceStore } = await import('../core/store/woocommerce/woocommerce-store.js')
  const { url: _url, requests, weightUnit, sizeUnit, ...choices } = store
  return createWooCommerceStore({
    ...choices,
    ...around,
    clock: systemClock,
    ledgerId: await ledgerId(stateDir),
    client: await openShopClient(config.path, store, around),
    units: { weight: weightUnit, size: sizeUnit },
    requests: { sizeMax: requests.size, inFlightMax: requests.inFlight },
  })
}

/** The shop's API, with the credentials of the environment. Throws `config` when they are missing or cannot work. */
export async function openShopClient(
  configPath: string | null,
  store: WooCommerceConfig,
  around: ShopSurroundings,
): Promise<ShopClient> {
  const [{ createShopClient }, { readShopCredentials }] = await Promise.all([
    import('../core/store/woocommerce/client.js'),
    import('../core/store/woocommerce/credentials.js'),
  ])
  const credentials = readShopCredentials(process.env, {
    url: store.url,
    folder: configPath === null ? process.cwd() : dirname(configPath),
    uploads: store.images === 'upload',
  })
  return createShopClient({ url: store.url, credentials, clock: systemClock, ...around })
}

/** Goes with the ledger of a state folder, and is gone with it. */
const ledgerIdName = 'ledger.id'

/** Random for each state folder, made when it is first needed; two processes that need it at once get the same. */
async function ledgerId(stateDir: string): Promise<string> {
  const { mkdir, readFile, writeFile } = await import('node:fs/promises')
  const path = join(stateDir, ledgerIdName)
  if (!existsSync(path)) {
    await mkdir(stateDir, { recursive: true, mode: stateDirMode })
    await writeFile(path, randomBytes(6).toString('hex'), { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error
    })
  }
  return (await readFile(path, 'utf8')).trim()
}

/** What a new ledger numbers above: the job file, the signs of life, and the fences of the catalog. */
async function highestNumberSeen(stateDir: string): Promise<number> {
  const { highestNumberIn } = await import('../core/jobs/highest-number.js')
  const inStore = await inCatalog(stateDir, (catalog) => catalog.highestNumber())
  return Math.max(await highestNumberIn(stateDir), inStore ?? 0)
}

/** Null when there is no catalog. */
async function inCatalog<T>(stateDir: string, look: (catalog: CatalogStore) => Promise<T>): Promise<T | null> {
  if (!existsSync(join(stateDir, catalogName))) return null
  const catalog = await openCatalog(stateDir, null)
  try {
    return await look(catalog)
  } finally {
    await catalog.close()
  }
}

async function openCatalog(stateDir: string, currency: string | null): Promise<CatalogStore> {
  const { openCatalogStore } = await import('../core/store/catalog/catalog-store.js')
  return await openCatalogStore({
    path: join(stateDir, catalogName),
    mediaDir: join(stateDir, mediaName),
    currency,
    clock: systemClock,
  })
}

/** Owner only: state may tell what a shop pays for its goods. */
const stateDirMode = 0o700

async function makeStateDir(stateDir: string): Promise<void> {
  const { mkdir } = await import('node:fs/promises')
  try {
    await mkdir(join(stateDir, 'tmp'), { recursive: true, mode: stateDirMode })
  } catch (error: unknown) {
    throw new WholesalerError({
      kind: 'unexpected',
      message: `the state folder cannot be made: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'Check the rights of the folder, or name another one with --state-dir.',
      place: { file: stateDir },
      cause: error,
    })
  }
}
