/** Files beside the ledger while they are written: by one process, from their beginning or from where they may be added to. */
import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  writeSync,
} from 'node:fs'
import { promisify } from 'node:util'
import { hasCode, isDiskFull, messageOf, WholesalerError } from '../errors.js'

/** Owner only: prices of the wholesaler are in it. */
const folderMode = 0o700
const fileMode = 0o600

/**
 * Written bytes after which the disk is asked to take them, in the background: what is left for the end of a
 * staging is then short, however large the feed.
 */
const syncEveryBytes = 32 * 1024 * 1024

const sync = promisify(fdatasync)

/** Begins a file, over one that has the name. Throws `disk_full` and what else the disk refuses. */
export function createWriter(folder: string, path: string): BodyWriter {
  try {
    mkdirSync(folder, { recursive: true, mode: folderMode })
    const { O_CREAT, O_NOFOLLOW, O_TRUNC, O_WRONLY } = constants
    return new BodyWriter(openSync(path, O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW, fileMode), path)
  } catch (error: unknown) {
    throw writeError(error, path)
  }
}

/** Goes on with a file that is there, from `at` on. Throws what the disk refuses. */
export function openWriter(path: string, at: number): BodyWriter {
  try {
    return new BodyWriter(openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW), path, at)
  } catch (error: unknown) {
    throw writeError(error, path)
  }
}

/** Length of a file; null when it is not there, or cannot be looked at. */
export function sizeOf(path: string): number | null {
  try {
    return statSync(path).size
  } catch (error: unknown) {
    if (hasCode(error)) return null
    throw error
  }
}

/** Names of what is in a folder; none when there is no such folder. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error: unknown) {
    if (hasCode(error, 'ENOENT')) return []
    throw error
  }
}

export class BodyWriter {
  readonly #file: number
  readonly #path: string
  #end: number
  #asked: number
  #failure: unknown = null
  #underWay: Promise<void> = Promise.resolve()
  #open = true

  constructor(file: number, path: string, at = 0) {
    this.#file = file
    this.#path = path
    this.#end = at
    this.#asked = at
  }

  /** Where the next bytes begin. */
  get end(): number {
    return this.#end
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

function writeError(error: unknown, path: string): unknown {
  if (error instanceof WholesalerError || !hasCode(error)) return error
  const place = { file: path }
  if (isDiskFull(error)) {
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
