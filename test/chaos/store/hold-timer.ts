/** Measures how long the lock of the job file is held, from when its holder asks for the time. */
import type { Clock } from '../../../src/core/clock.js'

/**
 * The lock reads the wall clock when it has been taken (to say since when) and the monotonic one when it was
 * released (to let others go first); nothing inside reads the monotonic one.
 */
export function holdTimer(clock: Clock): { readonly clock: Clock; readonly heldMs: number[] } {
  const heldMs: number[] = []
  let takenAt: number | null = null
  return {
    heldMs,
    clock: {
      sleep: (ms, signal) => clock.sleep(ms, signal),
      now: () => {
        takenAt ??= performance.now()
        return clock.now()
      },
      monotonic: () => {
        if (takenAt !== null) heldMs.push(performance.now() - takenAt)
        takenAt = null
        return clock.monotonic()
      },
    },
  }
}
