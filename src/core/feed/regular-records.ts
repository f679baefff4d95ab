/** Reads the records of a feed that are regular XML, as long as most of them are. */
import type { XmlElement } from './feed.js'
import { endsName, isSpace, type MetNames, type ReadElement } from './regular-xml.js'

/** Enough to judge a feed by: what is not regular in it will be as often as before. */
const missesJudged = 50
/** A miss costs about what two records save. */
const hitsPerMiss = 2

export class RegularRecords {
  readonly #read: ReadElement
  /** `<offer`, as records begin where one was closed; null before the first. */
  #start: string | null = null
  #isWorthwhile = true
  /** Records that were regular, and what was not, since this was judged last. */
  #hits = 0
  #misses = 0

  constructor(read: ReadElement) {
    this.#read = read
  }

  /** Whether it is worth while to look for them. */
  get areExpected(): boolean {
    return this.#isWorthwhile && this.#start !== null
  }

  /** A record was opened: another one at its place bears the same name. */
  begin(qname: string): void {
    this.#start = `<${qname}`
  }

  /** Something of the size of a record was not regular. With many of them, trying takes more time than it saves. */
  miss(): void {
    this.#misses += 1
    if (this.#misses < missesJudged) return
    this.#isWorthwhile = this.#hits >= this.#misses * hitsPerMiss
    this.#misses = 0
    this.#hits = 0
  }

  /**
   * Gives the regular records that follow each other from `from` on, with the line on which each begins, counted from 0.
   * Returns where something else stands, and its line.
   */
  read(
    text: string,
    from: number,
    names: MetNames,
    put: (element: XmlElement, line: number) => void,
  ): { readonly end: number; readonly lines: number } {
    let end = from
    let lines = 0
    let lineEnd: number | null = null
    const linesTo = (to: number): number => {
      lineEnd ??= text.indexOf('\n', from)
      for (; lineEnd >= 0 && lineEnd < to; lineEnd = text.indexOf('\n', lineEnd + 1)) lines += 1
      return lines
    }
    for (let next = this.#recordAfter(text, end); next >= 0; next = this.#recordAfter(text, end)) {
      const found = this.#read(text, next, names)
      if (found === null) break
      this.#hits += 1
      put(found.element, linesTo(next))
      end = found.end
    }
    return { end, lines: end === from ? 0 : linesTo(end) }
  }

  /** Where behind white space a record begins; -1 when it is something else. */
  #recordAfter(text: string, from: number): number {
    const start = this.#start
    let at = from
    while (isSpace(text.charCodeAt(at))) at += 1
    if (start === null || !text.startsWith(start, at)) return -1
    return endsName(text.charCodeAt(at + start.length)) ? at : -1
  }
}
