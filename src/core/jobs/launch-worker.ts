/** Starting a worker for a job, and making sure that it came up: a process that was started has done nothing yet. */
import type { Clock } from '../clock.js'
import { messageOf } from '../errors.js'
import type { JobStore } from './job-store.js'
import { livingWorkers } from './worker-registry.js'

/** A process that was started to work off a job. */
export interface StartedWorker {
  readonly pid: number
  /** Resolves when it has ended, or could not be started at all, with the reason. */
  readonly ended: Promise<string>
}

export interface LaunchPorts {
  readonly jobs: JobStore
  readonly clock: Clock
  /** The state folder. */
  readonly stateDir: string
  /** Starts a process of its own, which outlives this one. May throw what the system refuses. */
  readonly spawn: (jobId: number) => StartedWorker
}

export type Launched =
  /** `isOwn`: it is the process that was started. False: another worker was quicker, and has the job. */
  | { readonly up: true; readonly pid: number; readonly isOwn: boolean }
  /** `why` for people. */
  | { readonly up: false; readonly why: string }

/** Milliseconds for a worker to come up: Node starts in a tenth of that on a machine under load. */
const upWithinMs = 10_000
const lookEveryMs = 50

/**
 * Starts a worker and waits until it has claimed the job, or says that it waits for the job's turn. Never
 * throws for a worker that does not come up.
 */
export async function launchWorker(jobId: number, ports: LaunchPorts): Promise<Launched> {
  const { jobs, clock, stateDir } = ports
  const before = (await jobs.read()).get(jobId)
  let worker: StartedWorker
  try {
    worker = ports.spawn(jobId)
  } catch (error: unknown) {
    return { up: false, why: messageOf(error) }
  }
  let endedWith: string | null = null
  void worker.ended.then((why) => {
    endedWith = why
  })
  const until = clock.monotonic() + upWithinMs
  for (;;) {
    const job = (await jobs.read()).get(jobId)
    if (job?.status === 'running') {
      const { pid } = job.lease.owner
      return { up: true, pid, isOwn: pid === worker.pid }
    }
    // Done already, or claimed and put back.
    if (job === undefined || job.status !== 'scheduled' || job.token !== before?.token)
      return { up: true, pid: worker.pid, isOwn: true }
    const workers = await livingWorkers(stateDir, { now: clock.now() })
    if (workers.some(({ owner }) => owner.pid === worker.pid)) return { up: true, pid: worker.pid, isOwn: true }
    if (endedWith !== null) return { up: false, why: endedWith }
    if (clock.monotonic() >= until) return { up: false, why: `it did not come up within ${upWithinMs / 1000} s` }
    await clock.sleep(lookEveryMs)
  }
}
