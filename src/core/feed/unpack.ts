/** Unpacking: which packing a snapshot has, by its first bytes and never by its name, and its bytes without it. */
import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline, type Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { constants, createGunzip, createInflateRaw } from 'node:zlib'
import { hasCode, messageOf, type WholesalerError } from '../errors.js'
import { expansionProblem, feedBytesMax } from '../http/expansion-limit.js'
import type { Compression } from './feed.js'
import { malformed } from './malformed.js'
import { openMember, type ZipMember } from './zip-member.js'

export interface Unpacked {
  readonly compression: Compression
  /** Name of the archive member, for zip. */
  readonly member?: string
  /**
   * The bytes from their start, in pieces of up to 64 KiB, each valid until the next is asked for. Can be called again. What
   * can be read before a fault comes before its error: `feed_malformed` for a truncated, damaged or lying archive, and beyond the limits.
   */
  bytes(signal?: AbortSignal): AsyncGenerator<Buffer, void, void>
}

/** Decoding is fastest in pieces that stay in the processor's cache. */
const pieceBytes = 64 * 1024
const magicBytes = 8
/** Pieces that are read before timers and messages have their turn: 1 MiB. */
const piecesPerTurn = 16

const askPlain = 'Ask for the feed as it is, or packed by gzip or zip.'

/** Beginnings of files that are often taken for feeds, to be named instead of shown as broken text. */
const foreignMagic: readonly (readonly [hex: string, name: string])[] = [
  ['377abcaf271c', 'a 7-Zip archive'],
  ['526172211a07', 'a RAR archive'],
  ['fd377a585a00', 'packed by xz'],
  ['28b52ffd', 'packed by zstd'],
  ['425a68', 'packed by bzip2'],
  ['d0cf11e0a1b11ae1', 'an old Excel file'],
  ['25504446', 'a PDF'],
]

/**
 * Finds out the packing of the file at `path`. `memberPattern` chooses the member of a zip archive; `*` stands for
 * anything. `shown` is what messages call the file. Throws `feed_malformed` for an archive that cannot be read, is
 * encrypted or has no feed in it; `usage` when the member must be chosen.
 */
export async function openUnpacked(path: string, memberPattern: string | undefined, shown: string): Promise<Unpacked> {
  const { magic, size } = await readMagic(path)
  const hex = magic.toString('hex')
  if (hex.startsWith('1f8b')) {
    return { compression: 'gzip', bytes: (signal) => gunzip(path, { shown, size, ...(signal ? { signal } : {}) }) }
  }
  if (/^504b(0304|0506|0708)/.test(hex)) {
    const member = await openMember(path, memberPattern, shown)
    return { compression: 'zip', member: member.name, bytes: (signal) => unzip(member, shown, signal) }
  }
  const foreign = foreignMagic.find(([start]) => hex.startsWith(start))
  if (foreign !== undefined) throw malformed(`The feed is ${foreign[1]}, which is not read.`, { file: shown }, askPlain)
  return { compression: 'none', bytes: (signal) => plain(path, signal) }
}

async function readMagic(path: string): Promise<{ magic: Buffer; size: number }> {
  const file = await open(path, 'r')
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(magicBytes), 0, magicBytes, 0)
    return { magic: buffer.subarray(0, bytesRead), size: (await file.stat()).size }
  } finally {
    await file.close()
  }
}

/**
 * Read in this thread: a large feed has a thread of its own, which has nothing to do until the next piece is there, and
 * to have another thread read it took a tenth of the time.
 */
async function* plain(path: string, signal?: AbortSignal): AsyncGenerator<Buffer, void, void> {
  const file = openSync(path, 'r')
  // One for all: new memory must be found by the system page by page.
  const piece = Buffer.allocUnsafeSlow(pieceBytes)
  try {
    for (let pieces = 1; ; pieces += 1) {
      signal?.throwIfAborted()
      const length = readSync(file, piece, 0, pieceBytes, null)
      if (length === 0) return
      yield length === pieceBytes ? piece : piece.subarray(0, length)
      // A small feed may be read in the thread that minds signals and signs of life.
      if (pieces % piecesPerTurn === 0) await setImmediate()
    }
  } finally {
    closeSync(file)
  }
}

interface GzipFile {
  readonly shown: string
  readonly size: number
  readonly signal?: AbortSignal
}

async function* gunzip(path: string, { shown, size, signal }: GzipFile): AsyncGenerator<Buffer, void, void> {
  let given = 0
  try {
    for await (const chunk of inflate(createReadStream(path), createGunzip({ chunkSize: pieceBytes }), shown, signal)) {
      given += chunk.length
      yield chunk
    }
  } catch (error: unknown) {
    if (!hasCode(error, 'Z_BUF_ERROR')) throw error
    yield* rest(path, given, shown, signal)
    throw malformed(
      'The gzip file is cut off: its end is missing.',
      { file: shown, byte: size },
      'Fetch the feed again.',
    )
  }
}

/** What a cut gzip file still has after `given` bytes: zlib drops its last output when the end does not come. */
async function* rest(path: string, given: number, shown: string, signal?: AbortSignal) {
  const unpacker = createGunzip({ chunkSize: pieceBytes, finishFlush: constants.Z_SYNC_FLUSH })
  let skip = given
  for await (const chunk of inflate(createReadStream(path), unpacker, shown, signal)) {
    if (chunk.length > skip) yield chunk.subarray(skip)
    skip = Math.max(0, skip - chunk.length)
  }
}

async function* unzip(member: ZipMember, shown: string, signal?: AbortSignal): AsyncGenerator<Buffer, void, void> {
  const check = member.startCheck()
  const packed = await member.openPacked()
  try {
    const unpacker = member.isDeflated ? createInflateRaw({ chunkSize: pieceBytes }) : null
    for await (const chunk of unpacker === null ? packed.stream : inflate(packed.stream, unpacker, shown, signal)) {
      signal?.throwIfAborted()
      check.add(chunk)
      yield chunk
    }
    check.end()
  } catch (error: unknown) {
    if (!hasCode(error, 'Z_BUF_ERROR')) throw error
    throw malformed(`"${member.name}" is cut off in the archive.`, { file: shown }, 'Fetch the feed again.')
  } finally {
    packed.close()
  }
}

/** Unpacks within the limits. A missing end is thrown as zlib's own Z_BUF_ERROR. */
async function* inflate(
  source: Readable,
  unpacker: ReturnType<typeof createGunzip | typeof createInflateRaw>,
  shown: string,
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void, void> {
  let unpacked = 0
  try {
    // Errors arrive through the iteration of `unpacker`.
    for await (const chunk of pipeline(source, unpacker, () => {})) {
      signal?.throwIfAborted()
      unpacked += chunk.length
      const problem = expansionProblem(unpacker.bytesWritten, unpacked, feedBytesMax)
      if (problem !== null) throw bomb(problem, shown, unpacker.bytesWritten)
      yield chunk
    }
  } catch (error: unknown) {
    if (!hasCode(error, 'Z_DATA_ERROR', 'Z_NEED_DICT')) throw error
    const message = `The feed is damaged where it is packed (${messageOf(error)}).`
    throw malformed(message, { file: shown, byte: unpacker.bytesWritten }, 'Fetch the feed again.')
  }
}

function bomb(problem: string, shown: string, byte: number): WholesalerError {
  return malformed(`The archive is not read: ${problem}.`, { file: shown, byte }, askPlain)
}
