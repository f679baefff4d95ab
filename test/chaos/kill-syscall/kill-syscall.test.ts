import { keepsItsPromise } from '../short-form.js'
import { killSyscallGoal } from './kill-syscall-goal.js'

describe('a change of the job file that is killed', function () {
  this.timeout(120_000)

  it('at any sync or rename leaves the old file or the new one (P3)', async function () {
    await keepsItsPromise(this, killSyscallGoal, { calls: 'fsync,rename' })
  })
})
