/**
 * A JSON document on disk that is whole after any crash: lowdb's adapter, made durable. Every write is a
 * new file, synced, with the one before kept as `.bak`; a reader sees the old document or the new one.
 * What cannot be read is set aside and reported, never silently replaced by an empty document.
 *
 * Writers hold the lock of the document; `readJsonFile` needs none and changes nothing.
 */

import { randomUUID } from 'node:crypto'
import { type BigIntStats, constants } from 'node:fs'
import { copyFile, type FileHandle, link, lstat, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Adapter } from 'lowdb'
import type { Clock } from '../clock.js'
import { hasCode, isDiskFull, messageOf, WholesalerError } from '../errors.js'
import { failpoint } from '../failpoint.js'

export interface JsonFileOptions<T> {
  readonly path: string
  /** Accepts the document or throws `state_unreadable`. */
  readonly parse: (value: unknown) => T
  readonly clock: Clock
  /** Told when the document was damaged and its backup was taken instead. */
  readonly onWarning: (message: string) => void
  /** For what was read and written; others may read by it. */
  readonly memory?: JsonMemory<T>
}

/** The document as this process last read or wrote it: a file that is still the same is not read again. */
export class JsonMemory<T> {
  #last: { readonly stamp: string; readonly value: T } | null = null

  /** The document of a file with this stamp; null when it is not that of the last. */
  recall(stamp: string): T | null {
    return this.#last?.stamp === stamp ? this.#last.value : null
  }

  /** Freezes the document: whoever asks is given the same. */
  keep(stamp: string, value: T): void {
    freeze(value)
    this.#last = { stamp, value }
  }
}

/** What is frozen was frozen whole. */
function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const inner of Object.values(value)) freeze(inner)
}

/** What a read found. `problem` says why the backup had to be taken; null when the file itself was good. */
export interface JsonFileContent<T> {
  readonly value: T | null
  readonly problem: string | null
}

const ownerOnly = 0o600
/** Bytes at the beginning by which files are told apart that have all else in common: a number of the revision stands there. */
const headBytes = 64
/** Milliseconds. A temporary file this old belongs to a writer that died; no write lasts as long. */
const leftoverAgeMs = 3_600_000
const worldWritable = 0o002
const sticky = 0o1000

/**
 * Reads the document; null when there is none yet. A damaged or missing file is answered from its backup.
 * Throws `state_unreadable` when the backup is no better, when what is there is JSON of a wrong shape or a
 * newer schema, and when it is not a regular file. Never writes, never waits for a lock.
 */
export async function readJsonFile<T>(
  path: string,
  parse: (value: unknown) => T,
  memory?: JsonMemory<T>,
): Promise<JsonFileContent<T>> {
  const found = await readState(path, parse, memory)
  if (found.state === 'good') return { value: found.value, problem: null }

  const backup = await readState(backupPath(path), parse)
  if (backup.state === 'good') return { value: backup.value, problem: found.problem }
  if (found.state === 'missing' && backup.state === 'missing') return { value: null, problem: null }
  throw new WholesalerError({
    kind: 'state_unreadable',
    message: `the file ${found.problem}, and its backup ${backup.problem}`,
    hint: `Nothing was changed. Put a good copy in its place, or move both it and ${basename(backupPath(path))} away to start anew.`,
    place: { file: path },
  })
}

/** lowdb's adapter for a writer that holds the lock. Reading repairs, writing is durable when it returns. */
export class DurableJsonFile<T> implements Adapter<T> {
  readonly #options: JsonFileOptions<T>
  #cleaned = false

  constructor(options: JsonFileOptions<T>) {
    this.#options = options
  }

