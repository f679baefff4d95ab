import type { Database } from '../sqlite.js'

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

/** Raises the sequence so that the next number is above `floor`. Never lowers it. */
export function raiseNumber(database: Database, floor: number): void {
  database.transaction(
    () => {
      database.prepare('UPDATE sequence SET value = max(value, ?)').run(floor)
    },
    { durable: true },
  )
}
