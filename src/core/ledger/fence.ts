import type { Database } from '../sqlite.js'
import { staleWriter } from '../store/stale-writer.js'
import type { Writer } from './ledger.js'

/** From now on nobody with a lower token writes for the job. Never lowers it: whoever is late changes nothing. */
export function raiseFence(database: Database, { jobId, token }: Writer): void {
  database
    .prepare(`
      INSERT INTO job_fence (job_id, token) VALUES (?, ?)
      ON CONFLICT (job_id) DO UPDATE SET token = max(token, excluded.token)`)
    .run(jobId, token)
}

/** Call first in every transaction that writes for a job. Throws `lease_lost` for an older token than one seen. */
export function passFence(database: Database, { jobId, token }: Writer): void {
  const seen = database.prepare<{ token: number }>('SELECT token FROM job_fence WHERE job_id = ?').get(jobId)
  if (seen !== undefined && seen.token > token) throw staleWriter(jobId, token, seen.token)
  if (seen?.token === token) return
  database
    .prepare(
      'INSERT INTO job_fence (job_id, token) VALUES (?, ?) ON CONFLICT (job_id) DO UPDATE SET token = excluded.token',
    )
    .run(jobId, token)
}
