/**
 * `node --import=tsx test/bench/shop.ts [BATCHES]`: products per second into a shop whose cost per request and per
 * product is the measured one, with two workers, in real time; beside the ceiling that an exhaustive search of size and
 * number of requests finds for the same cost. The look-ups before each batch cost nothing here.
 */

import { systemClock } from '../../src/core/clock.js'
import { firstPace } from '../../src/core/store/woocommerce/pace.js'
import { paceLimits } from '../../src/core/store/woocommerce/pace-limits.js'
import { batchOf, product } from '../contract/store-fixture.js'
import { wooCommerceFixture } from '../core/store/woocommerce/woocommerce-fixture.js'
import { measuredCost, simulate } from '../support/woocommerce/simulated-shop.js'

const batches = Number(process.argv[2] ?? 20)
const perBatch = 100
/** Batches in which the pace may be found. */
const toFind = 10

let ceiling = 0
for (let size = 5; size <= paceLimits.sizeMax; size += 5) {
  for (let inFlight = 1; inFlight <= paceLimits.inFlightMax; inFlight += 1) {
    const start = { ...firstPace, size, inFlight }
    const { rates } = simulate({ batches: 4, perBatch, costAt: () => measuredCost, start, isFixed: true })
    ceiling = Math.max(ceiling, ...rates)
  }
}

const { store, shop, close } = await wooCommerceFixture({}, { tls: null, cost: measuredCost }, systemClock)
const rates: number[] = []
for (let batch = 0; batch < batches; batch += 1) {
  const products = Array.from({ length: perBatch }, (_, index) => product(`b${batch}-${index}`))
  const startedMs = performance.now()
  await store.apply(batchOf(products))
  rates.push((perBatch / (performance.now() - startedMs)) * 1000)
  const pace = store.pace?.()
  console.log(`batch ${batch + 1}: ${rates.at(-1)?.toFixed(1)}/s, ${pace?.requestSize} x ${pace?.requestsAtOnce}`)
}
const found = rates.slice(toFind)
const mean = found.reduce((sum, rate) => sum + rate, 0) / found.length
console.log(
  `ceiling ${ceiling.toFixed(1)}/s, from batch ${toFind + 1} on ${mean.toFixed(1)}/s: ${((mean / ceiling) * 100).toFixed(0)} %`,
)
console.log(`${shop.state.products.size} products`)
await close()
