/**
 * How long a failure is believed before its picture is asked for again. What may be over in a minute (a
 * server in trouble, a time-out, a dead line) is tried again by the next run. What the server or the file
 * itself says will not be otherwise tomorrow is left alone for a while, longer the longer it has lasted.
 */
import type { ImageFailure } from './library.js'

const hourMs = 60 * 60 * 1000

/**
 * 20 hours: a run of every hour does not ask 24 times, and the run of every night does ask, also when it
 * comes to the picture some hours earlier than the night before.
 */
export const failureTtlMinMs = 20 * hourMs
/** A week, less those hours: a picture that came back after months is found by some nightly run of the week. */
export const failureTtlMaxMs = 7 * 24 * hourMs - 4 * hourMs

/**
 * Failures for good: the address leads nowhere (400, 404, 405, 406, 410, 414, 451), or to something that is no
 * picture the shop can show. 401 and 403 often are a missing login or a block that somebody lifts the
 * moment he hears of it, so they are not believed beyond the first 20 hours.
 */
const forGood =
  /^(?:http_(?:400|404|405|406|410|414|451)|not_an_image|svg_refused|unsupported_type|too_large|too_many_pixels|too_many_frames|too_heavy|decoder_crash)$/
const refused = /^http_(?:401|403)$/

/** From when on the picture is asked for again, Unix ms; `failedAt` when that is the next run. */
export function retryAt({ code, failedAt, firstFailedAt }: ImageFailure): number {
  if (refused.test(code)) return failedAt + failureTtlMinMs
  if (!forGood.test(code)) return failedAt
  // As long again as it has lasted: a picture that is gone for good costs ever fewer requests.
  return failedAt + Math.min(failureTtlMaxMs, Math.max(failureTtlMinMs, failedAt - firstFailedAt))
}
