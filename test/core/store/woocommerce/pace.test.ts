import assert from 'node:assert/strict'
import { firstPace, listsFor, nextPace, type Pace } from '../../../../src/core/store/woocommerce/pace.js'
import { paceLimits } from '../../../../src/core/store/woocommerce/pace-limits.js'
import { measuredCost, type ShopCost, simulate } from '../../../support/woocommerce/simulated-shop.js'

const perBatch = 100
const fixed = (size: number, inFlight: number): Pace => ({ ...firstPace, size, inFlight })
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** The best that any size and number of requests brings, tried one by one. */
function ceiling(cost: ShopCost): number {
  let best = 0
  for (let size = 5; size <= paceLimits.sizeMax; size += 5) {
    for (let inFlight = 1; inFlight <= paceLimits.inFlightMax; inFlight += 1) {
      const { rates } = simulate({
        batches: 10,
        perBatch,
        costAt: () => cost,
        start: fixed(size, inFlight),
        isFixed: true,
      })
      best = Math.max(best, mean(rates))
    }
  }
  return best
}

const done = (items: number, ms: number) => ({ kind: 'done', items, ms, sinceMs: ms }) as const

describe('the pace', () => {
  it('finds 95 % of the ceiling of the measured shop within ten batches', () => {
    const best = ceiling(measuredCost)

    const { rates, pace } = simulate({ batches: 40, perBatch, costAt: () => measuredCost, start: firstPace })

    const found = mean(rates.slice(10))
    const tenth = rates[9] ?? 0
    const told = `ceiling ${best.toFixed(1)}/s, found ${found.toFixed(1)}/s, tenth batch ${tenth.toFixed(1)}/s, ${pace.size} x ${pace.inFlight}`
    console.log(`      ${told}`)
    assert.ok(found >= 0.95 * best && tenth >= 0.95 * best, told)
  })

  it('finds it on quicker and slower shops, with more and fewer workers too', () => {
    for (const cost of [
      { workers: 1, requestMs: 133, itemMs: 55 },
      { workers: 4, requestMs: 133, itemMs: 55 },
      { workers: 4, requestMs: 80, itemMs: 10 },
      { workers: 2, requestMs: 400, itemMs: 300 },
    ]) {
      const best = ceiling(cost)
      const { rates, pace } = simulate({ batches: 120, perBatch, costAt: () => cost, start: firstPace })
      const found = mean(rates.slice(60))
      const told = `${JSON.stringify(cost)}: ceiling ${best.toFixed(1)}/s, found ${found.toFixed(1)}/s, ${pace.size} x ${pace.inFlight}`
      console.log(`      ${told}`)
      // What is left is the price of staying below 30 s should the shop become ten times slower.
      assert.ok(found >= 0.8 * best, told)
    }
  })

  it('has no request above 30 s when the shop becomes ten times slower in the middle, and comes back', () => {
    const slow = { workers: 2, requestMs: 1330, itemMs: 550 }
    const costAt = (batch: number) => (batch >= 20 && batch < 40 ? slow : measuredCost)

    const whole = simulate({ batches: 80, perBatch, costAt, start: firstPace })

    console.log(
      `      longest request ${(whole.latencyMaxMs / 1000).toFixed(1)} s, at the end ${whole.pace.size} x ${whole.pace.inFlight}`,
    )
    assert.ok(whole.latencyMaxMs <= 30_000, String(whole.latencyMaxMs))
    assert.ok(mean(whole.rates.slice(60)) >= 0.95 * mean(whole.rates.slice(10, 20)))
  })

  it('never asks for more than the limits, and never for nothing', () => {
    let pace = firstPace
    for (let step = 0; step < 500; step += 1) {
      pace = nextPace(pace, done(pace.size, 1))
      assert.ok(pace.size <= paceLimits.sizeMax && pace.inFlight <= paceLimits.inFlightMax)
    }
    for (let step = 0; step < 50; step += 1) {
      pace = nextPace(pace, step % 2 === 0 ? { kind: 'failed' } : { kind: 'throttled' })
      assert.ok(pace.size >= 1 && pace.inFlight >= 1)
    }
    assert.deepEqual([pace.size, pace.inFlight], [1, 1])
    for (let step = 0; step < 30; step += 1) pace = nextPace(pace, done(pace.size, 3_600_000))
    assert.deepEqual([pace.size, pace.inFlight], [1, 1])
  })

  it('halves the requests when turned away, their size when there is no answer, and grows again', () => {
    const busy = fixed(40, 4)

    assert.equal(nextPace(busy, { kind: 'throttled' }).inFlight, 2)
    assert.equal(nextPace(busy, { kind: 'throttled' }).size, 40)
    assert.deepEqual([nextPace(busy, { kind: 'failed' }).size, nextPace(busy, { kind: 'failed' }).inFlight], [20, 3])

    const faultAt = (request: number) => (request >= 30 && request < 36 ? ({ kind: 'throttled' } as const) : null)
    const { rates, pace } = simulate({ batches: 60, perBatch, costAt: () => measuredCost, start: firstPace, faultAt })
    assert.ok(mean(rates.slice(50)) >= 0.95 * ceiling(measuredCost), `${pace.size} x ${pace.inFlight}`)
  })

  it('cuts a batch into lists of like length', () => {
    assert.deepEqual(listsFor(fixed(25, 2), 100), [25, 25, 25, 25])
    assert.deepEqual(listsFor(fixed(25, 2), 51), [13, 13, 13, 12])
    assert.deepEqual(listsFor(fixed(25, 3), 100), [17, 17, 17, 17, 17, 15])
    assert.deepEqual(listsFor(fixed(100, 3), 30), [10, 10, 10])
    assert.deepEqual(listsFor(fixed(100, 3), 12), [12])
    assert.deepEqual(listsFor(fixed(100, 3), 1), [1])
    assert.deepEqual(listsFor(fixed(100, 3), 0), [])
  })
})
