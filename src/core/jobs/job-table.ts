/** What a change makes of all jobs, the same in every store: checked, and without finished jobs of long ago. */
import { type FinishedJob, isFinished, type Job } from './job.js'
import type { JobChange, JobTable } from './job-store.js'
import { parseJob } from './parse-job.js'

/** Finished jobs that are always kept. */
export const finishedKept = 200
/** Milliseconds. Beyond those, a failed one is kept this long: someone may still want to retry it. */
const failedKeptMs = 30 * 24 * 3_600_000
/** Bound for a cron line that fails every minute: about 1 MB of file. */
const failedKeptMax = 1000

/**
 * The jobs after a change. Throws `state_unreadable` for a job that could not be read back: better to lose
 * one change than all jobs.
 */
export function changedTable(jobs: JobTable, change: JobChange<unknown>, now: number): JobTable {
  const table = new Map(jobs)
  for (const id of change.remove ?? []) table.delete(id)
  for (const job of change.put) table.set(job.id, parseJob(job, `jobs.${job.id}`))
  for (const id of jobsToPrune(table.values(), now)) table.delete(id)
  return table
}

/** True when the change writes something. */
export function isChange(change: JobChange<unknown>): boolean {
  return change.put.length > 0 || (change.remove ?? []).length > 0
}

/** Ids of the jobs to forget: the oldest finished ones beyond what is kept. Jobs that are not finished always stay. */
export function jobsToPrune(jobs: Iterable<Job>, now: number): readonly number[] {
  const finished = [...jobs].filter(isFinished).sort(newestFirst)
  return finished
    .filter((job, index) => {
      if (index < finishedKept) return false
      const isRecentFailure = job.status === 'failed' && now - job.completedAt < failedKeptMs
      return !isRecentFailure || index >= failedKeptMax
    })
    .map(({ id }) => id)
}

function newestFirst(a: FinishedJob, b: FinishedJob): number {
  return b.completedAt - a.completedAt || b.id - a.id
}
