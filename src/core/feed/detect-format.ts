import { countControls } from './control-characters.js'
import type { FeedFormat } from './feed.js'
import { emptyFeed, malformed } from './malformed.js'

/** How much of the head is looked at for control characters, in characters. */
const sampleChars = 8192

/** How far from the beginning an XML declaration is looked for, behind the warnings of a shop's own software. */
const junkChars = 4096

/** Count and share of control characters above which text is not text. Stray ones in a feed stay below. */
const controlsMax = 4
const controlShareMax = 0.02

/** What may stand before the root element of XML or HTML. */
const prolog = /^(?:\s|<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!doctype[^>[]*>)*/i

/**
 * Tells a feed's format from the beginning of its text; the file's name decides only between JSON with one
 * record on one line and NDJSON. Throws `feed_empty` for blank text and `feed_malformed` for an HTML page or
 * binary data: also when the format is known, this is worth asking.
 */
export function detectFormat(head: string, place: { readonly file: string }): FeedFormat {
  const text = head.replace(/^[\s\ufeff\0]+/, '')
  if (text === '') throw emptyFeed('The feed is empty.', place)
  refuseBinary(head, place)
  refuseHtml(text, place)
  if (text.startsWith('<') || /<\?xml\s[^>]*version\s*=/.test(text.slice(0, junkChars))) return 'xml'
  if (/^\[\s*(?:[{[\]"\d-]|$)/.test(text)) return 'json'
  if (/^\{\s*(?:["}]|$)/.test(text)) return isLines(text, place.file) ? 'ndjson' : 'json'
  return 'csv'
}

function refuseBinary(head: string, place: { readonly file: string }): void {
  const sample = head.slice(0, sampleChars)
  const count = countControls(sample)
  const isText = count <= controlsMax || count / sample.length <= controlShareMax
  if (isText && !/^%PDF-|^PK\x03\x04|^\x89PNG|^\xd0\xcf\x11\xe0/.test(sample)) return
  throw malformed(
    'This is binary data, not a feed.',
    place,
    'Is it packed, a spreadsheet, or in another encoding? Name the encoding with "encoding".',
  )
}

function refuseHtml(text: string, place: { readonly file: string }): void {
  const before = prolog.exec(text)?.[0] ?? ''
  if (!/<!doctype\s+html\b/i.test(before) && !/^<html\b/i.test(text.slice(before.length))) return
  const title = /<title[^>]*>([^<]*)</i.exec(text)?.[1]?.replace(/\s+/g, ' ').trim().slice(0, 80)
  throw malformed(
    title === undefined || title === ''
      ? 'This is an HTML page, not a feed.'
      : `This is an HTML page, not a feed: "${title}".`,
    place,
    'An error or login page? Open the address in a browser, and check its keys.',
  )
}

/** True when objects stand on lines of their own; one line alone is NDJSON when it looks like a record. */
function isLines(text: string, file: string): boolean {
  if (/\.(?:ndjson|jsonl)\b/i.test(file)) return true
  const end = text.indexOf('\n')
  const first = end === -1 ? text : text.slice(0, end)
  const keys = objectKeys(first)
  if (keys === undefined) return false
  const rest = end === -1 ? '' : text.slice(end).trimStart()
  if (rest !== '') return rest.startsWith('{')
  return !keys.some((key) => /^(?:products?|offers?|articles?|items?|data|records|rows|results)$/i.test(key))
}

/** Keys of a whole object; undefined for anything else. */
function objectKeys(line: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : undefined
  } catch {
    // Not whole on this line: one document over many lines.
    return undefined
  }
}
