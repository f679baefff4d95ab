import { keepsItsPromise } from '../short-form.js'
import { poisonGoal } from './poison-goal.js'

describe('a product that kills whoever imports it', function () {
  this.timeout(120_000)

  it('is put aside after at most 16 deaths, and all others are imported (P1)', async function () {
    await keepsItsPromise(this, poisonGoal, { runs: 1, products: 300 })
  })
})
