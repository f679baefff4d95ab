/** Reads a picture that lies beside the feed. Only below the allowed folders, wherever symbolic links lead. */
import { constants, open, realpath } from 'node:fs/promises'
import { posix } from 'node:path'
import { hasCode } from '../errors.js'
import { type Downloaded, type ImageProblem, imageProblem, tooLarge } from './image.js'
import { isInside } from './normalize-url.js'
import { spool } from './temp-file.js'

export interface LocalFileOptions {
  /** Absolute folders below which files may be read; the first is the feed's own. */
  readonly folders: readonly string[]
  readonly tmpDir: string
  readonly bytesMax: number
}

/** A file is read again rather than asked about. */
const noValidators = { etag: null, lastModified: null }

/**
 * Reads the file, never changes it. A path that is not in the feed's folder is looked for at the same place
 * in the other folders. What cannot be read is a problem, not an error; throws `disk_full`.
 */
export async function readLocalFile(path: string, options: LocalFileOptions): Promise<Downloaded | ImageProblem> {
  let problem: ImageProblem = imageProblem('no_file', 'there is no such file')
  for (const candidate of candidates(path, options.folders)) {
    const result = await readOne(candidate, options)
    if (result.ok || result.code !== 'no_file') return result
    problem = result
  }
  return problem
}

function candidates(path: string, [own, ...roots]: readonly string[]): readonly string[] {
  if (own === undefined || !isInside(path, own)) return [path]
  const below = posix.relative(own, path)
  return [path, ...roots.map((root) => posix.join(root, below))]
}

async function readOne(path: string, options: LocalFileOptions): Promise<Downloaded | ImageProblem> {
  try {
    const real = await realpath(path)
    const folders = await Promise.all(options.folders.map(realFolder))
    if (!folders.some((folder) => folder !== null && isInside(real, folder))) {
      return imageProblem('outside_folder', "a symbolic link leads out of the feed's folder and the image roots")
    }
    // Without O_NONBLOCK, opening a pipe would wait for a writer for ever.
    const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const stats = await file.stat()
      if (!stats.isFile()) return imageProblem('no_file', 'it is not a file')
      if (stats.size > options.bytesMax) return tooLarge(options.bytesMax)
      const spooled = await spool(file.createReadStream({ autoClose: false }), options.tmpDir, options.bytesMax)
      return spooled === null ? tooLarge(options.bytesMax) : { ok: true, ...spooled, validators: noValidators }
    } finally {
      await file.close()
    }
  } catch (error: unknown) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return imageProblem('no_file', 'there is no such file')
    if (hasCode(error, 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG', 'EIO', 'EISDIR')) {
      return imageProblem('unreadable', `the file cannot be read (${error.code})`)
    }
    throw error
  }
}

async function realFolder(folder: string): Promise<string | null> {
  try {
    return await realpath(folder)
  } catch {
    // A root that does not exist holds no picture.
    return null
  }
}
