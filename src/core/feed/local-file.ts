/** A feed on this machine: a file or a pipe, read once from start to end. */
import type { BigIntStats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { hasCode, WholesalerError } from '../errors.js'

const readBytes = 1024 * 1024

export interface LocalFile {
  /** Tells without reading whether the file has changed; null for a pipe, which has nothing to compare. */
  readonly stamp: string | null
  /** All bytes. Each chunk is valid until the next is asked for. Throws `temporary` when the file changes meanwhile. */
  chunks(signal: AbortSignal): AsyncGenerator<Buffer, void, void>
  close(): Promise<void>
}

/** Throws `feed_missing`, `denied`, or `usage` for a folder or a device. */
export async function openLocalFile(path: string): Promise<LocalFile> {
  // Looked at before it is opened: opening a pipe waits for its writer, and some devices act on it.
  refuseKind(path, await onSource(path, () => stat(path, { bigint: true })))
  const file = await onSource(path, () => open(path, 'r'))
  const opened = await file.stat({ bigint: true })
  return {
    stamp: opened.isFile() ? stampOf(opened) : null,
    chunks: (signal) => readAll(file, path, opened, signal),
    close: () => file.close(),
  }
}

/** Passes on what `input` gives, and throws the reason of `signal` also while waiting for a pipe that says nothing. */
export async function* untilAborted<T>(input: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void, void> {
  signal.throwIfAborted()
  let onAbort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason)
  })
  // Raced below; when nothing is being read there is nobody to tell.
  aborted.catch(() => {})
  signal.addEventListener('abort', onAbort, { once: true })
  const iterator = input[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted])
      if (next.done) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

async function* readAll(file: FileHandle, path: string, opened: BigIntStats, signal: AbortSignal) {
  const buffer = Buffer.allocUnsafe(readBytes)
  for (;;) {
    signal.throwIfAborted()
    const { bytesRead } = await onSource(path, () => file.read(buffer, 0, readBytes, null))
    if (bytesRead === 0) break
    yield buffer.subarray(0, bytesRead)
  }
  const { size, mtimeNs } = await file.stat({ bigint: true })
  // Not the ctime: it also moves when the file is replaced by a new one, and what was read then is whole.
  if (!opened.isFile() || (size === opened.size && mtimeNs === opened.mtimeNs)) return
  throw new WholesalerError({
    kind: 'temporary',
    message: 'the file changed while it was read',
    hint: 'Run again when it is complete. To be safe, let it be written under another name and renamed.',
    place: { file: path },
  })
}

/** Both times in nanoseconds: a rewrite that keeps the size, or one that restores the mtime, shows. */
function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':')
}

function refuseKind(path: string, stats: BigIntStats): void {
  if (stats.isFile() || stats.isFIFO()) return
  throw new WholesalerError({
    kind: 'usage',
    message: stats.isDirectory() ? 'that is a folder, not a feed' : 'that is a device, not a feed',
    hint: 'Name the file of the feed, or pipe it in: -',
    place: { file: path },
  })
}

async function onSource<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error: unknown) {
    const place = { file: path }
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG')) {
      const hint = 'Check the path; a relative one starts at the working directory, in a config at its folder.'
      throw new WholesalerError({ kind: 'feed_missing', message: 'there is no such file', hint, place, cause: error })
    }
    if (hasCode(error, 'EACCES', 'EPERM')) {
      const hint = 'Give this user the right to read it.'
      throw new WholesalerError({ kind: 'denied', message: 'the file may not be read', hint, place, cause: error })
    }
    throw error
  }
}
