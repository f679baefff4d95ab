/**
 * How many requests at once bring the most products a second: found by trying one more, and now and then one less, and
 * keeping what is better. Pure.
 */
import type { Done, Pace } from './pace.js'
import { latencyMaxMs, type PaceLimits } from './pace-limits.js'

export interface Probe {
  readonly counted: Counted
  /** A number of requests that is being tried; null while the present one is measured. */
  readonly trial: Trial | null
  /** Requests to wait before the next trial: a shop that did not get faster is left in peace. */
  readonly rest: number
  /** Requests of the next rest. */
  readonly nextRest: number
  /** Whether one more or one less is tried next. */
  readonly nextStep: 1 | -1
  /** Requests at once that were fine before the shop turned us away or failed: gone back to without a trial. */
  readonly goBackTo: number
}

/** What was seen since the number of requests was last changed. */
interface Counted {
  readonly requests: number
  readonly items: number
  /** Time in which at least one request was under way. */
  readonly busyMs: number
  /** Time that the requests took together. */
  readonly workMs: number
  /** Size when counting began: what is seen of several sizes is not compared. */
  readonly size: number
}

interface Trial {
  readonly step: 1 | -1
  readonly before: Measured
  /** Size at that time, to go back to. */
  readonly sizeBefore: number
}

interface Measured {
  /** Products per second. */
  readonly rate: number
  /** Time of a request per product: tells whether the shop is still the same. */
  readonly msPerItem: number
}

/** One request more has to bring this much to be kept. */
const gainMin = 1.03
/** One request less may cost this much. */
const lossMin = 0.99
/** One request less that costs more than this is given up early. */
const earlyLoss = 0.9
/** Requests by which a change is judged: several batches, because each ends with workers that have nothing to do. */
const judgedRequests = 24
/** Requests after which a clear loss is believed. */
const earlyRequests = 8
/** By so much the size may change while requests are counted. */
const sizeTolerance = 0.2
/** Requests to leave the shop in peace before the first trial, and after one that brought nothing. */
const restRequests = 40
/** Each time that a trial brought nothing, the rest is doubled, up to this. */
const restRequestsMax = 1_280
/** Requests after which one more is sent again, when more were fine before. */
const backOffRequests = 10
/** A shop whose requests take this many times longer or shorter is not the one that was compared with. */
const otherShop = 2.5
/** One at once is never tried: it halves what comes out of any shop with two workers. */
const inFlightTriedMin = 2

const nothing: Counted = { requests: 0, items: 0, busyMs: 0, workMs: 0, size: 0 }

export const beginProbe: Probe = {
  counted: nothing,
  trial: null,
  rest: restRequests,
  nextRest: restRequests,
  nextStep: 1,
  goBackTo: 0,
}

/** After a request that was turned away or failed. */
export function afterTrouble({ inFlight, probe }: Pace): Probe {
  return { ...beginProbe, rest: backOffRequests, goBackTo: Math.max(inFlight, probe.goBackTo) }
}

/** The pace after a request that was done, its size already settled. */
export function probed(pace: Pace, seen: Done, limits: PaceLimits): Pace {
  const { probe, inFlight, size } = pace
  const rest = Math.max(0, probe.rest - 1)
  if (probe.goBackTo > inFlight) return goBack(pace, rest, seen.ms)
  const counted = count(probe.counted, seen)
  // Those that were under way at a change tell of the time before it.
  if (counted.requests <= inFlight)
    return noted(pace, { rest, counted: { ...nothing, requests: counted.requests, size } })
  // Before a trial the size has to stand still; in it, what comes out is the answer, whatever the size does.
  if (probe.trial === null && Math.abs(size - counted.size) > counted.size * sizeTolerance) {
    return noted(pace, { rest, counted: { ...nothing, size } })
  }
  const now = measured(counted)
  const isJudged = counted.requests >= judgedRequests + inFlight
  if (probe.trial !== null) {
    const isEarly = counted.requests >= earlyRequests + inFlight && now.rate < probe.trial.before.rate * earlyLoss
    return isJudged || (probe.trial.step < 0 && isEarly)
      ? judge(pace, probe.trial, now)
      : noted(pace, { rest, counted })
  }
  if (!isJudged) return noted(pace, { rest, counted })
  const step = stepOf(pace, limits)
  if (rest > 0 || seen.ms > latencyMaxMs || step === 0) return noted(pace, { rest, counted: nothing })
  return {
    ...pace,
    inFlight: inFlight + step,
    // A request that finds all workers busy waits for a whole one: both together must not take too long either.
    size: step > 0 ? Math.max(1, Math.ceil(size / 2)) : size,
    probe: { ...probe, rest, counted: nothing, trial: { step, before: now, sizeBefore: size } },
  }
}

function goBack(pace: Pace, rest: number, ms: number): Pace {
  if (rest > 0 || ms > latencyMaxMs) return noted(pace, { rest })
  return { ...pace, inFlight: pace.inFlight + 1, probe: { ...pace.probe, counted: nothing, rest: backOffRequests } }
}

function judge(pace: Pace, { step, before, sizeBefore }: Trial, now: Measured): Pace {
  const { probe } = pace
  const ratio = now.msPerItem / before.msPerItem
  const isOther = ratio > otherShop || ratio < 1 / otherShop
  const isKept = !isOther && now.rate >= before.rate * (step > 0 ? gainMin : lossMin)
  if (isKept) return noted(pace, { counted: nothing, trial: null, rest: 0, nextStep: step })
  const rest = isOther ? restRequests : probe.nextRest
  const nextRest = Math.min(restRequestsMax, rest * 2)
  const nextStep = isOther ? step : step > 0 ? -1 : 1
  return {
    ...pace,
    inFlight: pace.inFlight - step,
    size: step > 0 ? sizeBefore : pace.size,
    probe: { ...probe, counted: nothing, trial: null, rest, nextRest, nextStep },
  }
}

function stepOf({ inFlight, probe }: Pace, { inFlightMax }: PaceLimits): 1 | -1 | 0 {
  const canLess = inFlight > inFlightTriedMin
  const canMore = inFlight < inFlightMax
  if (probe.nextStep > 0) return canMore ? 1 : canLess ? -1 : 0
  return canLess ? -1 : canMore ? 1 : 0
}

function count(counted: Counted, { items, ms, sinceMs }: Done): Counted {
  return {
    requests: counted.requests + 1,
    items: counted.items + items,
    busyMs: counted.busyMs + sinceMs,
    workMs: counted.workMs + ms,
    size: counted.size,
  }
}

function measured({ items, busyMs, workMs }: Counted): Measured {
  return { rate: (items / Math.max(1, busyMs)) * 1000, msPerItem: workMs / Math.max(1, items) }
}

function noted(pace: Pace, change: Partial<Probe>): Pace {
  return { ...pace, probe: { ...pace.probe, ...change } }
}
