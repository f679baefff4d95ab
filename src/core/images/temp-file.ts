/** Bytes on their way: hashed as they come, small ones kept in memory, larger ones in a temporary file. */
import { createHash, randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDiskFull, WholesalerError } from '../errors.js'
import { removeFile } from '../remove-file.js'

/** Bytes of one picture held in memory; nearly all product pictures are smaller, and writing a file costs more. */
const memoryBytesMax = 2 * 1024 * 1024
/** Temporary files older than this belong to a process that died: no picture takes an hour. */
const leftoverAgeMs = 60 * 60 * 1000
const namePrefix = 'image-'

export interface Spooled {
  /** Of all bytes, hex. */
  readonly sha256: string
  readonly bytes: number
  /** Bytes in memory, or the path of a temporary file. */
  readonly content: Buffer | string
  /** Removes the temporary file, if there is one. Safe to call twice. */
  dispose(): Promise<void>
}

/**
 * Takes bytes in to their end, or null as soon as there are more than `bytesMax`. Leaves no file behind
 * when it fails. Throws what `chunks` throws, and `disk_full`.
 */
export async function spool(chunks: AsyncIterable<Buffer>, tmpDir: string, bytesMax: number): Promise<Spooled | null> {
  const hash = createHash('sha256')
  const held: Buffer[] = []
  let file: { readonly handle: FileHandle; readonly path: string } | null = null
  let bytes = 0
  let done = false
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > bytesMax) return null
      hash.update(chunk)
      if (file === null && bytes > memoryBytesMax) {
        file = await createTempFile(tmpDir)
        for (const part of held.splice(0)) await onDisk(file.path, file.handle.writeFile(part))
      }
      if (file === null) held.push(chunk)
      else await onDisk(file.path, file.handle.writeFile(chunk))
    }
    done = true
  } finally {
    await file?.handle.close()
    if (!done && file !== null) await removeFile(file.path)
  }
  const path = file?.path ?? null
  return {
    sha256: hash.digest('hex'),
    bytes,
    content: path ?? Buffer.concat(held, bytes),
    dispose: async () => {
      if (path !== null) await removeFile(path)
    },
  }
}

/**
 * Writes a new temporary file, brings its bytes to disk, and returns its path. For its owner only. Leaves nothing
 * behind when it fails. Throws `disk_full`.
 */
export async function writeTempFile(data: Buffer, tmpDir: string): Promise<string> {
  const path = tempPath(tmpDir)
  try {
    await onDisk(path, writeFile(path, data, { flag: 'wx', mode: 0o600, flush: true }))
    return path
  } catch (error: unknown) {
    await removeFile(path)
    throw error
  }
}

/** Makes the folder for temporary files and clears it of what died processes left. */
export async function prepareTempDir(tmpDir: string, now: number): Promise<void> {
  await onDisk(tmpDir, mkdir(tmpDir, { recursive: true, mode: 0o700 }))
  for (const name of await readdir(tmpDir)) {
    if (!name.startsWith(namePrefix)) continue
    const path = join(tmpDir, name)
    const age = await stat(path).then(
      ({ mtimeMs }) => now - mtimeMs,
      () => 0, // Gone meanwhile: another process finished with it.
    )
    if (age > leftoverAgeMs) await removeFile(path)
  }
}

async function createTempFile(tmpDir: string) {
  const path = tempPath(tmpDir)
  return { path, handle: await onDisk(path, open(path, 'wx', 0o600)) }
}

function tempPath(tmpDir: string): string {
  return join(tmpDir, `${namePrefix}${randomUUID()}.tmp`)
}

async function onDisk<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error: unknown) {
    if (!isDiskFull(error)) throw error
    throw new WholesalerError({
      kind: 'disk_full',
      message: 'there is no room left on the disk for images',
      hint: 'Free some space and run the import again: it goes on where it ended.',
      place: { file: path },
      cause: error,
    })
  }
}
