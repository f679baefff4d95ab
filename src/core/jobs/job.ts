/**
 * A job: one `import`, from the moment it is accepted to its end.
 *
 * In: what was asked for, and facts about the process that does it. Out: a state that a person can read
 * and that is true after any crash. This file holds the states; `job-transitions.ts` is the only way from
 * one to another. Products, batches and checkpoints never live here (ledger); progress of a running job
 * lives in its heartbeat file.
 */
import type { StorePace } from '../store/store.js'

export const jobStatuses = ['scheduled', 'running', 'processing_stuck', 'completed', 'failed'] as const
export type JobStatus = (typeof jobStatuses)[number]

/** Resolved options of an import: whoever runs the job runs it with these. No secrets. */
export interface JobOptions {
  /** Names of the wholesalers, in order. */
  readonly wholesalers: readonly string[]
  /** SOURCE as given, made absolute for files; null = all configured. */
  readonly source: string | null
  /** For SOURCE `-`: sha256 of what was read, see `feed/stdin-copy.ts`; null for every other one. */
  readonly stdinSha256: string | null
  readonly as: string | null
  readonly configPath: string | null
  readonly preset: string | null
  readonly format: string | null
  /** Null = all that is pending. */
  readonly batches: number | null
  /** 1-100. */
  readonly perBatch: number
  readonly images: boolean
  readonly updateExisting: boolean
  readonly lenient: boolean
  readonly verify: boolean
  readonly remap: boolean
  readonly checksum: boolean
  readonly refreshImages: boolean
  /** Ask again also for images that failed lately. */
  readonly retryImages: boolean
  /** Milliseconds; null = none. */
  readonly maxDurationMs: number | null
  /** Most products that one run may take out of sale; null: as the config says. */
  readonly maxDelete: number | null
  readonly allowShrink: boolean
  readonly allowPrivateHosts: readonly string[]
  /** 1 (first) to 10. */
  readonly priority: number
}

export interface JobCounts {
  readonly processed: number
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly skipped: number
  readonly errors: number
  readonly batches: number
  /** Products that left their feed and were taken out of sale; left out when there were none. */
  readonly retired?: number
  /** Products this run expects to process; null until it is known. */
  readonly estimatedTotal: number | null
  /** How much the store is asked at once, as last heard of; left out where there is nothing to tell. */
  readonly pace?: StorePace
  readonly images: JobImageCounts
}

export interface JobImageCounts {
  readonly wanted: number
  readonly downloaded: number
  readonly attached: number
  readonly duplicatesSkipped: number
  readonly failed: number
}

/** Who runs a job; `owner.ts` says what is compared before it is judged alive or dead. */
export interface Owner {
  readonly host: string
  readonly bootId: string | null
  readonly pidNamespace: string | null
  readonly pid: number
  readonly startTicks: string | null
  /** Random, one per process. */
  readonly nonce: string
}

export interface Lease {
  /** Fencing token, from the ledger's sequence. */
  readonly token: number
  readonly owner: Owner
  readonly acquiredAt: number
}

/** What went wrong so far, for the limits of `job-transitions.ts`. `retry` sets all of it to 0. */
export interface JobFailures {
  /** Attempts that ended with a transient error. */
  readonly transient: number
  /** Attempts whose owner died or fell silent. */
  readonly crashes: number
  /** Those of them that had got no further than the one before: these alone count against a job. */
  readonly crashesInVain: number
  /** Those of these since the last one that had got further. */
  readonly crashesInRow: number
  /** Finished batches, halvings of a bad one and attached images when the last crash was judged. */
  readonly checkpoints: number
}

/** `import` is what people ask for; `images` changes images of the whole store, and nobody restarts it. */
export const jobKinds = ['import', 'images'] as const
export type JobKind = (typeof jobKinds)[number]

/** What a job has in every state. */
export interface JobBase {
  readonly id: number
  readonly kind: JobKind
  readonly options: JobOptions
  /** Unix ms. */
  readonly createdAt: number
  readonly scheduledAt: number
  /** How many times it was started. */
  readonly attempt: number
  /** Highest token ever issued for it; 0 before the first start. */
  readonly token: number
  readonly counts: JobCounts
  readonly failures: JobFailures
  /** The latest messages, oldest first; at most 100. */
  readonly events: readonly JobEvent[]
  /** First messages of what failed; at most 20. */
  readonly errorMessages: readonly string[]
}

export interface JobEvent {
  readonly at: number
  readonly message: string
}

export interface ScheduledJob extends JobBase {
  readonly status: 'scheduled'
  /** Not before this time (back-off); 0 = at once. */
  readonly notBefore: number
}

export interface RunningJob extends JobBase {
  readonly status: 'running'
  readonly startedAt: number
  readonly lease: Lease
  /** The owner ends the job as soon as it sees this. */
  readonly cancelRequested: boolean
}

export const stuckReasons = ['never_started', 'owner_dead', 'owner_silent'] as const
export type StuckReason = (typeof stuckReasons)[number]

export interface StuckJob extends JobBase {
  readonly status: 'processing_stuck'
  readonly reason: StuckReason
  readonly startedAt: number | null
  readonly stuckAt: number
  /** What was seen, for people. */
  readonly evidence: string
  /** Whom it was taken from: has to be gone before it is started again. Null when it was never started. */
  readonly lostOwner: Owner | null
  /** Was asked for while it ran: such a job is cancelled instead of restarted. */
  readonly cancelRequested: boolean
}

export const completeReasons = ['done', 'time_limit'] as const
export type CompleteReason = (typeof completeReasons)[number]

export interface CompletedJob extends JobBase {
  readonly status: 'completed'
  readonly reason: CompleteReason
  readonly startedAt: number
  readonly completedAt: number
  readonly exitCode: number
}

export const failReasons = ['error', 'transient', 'interrupted', 'cancelled', 'poison', 'attempts'] as const
export type FailReason = (typeof failReasons)[number]

export interface FailedJob extends JobBase {
  readonly status: 'failed'
  readonly reason: FailReason
  readonly startedAt: number | null
  readonly completedAt: number
  readonly exitCode: number
}

/** Split on `status`; each member holds exactly what that state has. */
export type Job = ScheduledJob | RunningJob | StuckJob | CompletedJob | FailedJob
export type FinishedJob = CompletedJob | FailedJob

/** True for a job that nobody will run again unless it is asked for. */
export function isFinished(job: Job): job is FinishedJob {
  return job.status === 'completed' || job.status === 'failed'
}

export const noFailures: JobFailures = { transient: 0, crashes: 0, crashesInVain: 0, crashesInRow: 0, checkpoints: 0 }

export const noCounts: JobCounts = {
  processed: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  skipped: 0,
  errors: 0,
  batches: 0,
  estimatedTotal: null,
  images: { wanted: 0, downloaded: 0, attached: 0, duplicatesSkipped: 0, failed: 0 },
}
