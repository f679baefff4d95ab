/** The server with all its parts, built and ended together. */
import { type DocumentHead, documentHead } from '../cli/documents.js'
import { loadJobDesk, openLedgerOfJobs, openStore } from '../cli/wiring.js'
import type { Clock } from '../core/clock.js'
import type { StatePlace } from '../core/config/find-state-dir.js'
import { loadConfig } from '../core/config/load-config.js'
import { WholesalerError } from '../core/errors.js'
import { createApp } from './app.js'
import { openAudits } from './audits.js'
import { isLoopback } from './front-door.js'
import { notFound } from './http-error.js'
import { openJobBoard } from './job-board.js'
import { openJobNews } from './job-news.js'
import { createKeeper } from './keeper.js'
import { type ServeLimits, serveLimits } from './limits.js'
import { openProcesses, type Processes } from './processes.js'
import type { ServePorts } from './route.js'
import { startServer } from './server.js'
import { watchStuck } from './stuck-watch.js'
import { createPasses, readToken, tokenFileName, tokenVariable } from './token.js'

export interface ServeOptions {
  readonly place: StatePlace
  readonly host: string
  readonly port: number
  /** Also from this machine. */
  readonly requireToken: boolean
  readonly allowHosts: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** For the operator: warnings, and what nobody foresaw. */
  readonly report: (error: unknown) => void
  /** Default: `serveLimits`. */
  readonly limits?: ServeLimits
  /** Default: real ones. */
  readonly processes?: Processes
}

export interface Serving {
  readonly url: string
  /** Signs one browser in, once. */
  readonly loginUrl: string
  close(): Promise<void>
}

export interface ServeDocument extends DocumentHead {
  readonly message: string
  readonly url: string
  readonly login_url: string
}

export function serveDocument({ url, loginUrl }: Serving): ServeDocument {
  return { ...documentHead(true), message: `Serving at ${url}`, url, login_url: loginUrl }
}

/** Throws `config` when a token is needed and there is none, and `usage` when the address is not to be had. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { place, clock, host, port, report, limits = serveLimits } = options
  const { processes = openProcesses(place.stateDir) } = options
  const isLocal = isLoopback(host)
  const token = await readToken({ stateDir: place.stateDir, env: options.env, make: isLocal })
  if (token === null) throw tokenNeeded(host)

  const passes = createPasses(token, clock)
  const board = openJobBoard({ stateDir: place.stateDir, clock, onWarning: report })
  const stuck = watchStuck({ board, stateDir: place.stateDir, clock, onError: report })
  const news = openJobNews({ board, stuck, clock, watchersMax: limits.watchersMax, onError: report })
  const store = createKeeper(() => openShopToLookAt(place), clock)
  const ledger = createKeeper(() => openLedgerToLookAt(place), clock)
  const audits = openAudits(place, clock)
  const ports: ServePorts = {
    audits,
    place,
    clock,
    limits,
    board,
    stuck,
    news,
    passes,
    store,
    ledger,
    processes,
    report,
  }
  const rules = {
    token,
    passes,
    isLocal,
    trustsLoopback: isLocal && !options.requireToken,
    hosts: options.allowHosts.map((name) => name.toLowerCase()),
  }
  // Before anybody waits for it; what is wrong with the config is better said now than at the first import.
  await Promise.all([loadJobDesk(), loadConfig(place.configPath).catch(report)])
  const server = await startServer({ app: createApp(ports), rules, limits, clock, host, port })
  return {
    url: server.url,
    loginUrl: `${server.url}/login?code=${passes.newCode()}`,
    async close() {
      news.close()
      stuck.close()
      await audits.close()
      await server.close()
      await store.close()
      await ledger.close()
    },
  }
}

async function openShopToLookAt(place: StatePlace) {
  try {
    return await openStore(place)
  } catch (error: unknown) {
    if (error instanceof WholesalerError && error.kind === 'usage')
      throw notFound(error.message, 'Import a feed first.')
    throw error
  }
}

async function openLedgerToLookAt({ stateDir }: StatePlace) {
  const ledger = await openLedgerOfJobs(stateDir)
  if (ledger === null) throw notFound('nothing was imported yet', 'Import a feed first.')
  return ledger
}

function tokenNeeded(host: string): WholesalerError {
  return new WholesalerError({
    kind: 'config',
    message: `at ${host} others can reach the server, and there is no token`,
    hint: `Set ${tokenVariable}, or put one into the file ${tokenFileName} of the state folder: openssl rand -hex 32`,
  })
}
