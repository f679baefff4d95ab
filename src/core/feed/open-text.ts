/**
 * From a snapshot to its text: unpack, choose the encoding by a look at the beginning, decode strictly.
 *
 * A text that is valid UTF-8 is decoded once, while it is read. Beforehand only so much is looked at as it takes
 * to know the encoding: 1 MiB, and more only while that is nothing but ASCII.
 */
import { isAscii } from 'node:buffer'
import type { WholesalerError } from '../errors.js'
import { chooseEncoding, type EncodingChoice, type TextSample } from './choose-encoding.js'
import { decodePrefix, decodeStream, type StrictDecoder, strictDecoder, UndecodableBytes } from './decode.js'
import type { FeedHints } from './feed.js'
import { isMalformed, malformed } from './malformed.js'
import type { FeedText, RawText } from './text.js'
import { openUnpacked, type Unpacked } from './unpack.js'

/** Length of `FeedText.head`, in characters. */
const headLength = 64 * 1024
/** Bytes that give that many characters in any encoding. */
const startBytes = 4 * headLength + 4
/** Bytes from the first one beyond ASCII on that tell the encoding. */
const foreignBytesMax = 1024 * 1024
/** A text that is ASCII for so long is taken for UTF-8; a later surprise is an error with its position. */
const asciiBytesMax = 64 * 1024 * 1024

const packedMagic = /^(1f8b08|504b0304)/

/**
 * Opens the text of the file at `path`. `shown` is what messages call it (default: the path). Throws
 * `feed_malformed` for an archive that cannot be read, for a text packed twice, and for a declared encoding that the
 * bytes are not in (unless `hints.lenient`); `usage` when a hint fits nothing.
 */
export async function openText(path: string, hints: FeedHints, shown = path): Promise<FeedText> {
  const unpacked = await openUnpacked(path, hints.member, shown)
  const sample = await takeSample(unpacked)
  if (unpacked.compression !== 'none' && packedMagic.test(sample.start.toString('hex', 0, 4))) {
    throw malformed('The feed is packed twice.', { file: shown }, 'Unpack it once, or ask for it packed once.')
  }
  const choice = chooseEncoding(sample, hints.encoding, hints.lenient === true, shown)
  return {
    compression: unpacked.compression,
    ...(unpacked.member === undefined ? {} : { member: unpacked.member }),
    encoding: choice.encoding,
    ...(choice.declared === null ? {} : { declaredEncoding: choice.declared }),
    bom: choice.bomBytes > 0,
    head: headOf(sample.start.subarray(choice.bomBytes), choice.encoding),
    chunks: (signal) => decodeText(unpacked, choice, shown, signal),
    ...(oneByteMarks.test(choice.encoding)
      ? { raw: (signal?: AbortSignal) => rawText(unpacked, choice, shown, signal) }
      : {}),
  }
}

/** Encodings in which every byte below 128 is the character of ASCII, whatever stands before it. */
const oneByteMarks = /^(?:utf-8|us-ascii|windows-12\d\d|iso-8859-\d+)$/

function rawText(unpacked: Unpacked, choice: EncodingChoice, shown: string, signal?: AbortSignal): RawText {
  const decoder = strictDecoder(choice.encoding)
  const bytes = withoutStart(unpacked.bytes(signal), choice.bomBytes)
  /** Bytes that the decoder has not seen. */
  let passed = 0
  const placed = async (action: () => void): Promise<void> => {
    try {
      action()
    } catch (error: unknown) {
      if (!(error instanceof UndecodableBytes)) throw error
      const { byte, value } = error
      throw await undecodable({ byte: byte + passed, value }, unpacked, choice, shown)
    }
  }
  return {
    next: async () => {
      const { done, value } = await bytes.next()
      return done === true ? null : value
    },
    decode: (some, write) => placed(() => writeDecoded(decoder, some, write)),
    pass: (length) => {
      passed += length
    },
    end: () => placed(() => decoder.end()),
    close: async () => {
      await bytes.return()
    },
  }
}

