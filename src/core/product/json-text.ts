/** JSON of texts: shorter by half than what `JSON.stringify` takes for those of products. */

/** Texts up to this length are looked at sign by sign; longer ones by an expression, which takes longer to begin. */
const shortChars = 24

/** What is written otherwise in JSON: quotes, backslashes, controls, halves of pairs. A pair is found as well. */
const escaped = /["\\\u0000-\u001f\ud800-\udfff]/

/** `JSON.stringify(text)`. */
export function quoted(text: string): string {
  if (text.length > shortChars) return escaped.test(text) ? JSON.stringify(text) : `"${text}"`
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    const isPlain = code > 0x5c ? code < 0xd800 || code > 0xdfff : code >= 0x20 && code !== 0x22 && code !== 0x5c
    if (!isPlain) return JSON.stringify(text)
  }
  return `"${text}"`
}

/** `JSON.stringify(texts)`. */
export function quotedList(texts: readonly string[]): string {
  let list = ''
  for (const text of texts) list += list === '' ? quoted(text) : `,${quoted(text)}`
  return `[${list}]`
}

/** A property that may be absent, behind others. `start` is what stands before its value: `,"brand":`. */
export function textMember(start: string, text: string | null | undefined): string {
  if (text === undefined) return ''
  return start + (text === null ? 'null' : quoted(text))
}

/** As `textMember`, for anything but text. */
export function member(start: string, value: unknown): string {
  return value === undefined ? '' : start + JSON.stringify(value)
}
