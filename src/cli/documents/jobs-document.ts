/** The list of jobs with its statistics. */
import { type Job, type JobCounts, type JobStatus, jobStatuses } from '../../core/jobs/job.js'
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
  /** Of all jobs, whatever is listed. */
  readonly stats: StatsFields
}

export interface JobsReport {
  /** Every job there is, in any order. */
  readonly all: readonly Job[]
  /** Those to list, in the order of the list. */
  readonly listed: readonly Job[]
  readonly matching: number
  readonly nowMs: number
}

export function jobsDocument({ all, listed, matching, nowMs }: JobsReport): JobsDocument {
  return {
    ...documentHead(true),
    jobs: listed.map((job) => jobFields(job, nowMs)),
    total: matching,
    stats: statsFields(all, nowMs),
  }
}

export function statsFields(jobs: readonly Job[], nowMs: number): StatsFields {
  const of = (status: JobStatus) => jobs.filter((job) => job.status === status)
  const sum = (of: (counts: JobCounts) => number) => jobs.reduce((total, { counts }) => total + of(counts), 0)
  const seconds = (jobs: readonly Job[]) => jobs.reduce((total, job) => total + (durationOf(job, nowMs) ?? 0), 0)
  const byStatus = Object.fromEntries(jobStatuses.map((status) => [status, of(status).length])) as Record<
    JobStatus,
    number
  >
  const ended = byStatus.completed + byStatus.failed
  const processed = sum(({ processed }) => processed)
  const worked = seconds(jobs)
  return {
    total_jobs: jobs.length,
    ...byStatus,
    total_processed: processed,
    total_created: sum(({ created }) => created),
    total_updated: sum(({ updated }) => updated),
    total_unchanged: sum(({ unchanged }) => unchanged),
    total_skipped: sum(({ skipped }) => skipped),
    total_errors: sum(({ errors }) => errors),
    success_rate: ended === 0 ? null : rounded((byStatus.completed / ended) * 100),
    average_duration: byStatus.completed === 0 ? null : rounded(seconds(of('completed')) / byStatus.completed),
    products_per_second: worked === 0 ? null : rounded(processed / worked),
  }
}

/** One decimal: enough to read, stable enough to compare. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10
}
