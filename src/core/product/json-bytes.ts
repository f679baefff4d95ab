/** JSON written piece by piece into memory. To put texts together and write those takes twice as long. */

/** An escape as `\u001f` is the most that a character of UTF-16 becomes. */
const charBytesMax = 6

/** What grows gets so much more than it needs. */
const spare = 1.1

const quote = 0x22
const backslash = 0x5c
const space = 0x20
const lowerU = 0x75

/** Letters behind the backslash, by character; 0 for those that are written as numbers. */
const shortEscapes = shortEscapesOf({ '\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r', '"': '"', '\\': '\\' })

function shortEscapesOf(letters: Readonly<Record<string, string>>): Uint8Array {
  const table = new Uint8Array(backslash + 1)
  for (const [character, letter] of Object.entries(letters)) table[character.charCodeAt(0)] = letter.charCodeAt(0)
  return table
}

const hexDigits = '0123456789abcdef'

/** Pieces that are written again and again. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** Grows as it is written to. Its bytes are in memory of their own: they can be handed over to another thread. */
export class JsonBytes {
  readonly #bytesMin: number
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0

  /** @param bytesMin Room at the beginning; after `take`, what was taken and a tenth more. */
  constructor(bytesMin: number) {
    this.#bytesMin = bytesMin
    this.#bytes = new Uint8Array(bytesMin)
  }

  get length(): number {
    return this.#length
  }

  /** JSON as it is. */
  raw(json: Uint8Array): void {
    const { length } = json
    this.#reserve(length)
    const bytes = this.#bytes
    const at = this.#length
    // Shorter than what calling `set` takes.
    for (let index = 0; index < length; index += 1) bytes[at + index] = json[index] as number
    this.#length = at + length
  }

  /** As `JSON.stringify` writes it. */
  text(text: string): void {
    const { length } = text
    this.#reserve(length * charBytesMax + 2)
    const bytes = this.#bytes
    let at = this.#length
    bytes[at] = quote
    at += 1
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index)
      if (code >= space && code < 0x80 && code !== quote && code !== backslash) {
        bytes[at] = code
        at += 1
      } else if (code < 0x80) at = writeEscape(bytes, at, code)
      else if (code < 0x800) {
        bytes[at] = 0xc0 | (code >> 6)
        bytes[at + 1] = 0x80 | (code & 0x3f)
        at += 2
      } else if (code < 0xd800 || code > 0xdfff) {
        bytes[at] = 0xe0 | (code >> 12)
        bytes[at + 1] = 0x80 | ((code >> 6) & 0x3f)
        bytes[at + 2] = 0x80 | (code & 0x3f)
        at += 3
      } else {
        const point = text.codePointAt(index) as number
        // Half a pair is written as its number.
        if (point === code) at = writeEscape(bytes, at, code)
        else {
          bytes[at] = 0xf0 | (point >> 18)
          bytes[at + 1] = 0x80 | ((point >> 12) & 0x3f)
          bytes[at + 2] = 0x80 | ((point >> 6) & 0x3f)
          bytes[at + 3] = 0x80 | (point & 0x3f)
          at += 4
          index += 1
        }
      }
    }
    bytes[at] = quote
    this.#length = at + 1
  }

  /** What was written, until the next is: a view. */
  part(from: number, end: number): Uint8Array {
    return this.#bytes.subarray(from, end)
  }

  /** All that was written, and begins anew. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length)
    this.#bytes = new Uint8Array(Math.max(this.#bytesMin, Math.ceil(this.#length * spare)))
    this.#length = 0
    return taken
  }

  /** Forgets what was written. */
  clear(): void {
    this.#length = 0
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    const larger = new Uint8Array(Math.ceil(needed * spare))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}

function writeEscape(bytes: Uint8Array, at: number, code: number): number {
  bytes[at] = backslash
  const letter = code > backslash ? 0 : (shortEscapes[code] as number)
  if (letter !== 0) {
    bytes[at + 1] = letter
    return at + 2
  }
  bytes[at + 1] = lowerU
  for (let digit = 0; digit < 4; digit += 1) {
    bytes[at + 2 + digit] = hexDigits.charCodeAt((code >> (12 - 4 * digit)) & 0xf)
  }
  return at + charBytesMax
}
