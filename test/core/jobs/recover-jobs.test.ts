import assert from 'node:assert/strict'
import { claimJob } from '../../../src/core/jobs/claim-job.js'
import { startWithinMs } from '../../../src/core/jobs/detect-stuck.js'
import { type EndedOwner, endOwner, termGraceMs } from '../../../src/core/jobs/end-owner.js'
import { heartbeatIntervalMs, leaseMs } from '../../../src/core/jobs/heartbeat.js'
import { type Job, noCounts, type Owner, type RunningJob } from '../../../src/core/jobs/job.js'
import { complete } from '../../../src/core/jobs/job-transitions.js'
import { killStoppedHolder } from '../../../src/core/jobs/kill-holder.js'
import { openMemoryJobStore } from '../../../src/core/jobs/memory-job-store.js'
import type { HeartbeatObservation } from '../../../src/core/jobs/observe-heartbeat.js'
import type { OwnerVerdict } from '../../../src/core/jobs/owner.js'
import { type RecoverPorts, type RecoverRequest, recoverJobs } from '../../../src/core/jobs/recover-jobs.js'
import { unreachableGraceMs } from '../../../src/core/jobs/restart-stuck.js'
import { registerWorker } from '../../../src/core/jobs/worker-registry.js'
import { type FixedClock, fixedClock } from '../../support/fixed-clock.js'
import { inTempDir } from '../../support/temp-dir.js'
import { jobIn, startOfTest as now, runningJob, sampleOwner, scheduledJob } from './sample-jobs.js'

interface Scene extends RecoverPorts {
  readonly clock: FixedClock
  /** What other processes are taken for; by host. Default: alive. */
  readonly verdicts: Map<string, OwnerVerdict>
  /** How long each owner has been silent; by job. Default: it beats. */
  readonly silentSince: Map<number, number>
  readonly ended: Owner[]
  readonly fences: { readonly jobId: number; readonly token: number }[]
}

async function withScene(jobs: readonly Job[], body: (scene: Scene) => Promise<void>): Promise<void> {
  await inTempDir(async (stateDir) => {
    const clock = fixedClock(now)
    const verdicts = new Map<string, OwnerVerdict>()
    const silentSince = new Map<number, number>()
    const ended: Owner[] = []
    const fences: Scene['fences'] = []
    let number = 100
    const store = openMemoryJobStore({ clock })
    const scene: Scene = {
      jobs: store,
      ledger: {
        nextNumber: async () => ++number,
        raiseNumber: async () => {},
        checkpoints: async () => 0,
        raiseFence: async (writer) => void fences.push(writer),
      },
      clock,
      stateDir,
      owner: sampleOwner,
      judge: ({ host }) => verdicts.get(host) ?? 'alive',
      watch: { observe: async ({ id }) => observe(silentSince.get(id), clock) },
      exitCodes: { gaveUp: 1, cancelled: 130 },
      endOwner: async (owner): Promise<EndedOwner> => {
        ended.push(owner)
        return verdicts.get(owner.host) === 'unknown' ? 'unknown' : 'gone'
      },
      run: async (id) => ({ job: await doJob(id, scene), error: null }),
      onNote: () => {},
      verdicts,
      silentSince,
      ended,
      fences,
    }
    await store.transaction(() => ({ put: jobs, result: undefined }))
    await body(scene)
  })
}

/** A heartbeat that stands still since `since`, as one who has watched it all the time sees it. */
function observe(since: number | undefined, clock: FixedClock): HeartbeatObservation {
  const silentMs = since === undefined ? 0 : clock.monotonic() - since
  const at = clock.now() - silentMs
  const heartbeat = { jobId: 1, token: 10, hbSeq: 1, progress: 1, counts: noCounts, at }
  return { heartbeat, silentMs, watchedMs: silentMs, noProgressMs: 0 }
}

async function doJob(id: number, scene: Scene) {
  const { lease, counts } = await claimJob(id, scene, { ignoreNotBefore: true })
  return await scene.jobs.transaction((jobs) => {
    const by = { token: lease.token, now, counts, reason: 'done', exitCode: 0, errorMessages: [] } as const
    const job = complete(jobs.get(id) as RunningJob, by)
    return { put: [job], result: job }
  })
}

