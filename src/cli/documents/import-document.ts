/** The result of an import, and the one shape of a feed. */

import type { FeedReport, RetireCounts } from '../../core/feed-report.js'
import type { ImagePlanCounts } from '../../core/images/plan-product.js'
import { type Job, noCounts } from '../../core/jobs/job.js'
import type { Fallback } from '../../core/jobs/schedule-import.js'
import type { FeedSummary, StagedCounts } from '../../core/ledger/ledger.js'
import type { ImportPlan } from '../../core/plan-import.js'
import { isSuccess } from '../exit-code.js'
import { type DocumentHead, documentHead, type ErrorFields, type ErrorLike, errorFields } from './document.js'
import { type ImagePlanFields, imagePlanFields } from './image-plan-document.js'
import { type ImageCountFields, imageCountFields, type JobFields, jobFields } from './job-document.js'

/** The one shape of a feed, see `FeedSummary`. */
export type FeedFields = FeedSummary

export interface ImportFeedFields extends FeedFields {
  readonly staged: StagedCounts | null
  /** What the missing policy did; null when it is to keep. */
  readonly retired: RetireCounts | null
  readonly rejects_file: string | null
}

export type FallbackFields = Fallback

export interface ImportDocument extends DocumentHead {
  readonly job_id: number | null
  readonly scheduled: boolean
  readonly fallbacks_enabled: boolean
  readonly fallbacks: readonly FallbackFields[]
  readonly message: string
  readonly dry_run: boolean
  readonly job: JobFields | null
  readonly feeds: readonly ImportFeedFields[]
  /** The only feed, when there is exactly one. */
  readonly feed?: ImportFeedFields
  /** Products left for the next run; null when it is not known. */
  readonly pending: number | null
  readonly images: ImageCountFields & {
    /** Products whose images are left for the next run; null when it is not known. */
    readonly pending: number | null
    /** What would be done about images, with `--dry-run`; null otherwise, and with `--no-images`. */
    readonly plan: ImagePlanFields | null
  }
  /** With `--dry-run`: what `--apply` executes; null otherwise. */
  readonly plan: ImportPlan | null
  readonly error?: ErrorFields
}

export interface ImportOutcome {
  readonly exitCode: number
  /** Null when no job was made (`--dry-run`). */
  readonly job: Job | null
  readonly nowMs: number
  /** The job waits for a worker instead of having been done. */
  readonly scheduled: boolean
  readonly fallbacks: readonly FallbackFields[]
  readonly message: string
  readonly dryRun: boolean
  readonly feeds: readonly ImportFeedFields[]
  readonly pending: number | null
  readonly imagesPending: number | null
  /** Default: null. */
  readonly imagePlan?: ImagePlanCounts | null
  /** Default: null. */
  readonly plan?: ImportPlan | null
  readonly error?: ErrorLike
}

export function importDocument(outcome: ImportOutcome): ImportDocument {
  const { job, feeds, error } = outcome
  const [onlyFeed] = feeds
  const images = job?.counts.images ?? noCounts.images
  const imagePlan = outcome.imagePlan == null ? null : imagePlanFields(outcome.imagePlan)
  return {
    ...documentHead(isSuccess(outcome.exitCode)),
    job_id: job?.id ?? null,
    scheduled: outcome.scheduled,
    fallbacks_enabled: outcome.fallbacks.length > 0,
    fallbacks: outcome.fallbacks,
    message: outcome.message,
    dry_run: outcome.dryRun,
    job: job === null ? null : jobFields(job, outcome.nowMs),
    feeds,
    ...(onlyFeed !== undefined && feeds.length === 1 ? { feed: onlyFeed } : {}),
    pending: outcome.pending,
    images: { ...imageCountFields(images), pending: outcome.imagesPending, plan: imagePlan },
    plan: outcome.plan ?? null,
    ...(error === undefined ? {} : { error: errorFields(error) }),
  }
}

export function importFeedFields({ feed, staged, retired }: FeedReport, rejectsFile: string | null): ImportFeedFields {
  return { ...feed, staged, retired, rejects_file: rejectsFile }
}
