import type { FeedText } from './text.js'
import { type TextPlace, TextPlaces } from './text-places.js'

/** Longest reference that is recognised; HTML's longest is `&CounterClockwiseContourIntegral;`. */
const tokenCharsMax = 40

/** One less than the longest marker, `<![CDATA[`: so much may be cut by the end of a piece. */
const markerCharsMax = 8

/** A place where markup changes its rules, or an ampersand, with the reference it begins when it begins one. */
const tokens = /<!\[CDATA\[|<!--|<\?|&(?:#\d{1,7};|#[xX][\da-fA-F]{1,6};|[A-Za-z_][\w.-]{0,36};)?/g

/** What may become a reference when more text comes. */
const cutReference = /^&[#\w.-]*$/

const closers: Readonly<Record<string, string>> = { '<![CDATA[': ']]>', '<!--': '-->', '<?': '?>' }

/** Finds ampersands that begin no reference, outside of CDATA, comments and processing instructions. */
export class BareAmpersands {
  /** Text that could not be judged without what follows, and its offset. */
  #left = ''
  #start = 0
  /** What ends the section that the text stands in. */
  #closer: string | undefined

  /** Offsets of the ones that this piece makes certain, in order. */
  write(piece: string, isLast = false): number[] {
    const text = this.#left + piece
    const found: number[] = []
    let at = 0
    for (;;) {
      if (this.#closer !== undefined) {
        const close = text.indexOf(this.#closer, at)
        if (close === -1) break
        at = close + this.#closer.length
        this.#closer = undefined
      }
      tokens.lastIndex = at
      const token = tokens.exec(text)
      if (token === null) break
      at = token.index
      if (token[0] === '&') {
        if (!isLast && at + tokenCharsMax > text.length && cutReference.test(text.slice(at))) {
          return this.#leave(text, at, found)
        }
        found.push(this.#start + at)
      }
      at += token[0].length
      this.#closer = closers[token[0]]
    }
    return this.#leave(text, Math.max(at, text.length - markerCharsMax), found)
  }

  #leave(text: string, from: number, found: number[]): number[] {
    this.#left = text.slice(from)
    this.#start += from
    return found
  }
}

/** The first bare ampersand of a text; undefined when there is none. Reads no further than that. */
export async function firstBareAmpersand(text: FeedText): Promise<TextPlace | undefined> {
  const scanner = new BareAmpersands()
  const places = new TextPlaces()
  for await (const piece of text.chunks()) {
    places.add(piece)
    const offset = scanner.write(piece)[0]
    if (offset !== undefined) return places.at(offset)
  }
  const last = scanner.write('', true)[0]
  return last === undefined ? undefined : places.at(last)
}