function request(change: Partial<RecoverRequest> = {}): RecoverRequest {
  const apart = () => assert.fail('nothing is to be started')
  return { dryRun: false, wait: true, launch: null, apart, signal: new AbortController().signal, ...change }
}

async function verdictOf(scene: Scene): Promise<string | undefined> {
  return (await recoverJobs(request({ dryRun: true }), scene))[0]?.verdict.state
}

describe('recoverJobs', () => {
  it('takes a scheduled job for stuck after 300 s with a free slot, not a moment before', () =>
    withScene([scheduledJob(1)], async (scene) => {
      scene.clock.advance(startWithinMs)
      assert.equal(await verdictOf(scene), 'waiting')

      scene.clock.advance(1)
      assert.equal(await verdictOf(scene), 'stuck')

      const [found] = await recoverJobs(request(), scene)
      assert.deepEqual(
        [found?.action, found?.job.status, found?.job.failures.crashes],
        ['finished_here', 'completed', 0],
      )
    }))

  it('takes none for stuck while a worker lives that will take it', () =>
    withScene([scheduledJob(1)], async (scene) => {
      // Its note is as old as the file: the clock of the test starts today.
      const today = fixedClock(Date.now())
      const worker = await registerWorker({ dir: scene.stateDir, clock: today, job: null, owner: sampleOwner })
      const late = { ...scene, clock: today, jobs: scene.jobs }
      assert.equal(await verdictOf(late as Scene), 'waiting')

      await worker.stop()
      assert.equal(await verdictOf(late as Scene), 'stuck')
    }))

  it('takes none for stuck whose wholesaler is busy, for 300 s after it was', () =>
    withScene([scheduledJob(2), { ...jobIn('completed', 1), completedAt: now + 200_000 } as Job], async (scene) => {
      scene.clock.advance(500_000)
      assert.equal(await verdictOf(scene), 'waiting')

      scene.clock.advance(1)
      assert.equal(await verdictOf(scene), 'stuck')
    }))

  it('finishes the job of a dead owner, fenced first', () =>
    withScene([runningJob(1)], async (scene) => {
      scene.verdicts.set(sampleOwner.host, 'dead')

      const [found] = await recoverJobs(request(), scene)

      assert.deepEqual([found?.action, found?.job.status, found?.job.attempt], ['finished_here', 'completed', 2])
      assert.deepEqual(
        scene.fences.map(({ jobId }) => jobId),
        [1],
      )
    }))

  it('watches an owner that may be silent for a whole lease, then ends it and goes on', () =>
    withScene([runningJob(1)], async (scene) => {
      scene.clock.advance(3 * heartbeatIntervalMs)
      scene.silentSince.set(1, 0)

      const [found] = await recoverJobs(request(), scene)

      assert.deepEqual([found?.verdict.state, found?.job.status], ['stuck', 'completed'])
      assert.deepEqual(scene.ended, [sampleOwner])
      assert.ok(scene.clock.monotonic() >= leaseMs && scene.clock.monotonic() < leaseMs + 20_000)
    }))

  it('does not let the job of a dead owner wait for one that has to be watched', () => {
    const dead = runningJob(2, { owner: { ...sampleOwner, host: 'dead' }, options: { wholesalers: ['other'] } })
    return withScene([runningJob(1), dead], async (scene) => {
      scene.clock.advance(leaseMs - 10_000)
      scene.silentSince.set(1, 0)
      scene.verdicts.set('dead', 'dead')
      const startedAt = scene.clock.now()

      const found = await recoverJobs(request(), scene)

      assert.deepEqual(
        found.map(({ job, verdict, action }) => [job.id, verdict.state, action]),
        [
          [1, 'stuck', 'finished_here'],
          [2, 'stuck', 'finished_here'],
        ],
      )
      const stuckAt = (index: number) => found[index]?.job.events.find(({ message }) => /^stuck/.test(message))?.at
      assert.equal(stuckAt(1), startedAt)
      assert.ok((stuckAt(0) ?? 0) > startedAt)
    })
  })

  it('acquits an owner that gives a sign of life while it is watched', () =>
    withScene([runningJob(1)], async (scene) => {
      scene.clock.advance(leaseMs - 10_000)
      scene.silentSince.set(1, 0)
      const onNote = () => void scene.silentSince.delete(1)

      const [found] = await recoverJobs(request(), { ...scene, onNote })

      assert.deepEqual([found?.verdict.state, found?.action, found?.job.status], ['healthy', 'none', 'running'])
      assert.deepEqual(scene.ended, [])
    }))

  it('watches no longer than until the heart beats, however wrong the clock of the owner is (D14)', () =>
    withScene([runningJob(1)], async (scene) => {
      const heartbeat = { jobId: 1, token: 10, progress: 1, counts: noCounts, at: now + 86_400_000 }
      let hbSeq = 0
      const observe = async () => {
        hbSeq += 1
        return { heartbeat: { ...heartbeat, hbSeq }, silentMs: 0, watchedMs: 0, noProgressMs: 0 }
      }

      const [found] = await recoverJobs(request(), { ...scene, watch: { observe } })

      assert.deepEqual([found?.verdict.state, found?.job.status], ['healthy', 'running'])
      assert.ok(scene.clock.monotonic() <= 10_000)
    }))

  it('waits until nothing of an owner that it cannot reach can arrive any more', () =>
    withScene([runningJob(1)], async (scene) => {
      scene.verdicts.set(sampleOwner.host, 'unknown')
      scene.silentSince.set(1, -leaseMs)

      const [found] = await recoverJobs(request(), scene)

      assert.equal(found?.job.status, 'completed')
      assert.ok(scene.clock.monotonic() >= unreachableGraceMs)
    }))

  it('leaves such a job stuck when it is not to wait, for the next one to finish', () =>
    withScene([runningJob(1)], async (scene) => {
      scene.verdicts.set(sampleOwner.host, 'unknown')
      scene.silentSince.set(1, -leaseMs)

      const [first] = await recoverJobs(request({ wait: false }), scene)
      assert.deepEqual([first?.action, first?.job.status], ['none', 'processing_stuck'])

      scene.clock.advance(unreachableGraceMs)
      const [second] = await recoverJobs(request({ wait: false }), scene)
      assert.equal(second?.job.status, 'completed')
    }))

  it('cancels a stuck job that was to be cancelled', () =>
    withScene([{ ...runningJob(1), cancelRequested: true }], async (scene) => {
      scene.verdicts.set(sampleOwner.host, 'dead')

      const [found] = await recoverJobs(request(), scene)

      assert.deepEqual([found?.action, found?.job.status], ['gave_up', 'failed'])
    }))

  for (const [attached, what] of [
    [5, 'gives up a job that crashed three times at the same place'],
    [6, 'goes on with one that attached an image between its crashes'],
  ] as const) {
    it(what, () => {
      const counts = { ...noCounts, images: { ...noCounts.images, attached } }
      const failures = { transient: 0, crashes: 2, crashesInVain: 2, crashesInRow: 2, checkpoints: 5 }
      return withScene([{ ...runningJob(1), counts, failures }], async (scene) => {
        scene.verdicts.set(sampleOwner.host, 'dead')

        await recoverJobs(request({ launch: async () => true }), scene)

        const job = (await scene.jobs.read()).get(1)
        assert.equal(job?.status, attached === 5 ? 'failed' : 'scheduled')
      })
    })
  }

  it('run eight times at once restarts each stuck job once, and condemns no one who took it (P13)', () =>
    withScene([runningJob(1), runningJob(2, { options: { wholesalers: ['b'] } })], async (scene) => {
      scene.verdicts.set(sampleOwner.host, 'dead')
      // Whoever takes a job over lives.
      const alive = { ...sampleOwner, host: 'alive' }

      await Promise.all(Array.from({ length: 8 }, () => recoverJobs(request(), { ...scene, owner: alive })))

      for (const job of (await scene.jobs.read()).values()) {
        assert.deepEqual([job.status, job.attempt, job.failures.crashes], ['completed', 2, 1])
      }
    }))

  it('starts a worker for each stuck job, one for all that only wait, and works itself where none comes up (P17)', () =>
    withScene(
      [
        runningJob(1),
        runningJob(2, { options: { wholesalers: ['b'] } }),
        scheduledJob(3, { wholesalers: ['c'] }),
        scheduledJob(4, { wholesalers: ['d'] }),
      ],
      async (scene) => {
        scene.verdicts.set(sampleOwner.host, 'dead')
        const launched: number[] = []
        const launch = async (id: number) => {
          launched.push(id)
          return id !== 2
        }

        const found = await recoverJobs(request({ launch }), scene)

        assert.deepEqual(launched, [1, 2, 3])
        assert.deepEqual(
          found.map(({ action }) => action),
          ['worker_started', 'finished_here', 'worker_started', 'none'],
        )
      },
    ))
})

