import assert from 'node:assert/strict'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../../src/core/clock.js'
import { createJob, type JobPorts } from '../../../src/core/jobs/claim-job.js'
import { noCounts } from '../../../src/core/jobs/job.js'
import { restart, restartLimit } from '../../../src/core/jobs/job-transitions.js'
import { openJobStore } from '../../../src/core/jobs/lowdb-job-store.js'
import { quickLook } from '../../../src/core/jobs/quick-look.js'
import { runJob } from '../../../src/core/jobs/run-job.js'
import { openSqliteLedger } from '../../../src/core/ledger/sqlite-ledger.js'
import { startScript } from '../../chaos/script-process.js'
import { inTempDir } from '../../support/temp-dir.js'
import { sampleOptions } from './sample-jobs.js'

const script = fileURLToPath(new URL('out-of-memory.ts', import.meta.url))
/** Enough to start, far too little for what the script wants. */
const littleMemory = { NODE_OPTIONS: '--max-old-space-size=64' }

async function withPorts(body: (ports: JobPorts) => Promise<void>): Promise<void> {
  await inTempDir(async (stateDir) => {
    const clock = systemClock
    const jobs = openJobStore({ dir: stateDir, clock, onWarning: assert.fail })
    const ledger = await openSqliteLedger(join(stateDir, 'ledger.db'), { storeIdentity: 'none', clock })
    try {
      await body({ jobs, ledger, clock, stateDir })
    } finally {
      await ledger.close()
      await jobs.close()
    }
  })
}

async function runOther(ports: JobPorts) {
  return await runJob(
    {
      job: { ...sampleOptions, wholesalers: ['other'] },
      signal: new AbortController().signal,
      exitCodeOf: () => 0,
      work: async () => ({ counts: noCounts, partial: false, timeLimit: false, errorMessages: [] }),
    },
    ports,
  )
}

describe('a job that takes more memory than there is', function () {
  this.timeout(120_000)

  it('is found at once each time, hinders no other job, and is given up after three crashes in a row (P8)', () =>
    withPorts(async (ports) => {
      const { id } = await createJob({ ...sampleOptions, wholesalers: ['hungry'] }, ports)
      for (const crash of [1, 2, 3]) {
        const { code, signal } = await startScript(script, [ports.stateDir, id], { env: littleMemory }).ended
        assert.ok(signal === 'SIGABRT' || code === 134, `${code} ${signal}`)

        const [stuck] = await quickLook(ports)
        assert.deepEqual([stuck?.id, stuck?.reason], [id, 'owner_dead'])
        assert.equal((await runOther(ports)).job.status, 'completed')

        if (stuck === undefined) return
        assert.equal(restartLimit(stuck, 0), crash === 3 ? 'poison' : null)
        if (crash < 3) {
          const again = restart(stuck, { now: ports.clock.now(), checkpoints: 0 })
          await ports.jobs.transaction(() => ({ put: [again], result: undefined }))
        }
      }
    }))
})
