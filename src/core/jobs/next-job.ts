/** Which scheduled job is worked off next. Pure: one look at all jobs in, one job out. */
import { findBusy } from './claim-job.js'
import type { ScheduledJob } from './job.js'
import type { JobTable } from './job-store.js'
import { isDue } from './job-transitions.js'
import type { OwnerJudge } from './owner.js'

export interface Choice {
  /** Unix ms. */
  readonly now: number
  readonly judge?: OwnerJudge | undefined
  /** Also a job that waits after an error. Default false. */
  readonly ignoreNotBefore?: boolean
  /** Before all others, whatever its priority. */
  readonly first?: number | null
  /** False for jobs that are not to be taken. Default: all are. */
  readonly takes?: (job: ScheduledJob) => boolean
}

/** By priority, then age; null when nothing can be started now. A job waits while another of its wholesalers is live. */
export function nextJob(jobs: JobTable, choice: Choice): ScheduledJob | null {
  const { now, judge, ignoreNotBefore = false, first = null, takes = () => true } = choice
  const rank = (job: ScheduledJob) => (job.id === first ? 0 : job.options.priority)
  const startable = [...jobs.values()].filter(
    (job): job is ScheduledJob =>
      job.status === 'scheduled' &&
      (ignoreNotBefore || isDue(job, now)) &&
      takes(job) &&
      findBusy(jobs, job.options.wholesalers, judge) === null,
  )
  return startable.sort((one, other) => rank(one) - rank(other) || one.id - other.id)[0] ?? null
}
