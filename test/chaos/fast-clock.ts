/**
 * Time that passes faster, for what the program does by the minute: leases, heartbeats, graces. All processes of
 * a round take the same factor and origin, so that they agree on the time as they do on the real one.
 */
import type { Clock } from '../../src/core/clock.js'
import { systemClock } from '../../src/core/clock.js'

export interface FastTime {
  readonly factor: number
  /** Unix ms at which fast and real wall clocks agree. */
  readonly originMs: number
}

export function fastClock({ factor, originMs }: FastTime): Clock {
  return {
    now: () => originMs + (Date.now() - originMs) * factor,
    monotonic: () => performance.now() * factor,
    sleep: (ms, signal) => systemClock.sleep(ms / factor, signal),
  }
}

/** The clock that watchers of heartbeats share. */
export function fastBootClock({ factor }: FastTime): () => number {
  return () => Number(process.hrtime.bigint() / 1_000_000n) * factor
}
