/** Files beside the ledger that belong to its snapshots, by their numbers: one of each kind for each snapshot. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type BodyWriter, createWriter, namesIn, sizeOf } from './body-writer.js'

export class NumberedFiles {
  readonly #folder: string
  readonly #ending: string

  /** @param ending Of their names, with its dot: what kind they are. */
  constructor(folder: string, ending: string) {
    this.#folder = folder
    this.#ending = ending
  }

  path(id: number): string {
    return join(this.#folder, this.#nameOf(id))
  }

  /** Begins the file of a snapshot. Throws `disk_full` and what else the disk refuses. */
  create(id: number): BodyWriter {
    return createWriter(this.#folder, this.path(id))
  }

  /** Length of the file of a snapshot; null when it is not there. */
  size(id: number): number | null {
    return sizeOf(this.path(id))
  }

  /** Safe to call twice. */
  remove(id: number): void {
    rmSync(this.path(id), { force: true })
  }

  removeUnknown(isKnown: (id: number) => boolean): void {
    for (const name of namesIn(this.#folder)) {
      const id = Number.parseInt(name, 10)
      if (name === this.#nameOf(id) && !isKnown(id)) this.remove(id)
    }
  }

  #nameOf(id: number): string {
    return `${id}${this.#ending}`
  }
}
