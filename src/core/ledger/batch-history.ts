/** Batches of the past, for people: what each did, and how long it took. Reads only. */
import type { Database } from '../sqlite.js'
import type { BatchCounts } from './ledger.js'

export interface PastBatch extends BatchCounts {
  readonly jobId: number
  /** From 1, in the order in which the job took them. */
  readonly number: number
  readonly wholesaler: string
  /** `released`: given back, or halved because it crashed its owners. */
  readonly state: 'running' | 'finished' | 'released'
  /** Unix milliseconds; null where an earlier release did not note it. */
  readonly claimedAt: number | null
  readonly finishedAt: number | null
}

const columns = `b.job_id AS jobId, b.number, w.name AS wholesaler, b.state, b.processed, b.created, b.updated, b.unchanged,
  b.skipped, b.errors, b.claimed_at AS claimedAt, b.finished_at AS finishedAt`
const tables = 'batch b JOIN wholesaler w ON w.id = b.wholesaler_id'

/** The last `limit` batches of a job, oldest first. */
export function batchesOfJob(database: Database, jobId: number, limit: number): readonly PastBatch[] {
  return database
    .prepare<PastBatch>(`SELECT ${columns} FROM ${tables} WHERE b.job_id = ? ORDER BY b.number DESC LIMIT ?`)
    .all(jobId, limit)
    .reverse()
}

/** The last `limit` batches that were finished, whatever their jobs, oldest first. */
export function lastBatches(database: Database, limit: number): readonly PastBatch[] {
  return database
    .prepare<PastBatch>(
      `SELECT ${columns} FROM ${tables} WHERE b.finished_at IS NOT NULL ORDER BY b.finished_at DESC LIMIT ?`,
    )
    .all(limit)
    .reverse()
}
