import assert from 'node:assert/strict'
import { WholesalerError } from '../../../src/core/errors.js'
import { claimJob, createJob, findBusy, type JobPorts } from '../../../src/core/jobs/claim-job.js'
import { readHeartbeat, selfStopMs, startHeartbeat } from '../../../src/core/jobs/heartbeat.js'
import { type Job, noCounts, type Owner, type RunningJob } from '../../../src/core/jobs/job.js'
import { markOwnerLost, requestCancel, schedule, start } from '../../../src/core/jobs/job-transitions.js'
import { openJobStore } from '../../../src/core/jobs/lowdb-job-store.js'
import { openMemoryJobStore } from '../../../src/core/jobs/memory-job-store.js'
import type { OwnerVerdict } from '../../../src/core/jobs/owner.js'
import { quickLook } from '../../../src/core/jobs/quick-look.js'
import { type JobRun, type RunContext, runJob, type WorkReport } from '../../../src/core/jobs/run-job.js'
import { type FixedClock, fixedClock } from '../../support/fixed-clock.js'
import { inTempDir } from '../../support/temp-dir.js'
import { jobIn, runningJob, sampleOptions, sampleOwner, scheduledJob, startOfTest } from './sample-jobs.js'

const done: WorkReport = {
  counts: { ...noCounts, processed: 3 },
  partial: false,
  timeLimit: false,
  errorMessages: [],
}

interface Scene extends JobPorts {
  readonly clock: FixedClock
  /** What other processes are taken for; by host. */
  readonly verdicts: Map<string, OwnerVerdict>
}

async function withPorts(body: (ports: Scene) => Promise<void>): Promise<void> {
  await inTempDir(async (stateDir) => {
    const clock = fixedClock(startOfTest)
    let number = 0
    const ledger = {
      nextNumber: async () => {
        number += 1
        return number
      },
      raiseNumber: async (floor: number) => {
        number = Math.max(number, floor)
      },
    }
    const verdicts = new Map<string, OwnerVerdict>()
    const judge = ({ host }: Owner) => verdicts.get(host) ?? 'alive'
    const jobs = openMemoryJobStore({ clock })
    await body({ jobs, ledger, clock, stateDir, owner: sampleOwner, judge, verdicts })
  })
}

function run(change: Partial<JobRun<WorkReport>> = {}): JobRun<WorkReport> {
  return {
    job: sampleOptions,
    work: async () => done,
    signal: new AbortController().signal,
    exitCodeOf: (end) =>
      (end instanceof WholesalerError ? codes[end.kind] : end.timeLimit ? 10 : end.partial ? 3 : 0) ?? 1,
    ...change,
  }
}

const codes: Readonly<Record<string, number>> = { temporary: 5, interrupted: 130, disk_full: 1 }

function failure(kind: 'temporary' | 'interrupted' | 'disk_full' | 'denied' | 'lease_lost'): WholesalerError {
  return new WholesalerError({ kind, message: `failed with ${kind}` })
}

async function put(ports: JobPorts, ...jobs: readonly Job[]): Promise<void> {
  await ports.jobs.transaction(() => ({ put: jobs, result: undefined }))
}

async function only(ports: JobPorts): Promise<Job> {
  const [job, ...others] = (await ports.jobs.read()).values()
  assert.equal(others.length, 0)
  assert.ok(job)
  return job
}

/** Takes the job away from whoever runs it, as recovery does. */
async function takeOver(ports: JobPorts, id: number): Promise<void> {
  await ports.jobs.transaction((jobs) => {
    const job = jobs.get(id) as RunningJob
    const found = { reason: 'owner_silent', evidence: 'x', token: job.token + 1, now: startOfTest } as const
    return { put: [markOwnerLost(job, found)], result: undefined }
  })
}

