import { keepsItsPromise } from '../short-form.js'
import { shopGoal } from './shop-goal.js'

describe('an import into a shop that is killed', function () {
  this.timeout(300_000)

  it('at requests and named places, and recovered, doubles and loses nothing, each image attached once (P1)', async function () {
    await keepsItsPromise(this, shopGoal, { runs: 5 })
  })
})
