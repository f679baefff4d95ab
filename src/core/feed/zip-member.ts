/** The one member of a zip archive that is the feed. Nothing is ever written to a path that an archive names. */
import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import type { Entry, ZipFile } from 'yauzl'
import { messageOf, WholesalerError } from '../errors.js'
import { feedBytesMax } from '../http/expansion-limit.js'
import { malformed } from './malformed.js'

export interface ZipMember {
  readonly name: string
  readonly isDeflated: boolean
  /** The bytes as packed. To be closed by the caller. */
  openPacked(): Promise<{ readonly stream: Readable; close(): void }>
  /** Compares the unpacked bytes with size and CRC in the archive; throws `feed_malformed` where they differ. */
  startCheck(): { add(chunk: Buffer): void; end(): void }
}

/** Archives with more members are not how feeds come; listing them all would be slow. */
const entriesMax = 10_000
/** Names shown in a message. */
const namesShownMax = 10

const askSmaller = 'Ask for an archive with the feed alone.'

const feedName = /\.(csv|tsv|tab|txt|xml|yml|rss|atom|json|ndjson|jsonl)$/i

/** Unix file type of a symbolic link, in the upper half of the external attributes. */
const symlinkType = 0o120000
const fileTypeMask = 0o170000
const methodStored = 0
const methodDeflated = 8

/** Chooses the member that `pattern` names, else the only one that looks like a feed. */
export async function openMember(path: string, pattern: string | undefined, shown: string): Promise<ZipMember> {
  const zip = await openZip(path, shown)
  try {
    const entry = choose(await listFiles(zip, shown), pattern, shown)
    refuseUnreadable(entry, shown)
    return toMember(entry, path, shown)
  } finally {
    zip.close()
  }
}

function toMember(entry: Entry, path: string, shown: string): ZipMember {
  return {
    name: entry.fileName,
    isDeflated: entry.compressionMethod === methodDeflated,
    async openPacked() {
      const zip = await openZip(path, shown)
      try {
        const stream = await zip.openReadStreamPromise(entry, { decodeFileData: false })
        return { stream, close: () => zip.close() }
      } catch (error: unknown) {
        zip.close()
        throw unreadable(error, shown)
      }
    },
    startCheck() {
      let size = 0
      let crc = 0
      const lying = (what: string) =>
        malformed(`"${entry.fileName}" in the archive ${what}.`, { file: shown }, 'Fetch the feed again.')
      return {
        add(chunk) {
          size += chunk.length
          crc = crc32(chunk, crc)
          if (size > entry.uncompressedSize) throw lying('is longer than the archive says')
        },
        end() {
          if (size !== entry.uncompressedSize) throw lying('is shorter than the archive says')
          if (crc !== entry.crc32) throw lying('is damaged: its checksum is another')
        },
      }
    },
  }
}

async function openZip(path: string, shown: string): Promise<ZipFile> {
  const yauzl = await import('yauzl')
  try {
    // Sizes are checked here, where their errors cannot get lost in a chain of streams.
    return await yauzl.openPromise(path, { autoClose: false, lazyEntries: true, validateEntrySizes: false })
  } catch (error: unknown) {
    throw unreadable(error, shown)
  }
}

/** Files that could be a feed: no folders, no hidden files, nothing that macOS adds. */
async function listFiles(zip: ZipFile, shown: string): Promise<readonly Entry[]> {
  if (zip.entryCount > entriesMax) {
    throw malformed(
      `The archive has ${zip.entryCount} members; ${entriesMax} are the most.`,
      { file: shown },
      askSmaller,
    )
  }
  const files: Entry[] = []
  try {
    for await (const entry of zip.eachEntry()) {
      const isHidden = entry.fileName.split('/').some((part) => part.startsWith('.') || part === '__MACOSX')
      if (!entry.fileName.endsWith('/') && !isHidden) files.push(entry)
    }
  } catch (error: unknown) {
    // Names such as ../x and /x end up here as well.
    throw unreadable(error, shown)
  }
  return files
}

function choose(files: readonly Entry[], pattern: string | undefined, shown: string): Entry {
  if (pattern !== undefined) {
    const matches = matching(files, pattern)
    if (matches.length === 1 && matches[0] !== undefined) return matches[0]
    const problem = matches.length === 0 ? 'no member' : `${matches.length} members`
    throw usage(`The archive has ${problem} named ${pattern}: it has ${names(files)}.`, shown)
  }
  const feeds = files.filter(({ fileName }) => feedName.test(fileName))
  const candidates = feeds.length === 0 ? files : feeds
  const [only] = candidates
  if (candidates.length === 1 && only !== undefined) return only
  if (candidates.length > 1) throw usage(`The archive has several files: ${names(candidates)}.`, shown)
  throw malformed('The archive has no file in it.', { file: shown }, 'Ask the wholesaler for a valid feed.')
}

/** An exact name comes before a pattern; a pattern without a slash is about the name without its folder. */
function matching(files: readonly Entry[], pattern: string): readonly Entry[] {
  const exact = files.filter(({ fileName }) => fileName === pattern)
  if (exact.length > 0) return exact
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'))
  const regExp = new RegExp(`^${parts.join('.*')}$`, 'is')
  return files.filter(({ fileName }) => {
    const baseName = fileName.slice(fileName.lastIndexOf('/') + 1)
    return regExp.test(pattern.includes('/') ? fileName : baseName)
  })
}

function refuseUnreadable(entry: Entry, shown: string): void {
  const refuse = (what: string) => {
    throw malformed(`"${entry.fileName}" in the archive ${what}.`, { file: shown }, 'Ask for a plain zip archive.')
  }
  if (((entry.externalFileAttributes >>> 16) & fileTypeMask) === symlinkType) refuse('is a symbolic link')
  if (entry.isEncrypted()) refuse('is encrypted')
  if (entry.compressionMethod !== methodStored && entry.compressionMethod !== methodDeflated) {
    refuse(`is packed by a method that is not read (${entry.compressionMethod})`)
  }
  if (entry.uncompressedSize > feedBytesMax) refuse(`is said to have more than ${feedBytesMax} bytes`)
}

function names(files: readonly Entry[]): string {
  const shown = files.slice(0, namesShownMax).map(({ fileName }) => `"${fileName}"`)
  if (files.length > shown.length) shown.push(`and ${files.length - shown.length} more`)
  return files.length === 0 ? 'no file' : shown.join(', ')
}

function usage(message: string, shown: string): WholesalerError {
  const hint = 'Name one of them in the config of the wholesaler: member: "NAME" (with * for any characters).'
  return new WholesalerError({ kind: 'usage', message, hint, place: { file: shown } })
}

function unreadable(error: unknown, shown: string): WholesalerError {
  return new WholesalerError({
    kind: 'feed_malformed',
    message: `The zip archive cannot be read (${messageOf(error)}).`,
    hint: 'Fetch the feed again, or ask for the feed as it is.',
    place: { file: shown },
    cause: error,
  })
}
