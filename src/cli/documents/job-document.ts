/** A job as every document shows it, and its `status` document: also loaded by the quick path, so nothing heavy. */
import { unixSeconds } from '../../core/clock.js'
import { withoutSecrets } from '../../core/errors.js'
import type { Job, JobCounts, JobImageCounts, JobKind, JobStatus } from '../../core/jobs/job.js'
import { isSuccess } from '../exit-code.js'
import { type DocumentHead, documentHead, type ErrorFields, type ErrorLike, errorFields, isoTime } from './document.js'

export interface PaceFields {
  /** Products of one request. */
  readonly request_size: number
  readonly requests_at_once: number
  /** Milliseconds of the slowest of the last requests. */
  readonly latency_ms: number | null
}

export interface JobFields {
  readonly id: number
  readonly kind: JobKind
  readonly status: JobStatus
  /** Why it is stuck, failed or ended; null while it is scheduled or runs. */
  readonly reason: string | null
  /** Whole percent; 100 only when the work is done. */
  readonly progress: number
  readonly total_processed: number
  readonly total_created: number
  readonly total_updated: number
  readonly total_unchanged: number
  readonly total_skipped: number
  readonly total_errors: number
  /** Products that left their feed and were taken out of sale. */
  readonly total_retired: number
  readonly error_messages: readonly string[]
  readonly estimated_total: number | null
  /** How much the store is asked at once; null for the embedded catalog. */
  readonly pace: PaceFields | null
  /** Seconds of the latest run, so far or in all; null before its start. */
  readonly duration: number | null
  readonly batches: number
  readonly attempt: number
  readonly exit_code: number | null
  readonly wholesalers: readonly string[]
  readonly source: string | null
  readonly configuration: {
    /** Null: all that is pending. */
    readonly total_batches: number | null
    readonly products_per_batch: number
    readonly process_images: boolean
    readonly update_existing: boolean
  }
  readonly images: ImageCountFields
  readonly priority: number
  readonly cancel_requested: boolean
  /** The process that runs it. */
  readonly worker: { readonly host: string; readonly pid: number } | null
  /** What was seen when it was found to be stuck. */
  readonly evidence: string | null
  /** Unix seconds, as in the original guide. */
  readonly created_at: number
  readonly started_at: number | null
  readonly completed_at: number | null
  readonly created_at_iso: string
  readonly started_at_iso: string | null
  readonly completed_at_iso: string | null
}

export interface ImageCountFields {
  readonly wanted: number
  readonly downloaded: number
  readonly attached: number
  readonly duplicates_skipped: number
  readonly failed: number
}

export interface EventFields {
  readonly at: number
  readonly at_iso: string
  readonly message: string
}

export interface StatusDocument extends DocumentHead {
  readonly message: string
  /** Null when there is no job yet. */
  readonly job: JobFields | null
  readonly events: readonly EventFields[]
  /** Jobs that are stuck, with `--check`. */
  readonly stuck_jobs?: readonly number[]
  readonly error?: ErrorFields
}

function paceFields(pace: JobCounts['pace']): PaceFields | null {
  if (pace === undefined) return null
  return { request_size: pace.requestSize, requests_at_once: pace.requestsAtOnce, latency_ms: pace.latencyMs }
}

