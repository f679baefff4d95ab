import { keepsItsPromise } from '../short-form.js'
import { clockGoal } from './clock-goal.js'

describe('clocks that jump under an import', function () {
  this.timeout(180_000)

  it('by a day on or back let no living job be taken for stuck, and none be lost (D14)', async function () {
    await keepsItsPromise(this, clockGoal, { runs: 2 })
  })

  it('or stand still with all processes do neither (D15)', async function () {
    await keepsItsPromise(this, clockGoal, { runs: 1, first: 5 })
  })
})
