import type { JsonRecord, JsonValue } from './feed.js'

/** Deepest nesting of one record. Real records have four or five levels; recursion stays far from the stack's end. */
export const jsonDepthMax = 200

/** Texts up to this length are parsed before their depth is looked at: they cannot nest deep enough to do harm. */
const harmlessChars = 64 * 1024

/** Why a value cannot be a record. */
export type JsonFault = 'bad_json' | 'not_an_object' | 'too_deep'

export class JsonRecordError extends Error {
  override readonly name = 'JsonRecordError'

  constructor(
    readonly fault: JsonFault,
    message: string,
  ) {
    super(message)
  }
}

/**
 * Reads one JSON object. Objects come without prototype, so `__proto__` is a key like any other; a number
 * that JavaScript cannot hold exactly (an id of 17 digits, `1e309`) comes as its text.
 */
export function parseJsonRecord(text: string): JsonRecord {
  if (text.length > harmlessChars && nestsTooDeep(text)) throw tooDeep()
  const value = parse(text)
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new JsonRecordError('not_an_object', 'The record is not an object.')
  }
  const seen: Seen = { unsafe: false }
  settle(value, 1, seen)
  if (!seen.unsafe) return value as JsonRecord
  const exact = parse(quoteLongNumbers(text)) as JsonRecord
  settle(exact, 1, seen)
  return exact
}

interface Seen {
  /** A number beyond the exact ones was met. */
  unsafe: boolean
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // V8 rarely says where; `faultOf` does.
    throw new JsonRecordError('bad_json', 'The record is not JSON.')
  }
}

/** Takes away prototypes and looks at numbers, in one walk over a freshly parsed value. */
function settle(value: object, depth: number, seen: Seen): void {
  if (depth > jsonDepthMax) throw tooDeep()
  if (Array.isArray(value)) {
    for (const item of value as JsonValue[]) settleItem(item, depth, seen)
    return
  }
  for (const key in value) settleItem((value as JsonRecord)[key], depth, seen)
  Object.setPrototypeOf(value, null)
}

function settleItem(item: JsonValue | undefined, depth: number, seen: Seen): void {
  if (typeof item === 'object' && item !== null) settle(item, depth + 1, seen)
  else if (typeof item === 'number' && (item > Number.MAX_SAFE_INTEGER || item < Number.MIN_SAFE_INTEGER)) {
    seen.unsafe = true
  }
}

function tooDeep(): JsonRecordError {
  return new JsonRecordError('too_deep', `The record is nested more than ${jsonDepthMax} levels deep.`)
}

function nestsTooDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length && depth <= jsonDepthMax; at += 1) {
    const char = text.charCodeAt(at)
    if (char === quoteCode) {
      const close = closingQuote(text, at)
      if (close === -1) return false
      at = close
    } else if (opensNesting(char)) depth += 1
    else if (closesNesting(char)) depth -= 1
  }
  return depth > jsonDepthMax
}

export const quoteCode = 0x22
const backslashCode = 0x5c

/** `{` or `[`. */
export function opensNesting(code: number): boolean {
  return code === 0x7b || code === 0x5b
}

/** `}` or `]`. */
export function closesNesting(code: number): boolean {
  return code === 0x7d || code === 0x5d
}

/** Index of the quote that ends the string which begins at `open`, or -1 when it is not in the text. */
export function closingQuote(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let first = at
    while (text.charCodeAt(first - 1) === backslashCode) first -= 1
    if ((at - first) % 2 === 0) return at
  }
  return -1
}

/** Strings are matched so that digits inside them are passed over. */
const stringOrNumber = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g

function quoteLongNumbers(text: string): string {
  return text.replace(stringOrNumber, (token) => {
    if (token.startsWith('"') || String(Number(token)) === token) return token
    return Math.abs(Number(token)) > Number.MAX_SAFE_INTEGER ? `"${token}"` : token
  })
}
