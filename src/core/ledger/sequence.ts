import type { Database } from '../sqlite.js'

/**
 * Begins the sequence of a new file above `seen`, the highest number that is known outside of it: a ledger that
 * was lost had given them out. Asked once in the life of the file, before its first number. Safe to call at once
 * from several processes.
 */
export async function beginSequence(database: Database, seen: () => Promise<number>): Promise<void> {
  if (floorOf(database) !== null) return
  const floor = await seen()
  database.transaction(
    () => {
      database.prepare('UPDATE sequence SET value = max(value, ?1), floor = coalesce(floor, ?1)').run(floor)
    },
    { durable: true },
  )
}

/**
 * The id of a job's n-th batch. A job that is older than the ledger had batches whose numbers nobody knows any
 * more, and the store remembers their ids: new ones must not meet them.
 */
export function batchId(database: Database, jobId: number, number: number): string {
  const floor = floorOf(database) ?? 0
  return jobId > floor ? `${jobId}-${number}` : `${jobId}-${floor}.${number}`
}

function floorOf(database: Database): number | null {
  const row = database.prepare<{ floor: number | null }>('SELECT floor FROM sequence').get()
  if (row === undefined) throw new Error('the ledger has no sequence')
  return row.floor
}

/**
 * Next number of the file's sequence. Durable: a number that jobs.json or a store has seen must not be given
 * out again after a power loss.
 */
export function nextNumber(database: Database): number {
  return database.transaction(
    () => {
      const next = database.prepare<{ value: number }>('UPDATE sequence SET value = value + 1 RETURNING value').get()
      if (next === undefined) throw new Error('the ledger has no sequence')
      return next.value
    },
    { durable: true },
  )
}

/** The number that was given out last, by whoever uses the file. */
export function lastNumber(database: Database): number {
  return database.prepare<{ value: number }>('SELECT value FROM sequence').get()?.value ?? 0
}

/** Raises the sequence so that the next number is above `floor`. Never lowers it. */
export function raiseNumber(database: Database, floor: number): void {
  database.transaction(
    () => {
      database.prepare('UPDATE sequence SET value = max(value, ?)').run(floor)
    },
    { durable: true },
  )
}
