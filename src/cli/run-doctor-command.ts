/** What `doctor` does between its flags and its answer: chooses the checks, runs them, tells. */
import { join } from 'node:path'
import type { ChalkInstance } from 'chalk'
import type { StatePlace } from '../core/config/find-state-dir.js'
import { loadConfig } from '../core/config/load-config.js'
import { type Check, type Finding, type FindingStatus, runChecks } from '../core/doctor/check.js'
import { checkConfig, checkFeeds } from '../core/doctor/check-feeds.js'
import { checkClock, checkCron, checkNode } from '../core/doctor/check-machine.js'
import { checkShop } from '../core/doctor/check-shop.js'
import {
  checkDatabase,
  checkDisk,
  checkFileSystem,
  checkJobs,
  checkModes,
  checkStateFolder,
} from '../core/doctor/check-state.js'
import { type Machine, thisMachine } from '../core/doctor/machine.js'
import { WholesalerError } from '../core/errors.js'
import { createHttpClient } from '../core/http/http-client.js'
import { ledgerMigrations } from '../core/ledger/schema.js'
import { catalogMigrations } from '../core/store/catalog/schema.js'
import { type DoctorDocument, doctorDocument } from './documents.js'
import { plain } from './print.js'
import { catalogName, ledgerName, openShopClient } from './wiring.js'

export interface DoctorOptions {
  readonly place: StatePlace
  /** Ask no server. */
  readonly offline: boolean
  /** Default: this one. */
  readonly machine?: Machine
}

/** Looks at everything and changes nothing. Throws nothing: what goes wrong is a finding. */
export async function runDoctor({ place, offline, machine = thisMachine }: DoctorOptions): Promise<DoctorDocument> {
  const { stateDir, configPath } = place
  const http = createHttpClient({ clock: machine.clock })
  try {
    const checks: readonly Check[] = [
      checkNode(machine),
      checkStateFolder(machine, stateDir),
      checkModes(stateDir),
      checkFileSystem(machine, stateDir),
      checkDisk(machine, stateDir),
      checkClock(machine, stateDir),
      checkCron(machine),
      checkJobs(stateDir),
      checkDatabase('ledger', join(stateDir, ledgerName), ledgerMigrations.length),
      checkDatabase('catalog', join(stateDir, catalogName), catalogMigrations.length),
      checkConfig(configPath),
      ...(offline ? [] : await serverChecks(configPath, machine, http)),
    ]
    return doctorDocument(await runChecks(checks))
  } finally {
    http.close()
  }
}

/** None for a config that cannot be read: that is a finding already. */
async function serverChecks(
  path: string | null,
  machine: Machine,
  http: ReturnType<typeof createHttpClient>,
): Promise<readonly Check[]> {
  try {
    const config = await loadConfig(path)
    const feeds = checkFeeds({ config, around: { cwd: process.cwd(), env: process.env }, http, machine })
    const { store } = config
    if (store.type === 'catalog') return feeds
    const open = () => openShopClient(path, store, { http, onWarning: () => {} })
    return [...checkShop({ open, uploads: store.images === 'upload', clock: machine.clock }), ...feeds]
  } catch (error: unknown) {
    if (error instanceof WholesalerError) return []
    throw error
  }
}

/** For people: a line for each finding, and what to do below those that are not well. */
export function doctorText({ checks, message }: DoctorDocument, style: ChalkInstance): string {
  const width = Math.max(...checks.map(({ id }) => id.length))
  const lines = checks.flatMap(({ id, status, message: found, hint }: Finding) => [
    `${statusWord(status, style)}  ${plain(id).padEnd(width)}  ${plain(found)}`,
    ...(hint === null ? [] : [`      ${' '.repeat(width)}  ${plain(hint)}`]),
  ])
  return `${[...lines, '', `${message}.`].join('\n')}\n`
}

function statusWord(status: FindingStatus, style: ChalkInstance): string {
  const words = { ok: style.green('ok  '), warn: style.yellow('warn'), fail: style.red('FAIL') }
  return words[status]
}
