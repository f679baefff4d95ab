import assert from 'node:assert/strict'
import { type Job, type JobStatus, jobStatuses, noCounts, type StuckJob } from '../../../src/core/jobs/job.js'
import * as transitions from '../../../src/core/jobs/job-transitions.js'
import { jobIn, startOfTest as now, runningJob, sampleOwner, scheduledJob } from './sample-jobs.js'

const held = { token: 10, now, counts: noCounts }

/** Every transition as a function of any job: what TypeScript forbids is tried here all the same. */
const table: readonly {
  readonly name: string
  readonly from: readonly JobStatus[]
  readonly run: (job: never) => Job
  /** Needs the lease: anybody else is told that it is lost. */
  readonly lease?: true
}[] = [
  {
    name: 'start (T2)',
    from: ['scheduled'],
    run: (job) => transitions.start(job, { owner: sampleOwner, token: 20, now }),
  },
  {
    name: 'checkpoint (T3)',
    from: ['running'],
    lease: true,
    run: (job) => transitions.checkpoint(job, { ...held, message: 'half' }),
  },
  { name: 'requestCancel (T3)', from: ['running'], run: (job) => transitions.requestCancel(job, now) },
  {
    name: 'complete (T4)',
    from: ['running'],
    lease: true,
    run: (job) => transitions.complete(job, { ...held, reason: 'done', exitCode: 0, errorMessages: [] }),
  },
  {
    name: 'fail (T5)',
    from: ['running'],
    lease: true,
    run: (job) => transitions.fail(job, { ...held, reason: 'error', exitCode: 1, message: 'x' }),
  },
  {
    name: 'reschedule (T6)',
    from: ['running'],
    lease: true,
    run: (job) => transitions.reschedule(job, { ...held, why: 'transient', message: 'x' }),
  },
  {
    name: 'markNeverStarted (T7)',
    from: ['scheduled'],
    run: (job) => transitions.markNeverStarted(job, { now, evidence: 'x' }),
  },
  {
    name: 'markOwnerLost (T8)',
    from: ['running'],
    run: (job) => transitions.markOwnerLost(job, { reason: 'owner_silent', evidence: 'x', token: 20, now }),
  },
  { name: 'restart (T9)', from: ['processing_stuck'], run: (job) => transitions.restart(job, { now, checkpoints: 0 }) },
  {
    name: 'cancel (T11)',
    from: ['scheduled', 'processing_stuck'],
    run: (job) => transitions.cancel(job, { now, exitCode: 130 }),
  },
  { name: 'retry (T12)', from: ['failed'], run: (job) => transitions.retry(job, now) },
]

