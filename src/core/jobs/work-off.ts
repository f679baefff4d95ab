/**
 * Working off scheduled jobs: by priority, then age, some at a time, one per wholesaler. What a job does is
 * not known here; it is started, and its end is noted.
 */
import type { Clock } from '../clock.js'
import { type ErrorKind, WholesalerError } from '../errors.js'
import type { FinishedJob, ScheduledJob } from './job.js'
import type { JobStore, JobTable } from './job-store.js'
import { type Choice, nextJob } from './next-job.js'
import type { OwnerJudge } from './owner.js'

export interface WorkedOff {
  /** `scheduled` when it was put back. */
  readonly job: FinishedJob | ScheduledJob
  readonly error: WholesalerError | null
}

export interface WorkPlan {
  /** Claims a job and works it off. Throws as `runJob` does. */
  readonly run: (id: number, signal: AbortSignal) => Promise<WorkedOff>
  /** Jobs at a time, from 1. */
  readonly concurrency: number
  /** Aborted with the reason why work is to stop: what is under way is drained. */
  readonly signal: AbortSignal
  /** Which jobs, see `nextJob`. */
  readonly choice?: Omit<Choice, 'now' | 'judge'>
  /**
   * Asked when nothing can be started and nothing is under way: true ends the work, false looks again a little
   * later.
   */
  readonly isDone: (jobs: JobTable) => boolean
  /** Called before each look, for what is to be done now and then. */
  readonly onLook?: () => Promise<void>
  readonly onEnded?: (ended: WorkedOff) => void
}

export interface WorkPorts {
  readonly jobs: JobStore
  readonly clock: Clock
  readonly judge?: OwnerJudge | undefined
}

/** Milliseconds between two looks for work: soon enough for people, cheap enough to go on for days. */
export const lookEveryMs = 1_000
/** The job is somebody else's, or not to be had any more: there are others. */
const goneKinds: readonly ErrorKind[] = ['busy', 'usage']

/**
 * Works until `isDone`, or until the signal; then resolves with what was worked off. A run that lost its lease
 * stops all of it, and so does what the disk refuses: thrown when everything under way has ended.
 */
export async function workOff(plan: WorkPlan, ports: WorkPorts): Promise<readonly WorkedOff[]> {
  const failure = new AbortController()
  let failed: unknown
  const stopAll = (error: unknown): void => {
    failed ??= error
    failure.abort(drained(error))
  }
  const signal = AbortSignal.any([plan.signal, failure.signal])
  const ended: WorkedOff[] = []
  const underway = new Map<number, Promise<void>>()

  const begin = (id: number): void => {
    const run = plan
      .run(id, signal)
      .then((done) => {
        ended.push(done)
        plan.onEnded?.(done)
      })
      .catch((error: unknown) => {
        if (!(error instanceof WholesalerError && goneKinds.includes(error.kind))) stopAll(error)
      })
      .finally(() => underway.delete(id))
    underway.set(id, run)
  }

  try {
    while (!signal.aborted) {
      await plan.onLook?.()
      const table = await ports.jobs.read()
      const free = plan.concurrency - underway.size
      for (const job of startable(table, underway, plan, ports).slice(0, free)) begin(job.id)
      if (underway.size === 0 && plan.isDone(table)) break
      await nextLook([...underway.values()], signal, ports.clock)
    }
  } catch (error: unknown) {
    stopAll(error)
  }
  await Promise.all(underway.values())
  if (failure.signal.aborted) throw failed
  return ended
}

/** In the order in which they are to be started; those that share a wholesaler with one under way are not among them. */
function startable(
  table: JobTable,
  underway: ReadonlyMap<number, unknown>,
  { choice, concurrency }: WorkPlan,
  { clock, judge }: WorkPorts,
): readonly ScheduledJob[] {
  const found: ScheduledJob[] = []
  const busy = new Set([...underway.keys()].flatMap((id) => table.get(id)?.options.wholesalers ?? []))
  const takes = (job: ScheduledJob) =>
    !underway.has(job.id) && !job.options.wholesalers.some((name) => busy.has(name)) && (choice?.takes?.(job) ?? true)
  while (found.length < concurrency) {
    const job = nextJob(table, { ...choice, now: clock.now(), judge, takes })
    if (job === null) return found
    found.push(job)
    for (const name of job.options.wholesalers) busy.add(name)
  }
  return found
}

/** When a run has ended, some time has passed, or all is to stop. */
async function nextLook(runs: readonly Promise<void>[], signal: AbortSignal, clock: Clock): Promise<void> {
  const waiting = new AbortController()
  const pause = clock.sleep(lookEveryMs, AbortSignal.any([signal, waiting.signal])).catch(() => {})
  await Promise.race([...runs, pause])
  waiting.abort()
}

/** The other jobs have not failed: they are put back. */
function drained(cause: unknown): WholesalerError {
  return new WholesalerError({
    kind: 'interrupted',
    message: 'the worker stopped because of another job; finished batches are kept',
    cause,
  })
}
