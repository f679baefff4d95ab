/** A set of staged rows by their ids: one bit for each id of the ranges that a snapshot's rows are in. */

/** Ids from `first` to `last`. */
export interface RowRange {
  readonly first: number
  readonly last: number
}

interface Place extends RowRange {
  /** The first of its words. */
  readonly word: number
}

const wordBits = 32
const fullWord = 0xffffffff

export class RowSet {
  readonly #places: readonly Place[]
  readonly #words: Uint32Array

  /** The ranges must not overlap, see `rowRanges`. */
  constructor(ranges: readonly RowRange[]) {
    let word = 0
    this.#places = ranges.map(({ first, last }) => {
      const place = { first, last, word }
      word += Math.ceil((last - first + 1) / wordBits)
      return place
    })
    this.#words = new Uint32Array(word)
  }

  /** False when it was there. Throws when no range has the id. */
  add(id: number): boolean {
    const bit = this.#bitOf(id)
    const word = this.#words[bit >>> 5] ?? 0
    const mask = 1 << (bit & 31)
    if ((word & mask) !== 0) return false
    this.#words[bit >>> 5] = word | mask
    return true
  }

  has(id: number): boolean {
    const bit = this.#bitOf(id)
    return (((this.#words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1
  }

  delete(id: number): void {
    const bit = this.#bitOf(id)
    this.#words[bit >>> 5] = (this.#words[bit >>> 5] ?? 0) & ~(1 << (bit & 31))
  }

  /** The ids of the ranges that are not in the set, as ranges in order. */
  *gaps(): Generator<RowRange> {
    for (const { first, last, word } of this.#places) {
      let start: number | null = null
      for (let id = first; id <= last; ) {
        const offset = id - first
        const bits = this.#words[word + Math.floor(offset / wordBits)] ?? 0
        if (((bits >>> (offset % wordBits)) & 1) === 0) start ??= id
        else if (start !== null) {
          yield { first: start, last: id - 1 }
          start = null
        }
        const isOneRun = offset % wordBits === 0 && (bits === 0 || bits === fullWord)
        id += isOneRun ? wordBits : 1
      }
      if (start !== null) yield { first: start, last }
    }
  }

  #bitOf(id: number): number {
    for (const { first, last, word } of this.#places) {
      if (id >= first && id <= last && Number.isInteger(id)) return word * wordBits + (id - first)
    }
    throw new Error(`no row of the snapshot has the id ${id}`)
  }
}
