/** A process that claims a job and needs more memory than it may have. Arguments: state folder, id of the job. */
import { join } from 'node:path'
import { systemClock } from '../../../src/core/clock.js'
import { openJobStore } from '../../../src/core/jobs/lowdb-job-store.js'
import { runJob } from '../../../src/core/jobs/run-job.js'
import { openSqliteLedger } from '../../../src/core/ledger/sqlite-ledger.js'

const [stateDir = '', id] = process.argv.slice(2)
const jobs = openJobStore({ dir: stateDir, clock: systemClock, onWarning: () => {} })
const ledger = await openSqliteLedger(join(stateDir, 'ledger.db'), { storeIdentity: 'none', clock: systemClock })
const hoard: unknown[] = []

await runJob(
  {
    job: Number(id),
    signal: new AbortController().signal,
    exitCodeOf: () => 1,
    work: async () => {
      for (;;) hoard.push(Array.from({ length: 10_000 }, (_, index) => `${index} of ${hoard.length}`))
    },
  },
  { jobs, ledger, clock: systemClock, stateDir },
)
