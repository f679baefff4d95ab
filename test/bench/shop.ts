/**
 * `node --import=tsx test/bench/shop.ts [BATCHES]`: products per second into a shop of its own process whose cost per
 * request, product and look-up is the measured one, with two workers, in real time and over HTTP; beside the ceiling that
 * an exhaustive search of size and number of requests finds for the same cost. Then the shop becomes ten times slower in
 * the middle of a run.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { systemClock } from '../../src/core/clock.js'
import { createHttpClient } from '../../src/core/http/http-client.js'
import { createShopClient } from '../../src/core/store/woocommerce/client.js'
import { firstPace } from '../../src/core/store/woocommerce/pace.js'
import { paceLimits } from '../../src/core/store/woocommerce/pace-limits.js'
import { createWooCommerceStore } from '../../src/core/store/woocommerce/woocommerce-store.js'
import { batchOf, product } from '../contract/store-fixture.js'
import { shopCredentials } from '../support/woocommerce/credentials.js'
import { measuredCost, simulate } from '../support/woocommerce/simulated-shop.js'
import type { ShopReport } from './shop-process.js'

const batches = Number(process.argv[2] ?? 20)
const perBatch = 100
/** Batches in which the pace may be found. */
const toFind = 10
/** A list of 100 SKUs took 460 ms there. */
const cost = { ...measuredCost, lookUpMs: 3.3 }
const slowCost = { workers: cost.workers, requestMs: 1330, itemMs: 550, lookUpMs: 33 }

const shop = fork(join(import.meta.dirname, 'shop-process.ts'), { execArgv: ['--import=tsx'] })
const [url] = (await once(shop, 'message')) as [string]
const http = createHttpClient({ clock: systemClock })
const { key, secret } = shopCredentials
const credentials = { consumer: { key, secret }, application: null }
const client = createShopClient({ url, http, clock: systemClock, credentials })
const store = createWooCommerceStore({ client, clock: systemClock, ledgerId: 'bench' })
let batch = 0

await become(cost)
const rates = await importBatches(batches)
const usual = await become(slowCost)
await importBatches(2)
const slow = await become(cost)
const after = await importBatches(toFind)
const back = await become(cost)
http.close()
shop.disconnect()

const ceiling = bestRate()
const found = mean(rates.slice(toFind))
const report = {
  ceiling,
  found,
  tenth: mean(rates.slice(toFind - 2, toFind)),
  afterSlow: after.at(-1) ?? 0,
  longestMs: { usual: usual.longestMs, slow: Math.max(slow.longestMs, back.longestMs) },
  products: back.products,
  expected: batch * perBatch,
}
console.log(JSON.stringify(report))

/** Changes what the shop's work costs; what was seen of it until then. */
async function become(now: typeof cost): Promise<ShopReport> {
  shop.send(now)
  const [seen] = (await once(shop, 'message')) as [ShopReport]
  return seen
}

/** Products per second of each. */
async function importBatches(count: number): Promise<number[]> {
  const rates: number[] = []
  for (const last = batch + count; batch < last; batch += 1) {
    const products = Array.from({ length: perBatch }, (_, index) => product(`b${batch}-${index}`))
    const startedMs = performance.now()
    await store.apply(batchOf(products))
    rates.push((perBatch / (performance.now() - startedMs)) * 1000)
    const pace = store.pace?.()
    const told = `${rates.at(-1)?.toFixed(1)}/s, ${pace?.requestSize} x ${pace?.requestsAtOnce}`
    console.error(`batch ${batch + 1}: ${told}`)
  }
  return rates
}

function bestRate(): number {
  let best = 0
  for (let size = 5; size <= paceLimits.sizeMax; size += 5) {
    for (let inFlight = 1; inFlight <= paceLimits.inFlightMax; inFlight += 1) {
      const start = { ...firstPace, size, inFlight }
      best = Math.max(best, mean(simulate({ batches: 4, perBatch, costAt: () => cost, start, isFixed: true }).rates))
    }
  }
  return best
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
