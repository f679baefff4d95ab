/**
 * Blocks: some records in a row, as the bytes they stand in. A block that was read before, at a place where records may
 * begin, need not be read again: the same bytes, with the same around them, give the same records.
 */
import { hash } from 'node:crypto'
import type { RecordPosition } from './feed.js'

export interface RecordBlock {
  /** Hash of its first bytes: finds a block by the place where it may begin. */
  readonly start: string
  /** Of all of it and its place; `''` for one that must be read again. */
  readonly hash: string
  readonly bytes: number
  /** Line ends in it. */
  readonly lines: number
  readonly records: number
}

/** Blocks of an earlier reading, in the order of that feed. */
export interface KnownBlocks {
  at(index: number): RecordBlock | undefined
  /** Index of a block that begins so. */
  find(start: string): number | undefined
}

/** Who wants a feed in blocks. Called synchronously, in the order of the feed. */
export interface BlockListener {
  readonly known: KnownBlocks | null
  /**
   * The records handed out next are those of this block, all of them; null: they are in none. `start`: what was read when it
   * began, its line and the records before it.
   */
  block(block: RecordBlock | null, start: RecordPosition): void
  /** A known block is met again. Its records are not handed out. */
  kept(index: number, start: RecordPosition): void
}

/** What of a block is hashed to find it: more than what the records of most formats begin with alike. */
export const startBytes = 256

/** 66 bits: a false one costs a look at the whole. */
const startLength = 11
/** 132 bits: no two blocks of this world meet. */
const hashLength = 22

/** Hash of what stands at `at`; there must be `startBytes` of it, or the end of the block. */
export function startOf(bytes: Buffer, at: number, end = bytes.length): string {
  const stop = Math.min(at + startBytes, end)
  return hash('sha256', bytes.subarray(at, stop), 'base64url').slice(0, startLength)
}

/** `place`: what stands around the records, see `RecordSeams`. */
export function blockHash(bytes: Buffer, place: string): string {
  const own = hash('sha256', bytes, 'base64url')
  return hash('sha256', own + place, 'base64url').slice(0, hashLength)
}
