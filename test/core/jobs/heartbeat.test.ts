import assert from 'node:assert/strict'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../../src/core/clock.js'
import { readHeartbeat, removeHeartbeat, startHeartbeat } from '../../../src/core/jobs/heartbeat.js'
import { noCounts } from '../../../src/core/jobs/job.js'
import { watchHeartbeats } from '../../../src/core/jobs/observe-heartbeat.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { inTempDir } from '../../support/temp-dir.js'
import { runningJob, startOfTest } from './sample-jobs.js'

const some = { ...noCounts, processed: 5 }

describe('the heartbeat of a job', () => {
  it('is written at once, by its owner, for its owner only (A8)', () =>
    inTempDir(async (dir) => {
      const clock = fixedClock(startOfTest)

      const heartbeat = await startHeartbeat({ dir, jobId: 1, token: 10, clock, counts: () => some })

      const expected = { jobId: 1, token: 10, hbSeq: 1, progress: 0, counts: some, at: startOfTest }
      assert.deepEqual(await readHeartbeat(dir, 1, 10), expected)
      assert.equal((await stat(join(dir, 'heartbeats'))).mode & 0o777, 0o700)
      assert.equal((await stat(join(dir, 'heartbeats', '1.json'))).mode & 0o777, 0o600)
      assert.deepEqual(await readdir(join(dir, 'heartbeats')), ['1.json'])
      await heartbeat.stop()
    }))

  it('counts its renewals, and progress only when the work got on', () =>
    inTempDir(async (dir) => {
      let counts = noCounts
      const clock = fixedClock()
      const heartbeat = await startHeartbeat({ dir, jobId: 1, token: 10, clock, counts: () => counts })
      const progressAfter = async (step: () => void) => {
        step()
        await heartbeat.renew()
        const read = await readHeartbeat(dir, 1, 10)
        return [read?.hbSeq, read?.progress]
      }

      assert.deepEqual(await progressAfter(() => {}), [2, 0])
      assert.deepEqual(await progressAfter(() => heartbeat.noteProgress()), [3, 1])
      assert.deepEqual(await progressAfter(() => {}), [4, 1])
      assert.deepEqual(await progressAfter(() => (counts = some)), [5, 2])
      await heartbeat.stop()
    }))

  it('goes on by itself', () =>
    inTempDir(async (dir) => {
      let renewals = 0
      let enough = () => {}
      const isEnough = new Promise<void>((resolve) => {
        enough = resolve
      })
      const confirm = async () => {
        renewals += 1
        if (renewals === 4) enough()
      }
      const counts = () => noCounts

      const heartbeat = await startHeartbeat({
        dir,
        jobId: 1,
        token: 10,
        clock: systemClock,
        intervalMs: 5,
        counts,
        confirm,
      })

      await isEnough
      await heartbeat.stop()
    }))

  it('tells of a renewal that failed and tries again', () =>
    inTempDir(async (dir) => {
      const clock = fixedClock()
      const failures: string[] = []
      let renewals = 0
      let recovered = () => {}
      const isRecovered = new Promise<void>((resolve) => {
        recovered = resolve
      })
      const confirm = async () => {
        renewals += 1
        clock.advance(5)
        if (renewals === 2) throw new Error('disk')
        if (renewals === 3) recovered()
      }
      const onFailure = (error: unknown) => failures.push(String(error))
      const options = { dir, jobId: 1, token: 10, clock, intervalMs: 5, counts: () => noCounts }

      const heartbeat = await startHeartbeat({ ...options, confirm, onFailure })

      await isRecovered
      await heartbeat.stop()
      assert.deepEqual(failures, ['Error: disk'])
    }))

  it('is not renewed, nor written, when the lease is no longer ours', () =>
    inTempDir(async (dir) => {
      const clock = fixedClock()
      let isOurs = true
      const confirm = async () => {
        if (!isOurs) throw new Error('taken')
      }
      const heartbeat = await startHeartbeat({ dir, jobId: 1, token: 10, clock, counts: () => noCounts, confirm })
      isOurs = false
      clock.advance(10_000)

      await assert.rejects(heartbeat.renew(), /taken/)

      assert.equal(heartbeat.lastRenewalMonotonic(), 0)
      assert.equal((await readHeartbeat(dir, 1, 10))?.hbSeq, 1)
      await heartbeat.stop()
    }))

  it('does not start when the lease is no longer ours', () =>
    inTempDir(async (dir) => {
      const confirm = async () => {
        throw new Error('taken')
      }
      const starting = startHeartbeat({
        dir,
        jobId: 1,
        token: 10,
        clock: fixedClock(),
        counts: () => noCounts,
        confirm,
      })

      await assert.rejects(starting, /taken/)

      assert.equal(await readHeartbeat(dir, 1, 10), null)
    }))

  it('is gone after its end, and only its own', () =>
    inTempDir(async (dir) => {
      const clock = fixedClock()
      const first = await startHeartbeat({ dir, jobId: 1, token: 10, clock, counts: () => noCounts })
      const second = await startHeartbeat({ dir, jobId: 1, token: 11, clock, counts: () => noCounts })

      await first.stop()
      assert.equal((await readHeartbeat(dir, 1, 11))?.token, 11)

      await second.stop()
      await second.stop()
      assert.deepEqual(await readdir(join(dir, 'heartbeats')), [])
    }))

  it('of an earlier owner, of another job, or damaged is ignored (D10)', () =>
    inTempDir(async (dir) => {
      const heartbeat = await startHeartbeat({
        dir,
        jobId: 1,
        token: 10,
        clock: fixedClock(),
        counts: () => noCounts,
      })
      const path = join(dir, 'heartbeats', '1.json')
      const whole = await readFile(path, 'utf8')

      assert.equal(await readHeartbeat(dir, 1, 11), null)
      assert.equal(await readHeartbeat(dir, 2, 10), null)
      for (let length = 0; length < whole.length - 1; length += 1) {
        await writeFile(path, whole.slice(0, length))
        assert.equal(await readHeartbeat(dir, 1, 10), null)
      }
      await heartbeat.stop()
    }))
})

