import assert from 'node:assert/strict'
import { seededRandom } from '../random.js'
import { keepsItsPromise } from '../short-form.js'
import { killPlan, places } from './kill-plan.js'
import { kill9Goal } from './kill9-goal.js'

describe('an import that is killed', function () {
  this.timeout(180_000)

  it('at named places and at any time leaves, once finished, the catalog of an undisturbed one (P1, P2)', async function () {
    await keepsItsPromise(this, kill9Goal, { runs: 4, products: 300, images: 60 })
  })

  it('is killed at every named place when there are enough runs', () => {
    const work = { batches: 10, products: 500, images: 50 }
    const left = { nothing: work, half: work, nearly: work, products: work, images: work }
    const plans = Array.from({ length: 200 }, (_, run) => killPlan(run, seededRandom(1, run), left))

    const planned = new Set(
      plans.flatMap(({ kills }) => kills.map((kill) => (kill.kind === 'point' ? kill.point : 'any time'))),
    )
    assert.deepEqual([...planned].sort(), [...places, 'any time'].sort())
  })
})
