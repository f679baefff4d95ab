/** A shop in thought: what requests of so many products would take, in virtual time. */

import { skusPerList } from '../../../src/core/store/woocommerce/look-up.js'
import { listsFor, nextPace, type Observation, type Pace } from '../../../src/core/store/woocommerce/pace.js'
import type { PaceLimits } from '../../../src/core/store/woocommerce/pace-limits.js'

export interface ShopCost {
  readonly workers: number
  /** Work of one request besides its products, and of one product. */
  readonly requestMs: number
  readonly itemMs: number
  /** Of a SKU that is looked up before a batch is written. Default: look-ups cost nothing. */
  readonly lookUpMs?: number
}

/** As measured on a real shop of two cores: 25 products in 4 requests at once take 3.1 s, 10 take 1.4 s. */
export const measuredCost: ShopCost = { workers: 2, requestMs: 133, itemMs: 55 }

export interface Simulated {
  /** Products per second of each batch. */
  readonly rates: readonly number[]
  readonly pace: Pace
  readonly latencyMaxMs: number
}

export interface Simulation {
  readonly batches: number
  readonly perBatch: number
  readonly costAt: (batch: number, request: number) => ShopCost
  readonly start: Pace
  /** Keeps the pace as it is. */
  readonly isFixed?: boolean
  readonly limits?: PaceLimits
  /** What becomes of a request, instead of being done. */
  readonly faultAt?: (request: number) => Exclude<Observation, { kind: 'done' }> | null
}

/** Batches one after another, each cut into requests, which wait for a worker in the order in which they come. */
export function simulate(simulation: Simulation): Simulated {
  const { batches, perBatch, costAt, start, isFixed = false, limits, faultAt = () => null } = simulation
  let pace = start
  let now = 0
  let requests = 0
  let latencyMaxMs = 0
  const freeAt: number[] = []
  const rates: number[] = []
  for (let batch = 0; batch < batches; batch += 1) {
    const begin = now
    now += lookUpTime(costAt(batch, requests + 1), perBatch)
    const waiting = listsFor(pace, perBatch)
    const underway: {
      readonly endsAt: number
      readonly items: number
      readonly sentAt: number
      readonly number: number
    }[] = []
    while (waiting.length > 0 || underway.length > 0) {
      while (waiting.length > 0 && underway.length < pace.inFlight) {
        const items = waiting.shift() ?? 0
        requests += 1
        const { workers, requestMs, itemMs } = costAt(batch, requests)
        while (freeAt.length < workers) freeAt.push(0)
        freeAt.sort((one, other) => one - other)
        const startsAt = Math.max(now, freeAt[0] ?? 0)
        const endsAt = startsAt + requestMs + items * itemMs
        freeAt[0] = endsAt
        underway.push({ endsAt, items, sentAt: now, number: requests })
      }
      underway.sort((one, other) => one.endsAt - other.endsAt)
      const ended = underway.shift()
      if (ended === undefined) break
      const sinceMs = ended.endsAt - now
      now = ended.endsAt
      const ms = now - ended.sentAt
      latencyMaxMs = Math.max(latencyMaxMs, ms)
      const seen = faultAt(ended.number) ?? { kind: 'done', items: ended.items, ms, sinceMs }
      if (!isFixed) pace = nextPace(pace, seen, limits)
    }
    rates.push((perBatch / (now - begin)) * 1000)
  }
  return { rates, pace, latencyMaxMs }
}

/** As `LookUp` asks: lists of 50, on all workers at once. */
function lookUpTime({ workers, requestMs, lookUpMs }: ShopCost, products: number): number {
  if (lookUpMs === undefined) return 0
  const lists = Math.ceil(products / skusPerList)
  return Math.ceil(lists / workers) * (requestMs + Math.ceil(products / lists) * lookUpMs)
}
