import { closesNesting, closingQuote, opensNesting, quoteCode } from './json-value.js'
import type { TextPlace } from './text-places.js'

/** Longest record, and longest string beside records, in characters. */
export const recordCharsMax = 8 * 1024 * 1024

/** Deepest nesting of what stands around the records. */
const depthMax = 200

/** Who listens to a document as it is walked through. Paths are keys joined by `/`; arrays add nothing to them. */
export interface JsonDocumentListener {
  /** True when the items of the array at `path` are records. */
  isRecordArray(path: string): boolean
  /** An item of such an array, as text. */
  record?(text: string, place: TextPlace): void
  /** An array that is not inside another one, with what its first item begins with; `]` for an empty one. */
  array?(path: string, firstItem: string): void
  /** A comma before the end of an array or object; only called, instead of failing, when this is present. */
  trailingComma?(place: TextPlace): void
}

export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError'

  constructor(
    message: string,
    readonly place: TextPlace,
  ) {
    super(message)
  }
}

type Expect = 'value' | 'firstItem' | 'item' | 'firstKey' | 'key' | 'colon' | 'next' | 'end'

interface Level {
  readonly kind: 'object' | 'array'
  readonly holdsRecords: boolean
}

/**
 * Walks through a JSON document in pieces and cuts records out as text, without building what is around them.
 * Strict about everything but the inside of records, which only has to be balanced here. Throws `JsonSyntaxError`.
 */
export class JsonDocument {
  readonly #listener: JsonDocumentListener
  readonly #levels: Level[] = []
  readonly #path: string[] = []
  #expect: Expect = 'value'
  #arrays = 0
  /** What is not yet done with, and where the walk stands in it. */
  #text = ''
  #at = 0
  /** Inside a record: how far it was scanned, and how deep that is. Depth 0: not in one. */
  #scanned = 0
  #depth = 0
  /** Line of `#counted`, an index in `#text`, and the index where that line begins (negative: in text dropped). */
  #line = 1
  #lineStart = 0
  #counted = 0
  #isOver = false

  constructor(listener: JsonDocumentListener) {
    this.#listener = listener
  }

  write(piece: string): void {
    this.#place(this.#at)
    this.#text = this.#text.slice(this.#at) + piece
    this.#scanned -= this.#at
    this.#lineStart -= this.#at
    this.#counted -= this.#at
    this.#at = 0
    this.#walk()
    if (this.#text.length - this.#at > recordCharsMax) {
      throw this.#error(`What begins here is longer than ${recordCharsMax / 1024 / 1024} MiB.`)
    }
  }

  end(): void {
    this.#isOver = true
    this.#walk()
    if (this.#expect === 'end' && this.#depth === 0) return
    const name = this.#path.length === 0 ? '' : `, in ${JSON.stringify(this.#path.join('/'))}`
    throw this.#error(`The JSON ends too early${name}: it is cut off.`, this.#text.length)
  }

  /** Goes on until the text is used up or ends in the middle of something. */
  #walk(): void {
    for (;;) {
      if (this.#depth > 0) {
        if (!this.#scanRecord()) return
        continue
      }
      this.#skipSpace()
      if (this.#at >= this.#text.length || !this.#step(this.#text[this.#at] as string)) return
    }
  }

  #skipSpace(): void {
    while (this.#at < this.#text.length) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#at += 1
    }
  }

  /** Takes one token; false when it is not all there yet. */
  #step(char: string): boolean {
    switch (this.#expect) {
      case 'value':
        return this.#value(char)
      case 'firstItem':
        if (this.#arrays === 1) this.#listener.array?.(this.#path.join('/'), char)
        return char === ']' ? this.#leave(char) : this.#value(char)
      case 'item':
        return char === ']' && this.#passTrailingComma() ? this.#leave(char) : this.#value(char)
      case 'firstKey':
        return char === '}' ? this.#leave(char) : this.#key(char)
      case 'key':
        return char === '}' && this.#passTrailingComma() ? this.#leave(char) : this.#key(char)
      case 'colon':
        if (char !== ':') throw this.#error('A colon is missing here.')
        return this.#pass('value')
      case 'next':
        if (char !== ',') return this.#leave(char)
        return this.#pass(this.#levels.at(-1)?.kind === 'array' ? 'item' : 'key')
      case 'end':
        throw this.#error('There is more text behind the end of the document.')
      default:
        return this.#expect satisfies never
    }
  }

  #pass(expect: Expect): true {
    this.#at += 1
    this.#expect = expect
    return true
  }