/** `nowMs` ends the duration of a job that still runs. */
export function jobFields(job: Job, nowMs: number): JobFields {
  const { counts, options } = job
  const startedAt = startOf(job)
  const completedAt = 'completedAt' in job ? job.completedAt : null
  return {
    id: job.id,
    kind: job.kind,
    status: job.status,
    reason: 'reason' in job ? job.reason : null,
    progress: progressOf(job),
    total_processed: counts.processed,
    total_created: counts.created,
    total_updated: counts.updated,
    total_unchanged: counts.unchanged,
    total_skipped: counts.skipped,
    total_errors: counts.errors,
    total_retired: counts.retired ?? 0,
    error_messages: job.errorMessages,
    estimated_total: counts.estimatedTotal,
    pace: paceFields(counts.pace),
    duration: durationOf(job, nowMs),
    batches: counts.batches,
    attempt: job.attempt,
    exit_code: 'exitCode' in job ? job.exitCode : null,
    wholesalers: options.wholesalers,
    source: options.source === null ? null : withoutUrlSecrets(options.source),
    configuration: {
      total_batches: options.batches,
      products_per_batch: options.perBatch,
      process_images: options.images,
      update_existing: options.updateExisting,
    },
    images: imageCountFields(counts.images),
    priority: options.priority,
    cancel_requested: 'cancelRequested' in job ? job.cancelRequested : false,
    worker: job.status === 'running' ? { host: job.lease.owner.host, pid: job.lease.owner.pid } : null,
    evidence: job.status === 'processing_stuck' ? job.evidence : null,
    created_at: unixSeconds(job.createdAt),
    started_at: startedAt === null ? null : unixSeconds(startedAt),
    completed_at: completedAt === null ? null : unixSeconds(completedAt),
    created_at_iso: isoTime(job.createdAt),
    started_at_iso: startedAt === null ? null : isoTime(startedAt),
    completed_at_iso: completedAt === null ? null : isoTime(completedAt),
  }
}

export function imageCountFields(images: JobImageCounts): ImageCountFields {
  return {
    wanted: images.wanted,
    downloaded: images.downloaded,
    attached: images.attached,
    duplicates_skipped: images.duplicatesSkipped,
    failed: images.failed,
  }
}

export interface StatusReport {
  readonly job: Job | null
  readonly nowMs: number
  readonly exitCode: number
  readonly stuckJobs?: readonly number[]
  readonly error?: ErrorLike
}

export function statusDocument({ job, nowMs, exitCode, stuckJobs, error }: StatusReport): StatusDocument {
  return {
    ...documentHead(isSuccess(exitCode)),
    message: job === null ? 'No job yet' : statusMessage(job),
    job: job === null ? null : jobFields(job, nowMs),
    events:
      job === null ? [] : job.events.map(({ at, message }) => ({ at: unixSeconds(at), at_iso: isoTime(at), message })),
    ...(stuckJobs === undefined ? {} : { stuck_jobs: stuckJobs }),
    ...(error === undefined ? {} : { error: errorFields(error) }),
  }
}

/** What a job's state means, in one sentence. */
export function statusMessage(job: Job): string {
  switch (job.status) {
    case 'scheduled':
      return 'Scheduled, waiting for its turn'
    case 'running':
      return job.cancelRequested ? 'Running, to be cancelled' : 'Running'
    case 'processing_stuck':
      return `Stuck: ${job.evidence}`
    case 'completed':
      return job.reason === 'time_limit' ? 'Time limit reached; the next import goes on' : 'Completed'
    case 'failed':
      return failMessages[job.reason]
    default:
      return job satisfies never
  }
}

const failMessages = {
  error: 'Failed',
  transient: 'Failed for a reason that may pass; the next import goes on',
  interrupted: 'Interrupted; finished batches are kept, the next import goes on',
  cancelled: 'Cancelled',
  poison: 'Failed: it brought its worker down too often',
  attempts: 'Failed: all attempts are used up',
} as const satisfies Record<(Job & { status: 'failed' })['reason'], string>

/** Whole percent of the products this run expects. 100 is kept for work that is done: images come last. */
function progressOf(job: Job): number {
  if (job.status === 'completed' && job.reason === 'done') return 100
  const { processed, estimatedTotal } = job.counts
  if (estimatedTotal === null || estimatedTotal <= 0) return 0
  return Math.min(99, Math.floor((processed / estimatedTotal) * 100))
}

/** Seconds, with milliseconds. */
export function durationOf(job: Job, nowMs: number): number | null {
  const startedAt = startOf(job)
  if (startedAt === null) return null
  const endedAt = 'completedAt' in job ? job.completedAt : job.status === 'processing_stuck' ? job.stuckAt : nowMs
  return Math.max(0, endedAt - startedAt) / 1000
}

function startOf(job: Job): number | null {
  return 'startedAt' in job ? job.startedAt : null
}

/** A source is a path, `-` or a URL; only a URL can carry a secret. */
export function withoutUrlSecrets(source: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(source) ? withoutSecrets(source) : source
}
