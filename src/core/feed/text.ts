/**
 * The text of a snapshot: unpacked and decoded, ready for a reader. What lies between the bytes on disk
 * and the characters a parser sees is settled here and nowhere else.
 */
import type { Compression } from './feed.js'

export interface FeedText {
  readonly compression: Compression
  /** Archive member, for zip. */
  readonly member?: string
  /** Encoding in use, lower case. */
  readonly encoding: string
  readonly declaredEncoding?: string
  readonly bom: boolean
  /** First 64 KiB of text (or all, when shorter), without BOM: for finding out format and dialect. */
  readonly head: string
  /**
   * The whole text from its start, without BOM, in pieces of some 64 KiB that never split a character.
   * Can be called again. Throws `feed_malformed` with the byte position on bytes that the encoding does not
   * have, on a truncated or lying archive, and when limits (ratio, size) are passed.
   */
  chunks(signal?: AbortSignal): AsyncIterable<string>
  /**
   * The same text for who cuts it by its bytes. Absent where that cannot be done: an encoding in which `<` or a line end is
   * not one byte, text that is mended while it is read.
   */
  raw?(signal?: AbortSignal): RawText
}

/** The bytes of a text, without BOM, and its decoder. Throws as `FeedText.chunks`. */
export interface RawText {
  /** The next bytes, valid until those behind them are asked for; null at the end. */
  next(): Promise<Buffer | null>
  /** Decodes what follows what was decoded or passed over before, and writes it; what comes before a fault as well. */
  decode(bytes: Buffer, write: (text: string) => void): Promise<void>
  /** Passes over bytes that are known to be whole characters. */
  pass(bytes: number): void
  /** No more bytes follow. */
  end(): Promise<void>
  close(): Promise<void>
}
