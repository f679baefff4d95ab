/** Reading feeds in blocks, and what is to be the same as when they are read whole. */
import assert from 'node:assert/strict'
import { WholesalerError } from '../../../src/core/errors.js'
import type { KnownBlocks, RecordBlock } from '../../../src/core/feed/blocks.js'
import { strictDecoder } from '../../../src/core/feed/decode.js'
import type { FeedHints, FeedListener, FeedRecord, FeedShape, Reject, Repair } from '../../../src/core/feed/feed.js'
import { openFeed } from '../../../src/core/feed/open-feed.js'
import type { FeedText } from '../../../src/core/feed/text.js'
import { textOf } from './string-text.js'

/** A text of which the bytes come in chunks of this length. */
export function textInBytes(content: string, chunkBytes: number): FeedText {
  const bytes = Buffer.from(content)
  return {
    ...textOf(content),
    raw: () => {
      const decoder = strictDecoder('utf-8')
      let at = 0
      return {
        next: async () => {
          if (at >= bytes.length) return null
          at += chunkBytes
          return bytes.subarray(at - chunkBytes, at)
        },
        decode: async (some, write) => write(decoder.write(some)),
        pass: () => {},
        end: async () => decoder.end(),
        close: async () => {},
      }
    },
  }
}

export interface Seen {
  readonly shape: FeedShape
  readonly records: readonly FeedRecord[]
  readonly rejects: readonly Reject[]
  readonly repairs: readonly Repair[]
  readonly end: unknown
  readonly error: unknown
  readonly kept: number
  /** Blocks and their records; those of which there was something to say are without hash. */
  readonly blocks: readonly { readonly block: RecordBlock; readonly records: readonly FeedRecord[] }[]
}

export async function readFeed(text: FeedText, hints: FeedHints, before: Seen | null, inBlocks = true): Promise<Seen> {
  const feed = await openFeed(text, hints, { file: 'feed' })
  const records: FeedRecord[] = []
  const rejects: Reject[] = []
  const repairs: Repair[] = []
  const blocks: { block: RecordBlock; records: readonly FeedRecord[] }[] = []
  const known: KnownBlocks | null = before === null ? null : knownOf(before)
  let block: RecordBlock | null = null
  let kept = 0
  let events = 0
  const listener: FeedListener = {
    reject: (reject) => rejects.push(reject),
    repair: (repair) => repairs.push(repair),
    blocks: {
      known,
      block: (next) => {
        block = next
      },
      kept: (index) => {
        kept += 1
        const again = before?.blocks[index]
        assert.ok(again !== undefined)
        records.push(...again.records)
      },
    },
  }
  const chunks = feed.records(inBlocks ? listener : { reject: listener.reject, repair: listener.repair })
  try {
    for (;;) {
      const next = await chunks.next()
      if (next.done) return { records, rejects, repairs, end: next.value, error: null, kept, blocks, shape: feed.shape }
      records.push(...next.value)
      const hash = events === rejects.length + repairs.length ? {} : { hash: '' }
      if (block !== null) blocks.push({ block: { ...(block as RecordBlock), ...hash }, records: next.value })
      events = rejects.length + repairs.length
      block = null
    }
  } catch (error: unknown) {
    return { records, rejects, repairs, end: null, error, kept, blocks, shape: feed.shape }
  }
}

function knownOf({ blocks }: Seen): KnownBlocks {
  return {
    at: (index) => blocks[index]?.block,
    find: (start) => {
      const found = blocks.findIndex(({ block }) => block.start === start)
      return found < 0 ? undefined : found
    },
  }
}

/** Asserts that a feed that was read in blocks gave what it gives when it is read whole. */
export function assertSame(found: Seen, whole: Seen): void {
  assert.equal(dataOf(found), dataOf(whole))
  assert.deepEqual(found.end, whole.end)
  assert.deepEqual(found.rejects, whole.rejects)
  const { column, ...place } = placeOf(found.error)
  const { column: wholeColumn, ...wholePlace } = placeOf(whole.error)
  assert.deepEqual(place, wholePlace)
  // Behind text that was passed over in the same line it is not known.
  if (column !== undefined) assert.equal(column, wholeColumn)
}

function dataOf({ records }: Seen): string {
  return JSON.stringify(records.map((record) => record.data))
}

function placeOf(error: unknown): { readonly [name: string]: unknown } {
  if (error === null) return {}
  assert.ok(error instanceof WholesalerError, String(error))
  return { ...error.place, reason: error.reason }
}