  #value(char: string): boolean {
    const isRecord = this.#levels.at(-1)?.holdsRecords === true
    if (char === '{' || char === '[') {
      if (isRecord) {
        this.#depth = 1
        this.#scanned = this.#at + 1
        return true
      }
      return this.#enter(char === '{' ? 'object' : 'array')
    }
    const token = this.#scalar(char)
    if (token === undefined) return false
    if (isRecord) this.#listener.record?.(token, this.#place(this.#at))
    this.#at += token.length
    this.#afterValue()
    return true
  }

  #enter(kind: Level['kind']): true {
    if (this.#levels.length >= depthMax) throw this.#error(`The document is nested more than ${depthMax} levels deep.`)
    this.#levels.push({ kind, holdsRecords: kind === 'array' && this.#listener.isRecordArray(this.#path.join('/')) })
    if (kind === 'array') this.#arrays += 1
    return this.#pass(kind === 'array' ? 'firstItem' : 'firstKey')
  }

  #leave(char: string): true {
    const level = this.#levels.pop()
    const wanted = level?.kind === 'array' ? ']' : '}'
    if (char !== wanted) throw this.#error(`A comma or ${wanted} is missing here.`)
    if (level?.kind === 'array') this.#arrays -= 1
    this.#at += 1
    this.#afterValue()
    return true
  }

  #afterValue(): void {
    const parent = this.#levels.at(-1)?.kind
    if (parent === 'object') this.#path.pop()
    this.#expect = parent === undefined ? 'end' : 'next'
  }

  #key(char: string): boolean {
    if (char !== '"') throw this.#error('A key in double quotes is missing here.')
    const token = this.#scalar(char)
    if (token === undefined) return false
    this.#path.push(JSON.parse(token) as string)
    this.#at += token.length
    this.#expect = 'colon'
    return true
  }

  /** The string, number or word that begins here; undefined when its end is not in the text yet. */
  #scalar(char: string): string | undefined {
    let end: number
    if (char === '"') {
      end = closingQuote(this.#text, this.#at) + 1
      if (end === 0) return undefined
    } else {
      end = this.#at
      while (end < this.#text.length && !isTokenEnd(this.#text.charCodeAt(end))) end += 1
      if (end === this.#text.length && !this.#isOver) return undefined
    }
    const token = this.#text.slice(this.#at, end)
    try {
      JSON.parse(token)
    } catch {
      // Why V8 dislikes a single token says less than the token itself.
      throw this.#error(
        token === '' ? 'A value is missing here.' : `${JSON.stringify(token.slice(0, 40))} is not a value.`,
      )
    }
    return token
  }

  /** Goes on to the end of the record; false when that is not in the text yet. */
  #scanRecord(): boolean {
    const text = this.#text
    for (let at = this.#scanned; at < text.length; at += 1) {
      const code = text.charCodeAt(at)
      if (code === quoteCode) {
        const close = closingQuote(text, at)
        if (close === -1) {
          this.#scanned = at
          return false
        }
        at = close
      } else if (opensNesting(code)) {
        this.#depth += 1
      } else if (closesNesting(code)) {
        this.#depth -= 1
        if (this.#depth === 0) {
          this.#listener.record?.(text.slice(this.#at, at + 1), this.#place(this.#at))
          this.#at = at + 1
          this.#afterValue()
          return true
        }
      }
    }
    this.#scanned = text.length
    return false
  }

  #passTrailingComma(): boolean {
    if (this.#listener.trailingComma === undefined) throw this.#error('A value is missing behind the comma.')
    this.#listener.trailingComma(this.#place(this.#at))
    return true
  }

  #error(message: string, at = this.#at): JsonSyntaxError {
    return new JsonSyntaxError(message, this.#place(at))
  }

  /** Line and column of an index that is not before the last one asked for. */
  #place(at: number): TextPlace {
    for (let end = this.#text.indexOf('\n', this.#counted); end !== -1 && end < at; ) {
      this.#line += 1
      this.#lineStart = end + 1
      end = this.#text.indexOf('\n', end + 1)
    }
    this.#counted = at
    return { line: this.#line, column: at - this.#lineStart + 1 }
  }
}

/** What is wrong with text that `JSON.parse` refused, and where in it. */
export function faultOf(text: string): JsonSyntaxError {
  try {
    const document = new JsonDocument({ isRecordArray: () => false })
    document.write(text)
    document.end()
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error
    throw error
  }
  return new JsonSyntaxError('This is not JSON.', { line: 1, column: 1 })
}

function isTokenEnd(code: number): boolean {
  return (
    code <= 0x20 || code === 0x2c || code === 0x3a || code === quoteCode || opensNesting(code) || closesNesting(code)
  )
}