/** Writes the text of `bytes`; before a bad byte is thrown, the text in front of it. */
function writeDecoded(decoder: StrictDecoder, bytes: Buffer, write: (text: string) => void): void {
  let text: string
  try {
    text = decoder.write(bytes)
  } catch (error: unknown) {
    if (error instanceof UndecodableBytes && error.before !== '') write(error.before)
    throw error
  }
  write(text)
}

/** Reads as much as it takes to choose the encoding. A fault behind the first bytes is left for the reading to meet. */
async function takeSample(unpacked: Unpacked): Promise<TextSample> {
  const start = new Collected(startBytes)
  const foreign = new Collected(foreignBytesMax)
  let foreignByte = 0
  let seen = 0
  try {
    for await (const chunk of unpacked.bytes()) {
      start.add(chunk)
      if (foreign.size > 0 || !isAscii(chunk)) foreign.add(chunk)
      else foreignByte += chunk.length
      seen += chunk.length
      const isTold = foreign.size >= foreignBytesMax || (foreign.size === 0 && seen >= asciiBytesMax)
      if (start.size >= startBytes && isTold) break
    }
  } catch (error: unknown) {
    if (seen === 0 || !isMalformed(error)) throw error
  }
  return { start: start.bytes(), foreign: foreign.bytes(), foreignByte }
}

/** The first so many bytes of a stream. */
class Collected {
  private readonly chunks: Buffer[] = []
  size = 0
  constructor(private readonly sizeMax: number) {}

  add(chunk: Buffer): void {
    if (this.size >= this.sizeMax) return
    // It is only lent.
    this.chunks.push(Buffer.from(chunk))
    this.size += chunk.length
  }

  bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }
}

function headOf(start: Buffer, encoding: string): string {
  const { text } = decodePrefix(start, encoding)
  const isInPair = /[\ud800-\udbff]/.test(text.charAt(headLength - 1))
  return text.slice(0, isInPair ? headLength - 1 : headLength)
}

async function* decodeText(unpacked: Unpacked, choice: EncodingChoice, shown: string, signal?: AbortSignal) {
  try {
    yield* decodeStream(withoutStart(unpacked.bytes(signal), choice.bomBytes), strictDecoder(choice.encoding))
  } catch (error: unknown) {
    if (!(error instanceof UndecodableBytes)) throw error
    throw await undecodable(error, unpacked, choice, shown)
  }
}

async function* withoutStart(bytes: AsyncIterable<Buffer>, length: number): AsyncGenerator<Buffer, void, void> {
  let skip = length
  for await (const chunk of bytes) {
    yield chunk.subarray(skip)
    skip = Math.max(0, skip - chunk.length)
  }
}

async function undecodable(
  { byte: position, value }: Pick<UndecodableBytes, 'byte' | 'value'>,
  unpacked: Unpacked,
  { encoding, bomBytes, isTold }: EncodingChoice,
  shown: string,
): Promise<WholesalerError> {
  const byte = position + bomBytes
  const what = value === null ? 'The text' : `Byte 0x${value.toString(16).padStart(2, '0').toUpperCase()}`
  const hint = isTold
    ? 'Check the encoding in the config of the wholesaler; without it, the encoding is found out.'
    : 'Ask the wholesaler to repair it, or name the encoding in the config: encoding: windows-1252, for example.'
  return malformed(
    `${what} at byte ${byte} is not valid ${encoding}.`,
    { file: shown, line: await lineAt(unpacked, byte), byte },
    hint,
  )
}

/** Line of a byte, counted by a second reading: errors are rare, and counting while decoding is not free. */
async function lineAt(unpacked: Unpacked, byte: number): Promise<number> {
  const lineFeed = 0x0a
  let line = 1
  let left = byte
  for await (const chunk of unpacked.bytes()) {
    const before = chunk.subarray(0, left)
    for (let at = before.indexOf(lineFeed); at !== -1; at = before.indexOf(lineFeed, at + 1)) line += 1
    left -= before.length
    if (left === 0) break
  }
  return line
}
