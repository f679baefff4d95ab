/** Batches that a catalog took from a worker that had lost its job. */
import { join } from 'node:path'
import { openDatabase } from '../../../src/core/sqlite.js'
import { catalogMigrations } from '../../../src/core/store/catalog/schema.js'

/** One that came after a batch with a newer token, of the same job. */
const sql = `
  SELECT old.batch_id AS batch, old.token AS token FROM applied_batch old WHERE EXISTS (
    SELECT 1 FROM applied_batch new WHERE new.job_id = old.job_id AND new.token > old.token AND new.rowid < old.rowid)`

export async function staleBatches(stateDir: string): Promise<string[]> {
  const database = await openDatabase(join(stateDir, 'catalog.db'), { migrations: catalogMigrations })
  try {
    const rows = database.prepare<{ batch: string; token: number }>(sql).all()
    return rows.map(({ batch, token }) => `stale: batch ${batch} was taken with token ${token}`)
  } finally {
    database.close()
  }
}
