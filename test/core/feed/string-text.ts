import type { Feed, FeedEnd, FeedHints, FeedRecord, Reject, Repair, XmlElement } from '../../../src/core/feed/feed.js'
import { openFeed } from '../../../src/core/feed/open-feed.js'
import type { FeedText } from '../../../src/core/feed/text.js'

const headChars = 64 * 1024

/** A `FeedText` made from a string, handed out in pieces of `pieceChars`, or cut at the given places. */
export function textOf(content: string, cuts: number | readonly number[] = headChars): FeedText {
  const bom = content.startsWith('\ufeff')
  const text = bom ? content.slice(1) : content
  return {
    compression: 'none',
    encoding: 'utf-8',
    bom,
    head: text.slice(0, headChars),
    async *chunks(signal) {
      signal?.throwIfAborted()
      yield* typeof cuts === 'number' ? piecesOf(text, cuts) : cutAt(text, cuts)
    },
  }
}

function* piecesOf(text: string, size: number): Generator<string> {
  for (let at = 0; at < text.length; ) {
    let end = at + size
    const code = text.charCodeAt(end - 1)
    if (code >= 0xd800 && code <= 0xdbff) end += 1
    yield text.slice(at, end)
    at = end
  }
}

function* cutAt(text: string, cuts: readonly number[]): Generator<string> {
  let start = 0
  for (const cut of [...cuts.map((part) => part % (text.length + 1)), text.length].toSorted((a, b) => a - b)) {
    const code = text.charCodeAt(cut - 1)
    const end = code >= 0xd800 && code <= 0xdbff ? cut + 1 : cut
    if (end > start) yield text.slice(start, end)
    start = Math.max(start, end)
  }
}

export interface Reading {
  readonly feed: Feed
  readonly records: readonly FeedRecord[]
  readonly rejects: readonly Reject[]
  readonly repairs: readonly Repair[]
  readonly side: readonly XmlElement[]
  readonly end: FeedEnd | undefined
  readonly error: unknown
  /** Length of the longest chunk. */
  readonly chunkMax: number
}

/** Opens a feed and reads it to its end or failure. */
export async function read(text: FeedText | string, hints: FeedHints = {}, file = 'feed'): Promise<Reading> {
  const feed = await openFeed(typeof text === 'string' ? textOf(text) : text, hints, { file })
  const records: FeedRecord[] = []
  const rejects: Reject[] = []
  const repairs: Repair[] = []
  const side: XmlElement[] = []
  let end: FeedEnd | undefined
  let error: unknown
  let chunkMax = 0
  const listener = {
    reject: (reject: Reject) => rejects.push(reject),
    repair: (repair: Repair) => repairs.push(repair),
    side: (element: XmlElement) => side.push(element),
  }
  try {
    const chunks = feed.records(listener)
    for (;;) {
      const { done, value } = await chunks.next()
      if (done) {
        end = value
        break
      }
      chunkMax = Math.max(chunkMax, value.length)
      records.push(...value)
    }
  } catch (thrown) {
    error = thrown
  }
  return { feed, records, rejects, repairs, side, end, error, chunkMax }
}

/** Like `read`, but throws what the reading threw. */
export async function readAll(text: FeedText | string, hints: FeedHints = {}, file = 'feed'): Promise<Reading> {
  const reading = await read(text, hints, file)
  if (reading.error !== undefined) throw reading.error
  return reading
}

/** How often each code occurs. */
export function counts(items: readonly { readonly code: string }[]): Record<string, number> {
  const result: Record<string, number> = {}
  for (const { code } of items) result[code] = (result[code] ?? 0) + 1
  return result
}
