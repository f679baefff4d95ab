/** The snapshots of one wholesaler on disk: `snapshots/<wholesaler>/<sha256>`, the two latest kept. */
import { createHash, randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode, isDiskFull, messageOf, WholesalerError } from '../errors.js'

const fileMode = 0o600
const folderMode = 0o700

export interface StoredSnapshot {
  readonly path: string
  readonly sha256: string
  readonly bytes: number
}

/** A name that is a safe folder name, different for different wholesalers on any file system. */
export function folderName(wholesaler: string): string {
  const safe = wholesaler.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 60) || '_'
  if (safe === wholesaler && safe === safe.toLowerCase()) return safe
  // `a/b`, `a_b` and, where case does not count, `A_b` must not share a folder.
  return `${safe}.${createHash('sha256').update(wholesaler).digest('hex').slice(0, 12)}`
}

export function snapshotFolder(stateDir: string, wholesaler: string): string {
  return join(stateDir, 'snapshots', folderName(wholesaler))
}

/** The snapshot with this hash, or null when it is not on disk. */
export async function findSnapshot(folder: string, sha256: string): Promise<StoredSnapshot | null> {
  const path = join(folder, sha256)
  try {
    const { size } = await stat(path)
    return { path, sha256, bytes: size }
  } catch (error: unknown) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null
    throw error
  }
}

/**
 * Writes `bytes` to a file in `tmpDir` while hashing them, and moves it into `folder` when it is complete and on
 * disk. Returns null, and leaves nothing, when there are no bytes. Whatever fails leaves nothing behind: errors of
 * the disk become `disk_full` or `unexpected`, those of `bytes` are thrown as they are.
 */
export async function storeSnapshot(
  bytes: AsyncIterable<Buffer>,
  folder: string,
  tmpDir: string,
): Promise<StoredSnapshot | null> {
  await onDisk(folder, () => mkdir(folder, { recursive: true, mode: folderMode }))
  await onDisk(tmpDir, () => mkdir(tmpDir, { recursive: true, mode: folderMode }))
  const partial = join(tmpDir, `snapshot-${process.pid}-${randomUUID()}.part`)
  const file = await onDisk(partial, () => open(partial, 'wx', fileMode))
  try {
    const { sha256, size } = await writeHashed(file, bytes, partial)
    if (size === 0) return null
    await onDisk(partial, () => file.sync())
    const path = join(folder, sha256)
    const known = await findSnapshot(folder, sha256)
    if (known?.bytes === size) {
      const now = new Date()
      await onDisk(path, () => utimes(path, now, now))
    } else {
      await onDisk(path, () => rename(partial, path))
      await onDisk(folder, () => syncFolder(folder))
    }
    return { path, sha256, bytes: size }
  } finally {
    await file.close()
    // After the rename there is nothing to remove.
    await rm(partial, { force: true })
  }
}

/** Removes all snapshots but `current`, `previous` and, when those are one, the latest other. */
export async function pruneSnapshots(folder: string, current: string, previous: string | null): Promise<void> {
  const others: { name: string; modifiedMs: number }[] = []
  for (const name of await readdir(folder)) {
    if (name === current) continue
    const modifiedMs = name === previous ? Number.POSITIVE_INFINITY : await modifiedAt(join(folder, name))
    others.push({ name, modifiedMs })
  }
  others.sort((a, b) => b.modifiedMs - a.modifiedMs)
  for (const { name } of others.slice(1)) await rm(join(folder, name), { force: true })
}

/** -Infinity for a file that another process has removed meanwhile. */
async function modifiedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs
  } catch (error: unknown) {
    if (hasCode(error, 'ENOENT')) return Number.NEGATIVE_INFINITY
    throw error
  }
}

async function writeHashed(file: FileHandle, bytes: AsyncIterable<Buffer>, path: string) {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of bytes) {
    const written = onDisk(path, () => writeAll(file, chunk))
    // While others write it.
    hash.update(chunk)
    size += chunk.length
    await written
  }
  return { sha256: hash.digest('hex'), size }
}

/** A file system may take less than it is given. */
async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    done += (await file.write(chunk, done, chunk.length - done)).bytesWritten
  }
}

/** A new name is on disk only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function onDisk<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error: unknown) {
    if (isDiskFull(error)) {
      throw new WholesalerError({
        kind: 'disk_full',
        message: 'there is no room for the feed',
        hint: 'Free some space, or choose another place: --state-dir DIR',
        place: { file: path },
        cause: error,
      })
    }
    throw new WholesalerError({
      kind: 'unexpected',
      message: `the feed cannot be stored (${messageOf(error)})`,
      hint: 'Check the rights of that folder, or choose another place: --state-dir DIR',
      place: { file: path },
      cause: error,
    })
  }
}
