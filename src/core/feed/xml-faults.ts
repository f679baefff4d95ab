/** What is said of XML that is refused. */
import { WholesalerError } from '../errors.js'
import { firstBareAmpersand } from './bare-ampersands.js'
import { isMalformed, malformed } from './malformed.js'
import type { FeedText } from './text.js'

/** Throws for a document type with a DTD in it. One that only names a DTD is harmless: it is not fetched. */
export function refuseDtd(doctype: string, place: { file: string; line: number; column?: number }): void {
  if (!doctype.replace(/"[^"]*"|'[^']*'/g, '').includes('[')) return
  throw malformed(
    'The feed brings a DTD of its own, which is refused: its entities may be made to exhaust memory or read files.',
    place,
    'Ask the wholesaler for a feed without DTD.',
  )
}

/**
 * Gives the failure of a strict reading its true place: behind a bare `&` a parser reads on for the end of the
 * reference, and stumbles later, maybe only at the end of the document.
 */
export async function explainXmlFailure(error: unknown, text: FeedText, file: string): Promise<unknown> {
  if (!isMalformed(error) || error.place.line === undefined) return error
  let place: Awaited<ReturnType<typeof firstBareAmpersand>>
  try {
    place = await firstBareAmpersand(text)
  } catch {
    // The text cannot be read a second time, or not that far: the first account stands.
    return error
  }
  if (place === undefined || place.line > error.place.line) return error
  return new WholesalerError({
    kind: 'feed_malformed',
    message: 'Not well-formed XML: a bare "&", which must be written "&amp;".',
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    place: { ...error.place, file, ...place },
    cause: error,
  })
}
