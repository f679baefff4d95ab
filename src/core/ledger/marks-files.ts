/**
 * Marks: what stagings are given to keep for the next one, a file each beside the staged products. Nobody here looks into
 * them. A ledger that loses them has lost nothing but time: a file that is not as long as the ledger remembers is none.
 */
import { WholesalerError } from '../errors.js'
import type { BodyWriter } from './body-writer.js'
import { NumberedFiles } from './numbered-files.js'

export class MarksFiles {
  readonly #files: NumberedFiles

  constructor(folder: string) {
    this.#files = new NumberedFiles(folder, '.marks')
  }

  create(stagingId: number): BodyWriter {
    return this.#files.create(stagingId)
  }

  /** Path of marks of this length; null when there are none. */
  find(stagingId: number, bytes: number): string | null {
    return this.#files.size(stagingId) === bytes ? this.#files.path(stagingId) : null
  }

  /** Safe to call twice. */
  remove(stagingId: number): void {
    this.#files.remove(stagingId)
  }

  /** Removes the marks of stagings that did not make a snapshot what it is. */
  removeUnknown(isKnown: (stagingId: number) => boolean): void {
    this.#files.removeUnknown(isKnown)
  }
}

/** The marks of one staging while they are given. A disk that refuses them ends them, and nothing else. */
export class StagingMarks {
  readonly #files: MarksFiles
  readonly #stagingId: number
  #writer: BodyWriter | null = null
  #dropped = false

  constructor(files: MarksFiles, stagingId: number) {
    this.#files = files
    this.#stagingId = stagingId
  }

  add(bytes: Uint8Array): void {
    if (this.#dropped) return
    try {
      this.#writer ??= this.#files.create(this.#stagingId)
      this.#writer.append(bytes)
    } catch (error: unknown) {
      if (!(error instanceof WholesalerError)) throw error
      this.drop()
    }
  }

  /** Gives them up, and the room they have taken. */
  drop(): void {
    this.#dropped = true
    if (this.#writer !== null) this.#files.remove(this.#stagingId)
  }

  /** Resolves with their length when they are on the disk; with null when there are none. */
  async finish(): Promise<number | null> {
    if (this.#writer === null) return null
    try {
      if (!this.#dropped) await this.#writer.finish()
    } catch (error: unknown) {
      if (!(error instanceof WholesalerError)) throw error
      this.drop()
    }
    await this.close()
    return this.#dropped ? null : this.#writer.end
  }

  /** Safe to call twice, and after `finish`. */
  async close(): Promise<void> {
    await this.#writer?.abandon()
  }
}
