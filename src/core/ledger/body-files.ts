/**
 * Products of staged snapshots, in files beside the ledger: one file per snapshot, one line of JSON per product.
 *
 * They are most of what a staging writes, are written once and never changed; in the database each byte would be
 * written twice (log and file) and moved about with the rows, which cost more than all else that staging does. A
 * row of `staged` says where its product begins. A file belongs to its snapshot: it is written before any row points
 * into it, on the disk before the snapshot becomes current, and removed when the snapshot is dropped. A staging that merges
 * into the snapshot it stands on adds its own file to that of the snapshot, at a place that it alone was given.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { messageOf, WholesalerError } from '../errors.js'
import { type BodyWriter, openWriter } from './body-writer.js'
import { NumberedFiles } from './numbered-files.js'

/** Name of the folder beside the ledger. */
export const bodiesFolder = 'staged'

/** Where a product is in the file of its snapshot, in bytes. */
export interface BodyPlace {
  readonly at: number
  readonly bytes: number
}

/** How much of a file is copied at once. */
const copiedBytes = 1024 * 1024

export class BodyFiles {
  readonly #files: NumberedFiles

  constructor(folder: string) {
    this.#files = new NumberedFiles(folder, '.ndjson')
  }

  /** Begins the file of a snapshot. Throws `disk_full` and what else the disk refuses. */
  create(snapshotId: number): BodyWriter {
    return this.#files.create(snapshotId)
  }

  /** The products at these places, in their order. Throws `state_unreadable` when they are not there. */
  read(snapshotId: number, places: readonly BodyPlace[]): readonly string[] {
    if (places.length === 0) return []
    const path = this.#files.path(snapshotId)
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

  /** Length of the file of a snapshot; null when it is not there. */
  size(snapshotId: number): number | null {
    return this.#files.size(snapshotId)
  }

  /** Copies the file of a staging into that of a snapshot, from `at` on: it is on the disk when this resolves. */
  async add(snapshotId: number, { from, at }: { readonly from: number; readonly at: number }): Promise<void> {
    const writer = openWriter(this.#files.path(snapshotId), at)
    let file: number | null = null
    try {
      file = openSync(this.#files.path(from), constants.O_RDONLY | constants.O_NOFOLLOW)
      const bytes = Buffer.allocUnsafe(copiedBytes)
      for (let done = 0; ; await setImmediate()) {
        const count = readSync(file, bytes, 0, copiedBytes, done)
        if (count === 0) break
        writer.append(bytes.subarray(0, count))
        done += count
      }
      await writer.finish()
    } finally {
      if (file !== null) closeSync(file)
      await writer.abandon()
    }
  }

  /** Removes the file of a snapshot that nothing points to any more. Safe to call twice. */
  remove(snapshotId: number): void {
    this.#files.remove(snapshotId)
  }

  /** Removes files of snapshots that the ledger does not know: another ledger was here before, and is lost. */
  removeUnknown(isKnown: (snapshotId: number) => boolean): void {
    this.#files.removeUnknown(isKnown)
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
