/** How often one address may ask: a bucket of tokens each, refilled over time. */
import type { Clock } from '../core/clock.js'
import type { Rate } from './limits.js'

export interface RateLimiter {
  /** Seconds to wait, 0 when it may ask now; this takes one token. */
  take(address: string): number
}

interface Bucket {
  tokens: number
  atMs: number
}

/** Addresses remembered; beyond them the full ones are forgotten, which loses nothing. */
const addressesMax = 10_000

export function createRateLimiter({ burst, perSecond }: Rate, clock: Pick<Clock, 'monotonic'>): RateLimiter {
  const buckets = new Map<string, Bucket>()
  const refill = (bucket: Bucket, nowMs: number) => {
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * perSecond)
    bucket.atMs = nowMs
  }
  const forget = (nowMs: number) => {
    for (const [address, bucket] of buckets) {
      refill(bucket, nowMs)
      if (bucket.tokens >= burst) buckets.delete(address)
    }
    // Nobody has that many addresses by chance: all of them start anew.
    if (buckets.size >= addressesMax) buckets.clear()
  }
  return {
    take(address) {
      const nowMs = clock.monotonic()
      let bucket = buckets.get(address)
      if (bucket === undefined) {
        if (buckets.size >= addressesMax) forget(nowMs)
        bucket = { tokens: burst, atMs: nowMs }
        buckets.set(address, bucket)
      }
      refill(bucket, nowMs)
      if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / perSecond)
      bucket.tokens -= 1
      return 0
    },
  }
}
