/**
 * How much is asked of the shop at once: pure. Products per request and requests in flight follow what was
 * measured, between two limits: a request that takes long enough for its fixed cost not to matter, and one so
 * short that a shop which becomes ten times slower still answers before hosting kills it.
 */
import { latencyMaxMs, type PaceLimits, paceLimits } from './pace-limits.js'
import { afterTrouble, beginProbe, type Probe, probed } from './probe.js'

export interface Pace {
  /** Products per request. */
  readonly size: number
  /** Requests at once. */
  readonly inFlight: number
  /** Milliseconds that the slowest of the last requests took; null before the first answer. */
  readonly latencyMs: number | null
  /** Search for the best number of requests. */
  readonly probe: Probe
}

export type Observation =
  | {
      readonly kind: 'done'
      readonly items: number
      readonly ms: number
      /** Of them, those since the end of another request, or since there was none: time that passed. */
      readonly sinceMs: number
    }
  /** Turned away: 429, or 503 with its wish for patience. */
  | { readonly kind: 'throttled' }
  /** No usable answer. */
  | { readonly kind: 'failed' }

export type Done = Extract<Observation, { kind: 'done' }>

/** A request is made larger as long as it is answered sooner: below, its fixed cost of 100 ms counts. */
const latencyMinMs = 2_500
/** A request grows by no more than this at once: one quick answer may be luck. */
const growthMax = 1.6
/** A request shrinks by no more than this at once, for the same reason. */
const shrinkMax = 0.2
/** Part of its size that a request must have to tell whether it could be larger. */
const fullShare = 0.5
/** A slow request is remembered for some time: every second one may have found a worker that was free. */
const memory = 0.93
/** But no longer than it can be the same shop: waiting for a worker doubles the time of a request at most. */
const memoryFactorMax = 2.2

/** Measured on a real shop: 25 products in two requests are well below what it can take, and not slow. */
export const firstPace: Pace = { size: 25, inFlight: 2, latencyMs: null, probe: beginProbe }

export function nextPace(pace: Pace, seen: Observation, limits: PaceLimits = paceLimits): Pace {
  if (seen.kind === 'done') return probed(sized(pace, seen, limits), seen, limits)
  const isFailed = seen.kind === 'failed'
  return {
    size: isFailed ? Math.max(1, Math.floor(pace.size / 2)) : pace.size,
    inFlight: Math.max(1, isFailed ? pace.inFlight - 1 : Math.floor(pace.inFlight / 2)),
    latencyMs: pace.latencyMs,
    probe: afterTrouble(pace),
  }
}

/** A request that took too long makes the next ones smaller at once; full ones that were quick make them larger. */
function sized(pace: Pace, { items, ms }: Done, { sizeMax }: PaceLimits): Pace {
  const latencyMs = Math.max(ms, Math.min((pace.latencyMs ?? 0) * memory, ms * memoryFactorMax))
  if (ms > latencyMaxMs) {
    const size = Math.max(1, Math.floor(items * Math.max(shrinkMax, latencyMaxMs / ms)))
    return { ...pace, latencyMs, size: Math.min(pace.size, size) }
  }
  if (latencyMs >= latencyMinMs || items < pace.size * fullShare) return { ...pace, latencyMs }
  const size = Math.max(pace.size + 1, Math.floor(pace.size * Math.min(growthMax, latencyMaxMs / latencyMs)))
  return { ...pace, latencyMs, size: Math.min(sizeMax, size) }
}

/** A list is not cut below this, only to have more requests: each costs the shop 100 ms besides its products. */
const listMin = 10

/**
 * Into how many requests so many products are cut, and how large: alike, and as many as go at once or a multiple of it,
 * so that they end together and none runs alone.
 */
export function listsFor({ size, inFlight }: Pace, items: number): number[] {
  if (items === 0) return []
  const needed = Math.ceil(items / size)
  const atOnce = Math.ceil(needed / inFlight) * inFlight
  const lists = Math.max(needed, Math.min(atOnce, Math.floor(items / listMin)))
  const each = Math.ceil(items / lists)
  return Array.from({ length: Math.ceil(items / each) }, (_, index) => Math.min(each, items - index * each))
}