  async read(): Promise<T | null> {
    const { path, parse, onWarning, memory } = this.#options
    await inErrorsOfTheDisk(path, async () => {
      await refuseUnsafeFolder(path)
      if (!this.#cleaned) await this.#removeLeftovers()
      this.#cleaned = true
    })
    const { value, problem } = await readJsonFile(path, parse, memory)
    if (problem !== null) onWarning(await this.#restore(problem))
    return value
  }

  /**
   * Writes the document; it is on the disk when this returns. Throws `disk_full`, or `unexpected` for any
   * other refusal of the disk; the document is then the old one, unless only its folder's sync failed.
   */
  async write(document: T): Promise<void> {
    const { path, memory } = this.#options
    await inErrorsOfTheDisk(path, async () => {
      const text = `${JSON.stringify(document, null, 2)}\n`
      const isFirst = !(await keepAsBackup(path))
      const stamp = await replaceFile(path, text)
      memory?.keep(stamp, document)
      // From the first write on there is something to fall back to.
      if (isFirst) await replaceFile(backupPath(path), text)
      failpoint('job-file-renamed')
      await syncFolder(dirname(path))
    })
  }

  /** Keeps the damaged file for whoever wants to look at it and puts the backup's bytes in its place. */
  async #restore(problem: string): Promise<string> {
    const { path, clock } = this.#options
    const bak = backupPath(path)
    return await inErrorsOfTheDisk(path, async () => {
      const stamp = new Date(clock.now()).toISOString().replace(/[:.-]/g, '')
      const kept = path.replace(/(\.json)?$/, `.corrupt-${stamp}$1`)
      const isKept = await copyIfThere(path, kept)
      await replaceFile(path, await onFile(bak, (file) => file.readFile('utf8')))
      await syncFolder(dirname(path))
      const where = isKept ? `; the damaged one is kept as ${basename(kept)}` : ''
      return `${basename(path)} ${problem} and was restored from ${basename(bak)}${where}`
    })
  }

  async #removeLeftovers(): Promise<void> {
    const { path, clock } = this.#options
    const folder = dirname(path)
    for (const name of await readdir(folder)) {
      if (!name.startsWith(`${basename(path)}.`) || !name.endsWith('.tmp')) continue
      const leftover = join(folder, name)
      try {
        const { mtimeMs } = await lstat(leftover)
        if (clock.now() - mtimeMs > leftoverAgeMs) await rm(leftover, { force: true })
      } catch (error: unknown) {
        // Gone already, or not ours to remove: rubbish that stays harms nobody.
        if (!hasCode(error)) throw error
      }
    }
  }
}

type FileState<T> =
  | { readonly state: 'good'; readonly value: T }
  | { readonly state: 'missing' | 'damaged'; readonly problem: string }

async function readState<T>(path: string, parse: (value: unknown) => T, memory?: JsonMemory<T>): Promise<FileState<T>> {
  let found: Read<T>
  try {
    found = await onFile(path, (file, stats) => readUnlessKnown(file, stats, memory))
  } catch (error: unknown) {
    if (hasCode(error, 'ENOENT')) return { state: 'missing', problem: 'is missing' }
    if (hasCode(error, 'ELOOP'))
      throw refused(path, 'is a symbolic link', 'Links to state are refused: put the file itself here.')
    throw error instanceof WholesalerError ? error : asStateError(path, error)
  }
  if (found.isKnown) return { state: 'good', value: found.value }
  const { stamp, text } = found
  if (text === '') return { state: 'damaged', problem: 'is empty' }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // The parser's message would quote the file; that it is not whole is all there is to say.
    return { state: 'damaged', problem: 'is not complete JSON' }
  }
  const value = parseAt(path, json, parse)
  memory?.keep(stamp, value)
  return { state: 'good', value }
}

type Read<T> =
  | { readonly isKnown: true; readonly value: T }
  | { readonly isKnown: false; readonly stamp: string; readonly text: string }

async function readUnlessKnown<T>(file: FileHandle, stats: BigIntStats, memory?: JsonMemory<T>): Promise<Read<T>> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0)
  const stamp = stampOf(stats, buffer.subarray(0, bytesRead))
  const value = memory?.recall(stamp) ?? null
  return value === null ? { isKnown: false, stamp, text: await file.readFile('utf8') } : { isKnown: true, value }
}

/** Opens a regular file to be read; never through a link, never waiting for the other end of a pipe. */
async function onFile<T>(path: string, read: (file: FileHandle, stats: BigIntStats) => Promise<T>): Promise<T> {
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    const stats = await file.stat({ bigint: true })
    if (!stats.isFile()) throw refused(path, 'is not a regular file', 'Move it away.')
    return await read(file, stats)
  } finally {
    await file.close()
  }
}

/**
 * A write of ours is another file with another revision; somebody's editor changes the time. Who changes a file in place, keeps
 * its length and sets its time back is not seen: the time of its links would tell, but changes with each backup.
 */
