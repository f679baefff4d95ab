/** What somebody misses who opens a state folder after a power loss. */
import { join } from 'node:path'
import { systemClock } from '../../../src/core/clock.js'
import { openJobStore } from '../../../src/core/jobs/lowdb-job-store.js'
import { openJobLedger } from '../../../src/core/ledger/sqlite-job-ledger.js'
import { openCatalogStore } from '../../../src/core/store/catalog/catalog-store.js'
import { scheduledJob } from '../../core/jobs/sample-jobs.js'
import { type PowerSubject, skuOfBatch } from './power-writer.js'

const idOfNext = 1_000

export async function missingAfterLoss(
  subject: PowerSubject,
  dir: string,
  acked: readonly number[],
): Promise<readonly string[]> {
  try {
    if (subject === 'jobs') return await missingJobs(dir, acked)
    if (subject === 'numbers') return await repeatedNumbers(dir, acked)
    return await missingBatches(dir, acked)
  } catch (error: unknown) {
    return [`it cannot be opened: ${error instanceof Error ? error.message : String(error)}`]
  }
}

async function missingJobs(dir: string, acked: readonly number[]): Promise<readonly string[]> {
  const store = openJobStore({ dir, clock: systemClock, onWarning: () => {} })
  try {
    await store.transaction(() => ({ put: [scheduledJob(idOfNext)], result: undefined }))
    const jobs = await store.read()
    return acked.filter((id) => !jobs.has(id)).map((id) => `job ${id} is lost`)
  } finally {
    await store.close()
  }
}

/** A number that was given out is never given out again. */
async function repeatedNumbers(dir: string, acked: readonly number[]): Promise<readonly string[]> {
  const ledger = await openJobLedger(join(dir, 'ledger.db'))
  try {
    const next = await ledger.nextNumber()
    const highest = Math.max(0, ...acked)
    return next > highest ? [] : [`number ${next} is given out again, after ${highest}`]
  } finally {
    await ledger.close()
  }
}

async function missingBatches(dir: string, acked: readonly number[]): Promise<readonly string[]> {
  const options = { path: join(dir, 'catalog.db'), mediaDir: join(dir, 'media'), currency: null, clock: systemClock }
  const store = await openCatalogStore(options)
  try {
    const lost: string[] = []
    for (const number of acked)
      if ((await store.findBySku([skuOfBatch(number)])).size === 0) lost.push(`batch ${number} is lost`)
    return lost
  } finally {
    await store.close()
  }
}
