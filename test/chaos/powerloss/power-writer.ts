/**
 * A process that writes what must outlive a power loss. Arguments: `jobs`, `numbers` or `batches`, folder, how many.
 * Says `ready`, waits for `go`, then says `acked N` for each.
 */
import { join } from 'node:path'
import { systemClock } from '../../../src/core/clock.js'
import { openJobStore } from '../../../src/core/jobs/lowdb-job-store.js'
import { openJobLedger } from '../../../src/core/ledger/sqlite-job-ledger.js'
import { loadEngine } from '../../../src/core/sqlite-engine.js'
import { openCatalogStore } from '../../../src/core/store/catalog/catalog-store.js'
import { batchOf, product } from '../../contract/store-fixture.js'
import { scheduledJob } from '../../core/jobs/sample-jobs.js'
import { say, toldLines } from '../script-process.js'

type Write = (number: number) => Promise<number>

/** What is written for a number, and later looked for. */
export const subjects = ['jobs', 'numbers', 'batches'] as const
export type PowerSubject = (typeof subjects)[number]

export function skuOfBatch(number: number): string {
  return `SKU-${number}`
}

/** Opens what is written to. */
async function opened(subject: PowerSubject, dir: string): Promise<Write> {
  if (subject === 'jobs') {
    const store = openJobStore({ dir, clock: systemClock, onWarning: (message) => say(`warning ${message}`) })
    return (number) => store.transaction(() => ({ put: [scheduledJob(number)], result: number }))
  }
  if (subject === 'numbers') {
    const ledger = await openJobLedger(join(dir, 'ledger.db'))
    return () => ledger.nextNumber()
  }
  const options = { path: join(dir, 'catalog.db'), mediaDir: join(dir, 'media'), currency: null, clock: systemClock }
  const store = await openCatalogStore(options)
  return async (number) => {
    await store.apply(batchOf([product(skuOfBatch(number))], { id: `1-${number}` }))
    return number
  }
}

async function main(subject: PowerSubject, dir: string, count: number): Promise<void> {
  const told = toldLines()
  await loadEngine()
  say('ready')
  await told.next()
  const write = await opened(subject, dir)
  for (let number = 1; number <= count; number += 1) say(`acked ${await write(number)}`)
  process.kill(process.pid, 'SIGKILL')
}

if (process.argv[1]?.endsWith('power-writer.ts')) {
  const [subject, dir = '', count] = process.argv.slice(2)
  await main(subjects.find((known) => known === subject) ?? 'jobs', dir, Number(count))
}
