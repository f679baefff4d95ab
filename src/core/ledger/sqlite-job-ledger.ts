/**
 * The part of the ledger that all jobs share, whatever store they write to: the sequence of ids and tokens,
 * and how far a job has got. Needs no config, so that recovery works when a config is broken or gone.
 */
import { openDatabase } from '../sqlite.js'
import { batchesOfJob, lastBatches, type PastBatch } from './batch-history.js'
import { raiseFence } from './fence.js'
import type { Ledger, Writer } from './ledger.js'
import { liftQuarantine } from './quarantine.js'
import { ledgerMigrations } from './schema.js'
import { beginSequence, nextNumber, raiseNumber } from './sequence.js'

export interface JobLedger extends Pick<Ledger, 'nextNumber' | 'raiseNumber'> {
  /** As `Ledger.liftQuarantine`, in every store. */
  liftQuarantine(wholesaler: string): Promise<number>
  /** How often the job got on for good: batches it finished or halved, ever. More of them than before = it got further. */
  checkpoints(jobId: number): Promise<number>
  /** From now on no owner with a lower token writes anything for the job to the ledger. */
  raiseFence(writer: Writer): Promise<void>
  /** See `batch-history.ts`. */
  batchesOf(jobId: number, limit: number): Promise<readonly PastBatch[]>
  lastBatches(limit: number): Promise<readonly PastBatch[]>
  close(): Promise<void>
}

/**
 * Opens, or creates, the ledger's file for the sake of its jobs. `numbersSeen`: see `beginSequence`. Throws what
 * `openDatabase` throws.
 */
export async function openJobLedger(
  path: string,
  numbersSeen: () => Promise<number> = async () => 0,
): Promise<JobLedger> {
  const database = await openDatabase(path, { migrations: ledgerMigrations })
  try {
    await beginSequence(database, numbersSeen)
  } catch (error: unknown) {
    database.close()
    throw error
  }
  return {
    nextNumber: async () => nextNumber(database),
    raiseNumber: async (floor) => raiseNumber(database, floor),
    checkpoints: async (jobId) =>
      database
        .prepare<{ count: number }>(
          "SELECT count(*) AS count FROM batch WHERE job_id = ? AND (state = 'finished' OR halved = 1)",
        )
        .get(jobId)?.count ?? 0,
    raiseFence: async (writer) => database.transaction(() => raiseFence(database, writer)),
    liftQuarantine: async (name) => {
      const ids = database.prepare<{ id: number }>('SELECT id FROM wholesaler WHERE name = ?').all(name)
      return ids.reduce((lifted, { id }) => lifted + liftQuarantine(database, id), 0)
    },
    batchesOf: async (jobId, limit) => batchesOfJob(database, jobId, limit),
    lastBatches: async (limit) => lastBatches(database, limit),
    close: async () => database.close(),
  }
}
