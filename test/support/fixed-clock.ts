import type { Clock } from '../../src/core/clock.js'

/** A clock that stands still until it is told; `sleep` moves it and returns at once. */
export interface FixedClock extends Clock {
  advance(ms: number): void
}

export function fixedClock(startMs = Date.UTC(2026, 0, 15, 12)): FixedClock {
  let elapsedMs = 0
  return {
    now: () => startMs + elapsedMs,
    monotonic: () => elapsedMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted()
      elapsedMs += ms
    },
    advance: (ms) => {
      elapsedMs += ms
    },
  }
}
