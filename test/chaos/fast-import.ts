/**
 * A process that imports a feed, or recovers a job by importing it, on the program's own parts in fast time.
 * Arguments: `import` or `recover`, state folder, feed, factor, origin, `end` or `leave` (whether a lost owner
 * can be ended from here). Says `claimed JOB TOKEN`, `batch`, and last `ended STATUS` or `refused KIND`; ends with
 * the program's own exit code.
 */
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exitCodeOfEnd, exitCodeOfError } from '../../src/cli/exit-code.js'
import { loadConfig } from '../../src/core/config/load-config.js'
import { resolveWholesalers } from '../../src/core/config/resolve-wholesalers.js'
import { WholesalerError } from '../../src/core/errors.js'
import { createHttpClient } from '../../src/core/http/http-client.js'
import { importImages } from '../../src/core/images/import-images.js'
import type { JobOptions } from '../../src/core/jobs/job.js'
import { openJobStore } from '../../src/core/jobs/lowdb-job-store.js'
import { watchHeartbeats } from '../../src/core/jobs/observe-heartbeat.js'
import { recoverJobs } from '../../src/core/jobs/recover-jobs.js'
import { openJobLedger } from '../../src/core/ledger/sqlite-job-ledger.js'
import { openSqliteLedger } from '../../src/core/ledger/sqlite-ledger.js'
import { openMappedFeedFast } from '../../src/core/map-feed-in-thread.js'
import type { Progress } from '../../src/core/progress.js'
import { runImportJob, type Worksite } from '../../src/core/run-import.js'
import { openCatalogStore } from '../../src/core/store/catalog/catalog-store.js'
import { sampleOptions } from '../core/jobs/sample-jobs.js'
import { type FastTime, fastBootClock, fastClock } from './fast-clock.js'
import { type ScriptOptions, type ScriptProcess, say, startScript } from './script-process.js'

const script = fileURLToPath(import.meta.url)
const wholesaler = 'acme'
const signal = new AbortController().signal

export interface FastImport {
  readonly task: 'import' | 'recover'
  readonly stateDir: string
  readonly feed: string
  readonly time: FastTime
  /** Whether a recovery may end the process that lost the job, or must take it for one of another host. */
  readonly reach: 'end' | 'leave'
}

export function startFastImport(
  { task, stateDir, feed, time, reach }: FastImport,
  options: ScriptOptions = {},
): ScriptProcess {
  return startScript(script, [task, stateDir, feed, time.factor, time.originMs, reach], options)
}

const progress: Progress = {
  emit(event) {
    if (event.type === 'batch') say('batch')
    if (event.type === 'job' && event.job.status === 'running') say(`claimed ${event.job.id} ${event.job.token}`)
  },
}

async function main({ task, stateDir, feed, time, reach }: FastImport): Promise<number> {
  await mkdir(join(stateDir, 'tmp'), { recursive: true })
  const clock = fastClock(time)
  const jobs = openJobStore({ dir: stateDir, clock, onWarning: (message) => say(`warning ${message}`) })
  const ledger = await openJobLedger(join(stateDir, 'ledger.db'))
  const ports = { jobs, ledger, clock, stateDir, progress }
  const open = () => openSite({ stateDir, feed, time })
  const run = { signal, open, exitCodeOf: exitCodeOfEnd }
  if (task === 'import') {
    const options: JobOptions = {
      ...sampleOptions,
      wholesalers: [wholesaler],
      source: feed,
      as: wholesaler,
      configPath: null,
      images: false,
    }
    const { job } = await runImportJob({ ...run, job: options }, ports)
    say(`ended ${job.status}`)
    return 'exitCode' in job ? job.exitCode : 1
  }
  const recovered = await recoverJobs(
    { dryRun: false, wait: true, launch: null, apart: async () => false, signal },
    {
      ...ports,
      watch: watchHeartbeats({ dir: stateDir, bootClockMs: fastBootClock(time) }),
      exitCodes: { gaveUp: 1, cancelled: 130 },
      ...(reach === 'leave' && { endOwner: async () => 'unknown' as const }),
      run: (id) => runImportJob({ ...run, job: id, role: 'worker', ignoreNotBefore: true }, ports),
      onNote: (message) => say(`note ${message}`),
    },
  )
  for (const { job, action } of recovered) say(`recovered ${job.id} ${job.status} ${action}`)
  return 0
}

/** What an import works with, but its clock. */
async function openSite({ stateDir, feed, time }: Pick<FastImport, 'stateDir' | 'feed' | 'time'>): Promise<Worksite> {
  const clock = fastClock(time)
  const store = await openCatalogStore({
    path: join(stateDir, 'catalog.db'),
    mediaDir: join(stateDir, 'media'),
    currency: null,
    clock,
  })
  const ledger = await openSqliteLedger(join(stateDir, 'ledger.db'), { storeIdentity: await store.identity(), clock })
  const config = await loadConfig(null)
  const http = createHttpClient({ clock, trustProxy: config.network.trustProxy })
  const asked = { source: feed, as: wholesaler, preset: null, format: null, lenient: false }
  return {
    store,
    ledger,
    http,
    openMapped: openMappedFeedFast,
    importImages,
    wholesalers: resolveWholesalers(config, asked, { cwd: dirname(feed), env: {} }),
    async close() {
      await http.close()
      await ledger.close()
      await store.close()
    },
  }
}

if (process.argv[1] === script) {
  const [task, stateDir = '', feed = '', factor, originMs, reach] = process.argv.slice(2)
  const time = { factor: Number(factor), originMs: Number(originMs) }
  const words = { task: task === 'import' ? 'import' : 'recover', reach: reach === 'end' ? 'end' : 'leave' } as const
  try {
    process.exitCode = await main({ ...words, stateDir, feed, time })
  } catch (error: unknown) {
    if (!(error instanceof WholesalerError)) throw error
    say(`refused ${error.kind}`)
    process.exitCode = exitCodeOfError(error)
  }
  process.exit()
}
