import assert from 'node:assert/strict'
import { claimNewJob, type JobPorts } from '../../../src/core/jobs/claim-job.js'
import { fail, giveUp, markOwnerLost, restartLimit, schedule, start } from '../../../src/core/jobs/job-transitions.js'
import { openMemoryJobStore } from '../../../src/core/jobs/memory-job-store.js'
import { retryJob } from '../../../src/core/jobs/retry-job.js'
import { createMemoryLedger } from '../../../src/core/ledger/memory-ledger.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { sampleOptions, sampleOwner, startOfTest } from './sample-jobs.js'

function newPorts(): JobPorts & { readonly ledger: ReturnType<typeof createMemoryLedger> } {
  const clock = fixedClock()
  const ledger = createMemoryLedger({ clock })
  return { jobs: openMemoryJobStore({ clock }), ledger, clock, stateDir: '/state', judge: () => 'alive' }
}

const of = (...wholesalers: string[]) => ({ ...sampleOptions, wholesalers })

describe('work on the images of the whole store', () => {
  it('begins only when no import is at work, of whatever wholesaler', async () => {
    const ports = newPorts()
    await claimNewJob(of('aren'), ports)

    await assert.rejects(claimNewJob(of(), ports, 'images'), { kind: 'busy', message: /aren: job 1/ })
  })

  it('lets no import begin beside it, nor another of its kind', async () => {
    const ports = newPorts()
    const { kind } = await claimNewJob(of(), ports, 'images')

    await assert.rejects(claimNewJob(of('new'), ports), { kind: 'busy', message: /the images of the store: job 1/ })
    await assert.rejects(claimNewJob(of(), ports, 'images'), { kind: 'busy' })
    assert.equal(kind, 'images')
  })

  it('is not run again by recovery, nor by a retry: only its command knows what was wanted', async () => {
    const ports = newPorts()
    const now = startOfTest
    const running = start(schedule({ id: 1, options: of(), now, kind: 'images' }), {
      owner: sampleOwner,
      token: 9,
      now,
    })
    const stuck = markOwnerLost(running, { reason: 'owner_dead', evidence: 'process 4711 is gone', token: 10, now })
    const failed = fail(running, { token: 9, now, counts: running.counts, reason: 'error', exitCode: 1, message: 'no' })
    await ports.jobs.transaction(() => ({ put: [failed], result: null }))

    assert.equal(restartLimit(stuck, 0), 'attempts')
    assert.match(giveUp(stuck, { now, checkpoints: 0, exitCode: 1 }).errorMessages[0] ?? '', /process 4711 is gone/)
    await assert.rejects(retryJob(1, ports), { kind: 'usage' })
  })
})
