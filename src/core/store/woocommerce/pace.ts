/**
 * How much is asked of the shop at once: pure. Products per request and requests in flight follow what was
 * measured, between two limits: a request that takes long enough for its fixed cost not to matter, and one so
 * short that a shop which becomes ten times slower still answers before hosting kills it.
 */

export interface Pace {
  /** Products per request. */
  readonly size: number
  /** Requests at once. */
  readonly inFlight: number
  /** Milliseconds one request takes, smoothed; null before the first answer. */
  readonly latencyMs: number | null
  /** Search for the best number of requests. */
  readonly probe: Probe
}

interface Probe {
  /** What was seen since the number of requests was last changed. */
  readonly requests: number
  readonly items: number
  /** Time that requests took together: divided by their number at once, it is time that passed. */
  readonly busyMs: number
  /** Products per second at one request less; null when it is not known. */
  readonly before: number | null
  /** Requests to wait before more are tried: a shop that did not get faster is left in peace. */
  readonly rest: number
}

export type Observation =
  | { readonly kind: 'done'; readonly items: number; readonly ms: number }
  /** Turned away: 429, or 503 with its wish for patience. */
  | { readonly kind: 'throttled' }
  /** No usable answer. */
  | { readonly kind: 'failed' }

export interface PaceLimits {
  /** Most products of a request; the shop refuses more than 100. */
  readonly sizeMax: number
  readonly inFlightMax: number
}

export const paceLimits: PaceLimits = { sizeMax: 100, inFlightMax: 6 }

/** Tenfold, it stays below the 30 s after which hosting begins to kill requests. */
const latencyMaxMs = 2_800
/** A request is made larger as long as it is answered sooner: below, its fixed cost of 100 ms counts. */
const latencyMinMs = 2_400
/** Weight of the newest answer in the smoothed latency. */
const smoothing = 0.5
/** A request grows by no more than this at once: one quick answer may be luck. */
const growthMax = 1.6
/** One request more has to bring this much to be kept. */
const gainMin = 1.03
/** Requests to leave the shop in peace after one more brought nothing, or after it was too much. */
const restRequests = 40

const unseen = { requests: 0, items: 0, busyMs: 0 }

/** Measured on a real shop: 25 products in two requests are well below what it can take, and not slow. */
export const firstPace: Pace = {
  size: 25,
  inFlight: 2,
  latencyMs: null,
  probe: { ...unseen, before: null, rest: 0 },
}

export function nextPace(pace: Pace, seen: Observation, limits: PaceLimits = paceLimits): Pace {
  if (seen.kind === 'done') return probed(sized(pace, seen, limits), seen, limits)
  const isFailed = seen.kind === 'failed'
  return {
    size: isFailed ? Math.max(1, Math.floor(pace.size / 2)) : pace.size,
    inFlight: Math.max(1, isFailed ? pace.inFlight - 1 : Math.floor(pace.inFlight / 2)),
    latencyMs: pace.latencyMs,
    probe: { ...unseen, before: null, rest: restRequests },
  }
}

/** Time per product is what the shop has, size what it is given: too slow is answered at once, too quick slowly. */
function sized(pace: Pace, { items, ms }: { items: number; ms: number }, { sizeMax }: PaceLimits): Pace {
  // A small request tells little about a large one: its latency is that of its own size.
  const expected = (ms / Math.max(1, items)) * pace.size
  const latencyMs =
    pace.latencyMs === null || expected > 2 * pace.latencyMs
      ? expected
      : pace.latencyMs * (1 - smoothing) + expected * smoothing
  const isFull = items >= pace.size * 0.8
  const wanted = (pace.size * latencyMaxMs) / latencyMs
  const size =
    latencyMs > latencyMaxMs
      ? Math.max(1, Math.floor(wanted))
      : latencyMs < latencyMinMs && isFull
        ? Math.min(sizeMax, Math.max(pace.size + 1, Math.floor(Math.min(wanted, pace.size * growthMax))))
        : pace.size
  return { ...pace, size, latencyMs: (latencyMs * size) / pace.size }
}

/** Goes up by one request and stays there only when more products a second come out. */
function probed(pace: Pace, { items, ms }: { items: number; ms: number }, { inFlightMax }: PaceLimits): Pace {
  const { probe, inFlight } = pace
  const seen = { requests: probe.requests + 1, items: probe.items + items, busyMs: probe.busyMs + ms }
  const rest = Math.max(0, probe.rest - 1)
  // Those that were under way at the change tell of the time before it.
  if (seen.requests < 3 * inFlight) return { ...pace, probe: { ...probe, ...seen, rest } }

  const rate = (seen.items / Math.max(1, seen.busyMs)) * inFlight * 1000
  if (probe.before !== null && rate < probe.before * gainMin) {
    return { ...pace, inFlight: inFlight - 1, probe: { ...unseen, before: null, rest: restRequests } }
  }
  if (rest > 0 || inFlight >= inFlightMax) return { ...pace, probe: { ...unseen, before: null, rest } }
  return { ...pace, inFlight: inFlight + 1, probe: { ...unseen, before: rate, rest } }
}
