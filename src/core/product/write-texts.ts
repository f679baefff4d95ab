/** Lists of texts as JSON. */
import { ascii, type JsonBytes } from './json-bytes.js'

const open = ascii('[')
const comma = ascii(',')
const close = ascii(']')
const nothing = ascii('')

/** `["a","b"]` */
export function writeTexts(json: JsonBytes, texts: readonly string[]): void {
  writeList(json, texts, (text) => json.text(text))
}

export function writeList<T>(json: JsonBytes, items: readonly T[], write: (item: T) => void): void {
  json.raw(open)
  let before = nothing
  for (const item of items) {
    json.raw(before)
    before = comma
    write(item)
  }
  json.raw(close)
}
