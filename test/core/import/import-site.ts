/** A whole import in this process: a feed file, an SQLite ledger, a store in memory and a clock that is told the time. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseConfig } from '../../../src/core/config/config-schema.js'
import { resolveWholesalers } from '../../../src/core/config/resolve-wholesalers.js'
import type { HttpClient } from '../../../src/core/http/http-client.js'
import { importImages } from '../../../src/core/images/import-images.js'
import { type ImportReport, type ImportRun, importFeeds } from '../../../src/core/import-feed.js'
import type { ImportPorts } from '../../../src/core/import-ports.js'
import type { JobOptions } from '../../../src/core/jobs/job.js'
import type { Writer } from '../../../src/core/ledger/ledger.js'
import { openSqliteLedger } from '../../../src/core/ledger/sqlite-ledger.js'
import { openMappedFeed } from '../../../src/core/map-feed.js'
import { type ImportPreview, previewImport } from '../../../src/core/preview-import.js'
import { type ProgressEvent, silent } from '../../../src/core/progress.js'
import { MemoryStore } from '../../../src/core/store/memory-store.js'
import type { Store } from '../../../src/core/store/store.js'
import type { Wholesaler } from '../../../src/core/wholesaler.js'
import { type FixedClock, fixedClock } from '../../support/fixed-clock.js'
import { inTempDir } from '../../support/temp-dir.js'
import { sampleOptions } from '../jobs/sample-jobs.js'

export interface ImportSite {
  readonly dir: string
  readonly clock: FixedClock
  readonly store: MemoryStore
  readonly ports: ImportPorts
  /** What was told of the last run. */
  readonly events: readonly ProgressEvent[]
  /** Writes the feed of the wholesaler `aren`. */
  feed(content: string | Uint8Array): Promise<void>
  /** Imports it. */
  run(options?: Partial<JobOptions>, config?: object, expected?: ImportRun['expected']): Promise<ImportReport>
  /** As `run`, for a job that another process may have begun. */
  runAs(writer: Writer, options?: Partial<JobOptions>, store?: Store): Promise<ImportReport>
  preview(options?: Partial<JobOptions>): Promise<ImportPreview>
  newWriter(): Promise<Writer>
  /** Names of the products, with `hidden` and `sold out` where they are. */
  shelf(): readonly string[]
}

/** `config`: what the config file says about the wholesaler, beside its feed. */
export async function atImportSite(config: object, body: (site: ImportSite) => Promise<void>): Promise<void> {
  await inTempDir(async (dir) => {
    const clock = fixedClock()
    const store = new MemoryStore()
    const ledger = await openSqliteLedger(join(dir, 'ledger.db'), { storeIdentity: 'memory', clock })
    const events: ProgressEvent[] = []
    const ports: ImportPorts = {
      ledger,
      store,
      clock,
      stateDir: dir,
      http: nobody,
      openMapped: openMappedFeed,
      importImages,
      progress: { emit: (event) => events.push(event) },
      rejects: { add: () => {}, path: null, flush: () => {}, close: () => {} },
    }
    const path = join(dir, 'feed.csv')
    const options = { ...sampleOptions, images: false, batches: null }
    const wholesalers = (said: object) => wholesalersOf(dir, { feed: path, ...said })
    const newWriter = async () => ({ jobId: await ledger.nextNumber(), token: await ledger.nextNumber() })
    const runAs = (
      writer: Writer,
      changed: Partial<JobOptions>,
      { said, shop, expected }: { said: object; shop: Store; expected?: ImportRun['expected'] },
    ) => {
      events.length = 0
      return importFeeds(
        {
          ...(expected === undefined ? {} : { expected }),
          wholesalers: wholesalers(said),
          options: { ...options, ...changed },
          writer,
          signal: new AbortController().signal,
          onCounts: () => {},
        },
        { ...ports, store: shop },
      )
    }
    try {
      await body({
        dir,
        clock,
        store,
        ports,
        events,
        newWriter,
        feed: (content) => writeFile(path, content),
        run: async (changed = {}, said = {}, expected = undefined) =>
          runAs(await newWriter(), changed, {
            said: { ...config, ...said },
            shop: store,
            ...(expected === undefined ? {} : { expected }),
          }),
        runAs: (writer, changed = {}, shop = store) => runAs(writer, changed, { said: config, shop }),
        preview: (changed = {}) =>
          previewImport(
            wholesalers(config),
            { ...options, ...changed },
            { ...ports, progress: silent, onReject: () => {} },
            new AbortController().signal,
          ),
        shelf: () => shelfOf(store),
      })
    } finally {
      await ledger.close()
    }
  })
}

function wholesalersOf(dir: string, said: object): readonly Wholesaler[] {
  const config = parseConfig({ wholesalers: { aren: said } }, join(dir, 'wholesaler.config.json'))
  const request = { source: null, as: null, preset: null, format: null, lenient: false }
  return resolveWholesalers(config, request, { cwd: dir, env: {} })
}

function shelfOf(store: MemoryStore): readonly string[] {
  return store.entries
    .filter(({ parentId }) => parentId === null)
    .map(({ fields: { name, status, inStock } }) => {
      if (status === 'draft') return `${name}, hidden`
      return inStock === false ? `${name}, sold out` : `${name}`
    })
    .sort()
}

/** Nothing here asks a server. */
const nobody = new Proxy({} as HttpClient, {
  get: () => () => {
    throw new Error('a test asked the network')
  },
})
