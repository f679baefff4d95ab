/**
 * What a run says while it goes on. The core emits, someone else draws: a terminal, one line a minute,
 * `--ndjson`, or nobody. Emitting never throws and never waits.
 */
import type { Job } from './jobs/job.js'
import type { FeedSummary, StagedCounts } from './ledger/ledger.js'

export type ProgressEvent =
  | { readonly type: 'job'; readonly job: Job }
  /** A step of one wholesaler begins or moves on. `done` and `total` count `unit`; total null = unknown. */
  | {
      readonly type: 'step'
      readonly wholesaler: string
      readonly step: Step
      readonly state: 'started' | 'progress' | 'done' | 'skipped' | 'failed'
      readonly done: number
      readonly total: number | null
      readonly note?: string
    }
  | { readonly type: 'feed'; readonly feed: FeedSummary; readonly staged: StagedCounts | null }
  | {
      readonly type: 'batch'
      readonly wholesaler: string
      readonly batch: string
      readonly number: number
      readonly created: number
      readonly updated: number
      readonly unchanged: number
      readonly skipped: number
      readonly errors: number
      readonly durationMs: number
    }
  | {
      readonly type: 'product'
      readonly wholesaler: string
      readonly key: string
      readonly outcome: string
      readonly storeId?: string
      readonly reason?: string
    }
  | {
      readonly type: 'image'
      readonly wholesaler: string
      readonly key: string
      readonly url: string
      readonly outcome: ImageOutcome
      readonly reason?: string
    }
  | {
      readonly type: 'reject'
      readonly wholesaler: string
      readonly line: number
      readonly record: number
      readonly code: string
      readonly reason: string
      readonly key?: string
      readonly sku?: string
    }
  | { readonly type: 'warning'; readonly message: string; readonly hint?: string }

export const steps = ['fetch', 'stage', 'import', 'images'] as const
export type Step = (typeof steps)[number]

export type ImageOutcome = 'kept' | 'attached' | 'downloaded' | 'duplicate' | 'failed'

export interface Progress {
  emit(event: ProgressEvent): void
}

export const silent: Progress = { emit: () => {} }
