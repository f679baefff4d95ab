/** Lets through as many requests at once as the pace allows, and learns from each. */
import type { Clock } from '../../clock.js'
import { firstPace, nextPace, type Observation, type Pace, type PaceLimits, paceLimits } from './pace.js'
import type { Write } from './shop-client.js'

export class Pacer {
  readonly #clock: Clock
  readonly #limits: PaceLimits
  readonly #waiting: (() => void)[] = []
  #pace: Pace
  #busy = 0
  #requests = 0

  constructor(clock: Clock, limits: Partial<PaceLimits> = {}) {
    this.#clock = clock
    this.#limits = { ...paceLimits, ...limits }
    const { sizeMax, inFlightMax } = this.#limits
    this.#pace = {
      ...firstPace,
      size: Math.min(firstPace.size, sizeMax),
      inFlight: Math.min(firstPace.inFlight, inFlightMax),
    }
  }

  get pace(): Pace {
    return this.#pace
  }

  /** Requests sent so far. */
  get requests(): number {
    return this.#requests
  }

  /** Lists as long as the pace says, of like length, so that they end together. */
  split<T>(items: readonly T[]): T[][] {
    const { size, inFlight } = this.#pace
    if (items.length === 0) return []
    const lists = Math.max(Math.ceil(items.length / size), Math.min(inFlight, Math.ceil(items.length / minListed)))
    const each = Math.ceil(items.length / lists)
    return Array.from({ length: Math.ceil(items.length / each) }, (_, index) =>
      items.slice(index * each, (index + 1) * each),
    )
  }

  /** Sends a request of so many products when there is room for it. */
  async run(items: number, send: () => Promise<Write>): Promise<Write> {
    while (this.#busy >= this.#pace.inFlight) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#busy += 1
    this.#requests += 1
    const startedMs = this.#clock.monotonic()
    try {
      const write = await send()
      this.#pace = nextPace(this.#pace, observed(write, items, this.#clock.monotonic() - startedMs), this.#limits)
      return write
    } finally {
      this.#busy -= 1
      // The pace may have grown by one: two may be let through, and who finds no room waits again.
      for (let free = 0; free < 2; free += 1) this.#waiting.shift()?.()
    }
  }
}

/** A list is not cut below this, only to have more requests: each costs the shop 100 ms besides its products. */
const minListed = 10

function observed(write: Write, items: number, ms: number): Observation {
  if (write.kind === 'done' || write.kind === 'refused') return { kind: 'done', items, ms }
  return write.kind === 'not_sent' || write.retryAfterMs !== null ? { kind: 'throttled' } : { kind: 'failed' }
}
