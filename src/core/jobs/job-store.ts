/**
 * Where jobs are kept. One implementation writes `jobs.json` (lowdb through a durable adapter, under a
 * lock that the kernel releases), one keeps them in memory; `test/contract/job-store-contract.ts` holds both.
 */
import type { Job } from './job.js'

/** All jobs by id, as one transaction sees them. Returned by value: changing it changes nothing. */
export type JobTable = ReadonlyMap<number, Job>

/** What a transaction writes: jobs to add or replace, ids to remove, and what it returns to its caller. */
export interface JobChange<T> {
  readonly put: readonly Job[]
  readonly remove?: readonly number[]
  readonly result: T
}

export interface JobStore {
  /** The jobs as last written. Never waits for a lock, never sees half a write. */
  read(): Promise<JobTable>
  /**
   * Changes jobs: takes the lock, reads again, calls `change` with what is there, writes durably what it
   * returns, releases. Nothing to put or remove: nothing is written. Finished jobs beyond what is kept go
   * with it (`job-table.ts`). `change` must not wait for anything. What it throws leaves the file as it was.
   * Throws `locked` naming the holder when the lock is not free in time, `state_unreadable`, `disk_full`.
   */
  transaction<T>(change: (jobs: JobTable) => JobChange<T>): Promise<T>
  close(): Promise<void>
}
