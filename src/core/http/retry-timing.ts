/** When to try again: pure functions of the try and of what the server said. */

/** First wait of the back-off, before jitter. */
const backoffBaseMs = 1_000
/** No wait of the back-off is longer. */
const backoffMaxMs = 60_000
/** A server may ask for this much patience; more is cut, so that a typo of theirs cannot park a job. */
export const retryAfterMaxMs = 300_000

/** Wait before try `failed + 1`, full jitter: evenly between 0 and 1 s · 2^(failed - 1), at most 60 s. */
export function backoffMs(failed: number, random: () => number): number {
  return Math.round(random() * Math.min(backoffMaxMs, backoffBaseMs * 2 ** (failed - 1)))
}

/**
 * Milliseconds asked for by a Retry-After header (RFC 9110, 10.2.3: seconds or a date), at most 300 s.
 * Undefined when there is none or it makes no sense: negative, in the past, not a number and not a date.
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1000 : httpDateMs(text) - nowMs
  return waitMs > 0 ? Math.min(waitMs, retryAfterMaxMs) : undefined
}

/** NaN unless `text` begins like an HTTP date; `Date.parse` alone takes `-5` for a month. */
function httpDateMs(text: string): number {
  return /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN
}
