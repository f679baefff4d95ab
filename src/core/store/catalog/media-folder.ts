/**
 * The media folder: `ab/<sha256>.<ext>`, one file per image, whole or not there.
 *
 * A file gets its name only when its bytes are on disk: it is written elsewhere, flushed, then linked into
 * place. Linking fails when the name is taken, and then the same image is there already, so two processes
 * may put one image at once.
 */
import { randomUUID } from 'node:crypto'
import { type Dirent, rmSync, statSync } from 'node:fs'
import { copyFile, link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hasCode, isDiskFull, WholesalerError } from '../../errors.js'
import { failpoint } from '../../failpoint.js'
import { removeFile } from '../../remove-file.js'
import type { ImageFile } from '../store.js'

const folderMode = 0o700
const fileMode = 0o600

/** What names a file; extension and hash come from image bytes, never from a URL. */
export interface MediaName {
  readonly sha256: string
  readonly extension: string
}

/** Path below the media folder, with `/` on every system: also the end of the image's public URL. */
export function mediaPath({ sha256, extension }: MediaName): string {
  return `${sha256.slice(0, 2)}/${sha256}.${extension}`
}

/** Of processed images, see `images/process.ts`. */
const extensions = ['jpg', 'png', 'webp', 'gif'] as const

/** Path and extension of an image in a media folder, by its name alone; null when it is not there. */
export function findMedia(
  folder: string,
  sha256: string,
): { readonly path: string; readonly extension: string } | null {
  if (!isSha256(sha256)) return null
  for (const extension of extensions) {
    const path = join(folder, mediaPath({ sha256, extension }))
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return { path, extension }
  }
  return null
}

function isSha256(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}

export class MediaFolder {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** True when the file is there and not empty. */
  has(name: MediaName): boolean {
    const stats = statSync(this.#pathOf(name), { throwIfNoEntry: false })
    return stats?.isFile() === true && stats.size > 0
  }

  /** Puts the file in place, and leaves the one in `tmp/`: see `discard`. A file that is there already stays. */
  async put(image: ImageFile): Promise<void> {
    const target = this.#pathOf(image)
    try {
      failpoint('image-saved', image.sha256)
      if (!this.has(image)) await this.#place(image, target)
      failpoint('image-linked', image.sha256)
    } catch (error: unknown) {
      throw asMediaError(error, target)
    }
  }

  /** Removes the file from `tmp/`; fine when it is gone. */
  async discard(image: ImageFile): Promise<void> {
    await removeFile(image.path)
  }

  /** The file's bytes; null when it is not there. */
  async read(name: MediaName): Promise<Buffer | null> {
    try {
      return await readFile(this.#pathOf(name))
    } catch (error: unknown) {
      if (hasCode(error, 'ENOENT')) return null
      throw error
    }
  }

  /** Moves the file over the one that is there: readers see the old bytes or the new ones. */
  async replace(image: ImageFile): Promise<void> {
    const target = this.#pathOf(image)
    try {
      await makeFolder(dirname(target))
      await flush(image.path)
      try {
        await rename(image.path, target)
      } catch (error: unknown) {
        if (!hasCode(error, 'EXDEV')) throw error
        await this.#copyInto(image.path, target)
        await this.discard(image)
      }
      await flushFolder(dirname(target))
    } catch (error: unknown) {
      throw asMediaError(error, target)
    }
  }

  /** Fine when it is gone already. At once, so that it can be part of a transaction. */
  remove(name: MediaName): void {
    rmSync(this.#pathOf(name), { force: true })
  }

  /** Every file below the folder; `name` is null for one that is not named as images are. */
  async *files(): AsyncGenerator<{ readonly url: string; readonly bytes: number; readonly name: MediaName | null }> {
    for (const folder of await entriesOf(this.#folder)) {
      for (const file of folder.isDirectory() ? await entriesOf(join(this.#folder, folder.name)) : [folder]) {
        const url = file === folder ? file.name : `${folder.name}/${file.name}`
        const stats = statSync(join(this.#folder, url), { throwIfNoEntry: false })
        if (stats?.isFile() === true) yield { url, bytes: stats.size, name: nameOf(url) }
      }
    }
  }

  async #place({ path: source, flushed }: ImageFile, target: string): Promise<void> {
    if (flushed !== true) await flush(source)
    try {
      await linkInto(source, target)
    } catch (error: unknown) {
      if (hasCode(error, 'EEXIST')) await this.#replaceEmpty(source, target)
      // `tmp/` is on another file system, or this one has no hard links.
      else if (hasCode(error, 'EXDEV', 'EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK')) await this.#copyInto(source, target)
      else throw error
    }
    await flushFolder(dirname(target))
  }

  /** The copy gets its name when it is complete. */
  async #copyInto(source: string, target: string): Promise<void> {
    const copy = join(dirname(target), `.${randomUUID()}.tmp`)
    await makeFolder(dirname(target))
    try {
      await copyFile(source, copy)
      await flush(copy)
      await rename(copy, target)
    } finally {
      await rm(copy, { force: true })
    }
  }

  async #replaceEmpty(source: string, target: string): Promise<void> {
    if ((statSync(target, { throwIfNoEntry: false })?.size ?? 0) === 0) await this.#copyInto(source, target)
  }

  #pathOf(name: MediaName): string {
    if (!isSha256(name.sha256) || !/^[a-z0-9]{1,8}$/.test(name.extension)) {
      throw new WholesalerError({
        kind: 'unexpected',
        message: `not the name of an image: ${JSON.stringify(`${name.sha256}.${name.extension}`)}`,
      })
    }
    return join(this.#folder, mediaPath(name))
  }
}

/** The folder is made when it is missed: it is there for nearly all images. */
async function linkInto(source: string, target: string): Promise<void> {
  try {
    await link(source, target)
  } catch (error: unknown) {
    if (!hasCode(error, 'ENOENT')) throw error
    await makeFolder(dirname(target))
    await link(source, target)
  }
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: folderMode })
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.sort((one, other) => (one.name < other.name ? -1 : 1))
  } catch (error: unknown) {
    // Made when the first image comes.
    if (hasCode(error, 'ENOENT')) return []
    throw error
  }
}

/** What `mediaPath` made the path of. */
function nameOf(url: string): MediaName | null {
  const [, sha256 = '', extension = ''] = /^[0-9a-f]{2}\/([0-9a-f]{64})\.([a-z0-9]{1,8})$/.exec(url) ?? []
  return sha256 !== '' && mediaPath({ sha256, extension }) === url ? { sha256, extension } : null
}

/** Brings bytes and mode to disk; a failed flush is an error, never a success. */
async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.chmod(fileMode)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Brings the new name to disk. */
async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function asMediaError(error: unknown, target: string): unknown {
  if (!hasCode(error)) return error
  const { code } = error
  const full = isDiskFull(error)
  return new WholesalerError({
    kind: full ? 'disk_full' : 'unexpected',
    message: full ? 'there is no room left on the disk for images' : `the image cannot be stored (${code})`,
    hint: full ? 'Free some space and run the import again.' : 'Check that this user may write to the media folder.',
    place: { file: target },
    cause: error,
  })
}
