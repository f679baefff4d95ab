/**
 * All jobs as everybody here sees them: one reader for all requests and all watchers. The job file is read again when
 * it is another one, the signs of life of running jobs when they are not fresh any more. Nothing is locked and
 * nothing is written, so that asking never disturbs who works.
 */
import { stat } from 'node:fs/promises'
import { jobFilePath, readJobFile } from '../cli/state.js'
import type { Clock } from '../core/clock.js'
import { hasCode } from '../core/errors.js'
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
  let readAtMs = Number.NEGATIVE_INFINITY
  let text = ''
  let underWay: Promise<JobsNow> | null = null
  let next: Promise<JobsNow> | null = null
  let warned: string | null = null

  const warnOnce = (message: string) => {
    if (message !== warned) onWarning(message)
    warned = message
  }
  const look = async (): Promise<JobsNow> => {
    // Before the file is read: what is written meanwhile is noticed by the next look.
    const found = await stampOf(path)
    const isFresh = clock.monotonic() - readAtMs < livesFreshMs || now.jobs.every(({ status }) => status !== 'running')
    if (found === stamp && isFresh) return now
    readAtMs = clock.monotonic()
    const { jobs, history } = await readJobFile(stateDir, warnOnce)
    stamp = found
    const read = JSON.stringify([jobs, history])
    if (read !== text) now = { jobs, history, version: now.version + 1 }
    text = read
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
    read() {
      if (underWay === null) return start()
      // That look may have begun before what the caller knows of was written: all who wait share one that begins after it.
      next ??= underWay.then(startNext, startNext)
      return next
    },
  }
}

/** Every write of the job file is a new file. */
async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true })
    return `${ino} ${size} ${mtimeNs}`
  } catch (error: unknown) {
    if (hasCode(error, 'ENOENT')) return 'none'
    throw error
  }
}
