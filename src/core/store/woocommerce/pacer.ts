/** Lets through as many requests at once as the pace allows, and learns from each. */
import type { Clock } from '../../clock.js'
import { firstPace, listsFor, nextPace, type Observation, type Pace } from './pace.js'
import { type PaceLimits, paceLimits } from './pace-limits.js'
import type { Write } from './shop-client.js'

export class Pacer {
  readonly #clock: Clock
  readonly #limits: PaceLimits
  readonly #waiting: (() => void)[] = []
  #pace: Pace
  #busy = 0
  #requests = 0
  /** End of the last request, or begin of one that was alone. */
  #lastMs = 0

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

  /** As many lists as requests, see `listsFor`. */
  split<T>(items: readonly T[]): T[][] {
    let from = 0
    return listsFor(this.#pace, items.length).map((length) => {
      from += length
      return items.slice(from - length, from)
    })
  }

  /** Sends a request of so many products when there is room for it. */
  async run(items: number, send: () => Promise<Write>): Promise<Write> {
    while (this.#busy >= this.#pace.inFlight) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    const startedMs = this.#clock.monotonic()
    if (this.#busy === 0) this.#lastMs = startedMs
    this.#busy += 1
    this.#requests += 1
    try {
      const write = await send()
      const nowMs = this.#clock.monotonic()
      const times = { items, ms: nowMs - startedMs, sinceMs: nowMs - this.#lastMs }
      this.#lastMs = nowMs
      this.#pace = nextPace(this.#pace, observed(write, times), this.#limits)
      return write
    } finally {
      this.#busy -= 1
      // The pace may have grown by one: two may be let through, and who finds no room waits again.
      for (let free = 0; free < 2; free += 1) this.#waiting.shift()?.()
    }
  }
}

function observed(write: Write, times: { items: number; ms: number; sinceMs: number }): Observation {
  if (write.kind === 'done' || write.kind === 'refused') return { kind: 'done', ...times }
  return write.kind === 'not_sent' || write.retryAfterMs !== null ? { kind: 'throttled' } : { kind: 'failed' }
}
