/**
 * Reads, maps and stages one feed, as `import` does: into a fresh ledger, or into that of the folder that is named, which
 * stays. Run as a process of its own.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { systemClock } from '../../dist/core/clock.js'
import { defaultConfig } from '../../dist/core/config/load-config.js'
import { resolveWholesalers } from '../../dist/core/config/resolve-wholesalers.js'
import { createHttpClient } from '../../dist/core/http/http-client.js'
import { openSqliteLedger } from '../../dist/core/ledger/sqlite-ledger.js'
import { openMappedFeedFast } from '../../dist/core/map-feed-in-thread.js'
import { silent } from '../../dist/core/progress.js'
import { stageFeed } from '../../dist/core/stage-feed.js'

const [path = '', folder] = process.argv.slice(2)
const stateDir = folder ?? (await mkdtemp(join(dirname(path), 'stage-')))
const ledger = await openSqliteLedger(join(stateDir, 'ledger.db'), { storeIdentity: 'bench', clock: systemClock })
const [wholesaler] = resolveWholesalers(
  defaultConfig,
  { source: path, as: 'bench', preset: null, format: null, lenient: path.endsWith('stray.csv') },
  { cwd: process.cwd(), env: process.env },
)
if (wholesaler === undefined) throw new Error(`no wholesaler for ${path}`)

const started = performance.now()
const cpuBefore = process.cpuUsage()
const { feed } = await stageFeed(
  wholesaler,
  {
    ledger,
    http: createHttpClient({ clock: systemClock }),
    clock: systemClock,
    progress: silent,
    stateDir,
    onReject: () => {},
    openMapped: openMappedFeedFast,
  },
  {
    remap: false,
    checksum: false,
    allowShrink: false,
    dryRun: false,
    allowPrivateHosts: [],
    signal: new AbortController().signal,
  },
)
const ms = performance.now() - started
const cpu = process.cpuUsage(cpuBefore)
await ledger.close()
if (folder === undefined) await rm(stateDir, { recursive: true })
console.log(
  JSON.stringify({
    ms,
    cpuMs: (cpu.user + cpu.system) / 1000,
    records: feed.products,
    rssMb: process.resourceUsage().maxRSS / 1024,
  }),
)
