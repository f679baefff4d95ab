/** Large text outputs: to stdout, or to a file that is complete or not there. */
import { once } from 'node:events'
import { open, rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { hasCode, isDiskFull, WholesalerError } from '../core/errors.js'

/** Writes the pieces to stdout; stops early, in peace, when nobody reads on. */
export async function pipeOut(pieces: AsyncIterable<string>): Promise<void> {
  for await (const piece of pieces) {
    if (process.stdout.destroyed || !process.stdout.writable) return
    if (!process.stdout.write(piece)) await Promise.race([once(process.stdout, 'drain'), once(process.stdout, 'close')])
  }
}

/**
 * Writes the pieces to a file by way of a temporary one beside it: a failure leaves the old file as it was.
 * Returns the absolute path and the bytes. Throws `disk_full`, `usage` (a folder, no rights).
 */
export async function writeFileWhole(
  pieces: AsyncIterable<string>,
  file: string,
): Promise<{ path: string; bytes: number }> {
  const path = resolve(file)
  const temporary = `${path}.${process.pid}.tmp`
  let bytes = 0
  try {
    const handle = await open(temporary, 'wx')
    try {
      for await (const piece of pieces) bytes += (await handle.write(piece)).bytesWritten
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
    return { path, bytes }
  } catch (error: unknown) {
    await rm(temporary, { force: true })
    throw asFileError(error, path)
  }
}

function asFileError(error: unknown, path: string): unknown {
  if (isDiskFull(error)) {
    return new WholesalerError({
      kind: 'disk_full',
      message: 'the disk is full; nothing was written',
      hint: 'Free some space and run the same command again.',
      place: { file: path },
      cause: error,
    })
  }
  if (!hasCode(error, 'ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'ENOTDIR', 'EROFS', 'EEXIST', 'ENOTEMPTY')) return error
  return new WholesalerError({
    kind: 'usage',
    message: `the file cannot be written (${error.code})`,
    hint: 'Check the folder and its rights, or name another file.',
    place: { file: path },
    cause: error,
  })
}
