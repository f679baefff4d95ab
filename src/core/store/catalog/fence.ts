/** Fencing: a writer of a job with an older token than one already seen is refused. */
import type { Database } from '../../sqlite.js'
import { staleWriter } from '../stale-writer.js'

/** Call inside the transaction that writes. Throws `lease_lost` for an older token. */
export function passFence(database: Database, jobId: number, token: number): void {
  const seen = database.prepare<{ token: number }>('SELECT token FROM job_fence WHERE job_id = ?').get(jobId)
  if (seen !== undefined && seen.token > token) throw staleWriter(jobId, token, seen.token)
  if (seen?.token === token) return
  database
    .prepare(
      'INSERT INTO job_fence (job_id, token) VALUES (?, ?) ON CONFLICT (job_id) DO UPDATE SET token = excluded.token',
    )
    .run(jobId, token)
}

/** From now on nobody with a lower token writes for the job. Never lowers it: whoever is late changes nothing. */
export function raiseFence(database: Database, jobId: number, token: number): void {
  database
    .prepare(`
      INSERT INTO job_fence (job_id, token) VALUES (?, ?)
      ON CONFLICT (job_id) DO UPDATE SET token = max(token, excluded.token)`)
    .run(jobId, token)
}

/** The highest job id or token the catalog has seen; 0 for none. A new ledger starts above it. */
export function highestNumber(database: Database): number {
  const row = database.prepare<{ highest: number }>(
    'SELECT coalesce(max(max(job_id, token)), 0) AS highest FROM job_fence',
  )
  return row.get()?.highest ?? 0
}
