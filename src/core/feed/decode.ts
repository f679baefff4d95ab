/** Decoding: bytes of a known encoding to text, strictly. A byte the encoding does not have is never replaced. */
import { isAscii } from 'node:buffer'
import iconv from 'iconv-lite'
import { openTailLength, scanUtf8 } from './utf8.js'

/** Bytes that the encoding does not have. What is before them was decoded. */
export class UndecodableBytes extends Error {
  override readonly name = 'UndecodableBytes'
  constructor(
    /** Position of the first bad byte in the chunk sequence, from 0. */
    readonly byte: number,
    /** Its value; null when the text ends inside a character. */
    readonly value: number | null,
    /** Text between the last piece that was handed out and the bad byte. */
    readonly before: string,
  ) {
    super(`byte ${byte} cannot be decoded`)
  }
}

/** Text of a growing byte sequence. Pieces never split a character. Throws `UndecodableBytes`. */
export interface StrictDecoder {
  write(chunk: Buffer): string
  /** To be called once, after the last chunk. */
  end(): void
}

/** A decoder for a name that `encodingName` gave. */
export function strictDecoder(encoding: string): StrictDecoder {
  if (encoding === 'utf-8' || encoding === 'us-ascii') return new Utf8Decoder()
  if (encoding === 'utf-16le' || encoding === 'utf-16') return new Utf16Decoder(false)
  if (encoding === 'utf-16be') return new Utf16Decoder(true)
  return new TableDecoder(encoding)
}

/** Decodes a stream. The text before a bad byte comes before its `UndecodableBytes`. */
export async function* decodeStream(bytes: AsyncIterable<Buffer>, decoder: StrictDecoder) {
  try {
    for await (const chunk of bytes) {
      const text = decoder.write(chunk)
      if (text !== '') yield text
    }
    decoder.end()
  } catch (error: unknown) {
    if (error instanceof UndecodableBytes && error.before !== '') yield error.before
    throw error
  }
}

/** The text of `bytes` up to the first bad byte or the last whole character, and whether there was no bad one. */
export function decodePrefix(bytes: Buffer, encoding: string): { readonly text: string; readonly isWhole: boolean } {
  try {
    return { text: strictDecoder(encoding).write(bytes), isWhole: true }
  } catch (error: unknown) {
    if (error instanceof UndecodableBytes) return { text: error.before, isWhole: false }
    throw error
  }
}

class Utf8Decoder implements StrictDecoder {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  private offset = 0
  /** Bytes of a character that the last chunk ended in; at most 3. */
  private tail: Buffer = Buffer.alloc(0)

  write(chunk: Buffer): string {
    // Some ten times as fast, and strings of one byte per character.
    if (this.tail.length === 0 && isAscii(chunk)) {
      this.offset += chunk.length
      return chunk.toString('latin1')
    }
    try {
      const text = this.decoder.decode(chunk, { stream: true })
      this.offset += chunk.length
      // The bytes of a character may come one by one.
      const end = chunk.length < 3 ? Buffer.concat([this.tail, chunk]) : chunk
      this.tail = Buffer.from(end.subarray(end.length - openTailLength(end)))
      return text
    } catch {
      // The decoder does not say where.
      throw this.fault(Buffer.concat([this.tail, chunk]))
    }
  }

  end(): void {
    if (this.tail.length > 0) throw new UndecodableBytes(this.offset - this.tail.length, null, '')
  }

  private fault(bytes: Buffer): UndecodableBytes {
    const valid = scanUtf8(bytes).firstBad
    const start = this.offset - this.tail.length
    return new UndecodableBytes(start + valid, bytes[valid] ?? null, bytes.toString('utf8', 0, valid))
  }
}

class Utf16Decoder implements StrictDecoder {
  private readonly decoder = new TextDecoder('utf-16le', { fatal: true, ignoreBOM: true })
  private offset = 0
  private tail: Buffer = Buffer.alloc(0)

  constructor(private readonly isBigEndian: boolean) {}

  write(chunk: Buffer): string {
    const bytes = Buffer.concat([this.tail, chunk])
    const units = bytes.subarray(0, bytes.length - (bytes.length % 2))
    const open = this.endsInPair(units) ? 2 : 0
    const whole = units.subarray(0, units.length - open)
    this.tail = Buffer.from(bytes.subarray(whole.length))
    // A copy of our own, so swapping in place harms nobody.
    if (this.isBigEndian) whole.swap16()
    const start = this.offset
    this.offset += whole.length
    try {
      return this.decoder.decode(whole)
    } catch {
      throw this.fault(whole, start)
    }
  }

  end(): void {
    if (this.tail.length > 0) throw new UndecodableBytes(this.offset, null, '')
  }

  private endsInPair(units: Buffer): boolean {
    if (units.length === 0) return false
    const last = units[units.length - (this.isBigEndian ? 2 : 1)] ?? 0
    return last >= 0xd8 && last <= 0xdb
  }

  /** A surrogate without its other half. */
  private fault(whole: Buffer, start: number): UndecodableBytes {
    const text = whole.toString('utf16le')
    const index = text.search(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/)
    return new UndecodableBytes(start + 2 * index, whole[2 * index + 1] ?? null, text.slice(0, index))
  }
}

/** Stands for bytes that an encoding does not have, in what the library gives. */
const replacement = '\ufffd'
/** Control characters nobody means: in a feed they are letters of another encoding. */
const c1Controls = /[\u0080-\u009f]/

class TableDecoder implements StrictDecoder {
  private readonly decoder: ReturnType<typeof iconv.getDecoder>
  private readonly isIso: boolean
  private offset = 0

  constructor(private readonly encoding: string) {
    this.decoder = iconv.getDecoder(encoding, { stripBOM: false })
    this.isIso = encoding.startsWith('iso-8859-')
  }

  write(chunk: Buffer): string {
    const text = this.decoder.write(chunk)
    this.refuse(text)
    this.offset += chunk.length
    return text
  }

  end(): void {
    const text = this.decoder.end()
    if (text) this.refuse(text)
  }

  private refuse(text: string): void {
    const bad = this.isIso ? firstOf(text.indexOf(replacement), text.search(c1Controls)) : text.indexOf(replacement)
    if (bad === -1) return
    const before = text.slice(0, bad)
    // Where one character is one byte this is exact; elsewhere a character may have begun in the chunk before.
    const byte = this.offset + iconv.encode(before, this.encoding).length
    throw new UndecodableBytes(byte, null, before)
  }
}

function firstOf(a: number, b: number): number {
  if (a === -1 || b === -1) return Math.max(a, b)
  return Math.min(a, b)
}
