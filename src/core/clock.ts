/** Time as the core sees it; tests hand in a clock of their own instead of waiting. */
export interface Clock {
  /** Wall clock, Unix milliseconds. May jump: never used to judge whether a process lives. */
  now(): number
  /** Monotonic milliseconds from an arbitrary start: for durations and leases. */
  monotonic(): number
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const onAbort = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
}

/** Unix seconds, as in the `created_at`, `started_at` and `completed_at` of every document. */
export function unixSeconds(ms: number): number {
  return Math.floor(ms / 1000)
}
