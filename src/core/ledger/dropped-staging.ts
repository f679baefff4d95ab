import { WholesalerError } from '../errors.js'

/** The error of a staging that ended under its owner's hands: a later one of the same wholesaler began. */
export function droppedStaging(wholesaler: string): WholesalerError {
  return new WholesalerError({
    kind: 'busy',
    message: `another run began to stage the feed of ${wholesaler}; this one was dropped`,
    hint: 'Let one run end before the next begins: --wait.',
  })
}
