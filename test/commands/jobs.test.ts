import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { thisProcess } from '../../src/core/jobs/owner.js'
import { startCli } from '../cli/run-cli.js'
import { completedJob, failedJob, noon, runningJob, scheduledJob, stuckJob, writeJobs } from '../cli/sample-jobs.js'
import { jobsOf, restartStuck, scheduleJob, stateDirOf } from './job-desk.js'
import { csvFeed, inWorkplace, skus, type Workplace } from './workplace.js'

async function json({ run }: Workplace, ...args: string[]) {
  const { code, stdout, stderr } = await run(...args, '--json')
  return { code, stderr, ...JSON.parse(stdout) }
}

describe('jobs cancel', function () {
  this.timeout(60_000)

  it('ends a job that waits or is stuck at once, and one whose owner is dead', () =>
    inWorkplace(async (place) => {
      const owner = { ...thisProcess(), pid: 2 ** 22 + 1, startTicks: '1' }
      const orphan = { ...runningJob(3), lease: { token: 30, owner, acquiredAt: noon } }
      writeJobs(stateDirOf(place.dir), [scheduledJob(1), stuckJob(2), orphan])

      for (const id of [1, 2, 3]) {
        const { code, success, message, job } = await json(place, 'jobs', 'cancel', String(id))
        assert.deepEqual([code, success, message], [0, true, `Job ${id} is cancelled`])
        assert.deepEqual([job.status, job.reason, job.exit_code], ['failed', 'cancelled', 130])
      }
    }))

  it('asks the owner of a running job, which ends it, keeps its finished batches, and --wait sees the end', () =>
    inWorkplace(async (place) => {
      const products = skus(20_000)
      await place.write('big.csv', csvFeed(products))
      const { printed, finished } = startCli(['import', 'big.csv', '--ndjson'], { cwd: place.dir })
      await printed('"type":"batch"')

      const cancelled = await json(place, 'jobs', 'cancel', '1', '--wait')

      const { code, stdout } = await finished
      const { job } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
      // The import may be quicker than its next sign of life.
      if (job.status === 'completed') assert.match(cancelled.message, /ended by itself/)
      else {
        assert.deepEqual([code, job.reason, cancelled.job.reason], [130, 'cancelled', 'cancelled'])
        assert.equal((await place.catalog()).size, job.total_created)
      }
    }))

  it('says without --wait that the worker ends it, as often as it is asked', () =>
    inWorkplace(async (place) => {
      writeJobs(stateDirOf(place.dir), [runningJob(1)])

      for (let times = 0; times < 2; times += 1) {
        const { code, message, job } = await json(place, 'jobs', 'cancel', '1')
        assert.deepEqual([code, job.status, job.cancel_requested], [0, 'running', true])
        assert.match(message, /asked to stop: its worker ends it within seconds/)
      }
      const events = (await jobsOf(place.dir)).get(1)?.events ?? []
      assert.equal(events.filter(({ message }) => message === 'cancel requested').length, 1)
    }))

  it('refuses what has ended and what does not exist, with what to do instead', () =>
    inWorkplace(async (place) => {
      writeJobs(stateDirOf(place.dir), [completedJob(1)])

      for (const id of ['1', '2', 'x']) {
        const { code, success, error } = await json(place, 'jobs', 'cancel', id)
        assert.deepEqual([code, success, error.code], [2, false, 'usage'])
        assert.ok(error.hint.length > 0)
      }
    }))
})

describe('jobs retry', function () {
  this.timeout(60_000)

  it('schedules a failed job again with limits as new, and a worker does the rest of it', () =>
    inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(skus(10)))
      const id = await scheduleJob(place.dir, 'nosuch.csv')
      await place.run('worker', '--once')
      assert.equal((await jobsOf(place.dir)).get(id)?.status, 'failed')
      await place.write('nosuch.csv', csvFeed(skus(10)))

      const { code, job, message } = await json(place, 'jobs', 'retry', String(id))

      assert.deepEqual([code, job.status, job.error_messages], [0, 'scheduled', []])
      assert.match(message, /scheduled again/)
      await place.run('worker', '--once')
      assert.equal((await jobsOf(place.dir)).get(id)?.status, 'completed')
      assert.equal((await place.catalog()).size, 10)
    }))

  it('makes a new job of one that completed with failures, which is final', () =>
    inWorkplace(async (place) => {
      await place.write('faulty.csv', 'SKU,Name\nA,Cup\n,,\n,No key\n')
      const { job: faulty } = await place.importJson('faulty.csv')

      const { code, job, retried_job } = await json(place, 'jobs', 'retry', String(faulty?.id))

      assert.deepEqual([code, retried_job, job.status], [0, faulty?.id, 'scheduled'])
      assert.notEqual(job.id, faulty?.id)
      assert.equal((await jobsOf(place.dir)).get(faulty?.id ?? 0)?.status, 'completed')
    }))

  it('refuses what is under way, done, or stuck', () =>
    inWorkplace(async (place) => {
      writeJobs(stateDirOf(place.dir), [completedJob(1), runningJob(2), scheduledJob(3), stuckJob(4)])

      for (const id of ['1', '2', '3', '4', '5']) {
        const { code, error } = await json(place, 'jobs', 'retry', id)
        assert.deepEqual([code, error.code], [2, 'usage'], id)
      }
    }))
})

