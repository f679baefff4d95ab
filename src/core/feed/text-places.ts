/** A place in a text. Both count from 1. */
export interface TextPlace {
  readonly line: number
  readonly column: number
}

/** Text kept, in characters: what is asked for stands in the newest piece or began in the one before. */
const charsKept = 128 * 1024

interface Piece {
  readonly text: string
  readonly start: number
}

/**
 * Turns offsets in a text that comes in pieces into lines and columns. Offsets may only be asked for in rising
 * order, and while they are recent; one that is older is taken as the beginning of the oldest piece kept.
 */
export class TextPlaces {
  readonly #pieces: Piece[] = []
  #length = 0
  #line = 1
  #lineStart = 0
  #counted = 0

  add(text: string): void {
    this.#pieces.push({ text, start: this.#length })
    this.#length += text.length
    for (
      let next = this.#pieces[1];
      next !== undefined && this.#length - next.start > charsKept;
      next = this.#pieces[1]
    ) {
      this.#countTo(next.start)
      this.#pieces.shift()
    }
  }

  /** Characters added so far. */
  get length(): number {
    return this.#length
  }

  at(offset: number): TextPlace {
    this.#countTo(offset)
    return { line: this.#line, column: Math.max(offset, this.#counted) - this.#lineStart + 1 }
  }

  #countTo(offset: number): void {
    for (const { text, start } of this.#pieces) {
      const end = Math.min(offset - start, text.length)
      for (let at = text.indexOf('\n', Math.max(0, this.#counted - start)); at !== -1 && at < end; ) {
        this.#line += 1
        this.#lineStart = start + at + 1
        at = text.indexOf('\n', at + 1)
      }
      this.#counted = Math.max(this.#counted, start + end)
      if (start + text.length >= offset) return
    }
  }
}
