import { keepsItsPromise } from '../short-form.js'
import { diskGoal } from './disk-goal.js'

describe('a disk that fills up under an import', function () {
  this.timeout(180_000)

  it('at any moment corrupts nothing, and with room again the next import completes (D2, D17)', async function () {
    await keepsItsPromise(this, diskGoal, { runs: 2 })
  })
})
