/** The list of jobs with its statistics. */
import { type Job, type JobStatus, jobStatuses } from '../../core/jobs/job.js'
import type { JobHistory } from '../../core/jobs/job-history.js'
import { type DocumentHead, documentHead } from './document.js'
import { durationOf, type JobFields, jobFields } from './job-document.js'

export interface StatsFields extends Readonly<Record<JobStatus, number>> {
  readonly total_jobs: number
  readonly total_processed: number
  readonly total_created: number
  readonly total_updated: number
  readonly total_unchanged: number
  readonly total_skipped: number
  readonly total_errors: number
  /** Percent of ended jobs that completed, one decimal; null when none has ended. */
  readonly success_rate: number | null
  /** Seconds, of completed jobs; null when there is none. */
  readonly average_duration: number | null
  /** Over all jobs that were started; null when none was. */
  readonly products_per_second: number | null
}

export interface JobsDocument extends DocumentHead {
  readonly jobs: readonly JobFields[]
  /** Jobs that match, listed or not. */
  readonly total: number
  /** Of all jobs there ever were, whatever is listed or kept. */
  readonly stats: StatsFields
}

export interface JobsReport {
  /** Every job there is, in any order. */
  readonly all: readonly Job[]
  /** Of those that are not kept any more. */
  readonly history: JobHistory
  /** Those to list, in the order of the list. */
  readonly listed: readonly Job[]
  readonly matching: number
  readonly nowMs: number
}

export function jobsDocument({ all, history, listed, matching, nowMs }: JobsReport): JobsDocument {
  return {
    ...documentHead(true),
    jobs: listed.map((job) => jobFields(job, nowMs)),
    total: matching,
    stats: statsFields(all, history, nowMs),
  }
}

export function statsFields(jobs: readonly Job[], history: JobHistory, nowMs: number): StatsFields {
  const of = (status: JobStatus) => jobs.filter((job) => job.status === status)
  const sum = (name: SummedCount) => jobs.reduce((total, { counts }) => total + counts[name], history[name])
  const seconds = (jobs: readonly Job[]) => jobs.reduce((total, job) => total + (durationOf(job, nowMs) ?? 0), 0)
  const listed = Object.fromEntries(jobStatuses.map((status) => [status, of(status).length])) as Record<
    JobStatus,
    number
  >
  const byStatus = {
    ...listed,
    completed: listed.completed + history.completed,
    failed: listed.failed + history.failed,
  }
  const ended = byStatus.completed + byStatus.failed
  const processed = sum('processed')
  const worked = seconds(jobs) + history.workedMs / 1000
  const completed = seconds(of('completed')) + history.completedMs / 1000
  return {
    total_jobs: jobs.length + history.completed + history.failed,
    ...byStatus,
    total_processed: processed,
    total_created: sum('created'),
    total_updated: sum('updated'),
    total_unchanged: sum('unchanged'),
    total_skipped: sum('skipped'),
    total_errors: sum('errors'),
    success_rate: ended === 0 ? null : rounded((byStatus.completed / ended) * 100),
    average_duration: byStatus.completed === 0 ? null : rounded(completed / byStatus.completed),
    products_per_second: worked === 0 ? null : rounded(processed / worked),
  }
}

type SummedCount = 'processed' | 'created' | 'updated' | 'unchanged' | 'skipped' | 'errors'

/** One decimal: enough to read, stable enough to compare. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10
}
