import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RecoverDocument } from '../../src/cli/documents.js'
import { readHeartbeat } from '../../src/core/jobs/heartbeat.js'
import type { Job, Owner, RunningJob } from '../../src/core/jobs/job.js'
import { judgeOwner, thisProcess } from '../../src/core/jobs/owner.js'
import { startCli } from '../cli/run-cli.js'
import { runningJob, scheduledJob } from '../core/jobs/sample-jobs.js'
import { startStoreProcess } from '../core/jobs/store-process.js'
import { jobsOf, putJobs, scheduleJob, stateDirOf } from './job-desk.js'
import { csvFeed, inWorkplace, skus, type Workplace } from './workplace.js'

/** Enough batches of 50 that a kill after the first one comes long before the last. */
const products = skus(5_000)

interface Recovered extends RecoverDocument {
  readonly code: number | null
}

async function recover({ run }: Workplace, ...args: readonly string[]): Promise<Recovered> {
  const { code, stdout, stderr } = await run('recover', ...args, '--json')
  try {
    return { ...JSON.parse(stdout), code }
  } catch (error: unknown) {
    throw new Error(`${stdout} ${stderr}`, { cause: error })
  }
}

/** An import that is killed once its first batch is done: a running job whose owner is dead. */
async function killedImport({ dir, write }: Workplace, args = ['import', 'big.csv'], stdin?: string): Promise<void> {
  await write('big.csv', csvFeed(products))
  const options = stdin === undefined ? { cwd: dir } : { cwd: dir, stdin }
  const { child, printed, finished } = startCli([...args, '--ndjson'], options)
  await printed('"type":"batch"')
  child.kill('SIGKILL')
  await finished
}

async function jobOf({ dir }: Workplace, id: number): Promise<Job | undefined> {
  return (await jobsOf(dir)).get(id)
}

/** A process that does nothing, and its identity as an owner of a job. */
async function idleProcess(): Promise<{ readonly child: ChildProcess; readonly owner: Owner }> {
  const script =
    "import('node:fs').then(fs => process.stdout.write(fs.readFileSync('/proc/self/stat','utf8').split(') ')[1].split(' ')[19])); setInterval(() => {}, 1000)"
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [startTicks] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  const owner: Owner = { ...thisProcess(), pid: child.pid ?? 0, startTicks: String(startTicks), nonce: 'idle' }
  return { child, owner }
}

/** A job of this owner, with the feed `a.csv`, claimed by nobody else. */
function ownedBy(owner: Owner, { path }: Workplace, id = 1): RunningJob {
  const options = { source: path('a.csv'), wholesalers: ['a'], configPath: null }
  return { ...runningJob(id, { owner, options }), startedAt: Date.now() }
}

/** The note that an earlier watcher left: the owner of `job` has been silent for this long. */
async function noteSilence({ dir }: Workplace, job: RunningJob, ms: number): Promise<void> {
  const hbSeq = (await readHeartbeat(stateDirOf(dir), job.id, job.token))?.hbSeq ?? 0
  const seenAt = Number(process.hrtime.bigint() / 1_000_000n) - ms
  const { bootId } = thisProcess()
  const note = { bootId, token: job.token, hbSeq, hbSeqSince: seenAt, progress: 0, progressSince: seenAt }
  await writeFile(join(stateDirOf(dir), 'heartbeats', `${job.id}.seen.json`), JSON.stringify(note))
}