describe('recoverJobs of a job that brings its processes down', () => {
  const twice = {
    ...runningJob(1),
    failures: { transient: 0, crashes: 1, crashesInVain: 1, crashesInRow: 1, checkpoints: 0 },
  }

  it('lets it be worked off in a process of its own, again after each crash, to its end', () =>
    withScene([twice], async (scene) => {
      scene.verdicts.set(sampleOwner.host, 'dead')
      let checkpoints = 0
      const ledger = { ...scene.ledger, checkpoints: async () => ++checkpoints }
      let starts = 0
      const apart = async (id: number) => {
        starts += 1
        // The first three die of it.
        if (starts <= 3) await claimJob(id, scene, { ignoreNotBefore: true })
        else await doJob(id, scene)
        return true
      }

      const [found] = await recoverJobs(request({ apart }), { ...scene, ledger })

      assert.deepEqual([starts, found?.action, found?.job.status], [4, 'worker_started', 'completed'])
    }))

  it('works it off here when no process can be started', () =>
    withScene([twice], async (scene) => {
      scene.verdicts.set(sampleOwner.host, 'dead')

      const [found] = await recoverJobs(request({ apart: async () => false }), scene)

      assert.deepEqual([found?.action, found?.job.status], ['finished_here', 'completed'])
    }))
})

