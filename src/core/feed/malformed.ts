import { type ErrorPlace, WholesalerError } from '../errors.js'

/** What a person can do about a feed that is not well formed. */
export const lenientHint = 'Repair what can be repaired, and read up to the last complete record, with --lenient.'

/** The error of a feed that breaks the rules of its format, or ends before its end. */
export function malformed(message: string, place: ErrorPlace, hint: string = lenientHint): WholesalerError {
  return new WholesalerError({ kind: 'feed_malformed', message, hint, place })
}

/** The error of a feed that is well formed as far as it goes, and has no record. */
export function emptyFeed(message: string, place: ErrorPlace): WholesalerError {
  return new WholesalerError({
    kind: 'feed_empty',
    message,
    hint: 'Look at the feed with: wholesaler feed inspect SOURCE',
    place,
  })
}

export function isMalformed(error: unknown): error is WholesalerError {
  return error instanceof WholesalerError && error.kind === 'feed_malformed'
}