describe('watching heartbeats', () => {
  const job = runningJob(1, { token: 10 })

  /** A heartbeat that beats when told, and a watch that looks when told. */
  async function withWatch(
    body: (scene: {
      readonly dir: string
      readonly beat: () => Promise<void>
      readonly look: (ms: number) => Promise<{ silentMs: number; watchedMs: number }>
      readonly otherWatch: (bootId?: string) => void
    }) => Promise<void>,
  ): Promise<void> {
    await inTempDir(async (dir) => {
      let bootMs = 1_000_000
      const newWatch = (bootId = 'boot-1') => watchHeartbeats({ dir, bootClockMs: () => bootMs, bootId })
      let watch = newWatch()
      const heartbeat = await startHeartbeat({ dir, jobId: 1, token: 10, clock: fixedClock(), counts: () => noCounts })
      await body({
        dir,
        beat: () => heartbeat.renew(),
        otherWatch: (bootId) => {
          watch = newWatch(bootId)
        },
        look: async (ms) => {
          bootMs += ms
          const { silentMs, watchedMs } = await watch.observe(job)
          return { silentMs, watchedMs }
        },
      })
      await heartbeat.stop()
    })
  }

  it('begins with no silence, however old the heartbeat is', () =>
    withWatch(async ({ look }) => {
      assert.deepEqual(await look(0), { silentMs: 0, watchedMs: 0 })
    }))

  it('adds up silence until the next sign of life', () =>
    withWatch(async ({ look, beat }) => {
      await look(0)

      assert.deepEqual(await look(8_000), { silentMs: 8_000, watchedMs: 8_000 })
      assert.deepEqual(await look(4_000), { silentMs: 12_000, watchedMs: 12_000 })
      await beat()
      assert.deepEqual(await look(4_000), { silentMs: 0, watchedMs: 0 })
    }))

  it('goes on from what another process saw, but has not watched it itself', () =>
    withWatch(async ({ look, otherWatch }) => {
      await look(0)
      otherWatch()

      assert.deepEqual(await look(60_000), { silentMs: 60_000, watchedMs: 0 })
    }))

  it('counts a gap for one heartbeat at most: it may have been stopped itself (D15)', () =>
    withWatch(async ({ look }) => {
      await look(0)

      assert.deepEqual(await look(600_000), { silentMs: 600_000, watchedMs: 10_000 })
    }))

  it('starts anew after a reboot', () =>
    withWatch(async ({ look, otherWatch }) => {
      await look(0)
      otherWatch('boot-2')

      assert.deepEqual(await look(60_000), { silentMs: 0, watchedMs: 0 })
    }))

  it('starts anew when the clock of the machine stands before what was noted', () =>
    withWatch(async ({ look, otherWatch }) => {
      await look(0)
      otherWatch()

      assert.deepEqual(await look(-60_000), { silentMs: 0, watchedMs: 0 })
    }))

  it('takes a heartbeat under another token for none', () =>
    withWatch(async ({ dir }) => {
      const watch = watchHeartbeats({ dir, bootClockMs: () => 0, bootId: 'boot-1' })

      const { heartbeat } = await watch.observe(runningJob(1, { token: 11 }))

      assert.equal(heartbeat, null)
    }))

  it('leaves nothing behind when the heartbeat is removed', () =>
    withWatch(async ({ dir, look }) => {
      await look(0)

      await removeHeartbeat(dir, 1)

      assert.deepEqual(await readdir(join(dir, 'heartbeats')), [])
    }))

  it('works where nothing can be written: this process remembers what it saw', () =>
    inTempDir(async (dir) => {
      let bootMs = 5
      const watch = watchHeartbeats({ dir: join(dir, 'none'), bootClockMs: () => bootMs, bootId: 'boot-1' })

      assert.equal((await watch.observe(job)).silentMs, 0)
      bootMs += 60_000
      assert.equal((await watch.observe(job)).silentMs, 60_000)
    }))

  it('adds up for an owner that stood still before its first sign of life, over short-lived watchers', () =>
    inTempDir(async (dir) => {
      const silentAt = async (bootMs: number) =>
        (await watchHeartbeats({ dir, bootClockMs: () => bootMs, bootId: 'boot-1' }).observe(job)).silentMs

      assert.equal(await silentAt(1_000), 0)
      assert.equal(await silentAt(61_000), 60_000)
    }))
})
