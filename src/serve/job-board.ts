/**
 * All jobs as everybody here sees them: one reader for all requests and all watchers. The job file is read again when
 * it is another one, the signs of life of running jobs when they are not fresh any more. Nothing is locked and
 * nothing is written, so that asking never disturbs who works.
 */
import { statSync } from 'node:fs'
import { jobFilePath, readJobFile, withLiveCounts } from '../cli/state.js'
import type { Clock } from '../core/clock.js'
import type { Job } from '../core/jobs/job.js'
import { type JobHistory, noHistory } from '../core/jobs/job-history.js'

export interface JobsNow {
  /** Newest first; running ones with the counts of their latest sign of life. */
  readonly jobs: readonly Job[]
  readonly history: JobHistory
  /** Another one whenever anything is different. */
  readonly version: number
}

export interface JobBoard {
  /** Throws `state_unreadable`. */
  read(): Promise<JobsNow>
}

/** Milliseconds. Owners write their progress once a second. */
const livesFreshMs = 500

export interface BoardOptions {
  readonly stateDir: string
  readonly clock: Clock
  /** Told once for each damaged job file. */
  readonly onWarning: (message: string) => void
}

export function openJobBoard({ stateDir, clock, onWarning }: BoardOptions): JobBoard {
  const path = jobFilePath(stateDir)
  let now: JobsNow = { jobs: [], history: noHistory, version: 0 }
  let stamp: string | null = null
  let listenedAtMs = Number.NEGATIVE_INFINITY
  let underWay: Promise<JobsNow> | null = null
  let next: Promise<JobsNow> | null = null
  let warned: string | null = null

  const warnOnce = (message: string) => {
    if (message !== warned) onWarning(message)
    warned = message
  }
  const isFresh = () =>
    clock.monotonic() - listenedAtMs < livesFreshMs || now.jobs.every(({ status }) => status !== 'running')

  const look = async (): Promise<JobsNow> => {
    // Before the file is read: what is written meanwhile is noticed by the next look.
    const found = stampOf(path)
    if (found === stamp && isFresh()) return now
    listenedAtMs = clock.monotonic()
    if (found === stamp) {
      const jobs = await Promise.all(now.jobs.map((job) => withLiveCounts(job, stateDir)))
      if (jobs.some((job, index) => !hasCountsOf(job, now.jobs[index])))
        now = { ...now, jobs, version: now.version + 1 }
      return now
    }
    now = { ...(await readJobFile(stateDir, warnOnce)), version: now.version + 1 }
    stamp = found
    return now
  }
  const start = (): Promise<JobsNow> => {
    underWay = look().finally(() => {
      underWay = null
    })
    return underWay
  }
  const startNext = (): Promise<JobsNow> => {
    next = null
    return start()
  }
  return {
    async read() {
      // While somebody listens for signs of life, the last ones are good enough.
      if (stampOf(path) === stamp && (underWay !== null || isFresh())) return now
      if (underWay === null) return await start()
      // That look may have begun before what the caller knows of was written: all who wait share one that begins after it.
      next ??= underWay.then(startNext, startNext)
      return await next
    },
  }
}

function hasCountsOf(job: Job, other: Job | undefined): boolean {
  return job === other || JSON.stringify(job.counts) === JSON.stringify(other?.counts)
}

/** Every write of the job file is a new file. Asked at once: a thread of its own would take longer than the answer. */
function stampOf(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats === undefined ? 'none' : `${stats.ino} ${stats.size} ${stats.mtimeNs}`
}
