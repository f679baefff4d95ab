/** What `jobs cancel`, `jobs retry` and `jobs prune` answer. */
import type { FinishedJob, Job } from '../../core/jobs/job.js'
import type { Retried } from '../../core/jobs/retry-job.js'
import { countOf } from '../figures.js'
import { type DocumentHead, documentHead } from './document.js'
import { type JobFields, jobFields } from './job-document.js'

export interface JobCommandDocument extends DocumentHead {
  readonly message: string
  readonly job: JobFields
}

export interface RetryDocument extends JobCommandDocument {
  /** The job that is done again: another one when that was completed. */
  readonly retried_job: number
  /** Products that were in quarantine and are tried again. */
  readonly quarantine_lifted: number
}

export interface PruneDocument extends DocumentHead {
  readonly message: string
  readonly dry_run: boolean
  /** Ids, newest first. */
  readonly removed_jobs: readonly number[]
  /** Rejects files, logs and the like; null with `--dry-run`. */
  readonly removed_files: number | null
  /** Jobs that stay. */
  readonly kept: number
}

/** `job` as it is after the cancel, or after the wait for it. */
export function cancelDocument(job: Job, nowMs: number): JobCommandDocument {
  return { ...documentHead(true), message: cancelMessage(job), job: jobFields(job, nowMs) }
}

function cancelMessage(job: Job): string {
  if (job.status === 'running') {
    return `Job ${job.id} is asked to stop: its worker ends it within seconds, finished batches are kept`
  }
  const isCancelled = job.status === 'failed' && job.reason === 'cancelled'
  return isCancelled ? `Job ${job.id} is cancelled` : `Job ${job.id} ended by itself: it is ${job.status}`
}

export function retryDocument(id: number, { job, isNew, lifted }: Retried, nowMs: number): RetryDocument {
  const done = isNew
    ? `Job ${id} is completed, so job ${job.id} does it again`
    : `Job ${id} is scheduled again; its finished batches are kept`
  const also = lifted === 0 ? '' : `, with ${countOf(lifted, 'product')} from quarantine`
  return {
    ...documentHead(true),
    message: `${done}${also}`,
    job: jobFields(job, nowMs),
    retried_job: id,
    quarantine_lifted: lifted,
  }
}

export function pruneDocument(report: {
  readonly pruned: readonly FinishedJob[]
  readonly removedFiles: number | null
  readonly kept: number
}): PruneDocument {
  const { pruned, removedFiles, kept } = report
  const isDry = removedFiles === null
  const jobs = countOf(pruned.length, 'job')
  return {
    ...documentHead(true),
    message: isDry
      ? `${jobs} would be forgotten`
      : `${jobs} forgotten, ${countOf(removedFiles, 'file')} removed; the statistics keep their sums`,
    dry_run: isDry,
    removed_jobs: pruned.map(({ id }) => id),
    removed_files: removedFiles,
    kept,
  }
}