describe('transitions of a job', () => {
  for (const { name, from, run, lease } of table) {
    describe(name, () => {
      for (const status of jobStatuses) {
        const allowed = from.includes(status)
        it(`${allowed ? 'goes on from' : 'refuses'} a ${status} job`, () => {
          const job = jobIn(status)
          const before = structuredClone(job)

          if (allowed) assert.equal(run(job as never).id, 1)
          else assert.throws(() => run(job as never), { kind: lease ? 'lease_lost' : 'unexpected' })

          assert.deepEqual(job, before)
        })
      }

      if (lease) {
        it('throws lease_lost for an owner whose token is no longer the current one', () => {
          const running = runningJob()
          const taken = { ...running, token: 12, lease: { ...running.lease, token: 12 } }

          assert.throws(() => run(taken as never), { kind: 'lease_lost' })
        })
      }
    })
  }

  it('gives up (T10) no job that is not stuck', () => {
    for (const status of jobStatuses) {
      const giveUp = () => transitions.giveUp(jobIn(status) as never, { now, checkpoints: 0, exitCode: 1 })

      assert.throws(giveUp, status === 'processing_stuck' ? /may be restarted/ : /it is not processing_stuck/)
    }
  })

  describe('start (T2)', () => {
    it('gives the job to its owner under a new token and counts the attempt', () => {
      const job = transitions.start(scheduledJob(), { owner: sampleOwner, token: 7, now })

      assert.equal(job.status, 'running')
      assert.equal(job.attempt, 1)
      assert.equal(job.token, 7)
      assert.deepEqual(job.lease, { token: 7, owner: sampleOwner, acquiredAt: now })
    })

    it('refuses a token that the job has had before', () => {
      const again = transitions.reschedule(runningJob(), { ...held, why: 'transient', message: 'x' })

      assert.throws(() => transitions.start(again, { owner: sampleOwner, token: 10, now: now + 60_000 }), /token 10/)
    })

    it('waits for the back-off to the millisecond, unless told otherwise', () => {
      const job = transitions.reschedule(runningJob(), { ...held, why: 'transient', message: 'x' })
      const by = { owner: sampleOwner, token: 20 }

      assert.throws(() => transitions.start(job, { ...by, now: now + 29_999 }), /back-off/)
      assert.equal(transitions.start(job, { ...by, now: now + 30_000 }).status, 'running')
      assert.equal(transitions.start(job, { ...by, now, ignoreNotBefore: true }).status, 'running')
    })

    it('does not wait for a day because the clock was set back by one (D14)', () => {
      const job = transitions.reschedule(runningJob(), { ...held, why: 'transient', message: 'x' })

      assert.equal(transitions.isDue(job, now - 24 * 3_600_000), true)
    })
  })

  describe('reschedule (T6)', () => {
    it('waits 30 s, 2, 10 and 30 minutes, and refuses a fifth time', () => {
      const waits: number[] = []
      let job = runningJob()
      while (transitions.mayReschedule(job)) {
        const { token } = job
        const again = transitions.reschedule(job, { token, now, counts: noCounts, why: 'transient', message: 'x' })
        waits.push(again.notBefore - now)
        job = transitions.start(again, { owner: sampleOwner, token: token + 1, now, ignoreNotBefore: true })
      }

      assert.deepEqual(waits, [30_000, 120_000, 600_000, 1_800_000])
      assert.equal(job.attempt, 5)
      const by = { ...held, token: job.token, why: 'transient', message: 'x' } as const
      assert.throws(() => transitions.reschedule(job, by), /5 attempts are over/)
    })

    it('gives the attempt back when the worker was told to stop', () => {
      const job = transitions.reschedule(runningJob(), { ...held, why: 'stopped', message: 'SIGTERM' })

      assert.equal(job.attempt, 0)
      assert.equal(job.notBefore, 0)
      assert.equal(job.failures.transient, 0)
      assert.deepEqual(job.errorMessages, [])
    })

    it('refuses a job that is to be cancelled', () => {
      const job = transitions.requestCancel(runningJob(), now)

      assert.equal(transitions.mayReschedule(job), false)
      assert.throws(() => transitions.reschedule(job, { ...held, why: 'stopped', message: 'x' }), /cancelled/)
    })
  })

  describe('stuck jobs (T7-T10)', () => {
    const lost = { reason: 'owner_dead', evidence: 'process 4711 is gone', token: 11, now } as const

    it('takes the token from the owner together with the job', () => {
      const job = transitions.markOwnerLost(runningJob(), lost)

      assert.equal(job.token, 11)
      assert.equal('lease' in job, false)
      assert.throws(() => transitions.heldWith(10, job), { kind: 'lease_lost' })
    })

    it('refuses to fence an owner with its own token', () => {
      assert.throws(() => transitions.markOwnerLost(runningJob(), { ...lost, token: 10 }), /fenced/)
    })

    it('keeps a wish to cancel: such a job is not restarted', () => {
      const stuck = transitions.markOwnerLost(transitions.requestCancel(runningJob(), now), lost)

      assert.equal(transitions.restartLimit(stuck, 0), 'cancelled')
      assert.throws(() => transitions.restart(stuck, { now, checkpoints: 0 }), /cancelled/)
    })

    it('gives up as poison after three crashes in a row without progress', () => {
      const { job, restarts } = crashUntilLimit(() => 0)

      assert.equal(restarts, 2)
      assert.equal(transitions.restartLimit(job, 0), 'poison')
      const given = transitions.giveUp(job, { now, checkpoints: 0, exitCode: 1 })
      assert.equal(given.status, 'failed')
      assert.equal(given.reason, 'poison')
    })

    it('gives up after 20 crashes in vain, though it gets further after every second one', () => {
      const { job, restarts } = crashUntilLimit((crash) => Math.floor(crash / 3))

      assert.equal(restarts - Math.floor(restarts / 3), 19)
      assert.equal(transitions.giveUp(job, { now, checkpoints: 0, exitCode: 1 }).reason, 'attempts')
    })

    it('does not count a crash before which the job got further: two products that kill every worker are two searches', () => {
      let crashes = 0
      crashUntilLimit((crash) => {
        crashes = crash
        return Math.min(crash, 500)
      })

      assert.equal(crashes, 503)
    })

    it('does not give up a job that may be restarted', () => {
      const stuck = transitions.markOwnerLost(runningJob(), lost)

      assert.throws(() => transitions.giveUp(stuck, { now, checkpoints: 0, exitCode: 1 }), /may be restarted/)
    })

    it('does not count a job that nobody started as a crash', () => {
      const stuck = transitions.markNeverStarted(scheduledJob(), { now, evidence: 'waiting for 301 s' })

      assert.equal(transitions.restart(stuck, { now, checkpoints: 0 }).failures.crashes, 0)
    })
  })

  describe('cancel (T11) and retry (T12)', () => {
    it('fails a waiting or stuck job at once', () => {
      for (const status of ['scheduled', 'processing_stuck'] as const) {
        const job = transitions.cancel(jobIn(status) as never, { now, exitCode: 130 })

        assert.equal(job.status, 'failed')
        assert.equal(job.reason, 'cancelled')
      }
    })

    it('starts the limits anew, so that a retried job does not fail at once', () => {
      const { job } = crashUntilLimit(() => 0)
      const given = transitions.giveUp(job, { now, checkpoints: 0, exitCode: 1 })

      const again = transitions.retry(given, now)

      assert.deepEqual(again.failures, { transient: 0, crashes: 0, crashesInVain: 0, crashesInRow: 0, checkpoints: 0 })
      assert.deepEqual(again.errorMessages, [])
      assert.equal(again.token, given.token)
    })
  })

  it('keeps the last 100 events and the first 20 error messages', () => {
    let job = runningJob()
    for (let step = 0; step < 150; step += 1) job = transitions.checkpoint(job, { ...held, message: `step ${step}` })
    const errorMessages = Array.from({ length: 30 }, (_, index) => `error ${index}`)

    const done = transitions.complete(job, { ...held, reason: 'done', exitCode: 3, errorMessages })

    assert.equal(done.events.length, 100)
    assert.equal(done.events.at(-1)?.message, 'completed')
    assert.equal(done.errorMessages.length, 20)
    assert.equal(done.errorMessages[0], 'error 0')
  })

  it('cuts a message that quotes too much', () => {
    const job = transitions.fail(runningJob(), { ...held, reason: 'error', exitCode: 1, message: 'x'.repeat(10_000) })

    assert.equal(job.errorMessages[0]?.length, 500)
  })
})

/** Crashes and restarts until a limit says no. `checkpointsAt(n)`: batches that were finished at the n-th crash. */
function crashUntilLimit(checkpointsAt: (crash: number) => number): { job: StuckJob; restarts: number } {
  let running = runningJob()
  for (let crash = 1; ; crash += 1) {
    const token = running.token + 1
    const job = transitions.markOwnerLost(running, { reason: 'owner_dead', evidence: 'gone', token, now })
    const checkpoints = checkpointsAt(crash)
    if (transitions.restartLimit(job, checkpoints) !== null) return { job, restarts: crash - 1 }
    running = transitions.start(transitions.restart(job, { now, checkpoints }), {
      owner: sampleOwner,
      token: token + 1,
      now,
    })
  }
}