describe('runJob', () => {
  it('does the work of a new job as its owner, with signs of life, and completes it', () =>
    withPorts(async (ports) => {
      let seen: Job | undefined
      let beating: unknown
      const work = async ({ writer }: RunContext) => {
        seen = await only(ports)
        beating = await readHeartbeat(ports.stateDir, writer.jobId, writer.token)
        return done
      }

      const { job, report, error } = await runJob(run({ work }), ports)

      assert.equal(seen?.status, 'running')
      assert.ok(beating)
      assert.equal(job.status, 'completed')
      assert.equal(job.counts.processed, 3)
      assert.equal(report, done)
      assert.equal(error, null)
      assert.deepEqual(await only(ports), job)
      assert.equal(await readHeartbeat(ports.stateDir, job.id, job.token), null)
    }))

  for (const [what, report, expected] of [
    ['all went well', done, { reason: 'done', exitCode: 0 }],
    ['some failed', { ...done, partial: true }, { reason: 'done', exitCode: 3 }],
    ['the time was over', { ...done, timeLimit: true }, { reason: 'time_limit', exitCode: 10 }],
  ] as const) {
    it(`records how it ended when ${what}`, () =>
      withPorts(async (ports) => {
        const { job } = await runJob(run({ work: async () => report }), ports)

        assert.equal(job.status, 'completed')
        assert.deepEqual({ reason: job.reason, exitCode: job.exitCode }, expected)
      }))
  }

  for (const [role, kind, expected] of [
    ['foreground', 'temporary', { status: 'failed', reason: 'transient', exitCode: 5 }],
    ['foreground', 'disk_full', { status: 'failed', reason: 'transient', exitCode: 1 }],
    ['foreground', 'denied', { status: 'failed', reason: 'error', exitCode: 1 }],
    ['foreground', 'interrupted', { status: 'failed', reason: 'interrupted', exitCode: 130 }],
    ['worker', 'temporary', { status: 'scheduled', notBefore: startOfTest + 30_000, attempt: 1 }],
    ['worker', 'disk_full', { status: 'scheduled', notBefore: startOfTest + 30_000, attempt: 1 }],
    ['worker', 'denied', { status: 'failed', reason: 'error', exitCode: 1 }],
    ['worker', 'interrupted', { status: 'scheduled', notBefore: 0, attempt: 0 }],
  ] as const) {
    it(`leaves the job of a ${role} run ${expected.status} after ${kind}`, () =>
      withPorts(async (ports) => {
        const work = async ({ onCounts }: RunContext): Promise<never> => {
          onCounts({ ...noCounts, processed: 2, batches: 1 })
          throw failure(kind)
        }

        const { job, report, error } = await runJob(run({ work, role }), ports)

        assert.deepEqual({ ...job, ...expected }, job)
        assert.equal(job.counts.batches, 1)
        assert.equal(error?.kind, kind)
        assert.equal(report, null)
        assert.deepEqual(await only(ports), job)
      }))
  }

  it('puts back a job for which there were too few open files or no room, in whatever words that was said (P18)', () =>
    withPorts(async (ports) => {
      for (const code of ['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'ENOSPC']) {
        const refusal = Object.assign(new Error(`${code}: open 'x'`), { code, errno: -24, syscall: 'open' })
        const work = async () => {
          throw refusal
        }

        const { job } = await runJob({ ...run({ work }), role: 'worker' }, ports)

        assert.equal(job.status, 'scheduled', code)
      }
    }))

  it('gives a worker five attempts at a transient error', () =>
    withPorts(async (ports) => {
      const { id } = await createJob(sampleOptions, ports)
      const work = async (): Promise<never> => {
        throw failure('temporary')
      }
      for (let attempt = 1; attempt < 5; attempt += 1) {
        const { job } = await runJob(run({ job: id, work, role: 'worker' }), ports)
        assert.equal(job.status, 'scheduled')
        ports.clock.advance(1_800_000)
      }

      const { job } = await runJob(run({ job: id, work, role: 'worker' }), ports)

      assert.equal(job.status, 'failed')
      assert.equal(job.reason, 'attempts')
      assert.equal(job.attempt, 5)
    }))

  it('takes what is not one of our errors for unexpected (P9)', () =>
    withPorts(async (ports) => {
      const work = async (): Promise<never> => {
        throw new TypeError('x is not a function')
      }

      const { job, error } = await runJob(run({ work }), ports)

      assert.equal(error?.kind, 'unexpected')
      assert.equal(job.status, 'failed')
      assert.deepEqual(job.errorMessages, ['x is not a function'])
    }))

  it('says why it was interrupted, whatever that made the work throw', () =>
    withPorts(async (ports) => {
      const controller = new AbortController()
      const reason = failure('interrupted')
      const work = async ({ signal }: RunContext): Promise<never> => {
        controller.abort(reason)
        assert.equal(signal.aborted, true)
        throw new Error('socket hang up')
      }

      const { job, error } = await runJob(run({ work, signal: controller.signal }), ports)

      assert.equal(error, reason)
      assert.equal(job.status, 'failed')
      assert.equal(job.reason, 'interrupted')
    }))

  it('completes work that was done before it noticed the interruption', () =>
    withPorts(async (ports) => {
      const controller = new AbortController()
      const work = async () => {
        controller.abort(failure('interrupted'))
        return done
      }

      assert.equal((await runJob(run({ work, signal: controller.signal }), ports)).job.status, 'completed')
    }))

  it('writes nothing when its job was taken over meanwhile (P5)', () =>
    withPorts(async (ports) => {
      for (const end of [async () => done, () => Promise.reject(failure('denied'))]) {
        const work = async ({ job }: RunContext) => {
          await takeOver(ports, job.id)
          return end()
        }
        const before = ports.jobs.read()

        await assert.rejects(runJob(run({ work }), ports), { kind: 'lease_lost' })

        const jobs = [...(await ports.jobs.read()).values()].slice((await before).size)
        assert.deepEqual(
          jobs.map(({ status }) => status),
          ['processing_stuck'],
        )
      }
    }))

  it('notices after a pause that its job was taken over, before the next write (P5)', () =>
    withPorts(async (ports) => {
      let written = false
      const work = async ({ job, signal, assertLease }: RunContext) => {
        ports.clock.advance(selfStopMs)
        await takeOver(ports, job.id)
        await assert.rejects(assertLease(), { kind: 'lease_lost' })
        assert.equal(signal.aborted, true)
        await assertLease()
        written = true
        return done
      }

      await assert.rejects(runJob(run({ work }), ports), { kind: 'lease_lost' })

      assert.equal(written, false)
    }))

  it('keeps its job over a pause in which nobody took it (D15)', () =>
    withPorts(async (ports) => {
      const work = async ({ assertLease }: RunContext) => {
        ports.clock.advance(600_000)
        await assertLease()
        return done
      }

      assert.equal((await runJob(run({ work }), ports)).job.status, 'completed')
    }))

  it('asks nobody while its last renewal is recent', () =>
    withPorts(async (ports) => {
      let reads = 0
      const jobs = {
        ...ports.jobs,
        read: () => {
          reads += 1
          return ports.jobs.read()
        },
      }
      const work = async ({ assertLease }: RunContext) => {
        ports.clock.advance(selfStopMs - 1)
        const before = reads
        for (let write = 0; write < 1000; write += 1) await assertLease()
        assert.equal(reads, before)
        return done
      }

      await runJob(run({ work }), { ...ports, jobs })
    }))

  it('is over for work that goes on after its end', () =>
    withPorts(async (ports) => {
      let late: RunContext | undefined
      const work = async (context: RunContext) => {
        late = context
        return done
      }
      await runJob(run({ work }), ports)

      await assert.rejects(late?.assertLease() ?? Promise.resolve(), { kind: 'lease_lost' })
    }))

  it('ends as cancelled when somebody asked for it while it ran', () =>
    withPorts(async (ports) => {
      const work = async ({ job, assertLease }: RunContext) => {
        await put(ports, requestCancel(job, startOfTest))
        ports.clock.advance(selfStopMs)
        await assertLease()
        return done
      }

      const { job, error } = await runJob(run({ work, role: 'worker' }), ports)

      assert.equal(error?.kind, 'interrupted')
      assert.equal(job.status, 'failed')
      assert.equal(job.reason, 'cancelled')
    }))

  it('makes no job when its wholesaler is busy, and names who has it', () =>
    withPorts(async (ports) => {
      await put(ports, runningJob(1, { token: 2, owner: { ...sampleOwner, host: 'other', pid: 99 } }))

      await assert.rejects(runJob(run(), ports), { kind: 'busy', message: /aren: job 1 .*process 99 on other/ })

      assert.equal((await ports.jobs.read()).size, 1)
    }))

  it('works on disk as it does in memory', () =>
    withPorts(async (ports) => {
      const { stateDir: dir, clock } = ports
      const jobs = openJobStore({ dir, clock, onWarning: assert.fail })

      const { job } = await runJob(run(), { ...ports, jobs })

      assert.deepEqual(await only({ ...ports, jobs }), job)
      await jobs.close()
    }))
})

describe('claiming a job', () => {
  it('gives every job and every start a number of its own, above all in the job file', () =>
    withPorts(async (ports) => {
      await put(ports, schedule({ id: 70, options: sampleOptions, now: startOfTest }), {
        ...jobIn('failed', 60),
        token: 90,
      })

      const created = await createJob(sampleOptions, ports)
      const claimed = await claimJob(70, ports)

      assert.equal(created.id, 91)
      assert.equal(claimed.token, 92)
    }))

  it('draws a newer token when the ledger is younger than the job', () =>
    withPorts(async (ports) => {
      await put(ports, { ...scheduledJob(1), token: 500 })

      assert.equal((await claimJob(1, ports)).token, 501)
    }))

  it('gives a job to one of many that want it at once', () =>
    withPorts(async (ports) => {
      const { id } = await createJob(sampleOptions, ports)

      const claims = await Promise.allSettled(Array.from({ length: 8 }, () => claimJob(id, ports)))

      assert.equal(claims.filter(({ status }) => status === 'fulfilled').length, 1)
      for (const claim of claims) if (claim.status === 'rejected') assert.equal(claim.reason.kind, 'busy')
    }))

  it('refuses a job that is not there, has ended or is stuck, with the next command to type', () =>
    withPorts(async (ports) => {
      await put(ports, jobIn('completed', 1), jobIn('processing_stuck', 2))

      await assert.rejects(claimJob(9, ports), { kind: 'usage', message: /no such job/ })
      await assert.rejects(claimJob(1, ports), { kind: 'usage', message: /completed/ })
      await assert.rejects(claimJob(2, ports), { kind: 'usage', hint: 'To finish it: wholesaler recover 2' })
    }))
})

describe('findBusy', () => {
  const live = runningJob(1, { options: { wholesalers: ['aren', 'outlet'] } })
  const busyWith = (wholesalers: readonly string[], verdict: OwnerVerdict, job: Job = live) =>
    findBusy(new Map([[job.id, job]]), wholesalers, () => verdict)?.id ?? null

  it('finds the live job of any of the wholesalers', () => {
    assert.equal(busyWith(['outlet'], 'alive'), 1)
    assert.equal(busyWith(['other', 'aren'], 'alive'), 1)
    assert.equal(busyWith(['other'], 'alive'), null)
  })

  it('is not blocked by an owner that is dead, but by one that cannot be judged', () => {
    assert.equal(busyWith(['aren'], 'dead'), null)
    assert.equal(busyWith(['aren'], 'unknown'), 1)
  })

  it('is not blocked by jobs that do not run', () => {
    for (const status of ['scheduled', 'processing_stuck', 'completed', 'failed'] as const) {
      assert.equal(busyWith(['aren'], 'alive', jobIn(status)), null)
    }
  })
})

describe('the quick look', () => {
  const gone: Owner = { ...sampleOwner, host: 'gone' }

  it('marks the jobs of dead owners as stuck, under a new token, with the counts last heard of', () =>
    withPorts(async (ports) => {
      const { stateDir: dir, clock, verdicts } = ports
      verdicts.set('gone', 'dead')
      await put(ports, runningJob(1, { owner: gone }), runningJob(2))
      const counts = { ...noCounts, processed: 7 }
      const heartbeat = await startHeartbeat({ dir, jobId: 1, token: 10, clock, counts: () => counts })

      const [stuck, ...others] = await quickLook(ports)

      await heartbeat.stop()
      assert.equal(others.length, 0)
      assert.equal(stuck?.id, 1)
      assert.equal(stuck?.reason, 'owner_dead')
      assert.equal(stuck?.evidence, 'process 4711 on gone is gone')
      assert.equal(stuck?.token, 11)
      assert.deepEqual(stuck?.counts, counts)
      const jobs = await ports.jobs.read()
      assert.deepEqual(jobs.get(1), stuck)
      assert.equal(jobs.get(2)?.status, 'running')
      assert.equal(await readHeartbeat(dir, 1, 10), null)
    }))

  it('writes nothing and draws no number when all is well', () =>
    withPorts(async (ports) => {
      await put(ports, runningJob(1), scheduledJob(2), jobIn('processing_stuck', 3))
      const transaction = async () => assert.fail('nothing is to be written')
      const jobs = { ...ports.jobs, transaction }

      assert.deepEqual(await quickLook({ ...ports, jobs }), [])

      assert.equal(await ports.ledger.nextNumber(), 1)
    }))

  it('marks each job once, however many look at the same time (P13)', () =>
    withPorts(async (ports) => {
      ports.verdicts.set('gone', 'dead')
      await put(ports, runningJob(1, { owner: gone }))

      const looks = await Promise.all(Array.from({ length: 8 }, () => quickLook(ports)))

      assert.equal(looks.flat().length, 1)
    }))

  it('leaves a job alone that was started anew since it was read', () =>
    withPorts(async (ports) => {
      ports.verdicts.set('gone', 'dead')
      await put(ports, runningJob(1, { owner: gone }))
      const ledger = {
        ...ports.ledger,
        nextNumber: async () => {
          await put(ports, start(scheduledJob(1), { owner: gone, token: 50, now: startOfTest }))
          return 60
        },
      }

      assert.deepEqual(await quickLook({ ...ports, ledger }), [])
    }))
})