describe('a product that kills its workers', function () {
  this.timeout(120_000)

  it('is put aside, and tried again after jobs retry', () =>
    inWorkplace(async (place) => {
      const products = skus(8)
      await place.write('a.csv', csvFeed(products))
      const env = { WHOLESALER_FAILPOINT: `apply-product@${products[5]}:1+:kill` }
      const id = await scheduleJob(place.dir, 'a.csv')
      let deaths = 0
      while ((await startCli(['worker', '--once'], { cwd: place.dir, env }).finished).code === null) {
        deaths += 1
        await restartStuck(place.dir, id)
      }

      // The whole of it twice, four and two of them once, the product alone twice.
      assert.equal(deaths, 6)
      const job = (await jobsOf(place.dir)).get(id)
      assert.deepEqual([job?.counts.created, job?.counts.errors], [7, 1])
      assert.ok(job?.status === 'completed' && job.exitCode === 3)
      const again = await place.importJson('a.csv')
      assert.deepEqual([again.code, again.pending, again.job?.total_processed], [0, 0, 0])
      assert.match(again.stderr, /1 products of a are in quarantine/)

      const { quarantine_lifted } = await json(place, 'jobs', 'retry', String(id))
      await place.run('worker', '--once')

      assert.equal(quarantine_lifted, 1)
      assert.equal((await place.catalog()).size, 8)
    }))
})

describe('jobs prune', function () {
  this.timeout(60_000)

  function leaveFiles(dir: string, ids: readonly number[]): void {
    for (const folder of ['rejects', 'logs', 'heartbeats']) {
      mkdirSync(join(dir, folder), { recursive: true })
      for (const id of ids) writeFileSync(join(dir, folder, `${id}.x`), '')
      writeFileSync(join(dir, folder, 'notes'), '')
    }
  }

  it('forgets all but the newest, their files with them, and loses nothing of the statistics', () =>
    inWorkplace(async (place) => {
      const dir = stateDirOf(place.dir)
      writeJobs(dir, [completedJob(1), failedJob(2), completedJob(3), scheduledJob(4)])
      leaveFiles(dir, [1, 2, 3, 4, 5])
      const before = await json(place, 'jobs')

      const dry = await json(place, 'jobs', 'prune', '--keep', '1', '--dry-run')
      assert.deepEqual([dry.removed_jobs, dry.removed_files, dry.kept], [[1, 2], null, 2])
      const pruned = await json(place, 'jobs', 'prune', '--keep', '1')

      assert.deepEqual([pruned.code, pruned.removed_jobs, pruned.removed_files, pruned.kept], [0, [1, 2], 9, 2])
      assert.deepEqual(readdirSync(join(dir, 'rejects')).sort(), ['3.x', '4.x', 'notes'])
      const after = await json(place, 'jobs')
      assert.deepEqual(after.stats, before.stats)
      assert.deepEqual(
        after.jobs.map(({ id }: { readonly id: number }) => id),
        [4, 3],
      )
      const once = await json(place, 'jobs', 'prune', '--keep', '1')
      assert.deepEqual([once.removed_jobs, once.removed_files], [[], 0])
    }))

  it('forgets by age', () =>
    inWorkplace(async (place) => {
      writeJobs(stateDirOf(place.dir), [completedJob(1)])
      await place.write('a.csv', csvFeed(['A']))
      const { job } = await place.importJson('a.csv')

      const { removed_jobs } = await json(place, 'jobs', 'prune', '--older-than', '1h')

      assert.deepEqual(removed_jobs, [1])
      assert.equal((await jobsOf(place.dir)).has(job?.id ?? 0), true)
    }))

  it('removes no file when the job file is gone, which may be all that is left to tell', () =>
    inWorkplace(async (place) => {
      const dir = stateDirOf(place.dir)
      leaveFiles(dir, [1])

      await json(place, 'jobs', 'prune')

      assert.ok(existsSync(join(dir, 'rejects', '1.x')))
    }))
})
