import { keepsItsPromise } from '../short-form.js'
import { recoverGoal } from './recover-goal.js'

describe('many recoveries at once', function () {
  this.timeout(180_000)

  it('start each stuck job once, condemn nobody who lives, and end every job (P13)', async function () {
    await keepsItsPromise(this, recoverGoal, { runs: 2, parallel: 4, lanes: 2 })
  })
})
