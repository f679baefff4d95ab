/** An import that was asked for over HTTP: of configured wholesalers only, in a worker of its own. */
import type { ImportDocument } from '../cli/documents.js'
import { scheduleInBackground } from '../cli/run-in-background.js'
import { openJobDesk } from '../cli/wiring.js'
import { loadConfig } from '../core/config/load-config.js'
import { resolveWholesalers } from '../core/config/resolve-wholesalers.js'
import type { JobOptions } from '../core/jobs/job.js'
import { silent } from '../core/progress.js'
import { badRequest, HttpError } from './http-error.js'
import type { ServePorts } from './route.js'

/** What nothing is said about over HTTP: as `import` has it. */
const unsaid = {
  source: null,
  stdinSha256: null,
  as: null,
  preset: null,
  format: null,
  lenient: false,
  verify: false,
  remap: false,
  checksum: false,
  retryImages: false,
  refreshImages: false,
  maxDurationMs: null,
  maxDelete: null,
  allowShrink: false,
  priority: 5,
} as const satisfies Partial<JobOptions>

export interface ImportWish extends Pick<JobOptions, 'batches' | 'perBatch' | 'images' | 'updateExisting'> {
  /** Null: all that are configured. */
  readonly wholesalers: readonly string[] | null
}

/** Jobs that may wait: each has a process that waits with it. */
const waitingMax = 20

/**
 * Throws `bad_request` for a wholesaler that is not configured, `too_many_requests` when many jobs wait already, and
 * what making a job throws.
 */
export async function startImport(
  { wholesalers: names, ...wish }: ImportWish,
  { place, clock, processes, board, report }: ServePorts,
): Promise<ImportDocument> {
  const { jobs } = await board.read()
  if (jobs.filter(({ status }) => status === 'scheduled').length >= waitingMax) throw tooManyWait
  const config = await loadConfig(place.configPath)
  const question = { source: null, as: null, preset: null, format: null, lenient: false }
  const all = resolveWholesalers(config, question, { cwd: process.cwd(), env: process.env })
  const known = all.map(({ name }) => name)
  const unknown = names?.find((name) => !known.includes(name))
  if (unknown !== undefined) throw badRequest('there is no such wholesaler', `There are: ${known.join(', ')}.`)
  const options: JobOptions = {
    ...unsaid,
    ...wish,
    wholesalers: names === null ? known : known.filter((name) => names.includes(name)),
    configPath: place.configPath,
    allowPrivateHosts: config.network.allowPrivate,
  }
  const desk = await openJobDesk(place.stateDir, (message) => report(message))
  try {
    const ports = { ...desk, spawn: processes.startWorker }
    return await scheduleInBackground(options, ports, { display: silent, clock })
  } finally {
    await desk.close()
  }
}

const tooManyWait = new HttpError({
  code: 'too_many_requests',
  message: `${waitingMax} jobs wait already`,
  hint: 'Cancel some, or wait until they are done.',
  headers: { 'retry-after': '60' },
})
