import assert from 'node:assert/strict'
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../../src/core/clock.js'
import { type LockOptions, openLock, readHolder } from '../../../src/core/jobs/lock.js'
import { openJobStore } from '../../../src/core/jobs/lowdb-job-store.js'
import { thisProcess } from '../../../src/core/jobs/owner.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { inTempDir } from '../../support/temp-dir.js'
import { sampleOwner, scheduledJob, startOfTest } from './sample-jobs.js'
import { startStoreProcess } from './store-process.js'

describe('the lock of the job file', () => {
  it('lets one caller in at a time, in the order of their calls', () =>
    withLock({}, async (lock) => {
      const seen: string[] = []
      const enter = (name: string) =>
        lock.hold(async () => {
          seen.push(`${name} in`)
          await Promise.resolve()
          seen.push(`${name} out`)
        })

      await Promise.all([enter('a'), enter('b'), enter('c')])

      assert.deepEqual(seen, ['a in', 'a out', 'b in', 'b out', 'c in', 'c out'])
    }))

  it('is free again after a body that failed', () =>
    withLock({}, async (lock) => {
      await assert.rejects(
        lock.hold(async () => {
          throw new Error('no')
        }),
        /no/,
      )

      assert.equal(await lock.hold(async () => 'in'), 'in')
    }))

  it('gives up after the time it was given and names who holds it, since when', () =>
    inTempDir(async (dir) => {
      const path = join(dir, 'jobs.lock.db')
      const holder = openLock({ path, owner: sampleOwner, clock: fixedClock(startOfTest) })
      const other = openLock({ path, owner: thisProcess(), clock: fixedClock(startOfTest), waitMs: 30_000 })

      const failure = holder.hold(() => other.hold(async () => undefined))

      await assert.rejects(failure, { kind: 'locked', message: /process 4711 on shop.example for 30 s.*within 30 s/ })
      await holder.close()
      await other.close()
    }))

  it('lets others go first after it was released', () =>
    withLock({ clock: fixedClock() }, async (lock, { clock }) => {
      await lock.hold(async () => undefined)
      const before = clock.monotonic()

      await lock.hold(async () => undefined)

      assert.equal(clock.monotonic() - before, 5)
    }))

  it('is readable by its owner only (A8)', () =>
    withLock({}, async (lock, { path }) => {
      await lock.hold(async () => undefined)

      assert.equal((await stat(path)).mode & 0o777, 0o600)
      assert.equal((await stat(path.replace('.db', '.json'))).mode & 0o777, 0o600)
    }))

  it('refuses a lock file that is a link (D11)', () =>
    withLock({}, async (lock, { path }) => {
      await writeFile(`${path}.elsewhere`, '')
      await symlink(`${path}.elsewhere`, path)

      await assert.rejects(
        lock.hold(async () => undefined),
        { kind: 'state_unreadable' },
      )
    }))

  it('does not write its note through a link, and does not mind (D11)', () =>
    withLock({}, async (lock, { path }) => {
      await writeFile(`${path}.elsewhere`, 'precious')
      await symlink(`${path}.elsewhere`, path.replace('.db', '.json'))

      await lock.hold(async () => undefined)

      assert.equal(await readFile(`${path}.elsewhere`, 'utf8'), 'precious')
      assert.equal(readHolder(path), null)
    }))

  it('is free within a second when its holder is killed (P4)', () =>
    inTempDir(async (dir) => {
      const holder = startStoreProcess([dir, 'hold'])
      await holder.line('held')
      const store = openJobStore({ dir, clock: systemClock, onWarning: () => {} })
      const change = store.transaction(() => ({ put: [scheduledJob(1)], result: performance.now() }))

      const killedAt = performance.now()
      holder.kill('SIGKILL')
      await holder.ended
      const waitedMs = (await change) - killedAt

      assert.ok(waitedMs < 1_000, `${waitedMs} ms`)
      assert.equal((await store.read()).size, 1)
      await store.close()
    }))

  it('is not taken from a holder that is stopped: who waits is told whom to look at (P6)', () =>
    inTempDir(async (dir) => {
      const holder = startStoreProcess([dir, 'hold'])
      await holder.line('held')
      holder.kill('SIGSTOP')
      const store = openJobStore({ dir, clock: systemClock, onWarning: () => {}, lockWaitMs: 100 })

      const change = store.transaction(() => ({ put: [scheduledJob(1)], result: undefined }))

      await assert.rejects(change, { kind: 'locked', message: new RegExp(`process ${holder.pid} `) })
      assert.equal((await store.read()).size, 0)
      holder.kill('SIGKILL')
      await holder.ended
      await store.close()
    }))
})

async function withLock(
  options: Partial<LockOptions>,
  body: (lock: ReturnType<typeof openLock>, options: LockOptions) => Promise<void>,
): Promise<void> {
  await inTempDir(async (dir) => {
    await mkdir(dir, { recursive: true })
    const all = { path: join(dir, 'jobs.lock.db'), owner: sampleOwner, clock: systemClock, ...options }
    const lock = openLock(all)
    try {
      await body(lock, all)
    } finally {
      await lock.close()
    }
  })
}
