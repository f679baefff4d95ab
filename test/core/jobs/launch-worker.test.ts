import assert from 'node:assert/strict'
import { launchWorker, type StartedWorker } from '../../../src/core/jobs/launch-worker.js'
import { openMemoryJobStore } from '../../../src/core/jobs/memory-job-store.js'
import { registerWorker } from '../../../src/core/jobs/worker-registry.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { inTempDir } from '../../support/temp-dir.js'
import { runningJob, sampleOwner, scheduledJob } from './sample-jobs.js'

const forEver = new Promise<string>(() => {})

describe('launchWorker', () => {
  async function launch(spawn: (stateDir: string) => StartedWorker | Promise<StartedWorker>, clock = fixedClock()) {
    return await inTempDir(async (stateDir) => {
      const jobs = openMemoryJobStore({ clock })
      await jobs.transaction(() => ({ put: [scheduledJob(1)], result: undefined }))
      const worker = await Promise.resolve()
        .then(() => spawn(stateDir))
        .catch((error: unknown) => error)
      const start = () => {
        if (worker instanceof Error) throw worker
        return worker as StartedWorker
      }
      return { launched: await launchWorker(1, { jobs, clock, stateDir, spawn: start }), jobs }
    })
  }

  for (const code of ['ENOENT', 'EAGAIN']) {
    it(`says so when the system starts no process: ${code} (P17)`, async () => {
      const { launched } = await launch(() => {
        throw new Error(`spawn ${code}`)
      })

      assert.deepEqual(launched, { up: false, why: `spawn ${code}` })
    })
  }

  it('says so when the process ends before it has done anything', async () => {
    const { launched } = await launch(() => ({ pid: 1, ended: Promise.resolve('it ended with SIGKILL') }))

    assert.deepEqual(launched, { up: false, why: 'it ended with SIGKILL' })
  })

  it('does not wait for ever for one that does nothing', async () => {
    const { launched } = await launch(() => ({ pid: 1, ended: forEver }))

    assert.deepEqual(launched, { up: false, why: 'it did not come up within 10 s' })
  })

  it('is content with one that says it waits for the turn of the job', async () => {
    const today = fixedClock(Date.now())
    const { launched } = await launch(async (dir) => {
      // The process of this test: one that certainly lives.
      const { thisProcess } = await import('../../../src/core/jobs/owner.js')
      await registerWorker({ dir, clock: today, job: 1, owner: thisProcess() })
      return { pid: process.pid, ended: forEver }
    }, today)

    assert.deepEqual(launched, { up: true, pid: process.pid, isOwn: true })
  })

  it('is content when the job was claimed, by whomever, and tells by whom', async () => {
    await inTempDir(async (stateDir) => {
      const clock = fixedClock()
      const jobs = openMemoryJobStore({ clock })
      await jobs.transaction(() => ({ put: [runningJob(1, { owner: sampleOwner })], result: undefined }))

      const spawn = () => ({ pid: 7, ended: forEver })
      const { pid } = sampleOwner
      assert.deepEqual(await launchWorker(1, { jobs, clock, stateDir, spawn }), { up: true, pid, isOwn: false })
    })
  })
})