describe('endOwner', () => {
  /** A process that ends by one of the signals. */
  function processThat(endsBy: readonly NodeJS.Signals[]) {
    const sent: string[] = []
    let verdict: OwnerVerdict = 'alive'
    const kill = (_: number, signal: NodeJS.Signals) => {
      sent.push(signal)
      if (endsBy.includes(signal)) verdict = 'dead'
    }
    return { sent, kill, judge: () => verdict }
  }

  it('asks first, and kills what does not end within five seconds', async () => {
    const polite = processThat(['SIGTERM'])
    assert.equal(await endOwner(sampleOwner, { ...polite, clock: fixedClock() }), 'gone')
    assert.deepEqual(polite.sent, ['SIGTERM'])

    const stubborn = processThat(['SIGKILL'])
    const clock = fixedClock()
    assert.equal(await endOwner(sampleOwner, { ...stubborn, clock }), 'gone')
    assert.deepEqual(stubborn.sent, ['SIGTERM', 'SIGKILL'])
    assert.ok(clock.monotonic() >= termGraceMs)
  })

  it('signals nobody whose identity is not certain, or that is no longer the owner (P10, P12)', async () => {
    for (const [verdict, expected] of [
      ['unknown', 'unknown'],
      ['dead', 'gone'],
    ] as const) {
      const kill = () => assert.fail('nobody is to be signalled')
      assert.equal(await endOwner(sampleOwner, { kill, judge: () => verdict, clock: fixedClock() }), expected)
    }
  })

  it('sends no second signal when the pid went to somebody else meanwhile (P10)', async () => {
    const { sent, kill } = processThat([])
    const looks: OwnerVerdict[] = ['alive', 'dead']

    assert.equal(
      await endOwner(sampleOwner, { kill, judge: () => looks.shift() ?? 'dead', clock: fixedClock() }),
      'gone',
    )

    assert.deepEqual(sent, ['SIGTERM'])
  })
})

describe('killStoppedHolder', () => {
  it('kills nobody that works, and nobody when the holder is not named', () =>
    inTempDir(async (dir) => {
      const kill = () => assert.fail('nobody is to be killed')

      assert.equal(killStoppedHolder(`${dir}/jobs.lock.db`, { kill, stopped: () => true }), null)
    }))
})