function stampOf({ dev, ino, size, mtimeNs }: BigIntStats, head: Buffer): string {
  return [dev, ino, size, mtimeNs, head.toString('latin1')].join(':')
}

function parseAt<T>(path: string, value: unknown, parse: (value: unknown) => T): T {
  try {
    return parse(value)
  } catch (error: unknown) {
    if (!(error instanceof WholesalerError)) throw error
    const { kind, message, hint, place } = error
    throw new WholesalerError({ kind, message, ...(hint && { hint }), place: { ...place, file: path }, cause: error })
  }
}

/** Keeps the current document as the backup; false when there is none. At no moment is either of them missing. */
async function keepAsBackup(path: string): Promise<boolean> {
  const temporary = temporaryPath(path)
  try {
    if (!(await linkOrCopy(path, temporary))) return false
    await rename(temporary, backupPath(path))
    return true
  } finally {
    // rename(2) leaves both names when they are the same file already, as after a crash between two renames.
    await rm(temporary, { force: true })
  }
}

async function linkOrCopy(path: string, target: string): Promise<boolean> {
  try {
    await link(path, target)
    return true
  } catch (error: unknown) {
    // Some file systems have no hard links.
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'ENOENT')) throw error
    return await copyIfThere(path, target)
  }
}

async function copyIfThere(path: string, target: string): Promise<boolean> {
  try {
    await copyFile(path, target, constants.COPYFILE_EXCL)
    return true
  } catch (error: unknown) {
    if (hasCode(error, 'ENOENT')) return false
    throw error
  }
}

/** Puts `text` where `path` is, whole or not at all, and returns its stamp. The folder is still to be synced. */
async function replaceFile(path: string, text: string): Promise<string> {
  const temporary = temporaryPath(path)
  try {
    const stamp = await writeSynced(temporary, Buffer.from(text))
    failpoint('job-file-written')
    await rename(temporary, path)
    return stamp
  } catch (error: unknown) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function writeSynced(path: string, bytes: Buffer): Promise<string> {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, ownerOnly)
  try {
    await writeAll(file, bytes)
    await file.sync()
    return stampOf(await file.stat({ bigint: true }), bytes.subarray(0, headBytes))
  } finally {
    await file.close()
  }
}

/** A write may take fewer bytes than it was given, write(2): the rest is written again, or fails with the reason. */
async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  let written = 0
  while (written < bytes.length) written += (await file.write(bytes, written)).bytesWritten
}

/** Without this a rename may be forgotten by a power loss, fsync(2). */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } catch (error: unknown) {
    // Some file systems cannot sync a folder and say so.
    if (!hasCode(error, 'EINVAL', 'ENOTSUP')) throw error
  } finally {
    await handle.close()
  }
}

/** Where anybody may replace files, no file can be trusted. */
async function refuseUnsafeFolder(path: string): Promise<void> {
  const folder = dirname(path)
  const { mode } = await stat(folder)
  if ((mode & worldWritable) !== 0 && (mode & sticky) === 0) {
    throw refused(folder, 'may be written by every user of this machine', `Take that right away: chmod 700 ${folder}`)
  }
}

function refused(path: string, why: string, hint: string): WholesalerError {
  return new WholesalerError({ kind: 'state_unreadable', message: `this ${why}`, hint, place: { file: path } })
}

async function inErrorsOfTheDisk<T>(path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error: unknown) {
    throw asStateError(path, error)
  }
}

function asStateError(path: string, error: unknown): unknown {
  if (!hasCode(error)) return error
  const place = { file: path }
  if (isDiskFull(error)) {
    return new WholesalerError({
      kind: 'disk_full',
      message: `there is no room to write it (${error.code})`,
      hint: 'Free some space and run the same command again: the file is as it was before.',
      place,
      cause: error,
    })
  }
  return new WholesalerError({
    kind: 'unexpected',
    message: `the disk refused it: ${messageOf(error)}`,
    hint: 'Check the disk and the rights of the folder; `wholesaler doctor` does both.',
    place,
    cause: error,
  })
}

function backupPath(path: string): string {
  return `${path}.bak`
}

/** Unique over processes, containers with equal pids, and calls. */
function temporaryPath(path: string): string {
  return `${path}.${process.pid}.${randomUUID()}.tmp`
}
