import assert from 'node:assert/strict'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { openJobStore } from '../../../src/core/jobs/lowdb-job-store.js'
import { scheduledJob } from '../../core/jobs/sample-jobs.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { inTempDir } from '../../support/temp-dir.js'
import { keepsItsPromise } from '../short-form.js'
import { diskErrorsGoal } from './errors-goal.js'

describe('a disk that fails', function () {
  this.timeout(120_000)

  it('at any sync, rename or read of a change has it refused, and the next change needs no help (D3)', async function () {
    await keepsItsPromise(this, diskErrorsGoal, { errors: 'EIO', calls: 'fsync,link,rename' })
  })

  it('by taking fewer bytes than it was given is given the rest (D9)', () =>
    inTempDir(async (dir) => {
      const store = openJobStore({ dir, clock: fixedClock(), onWarning: assert.fail })
      const few = 100
      let writes = 0
      await withWrites(dir, async (prototype) => {
        const whole = prototype.write
        prototype.write = function (buffer: Buffer, offset: number) {
          writes += 1
          return whole.call(this, buffer, offset, Math.min(few, buffer.length - offset))
        }
        try {
          for (const id of [1, 2]) await store.transaction(() => ({ put: [scheduledJob(id)], result: undefined }))
        } finally {
          prototype.write = whole
        }
      })

      assert.ok(writes > 10, `${writes} writes`)
      assert.deepEqual([...(await store.read()).keys()], [1, 2])
      await store.close()
    }))
})

interface Writer {
  write(this: unknown, buffer: Buffer, offset: number, length?: number): Promise<{ readonly bytesWritten: number }>
}

/** What all open files have in common. */
async function withWrites(dir: string, body: (prototype: Writer) => Promise<void>): Promise<void> {
  const handle = await open(join(dir, 'any'), 'w')
  try {
    await body(Object.getPrototypeOf(handle) as Writer)
  } finally {
    await handle.close()
  }
}
