/** What became of one feed in a run, and which failures concern no other. */
import { type ErrorKind, WholesalerError } from './errors.js'
import { describeSource } from './feed/source.js'
import type { FeedSummary, StagedCounts } from './ledger/ledger.js'
import type { RetireHow } from './missing-policy.js'
import type { Wholesaler } from './wholesaler.js'

export interface FeedReport {
  readonly feed: FeedSummary
  /** Null when the feed could not be staged. */
  readonly staged: StagedCounts | null
  /** What the missing policy did, or in a dry run would do; null when it is to keep. */
  readonly retired: RetireCounts | null
}

export interface RetireCounts {
  readonly policy: RetireHow
  /** Products that are missing for good and still in sale. */
  readonly due: number
  /** Those of them that this run took out of sale. */
  readonly done: number
}

/** Errors that concern one feed only: the other wholesalers go on. */
const feedErrors: readonly ErrorKind[] = [
  'feed_missing',
  'feed_malformed',
  'feed_empty',
  'guard',
  'temporary',
  'denied',
  'config',
  'usage',
]

export function concernsOneFeed(error: unknown): error is WholesalerError {
  return error instanceof WholesalerError && feedErrors.includes(error.kind)
}

/** A feed that could not be staged, in the one shape of feeds. */
export function failedFeed({ name, source }: Wholesaler, { kind, message, hint }: WholesalerError): FeedSummary {
  return {
    wholesaler: name,
    source: describeSource(source),
    format: null,
    preset: null,
    encoding: null,
    compression: null,
    bytes: 0,
    sha256: null,
    complete: false,
    records: 0,
    products: 0,
    variants: 0,
    images: 0,
    rejects: 0,
    repairs: 0,
    skipped: 0,
    error: { code: kind, message, hint: hint ?? null },
  }
}
