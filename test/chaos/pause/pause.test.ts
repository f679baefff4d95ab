import { keepsItsPromise } from '../short-form.js'
import { pauseGoal } from './pause-goal.js'

describe('a worker that stands still past its lease', function () {
  this.timeout(180_000)

  it('writes nothing and ends with 75 when it wakes up after its job was taken over, or amid that (P5, P7)', async function () {
    await keepsItsPromise(this, pauseGoal, { runs: 4, factor: 15 })
  })
})
