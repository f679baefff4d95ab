import assert from 'node:assert/strict'
import {
  detectStuck,
  noProgressMs,
  type StuckFacts,
  startWithinMs,
  watchMs,
} from '../../../src/core/jobs/detect-stuck.js'
import { leaseMs } from '../../../src/core/jobs/heartbeat.js'
import { noCounts } from '../../../src/core/jobs/job.js'
import { reschedule } from '../../../src/core/jobs/job-transitions.js'
import type { HeartbeatObservation } from '../../../src/core/jobs/observe-heartbeat.js'
import { jobIn, startOfTest as now, runningJob, scheduledJob } from './sample-jobs.js'

const freeSlots = { workerAlive: false, busyWith: null, busyUntil: 0 }
const beating: HeartbeatObservation = { heartbeat: null, silentMs: 0, watchedMs: 0, noProgressMs: 0 }

function facts(change: Partial<StuckFacts> = {}): StuckFacts {
  return { now, owner: 'alive', observation: beating, slots: freeSlots, ...change }
}

describe('detectStuck', () => {
  describe('a running job', () => {
    it('is stuck at once when its owner is dead', () => {
      const verdict = detectStuck(runningJob(), facts({ owner: 'dead' }))

      assert.deepEqual(verdict, {
        state: 'stuck',
        reason: 'owner_dead',
        evidence: 'process 4711 on shop.example is gone',
      })
    })

    for (const owner of ['alive', 'unknown'] as const) {
      const judge = (observation: Partial<HeartbeatObservation>) =>
        detectStuck(runningJob(), facts({ owner, observation: { ...beating, ...observation } })).state

      it(`whose owner is ${owner} is stuck after a whole lease of silence, not a millisecond before`, () => {
        assert.equal(judge({ silentMs: leaseMs - 1, watchedMs: leaseMs }), 'healthy')
        assert.equal(judge({ silentMs: leaseMs, watchedMs: leaseMs }), 'stuck')
      })

      it(`whose owner is ${owner} is only suspect until somebody watched the silence: all slept together (D15)`, () => {
        assert.equal(judge({ silentMs: 600_000, watchedMs: 0 }), 'suspect')
        assert.equal(judge({ silentMs: 600_000, watchedMs: watchMs - 1 }), 'suspect')
        assert.equal(judge({ silentMs: 600_000, watchedMs: watchMs }), 'stuck')
      })

      it(`whose owner is ${owner} is suspect when it beats but stands still, never condemned for it`, () => {
        assert.equal(judge({ noProgressMs: noProgressMs - 1 }), 'healthy')
        assert.equal(judge({ noProgressMs }), 'suspect')
      })
    }

    it('is not judged by the wall clock, a day ahead or behind (D14)', () => {
      for (const days of [-1, 1]) {
        assert.equal(detectStuck(runningJob(), facts({ now: now + days * 86_400_000 })).state, 'healthy')
      }
    })
  })

  describe('a scheduled job', () => {
    it('is stuck when nobody started it for more than five minutes', () => {
      assert.equal(detectStuck(scheduledJob(), facts({ now: now + startWithinMs })).state, 'waiting')
      assert.equal(detectStuck(scheduledJob(), facts({ now: now + startWithinMs + 1 })).state, 'stuck')
    })

    it('only waits while its wholesaler is busy, and for five minutes after', () => {
      const late = now + 3_600_000

      const busy = detectStuck(scheduledJob(), facts({ now: late, slots: { ...freeSlots, busyWith: 7 } }))
      const after = detectStuck(
        scheduledJob(),
        facts({ now: late, slots: { ...freeSlots, busyUntil: late - 299_000 } }),
      )

      assert.deepEqual(busy, { state: 'waiting', why: 'for job 7 of the same wholesaler' })
      assert.equal(after.state, 'waiting')
    })

    it('only waits while a worker lives that will take it', () => {
      const slots = { ...freeSlots, workerAlive: true }

      assert.equal(detectStuck(scheduledJob(), facts({ now: now + 3_600_000, slots })).state, 'waiting')
    })

    it('only waits during its back-off, and five minutes longer', () => {
      const held = { token: 10, now, counts: noCounts }
      const job = reschedule(runningJob(), { ...held, why: 'transient', message: 'x' })

      assert.equal(detectStuck(job, facts({ now: now + 29_999 })).state, 'waiting')
      assert.equal(detectStuck(job, facts({ now: now + 330_000 })).state, 'waiting')
      assert.equal(detectStuck(job, facts({ now: now + 330_001 })).state, 'stuck')
    })
  })

  it('repeats what was found of a stuck job, and leaves ended ones alone', () => {
    assert.equal(detectStuck(jobIn('processing_stuck'), facts()).state, 'stuck')
    assert.equal(detectStuck(jobIn('completed'), facts()).state, 'healthy')
    assert.equal(detectStuck(jobIn('failed'), facts()).state, 'healthy')
  })
})
