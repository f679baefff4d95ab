/**
 * Products of staged snapshots, in files beside the ledger: one file per snapshot, one line of JSON per product.
 *
 * They are most of what a staging writes, are written once and never changed; in the database each byte would be
 * written twice (log and file) and moved about with the rows, which cost more than all else that staging does. A
 * row of `staged` says where its product begins. A file belongs to its snapshot: it is written before any row points
 * into it, on the disk before the snapshot becomes current, and removed when the snapshot is dropped.
 */
import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { hasCode, messageOf, WholesalerError } from '../errors.js'

/** Name of the folder beside the ledger. */
export const bodiesFolder = 'staged'

/** Where a product is in the file of its snapshot, in bytes. */
export interface BodyPlace {
  readonly at: number
  readonly bytes: number
}

/** Owner only: prices of the wholesaler are in it. */
const folderMode = 0o700
const fileMode = 0o600

/**
 * Written bytes after which the disk is asked to take them, in the background: what is left for the end of a
 * staging is then short, however large the feed.
 */
const syncEveryBytes = 32 * 1024 * 1024

const sync = promisify(fdatasync)

export class BodyFiles {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Begins the file of a snapshot. Throws `disk_full` and what else the disk refuses. */
  create(snapshotId: number): BodyWriter {
    const path = this.#path(snapshotId)
    try {
      mkdirSync(this.#folder, { recursive: true, mode: folderMode })
      const { O_CREAT, O_NOFOLLOW, O_TRUNC, O_WRONLY } = constants
      return new BodyWriter(openSync(path, O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW, fileMode), path)
    } catch (error: unknown) {
      throw writeError(error, path)
    }
  }

  /** The products at these places, in their order. Throws `state_unreadable` when they are not there. */
  read(snapshotId: number, places: readonly BodyPlace[]): readonly string[] {
    if (places.length === 0) return []
    const path = this.#path(snapshotId)
    let file: number | null = null
    try {
      file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
      return readPlaces(file, places)
    } catch (error: unknown) {
      throw new WholesalerError({
        kind: 'state_unreadable',
        message: `the staged products cannot be read: ${messageOf(error)}`,
        hint: 'Read the feed again with: wholesaler import --remap',
        place: { file: path },
        cause: error,
      })
    } finally {
      if (file !== null) closeSync(file)
    }
  }

  /** Removes the file of a snapshot that nothing points to any more. Safe to call twice. */
  remove(snapshotId: number): void {
    rmSync(this.#path(snapshotId), { force: true })
  }

  /** Removes files of snapshots that the ledger does not know: another ledger was here before, and is lost. */
  removeUnknown(isKnown: (snapshotId: number) => boolean): void {
    for (const name of this.#names()) {
      const id = Number.parseInt(name, 10)
      if (name === nameOf(id) && !isKnown(id)) this.remove(id)
    }
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder)
    } catch (error: unknown) {
      if (hasCode(error, 'ENOENT')) return []
      throw error
    }
  }

  #path(snapshotId: number): string {
    return join(this.#folder, nameOf(snapshotId))
  }
}

function nameOf(snapshotId: number): string {
  return `${snapshotId}.ndjson`
}

/** The file of a snapshot while it is written, by one process and from its beginning. */
export class BodyWriter {
  readonly #file: number
  readonly #path: string
  #end = 0
  #asked = 0
  #failure: unknown = null
  #underWay: Promise<void> = Promise.resolve()
  #open = true

  constructor(file: number, path: string) {
    this.#file = file
    this.#path = path
  }

  /** Appends bytes and returns where they begin. */
  append(bytes: Uint8Array): number {
    const at = this.#end
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#file, bytes, done, bytes.length - done, at + done)
      }
    } catch (error: unknown) {
      throw writeError(error, this.#path)
    }
    this.#end += bytes.length
    if (this.#end - this.#asked >= syncEveryBytes) this.#syncInBackground()
    return at
  }

  /** Resolves when all of it will outlive a power loss, and closes the file. Throws what the disk refuses. */
  async finish(): Promise<void> {
    await this.#underWay
    try {
      if (this.#failure !== null) throw this.#failure
      if (this.#open) fdatasyncSync(this.#file)
    } catch (error: unknown) {
      throw writeError(error, this.#path)
    } finally {
      this.#close()
    }
  }

  /** Closes the file as it is. Safe to call twice, and after `finish`. */
  async abandon(): Promise<void> {
    await this.#underWay
    this.#close()
  }

  #syncInBackground(): void {
    this.#asked = this.#end
    this.#underWay = this.#underWay
      .then(() => sync(this.#file))
      .catch((error: unknown) => {
        this.#failure ??= error
      })
  }

  #close(): void {
    if (this.#open) closeSync(this.#file)
    this.#open = false
  }
}

/** Places that follow each other in the file are read at once: a batch in the order of the feed is one read. */
function readPlaces(file: number, places: readonly BodyPlace[]): readonly string[] {
  const texts: string[] = []
  for (let first = 0; first < places.length; ) {
    const start = places[first]?.at ?? 0
    let end = start
    let next = first
    for (; places[next]?.at === end; next += 1) end += places[next]?.bytes ?? 0
    const bytes = readRange(file, start, end - start)
    for (; first < next; first += 1) {
      const { at = 0, bytes: length = 0 } = places[first] ?? {}
      texts.push(bytes.toString('utf8', at - start, at - start + length))
    }
  }
  return texts
}

function readRange(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let done = 0; done < length; ) {
    const count = readSync(file, bytes, done, length - done, at + done)
    if (count === 0) throw new Error('the file is shorter than it was')
    done += count
  }
  return bytes
}

function writeError(error: unknown, path: string): unknown {
  if (error instanceof WholesalerError || !hasCode(error)) return error
  const place = { file: path }
  if (hasCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG')) {
    return new WholesalerError({ kind: 'disk_full', message: 'there is no room left on the disk', place, cause: error })
  }
  return new WholesalerError({
    kind: 'unexpected',
    message: `staged products cannot be written (${messageOf(error)})`,
    hint: 'Check the disk and the rights of the state folder.',
    place,
    cause: error,
  })
}
