/** A server in a fresh folder with a small shop, asked as strangers ask it. */
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../src/core/clock.js'
import { livingWorkers } from '../../src/core/jobs/worker-registry.js'
import { type ServeLimits, serveLimits } from '../../src/serve/limits.js'
import type { Processes } from '../../src/serve/processes.js'
import { type ServeOptions, serve } from '../../src/serve/serve.js'
import { projectRoot } from '../support/project.js'
import { inTempDir } from '../support/temp-dir.js'
import { type Answer, ask } from './ask.js'

export const token = 'canary-0123456789abcdef'

export interface ServedPlace {
  readonly dir: string
  readonly stateDir: string
  readonly url: string
  readonly loginUrl: string
  /** What the operator was told. */
  readonly reported: readonly unknown[]
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  post(path: string, body?: object, headers?: Readonly<Record<string, string>>): Promise<Answer>
}

export interface ServeTestOptions extends Partial<Pick<ServeOptions, 'requireToken' | 'allowHosts' | 'host'>> {
  readonly limits?: Partial<ServeLimits>
  readonly clock?: Clock
  /** Start no processes: jobs wait. Default false. */
  readonly idle?: boolean
}

/** No process comes up. */
const noProcesses: Processes = {
  startWorker: () => ({ pid: 0, ended: Promise.resolve('no process is started here') }),
  startRecovery: () => {},
}

/** The shop of the first example, as the wholesaler `small` of a config. */
export function writeShop(dir: string): void {
  cpSync(join(projectRoot, 'examples/01-csv-to-catalog'), dir, { recursive: true })
  writeFileSync(
    join(dir, 'wholesaler.config.json'),
    JSON.stringify({ wholesalers: { small: { feed: './products.csv' } } }),
  )
}

export async function inServedPlace<T>(
  options: ServeTestOptions,
  body: (place: ServedPlace) => Promise<T>,
): Promise<T> {
  return await inTempDir(async (dir) => {
    writeShop(dir)
    return await serving(dir, options, body)
  })
}

/** A server in this folder, which is there already. */
export async function serving<T>(
  dir: string,
  options: ServeTestOptions,
  body: (place: ServedPlace) => Promise<T>,
): Promise<T> {
  const reported: unknown[] = []
  const stateDir = join(dir, '.wholesaler')
  const server = await serve({
    place: { stateDir, configPath: join(dir, 'wholesaler.config.json') },
    host: options.host ?? '127.0.0.1',
    port: 0,
    requireToken: options.requireToken ?? false,
    allowHosts: options.allowHosts ?? [],
    env: { WHOLESALER_TOKEN: token },
    clock: options.clock ?? systemClock,
    report: (error) => reported.push(error),
    limits: { ...serveLimits, ...options.limits },
    ...(options.idle === true ? { processes: noProcesses } : {}),
  })
  const { url, loginUrl } = server
  const get: ServedPlace['get'] = (path, headers = {}) => ask(url, { path, headers })
  const post: ServedPlace['post'] = (path, given, headers = {}) => {
    const type: Record<string, string> = given === undefined ? {} : { 'content-type': 'application/json' }
    const sent = given === undefined ? {} : { body: JSON.stringify(given) }
    return ask(url, { method: 'POST', path, headers: { ...type, ...headers }, ...sent })
  }
  try {
    return await body({ dir, stateDir, url, loginUrl, reported, get, post })
  } finally {
    await server.close()
    await workersEnded(stateDir)
  }
}

/** Workers that were started outlive the server, and not the test. */
async function workersEnded(stateDir: string): Promise<void> {
  const until = Date.now() + 60_000
  while ((await livingWorkers(stateDir, { now: Date.now() })).length > 0 && Date.now() < until) {
    await systemClock.sleep(50)
  }
}

/** Asks for the job until it is in one of these states. Fails after a minute. */
export async function untilJob(place: ServedPlace, id: number, ...states: readonly string[]): Promise<Answer> {
  const until = Date.now() + 60_000
  for (;;) {
    const answer = await place.get(`/wp-json/wholesaler/v1/background-status/${id}`)
    if (states.includes(answer.json.job?.status)) return answer
    if (Date.now() > until) throw new Error(`job ${id} did not become ${states.join(' or ')}: ${answer.text}`)
    await systemClock.sleep(50)
  }
}
