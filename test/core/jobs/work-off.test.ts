import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { WholesalerError } from '../../../src/core/errors.js'
import { claimJob, type JobPorts } from '../../../src/core/jobs/claim-job.js'
import type { FinishedJob } from '../../../src/core/jobs/job.js'
import { complete, reschedule } from '../../../src/core/jobs/job-transitions.js'
import { openMemoryJobStore } from '../../../src/core/jobs/memory-job-store.js'
import { nextJob } from '../../../src/core/jobs/next-job.js'
import { type WorkPlan, workOff } from '../../../src/core/jobs/work-off.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { jobIn, startOfTest as now, runningJob, sampleOwner, scheduledJob } from './sample-jobs.js'

const table = (...jobs: readonly ReturnType<typeof jobIn>[]) => new Map(jobs.map((job) => [job.id, job]))
const judge = () => 'alive' as const

describe('nextJob', () => {
  it('is the one of the highest priority, then the oldest', () => {
    const jobs = table(scheduledJob(3), scheduledJob(2), scheduledJob(4, { priority: 4 }))

    assert.equal(nextJob(jobs, { now })?.id, 4)
    assert.equal(nextJob(jobs, { now, takes: ({ id }) => id !== 4 })?.id, 2)
    assert.equal(nextJob(jobs, { now, first: 3 })?.id, 3)
  })

  it('is none whose wholesaler has a live job, or that waits after an error', () => {
    const waiting = reschedule(runningJob(1), {
      token: 10,
      now,
      counts: runningJob().counts,
      why: 'transient',
      message: 'x',
    })

    assert.equal(nextJob(table(runningJob(1), scheduledJob(2)), { now, judge }), null)
    assert.equal(nextJob(table(waiting), { now: waiting.notBefore - 1 }), null)
    assert.equal(nextJob(table(waiting), { now: waiting.notBefore })?.id, 1)
    assert.equal(nextJob(table(waiting), { now, ignoreNotBefore: true })?.id, 1)
  })

  it('is none that runs, is stuck or has ended', () => {
    const ended = (['running', 'processing_stuck', 'completed', 'failed'] as const).map((status, id) =>
      jobIn(status, id),
    )

    assert.equal(nextJob(table(...ended), { now, judge }), null)
  })
})

describe('workOff', () => {
  async function scene(...jobs: readonly ReturnType<typeof jobIn>[]) {
    // Its pauses pass at once, and let everything else have its turn.
    const clock = { ...fixedClock(now), sleep: async () => void (await nextTurn()) }
    let number = 100
    const ledger = { nextNumber: async () => ++number, raiseNumber: async () => {} }
    const ports: JobPorts = {
      jobs: openMemoryJobStore({ clock }),
      ledger,
      clock,
      stateDir: '',
      owner: sampleOwner,
      judge,
    }
    await ports.jobs.transaction(() => ({ put: jobs, result: undefined }))
    const stop = new AbortController()
    const plan: WorkPlan = {
      run: async (id) => ({ job: await endJob(id, ports), error: null }),
      concurrency: 1,
      signal: stop.signal,
      isDone: () => true,
    }
    return { ports, plan, stop }
  }

  async function endJob(id: number, ports: JobPorts): Promise<FinishedJob> {
    const { lease, counts } = await claimJob(id, ports)
    return await ports.jobs.transaction((jobs) => {
      const by = { token: lease.token, now, counts, reason: 'done', exitCode: 0, errorMessages: [] } as const
      const job = complete(jobs.get(id) as never, by)
      return { put: [job], result: job }
    })
  }

  it('works off all there is', async () => {
    const { ports, plan } = await scene(scheduledJob(1), scheduledJob(2), scheduledJob(3, { wholesalers: ['other'] }))

    const ended = await workOff({ ...plan, concurrency: 2 }, ports)

    assert.deepEqual(
      ended.map(({ job }) => job.status),
      ['completed', 'completed', 'completed'],
    )
  })

  it('goes on when somebody else was quicker', async () => {
    const { ports, plan } = await scene(scheduledJob(1), scheduledJob(2, { wholesalers: ['other'] }))
    const run: WorkPlan['run'] = async (id, signal) => {
      if (id === 2) return await plan.run(id, signal)
      await endJob(id, ports)
      throw new WholesalerError({ kind: 'busy', message: 'taken' })
    }

    assert.deepEqual(
      (await workOff({ ...plan, run }, ports)).map(({ job }) => job.id),
      [2],
    )
  })

  it('stops when a job was taken from it: the others are drained, then that is thrown', async () => {
    const { ports, plan } = await scene(scheduledJob(1), scheduledJob(2, { wholesalers: ['other'] }))
    let drained: unknown
    const run: WorkPlan['run'] = async (id, signal) => {
      if (id === 1) throw new WholesalerError({ kind: 'lease_lost', message: 'taken over' })
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      drained = signal.reason
      return { job: await endJob(id, ports), error: null }
    }

    await assert.rejects(workOff({ ...plan, run, concurrency: 2 }, ports), { kind: 'lease_lost' })

    assert.equal((drained as { kind?: string }).kind, 'interrupted', 'not the loss of a lease that is not its own')
  })

  it('looks again until it is done, and ends by its signal', async () => {
    const { ports, plan, stop } = await scene()
    let looks = 0
    const isDone = () => {
      looks += 1
      if (looks === 3) stop.abort()
      return false
    }

    assert.deepEqual(await workOff({ ...plan, isDone }, ports), [])
    assert.equal(looks, 3)
  })
})
