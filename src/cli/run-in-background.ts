/** `import --background`: the job is made, a worker of its own starts on it, and the answer comes at once. */
import type { Clock } from '../core/clock.js'
import type { JobPorts } from '../core/jobs/claim-job.js'
import type { JobOptions } from '../core/jobs/job.js'
import type { StartedWorker } from '../core/jobs/launch-worker.js'
import { quickLook } from '../core/jobs/quick-look.js'
import { scheduleImport } from '../core/jobs/schedule-import.js'
import type { Progress } from '../core/progress.js'
import { checkOrigins, type ImportRequest, tellStuck } from '../core/run-import.js'
import { type ImportDocument, importDocument } from './documents.js'
import { exitDone } from './exit-code.js'
import { spawnWorker } from './spawn-worker.js'
import type { Workshop } from './wiring.js'

/** Throws only when no job could be made. */
export async function runInBackground(
  { wholesalers, options }: ImportRequest,
  workshop: Workshop,
  told: Told,
): Promise<ImportDocument> {
  await checkOrigins(wholesalers, workshop.ledger)
  const spawn = (jobId: number) => spawnWorker(workshop.stateDir, jobId)
  return await scheduleInBackground(options, { ...workshop, spawn }, told)
}

interface Told {
  readonly display: Progress
  readonly clock: Clock
}

/** For options whose wholesalers are known not to be others of the same name. Throws only when no job could be made. */
export async function scheduleInBackground(
  options: JobOptions,
  ports: JobPorts & { readonly spawn: (jobId: number) => StartedWorker },
  { display, clock }: Told,
): Promise<ImportDocument> {
  tellStuck(await quickLook(ports), display)
  const { job, fallbacks } = await scheduleImport(options, ports)
  display.emit({ type: 'job', job })
  const launches = fallbacks.filter(({ name }) => name === 'primary' || name === 'immediate_retry')
  const isTaken = launches.some(({ state }) => state !== 'failed')
  return importDocument({
    exitCode: exitDone,
    job,
    nowMs: clock.now(),
    scheduled: true,
    fallbacks,
    message: isTaken
      ? 'Background import scheduled with multiple fallbacks'
      : 'Background import scheduled; no worker could be started, so it waits in the queue',
    dryRun: false,
    feeds: [],
    pending: null,
    imagesPending: null,
  })
}

/** For people: what to type next. */
export function backgroundText({ job_id: id, message, fallbacks }: ImportDocument): string {
  const lines = fallbacks
    .filter(({ state }) => state !== 'ready')
    .map(({ name, state, note }) => `  ${name.replaceAll('_', ' ')} ${state}${note === null ? '' : `: ${note}`}\n`)
  return `Job ${id}: ${message}.\n${lines.join('')}Follow it with: wholesaler status ${id} --watch\n`
}
