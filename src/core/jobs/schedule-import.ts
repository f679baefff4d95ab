/**
 * An import in the background: the job is made, and five ways lead to its end. The first two are tried here;
 * the others are there whatever becomes of this process.
 */
import { createJob, type JobPorts } from './claim-job.js'
import type { Job, JobOptions } from './job.js'
import { type LaunchPorts, launchWorker } from './launch-worker.js'
import { livingWorkers } from './worker-registry.js'

export const fallbackNames = ['primary', 'immediate_retry', 'backup_queue', 'stuck_monitor', 'manual'] as const

/** One of the five ways in which an import gets done. */
export interface Fallback {
  readonly name: (typeof fallbackNames)[number]
  /** `used`: it does the job; `ready`: it would; `failed`: it was tried. */
  readonly state: 'used' | 'ready' | 'failed'
  /** For people. */
  readonly note: string | null
}

export interface ScheduledImport {
  /** As it is now: scheduled, or in the hands of its worker already. */
  readonly job: Job
  /** All five, in their order. */
  readonly fallbacks: readonly Fallback[]
}

/**
 * Makes a job and starts a worker for it; when none comes up, once more; when none comes up at all, the job
 * waits in the queue. Throws only when the job could not be made.
 */
export async function scheduleImport(
  options: JobOptions,
  ports: JobPorts & Pick<LaunchPorts, 'spawn'>,
): Promise<ScheduledImport> {
  const job = await createJob(options, ports)
  const primary = await tryToLaunch(job.id, 'primary', ports)
  const retry = primary.state === 'failed' ? await tryToLaunch(job.id, 'immediate_retry', ports) : readyRetry
  const fallbacks: Fallback[] = [
    primary,
    retry,
    await backupQueue([primary, retry], ports),
    {
      name: 'stuck_monitor',
      state: 'ready',
      note: 'wholesaler recover --detach each minute from cron, and every worker',
    },
    { name: 'manual', state: 'ready', note: `wholesaler recover ${job.id}` },
  ]
  return { job: (await ports.jobs.read()).get(job.id) ?? job, fallbacks: fallbacks.map(asTold) }
}

const readyRetry: Fallback = { name: 'immediate_retry', state: 'ready', note: null }
const queueNote = 'wholesaler worker takes jobs by priority'

function asTold({ name, state, note }: Fallback): Fallback {
  return { name, state, note }
}

/** A fallback that was tried, and who has the job when that is a worker that lived already. */
type Tried = Fallback & { readonly otherPid?: number }

async function tryToLaunch(
  id: number,
  name: 'primary' | 'immediate_retry',
  ports: Omit<LaunchPorts, 'clock'> & JobPorts,
): Promise<Tried> {
  const launched = await launchWorker(id, ports)
  if (!launched.up) return { name, state: 'failed', note: `the worker did not come up: ${launched.why}` }
  if (launched.isOwn) return { name, state: 'used', note: `worker process ${launched.pid}` }
  return { name, state: 'ready', note: 'a worker that lives already was quicker', otherPid: launched.pid }
}

async function backupQueue(tried: readonly Tried[], ports: JobPorts): Promise<Fallback> {
  const otherPid = tried.find((one) => one.otherPid !== undefined)?.otherPid
  if (otherPid !== undefined) return { name: 'backup_queue', state: 'used', note: `worker process ${otherPid}` }
  const isTaken = tried.some(({ state }) => state === 'used')
  return isTaken ? { name: 'backup_queue', state: 'ready', note: queueNote } : await queued(ports)
}

/** The job stays scheduled: a worker that lives takes it, else the next one or `recover`. */
async function queued({ stateDir, clock, judge }: JobPorts): Promise<Fallback> {
  const workers = await livingWorkers(stateDir, { now: clock.now(), judge })
  const worker = workers.find(({ job }) => job === null)
  const note =
    worker === undefined ? 'no worker lives now; the next one takes it' : `worker process ${worker.owner.pid}`
  return { name: 'backup_queue', state: 'used', note }
}