describe('recover', function () {
  this.timeout(120_000)

  it('finishes a job whose process was killed, keeping its batches, each product once (P2)', async () => {
    await inWorkplace(async (place) => {
      await killedImport(place)

      const looked = await recover(place, '--dry-run')
      assert.deepEqual(
        [looked.code, looked.success, looked.stuck, looked.jobs[0]?.verdict, looked.jobs[0]?.reason],
        [12, true, 1, 'stuck', 'owner_dead'],
      )
      assert.match(looked.jobs[0]?.evidence ?? '', /^process \d+ is gone$/)
      assert.equal((await jobOf(place, 1))?.status, 'running', 'a dry run changes nothing')

      const { code, success, jobs } = await recover(place, '1')
      assert.deepEqual(
        [code, success, jobs[0]?.fallback, jobs[0]?.action, jobs[0]?.job.status, jobs[0]?.job.total_created],
        [0, true, 'manual', 'finished_here', 'completed', products.length],
      )
      assert.equal((await place.catalog()).size, products.length)

      const nothing = await recover(place)
      assert.deepEqual([nothing.code, nothing.jobs], [0, []])
    })
  })

  it('outlives a product that kills every process: it is put aside, the rest is imported, with 3', async () => {
    await inWorkplace(async (place) => {
      await place.write('big.csv', csvFeed(products))
      const env = { WHOLESALER_FAILPOINT: 'apply-product@A00077:1+:kill' }
      const run = (...args: readonly string[]) => startCli(args, { cwd: place.dir, env }).finished
      assert.equal((await run('import', 'big.csv')).code, null)
      // Once may be chance: it is tried here.
      assert.equal((await run('recover')).code, null)

      const { code, stdout, stderr } = await run('recover', '1', '--json')

      const { jobs } = JSON.parse(stdout)
      assert.deepEqual([code, jobs[0].action, jobs[0].job.status], [3, 'worker_started', 'completed'], stderr)
      assert.equal((await place.catalog()).size, products.length - 1)
      const failures = (await jobOf(place, 1))?.failures.crashes ?? 0
      assert.ok(failures <= 16, `${failures} deaths`)
    })
  })

  it('finishes an import from stdin, which nobody can read again', async () => {
    await inWorkplace(async (place) => {
      const feed = await place.write('big.csv', csvFeed(products))
      await killedImport(place, ['import', '-', '--as', 'acme'], feed)
      await rm(feed)

      const { code, jobs } = await recover(place)

      assert.deepEqual([code, jobs[0]?.job.total_created], [0, products.length])
    })
  })

  it('run eight times at once finishes each stuck job once (P13)', async () => {
    await inWorkplace(async (place) => {
      await killedImport(place)

      const codes = await Promise.all(Array.from({ length: 8 }, async () => (await recover(place)).code))

      assert.deepEqual(codes, Array(8).fill(0))
      const job = await jobOf(place, 1)
      assert.deepEqual([job?.status, job?.attempt, job?.failures.crashes], ['completed', 2, 1])
      assert.equal(job?.events.filter(({ message }) => message.includes('by recovery')).length, 1)
      assert.equal((await place.catalog()).size, products.length)
    })
  })

  it('ends a process of this host that lives but is silent: stopped, it goes on with the job (P5)', async () => {
    await inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(['A', 'B']))
      await scheduleJob(place.dir, 'a.csv')
      await place.run('worker', '--once')
      const { child, owner } = await idleProcess()
      try {
        child.kill('SIGSTOP')
        const job = ownedBy(owner, place, 50)
        await putJobs(place.dir, job)
        await noteSilence(place, job, 600_000)

        const { code, jobs } = await recover(place, '50')

        assert.equal(judgeOwner(owner), 'dead')
        assert.deepEqual([code, jobs[0]?.reason, jobs[0]?.job.status], [0, 'owner_silent', 'completed'])
      } finally {
        child.kill('SIGKILL')
      }
    })
  })

  it('ends a process whose work stands still with all its timers, and does the job once (P7)', async () => {
    await inWorkplace(async (place) => {
      await place.write('big.csv', csvFeed(products))
      const { printed, finished } = startCli(['import', 'big.csv', '--ndjson'], {
        cwd: place.dir,
        env: { WHOLESALER_FAILPOINT: 'batch-applied:3:hang' },
      })
      await printed('"number":2')
      const job = await jobOf(place, 1)
      assert.ok(job?.status === 'running')
      await noteSilence(place, job, 600_000)

      const { code, jobs } = await recover(place, '1')

      assert.equal((await finished).code, null, 'it was killed')
      assert.deepEqual([code, jobs[0]?.reason, jobs[0]?.job.total_created], [0, 'owner_silent', products.length])
      assert.equal((await place.catalog()).size, products.length)
    })
  })

  it('neither condemns nor signals a process that bears the pid of a dead owner (P10)', async () => {
    await inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(['A', 'B']))
      const { child, owner } = await idleProcess()
      try {
        await putJobs(place.dir, ownedBy({ ...owner, startTicks: '1' }, place))

        const { code, jobs } = await recover(place)

        assert.deepEqual([code, jobs[0]?.reason, jobs[0]?.job.status], [0, 'owner_dead', 'completed'])
        assert.equal(judgeOwner(owner), 'alive')
        assert.equal(child.signalCode, null)
      } finally {
        child.kill('SIGKILL')
      }
    })
  })

  it('finds every job that a reboot ended at once (P11)', async () => {
    await inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(['A', 'B']))
      await putJobs(place.dir, ownedBy({ ...thisProcess(), bootId: 'before' }, place))

      const { code, jobs } = await recover(place)

      assert.deepEqual([code, jobs[0]?.reason, jobs[0]?.job.status], [0, 'owner_dead', 'completed'])
    })
  })

  it('leaves a job alone whose owner is in another container, with the same pid and host (P12)', async () => {
    await inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(['A', 'B']))
      await putJobs(place.dir, ownedBy({ ...thisProcess(), pidNamespace: 'pid:[1]', pid: 1 }, place))

      const { code, stuck, jobs } = await recover(place, '--no-wait')

      assert.deepEqual([code, stuck, jobs[0]?.action, jobs[0]?.job.status], [0, 0, 'none', 'running'])
    })
  })

  it('works off what is scheduled, whatever its age and its back-off', async () => {
    await inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(['A', 'B']))
      const id = await scheduleJob(place.dir, 'a.csv')
      const job = await jobOf(place, id)
      assert.ok(job?.status === 'scheduled')
      await putJobs(place.dir, { ...job, notBefore: Date.now() + 600_000 })

      const { code, jobs } = await recover(place)

      assert.deepEqual([code, jobs[0]?.fallback, jobs[0]?.job.status], [0, 'backup_queue', 'completed'])
    })
  })

  it('gives up a job that brings its process down again and again, with 1 for that job', async () => {
    await inWorkplace(async (place) => {
      const dead = ownedBy({ ...thisProcess(), bootId: 'before' }, place)
      await putJobs(place.dir, {
        ...dead,
        failures: { transient: 0, crashes: 2, crashesInVain: 2, crashesInRow: 2, checkpoints: 0 },
      })

      const { code, success, error, jobs } = await recover(place, '1')

      assert.deepEqual([code, success, error?.code], [1, false, 'poison'])
      assert.deepEqual([jobs[0]?.action, jobs[0]?.job.status, jobs[0]?.job.reason], ['gave_up', 'failed', 'poison'])
    })
  })

  it('leaves alone what is younger than --older-than, and takes a scheduled job for stuck after it', async () => {
    await inWorkplace(async (place) => {
      const aMinuteAgo = Date.now() - 60_000
      await putJobs(place.dir, { ...scheduledJob(1), scheduledAt: aMinuteAgo })

      const early = await recover(place, '--dry-run', '--older-than', '2m')
      const late = await recover(place, '--dry-run', '--older-than', '30s')
      const usual = await recover(place, '--dry-run')

      assert.deepEqual([early.code, late.code, usual.code], [0, 12, 0])
      assert.equal(late.jobs[0]?.reason, 'never_started')
    })
  })

  it('--kill-holder ends a process that was stopped while it held the job file, and goes on (P4, P6)', async () => {
    await inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(['A', 'B']))
      const id = await scheduleJob(place.dir, 'a.csv')
      const holder = startStoreProcess([stateDirOf(place.dir), 'hold'])
      await holder.line('held')
      try {
        holder.kill('SIGSTOP')

        const { code, jobs } = await recover(place, '--kill-holder')

        assert.deepEqual([code, jobs[0]?.job.id, jobs[0]?.job.status], [0, id, 'completed'])
        assert.equal((await holder.ended).signal, 'SIGKILL')
      } finally {
        holder.kill('SIGKILL')
      }
    })
  })

  it('--detach starts a worker for each stuck job and returns; the job is finished without us', async () => {
    await inWorkplace(async (place) => {
      await killedImport(place)

      const { code, jobs } = await recover(place, '--detach')

      assert.deepEqual([code, jobs[0]?.fallback, jobs[0]?.action], [0, 'stuck_monitor', 'worker_started'])
      const { code: ended } = await place.run('status', '1', '--wait')
      assert.equal(ended, 0)
      assert.equal((await place.catalog()).size, products.length)
    })
  })

  it('--detach works here when no worker can be started (P17)', async () => {
    await inWorkplace(async (place) => {
      await killedImport(place)
      // Where the worker's log would be: opening it fails, whoever we are.
      await place.write('.wholesaler/logs', 'not a folder')

      const { code, jobs } = await recover(place, '--detach')

      assert.deepEqual([code, jobs[0]?.action, jobs[0]?.job.status], [0, 'finished_here', 'completed'])
    })
  })

  it('is called for by status --check when nobody started a job for five minutes', async () => {
    await inWorkplace(async (place) => {
      const job = scheduledJob(1)
      await putJobs(place.dir, { ...job, scheduledAt: Date.now() - 290_000 })
      assert.equal((await place.run('status', '--check')).code, 0)

      await putJobs(place.dir, { ...job, scheduledAt: Date.now() - 301_000 })
      assert.equal((await place.run('status', '--check')).code, 12)
    })
  })

  it('--dry-run makes nothing, where nothing was ever imported', async () => {
    await inWorkplace(async (place) => {
      const { code, jobs } = await recover(place, '--dry-run')

      assert.deepEqual([code, jobs, await readdir(place.dir)], [0, [], []])
    })
  })

  it('ends with 2 for a job that there is not', async () => {
    await inWorkplace(async (place) => {
      assert.equal((await place.run('recover', '7')).code, 2)
    })
  })
})
