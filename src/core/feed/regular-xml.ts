/**
 * Reads elements that are written as nearly all are: names that were met before, attributes in quotes, text, CDATA, the
 * usual references. It takes a third of the time of saxes, which looks at every character in turn. What is anything else,
 * or maybe not well-formed, is left to saxes, which reads it, or refuses it in its place.
 */
import type { XmlElement } from './feed.js'
import { addText, newAttributes, type OpenElement } from './xml-assembler.js'
import type { XmlName } from './xml-names.js'

/** Names that were met, under the declarations in force. */
export interface MetNames {
  /** What the name of an element means; undefined when it was not met. */
  element(qname: string): XmlName | undefined
  /** The name of an attribute, which has no prefix; undefined when it was not met. */
  attribute(name: string): string | undefined
}

export interface RegularElement {
  readonly element: XmlElement
  /** Index behind it. */
  readonly end: number
}

/** Reads the element that begins at `at`, where `<` stands; null when it is not whole, or not regular. */
export type ReadElement = (text: string, at: number, names: MetNames) => RegularElement | null

/** Elements that are nested deeper are left to saxes. */
export const regularDepthMax = 50

const lineFeed = 0x0a
const tab = 0x09
const space = 0x20
const quote = 0x22
const ampersand = 0x26
const apostrophe = 0x27
const slash = 0x2f
const less = 0x3c
const equals = 0x3d
const greater = 0x3e
const exclamation = 0x21

const cdataStart = '<![CDATA['
const cdataEnd = ']]>'

/**
 * Whether elements of a text may be regular. A lone CR is a line end, the others are characters that XML does not have
 * (https://www.w3.org/TR/xml/#charsets).
 */
export function mayBeRegular(text: string): boolean {
  return !irregular.test(text) && text.isWellFormed()
}

const irregular = /[\0-\x08\x0b-\x1f\ufffe\uffff]/

export const readRegularElement: ReadElement = (text, at, names) => {
  const open: OpenElement[] = []
  const qnames: string[] = []
  for (let next = at; ; ) {
    const code = text.charCodeAt(next + 1)
    if (code === slash) {
      const qname = qnames.pop() ?? ''
      const end = next + '</'.length + qname.length
      if (!text.startsWith(qname, next + '</'.length) || text.charCodeAt(end) !== greater) return null
      const element = open.pop() as OpenElement
      if (open.length === 0) return { element, end: end + 1 }
      next = end + 1
    } else if (code === exclamation) {
      const end = text.startsWith(cdataStart, next) ? text.indexOf(cdataEnd, next + cdataStart.length) : -1
      if (end < 0) return null
      addText(open[open.length - 1] as OpenElement, text.slice(next + cdataStart.length, end))
      next = end + cdataEnd.length
    } else {
      const tag = readTag(text, next + 1, names)
      if (tag === null || open.length >= regularDepthMax) return null
      const { element, qname, end, isClosed } = tag
      if (open.length > 0) (open[open.length - 1] as OpenElement).children.push(element)
      if (!isClosed) {
        open.push(element)
        qnames.push(qname)
      } else if (open.length === 0) return { element, end }
      next = end
    }
    const tagAt = text.indexOf('<', next)
    if (tagAt < 0) return null
    if (tagAt > next) {
      const written = text.slice(next, tagAt)
      if (written.includes(cdataEnd)) return null
      const own = resolved(written)
      if (own === null) return null
      addText(open[open.length - 1] as OpenElement, own)
    }
    next = tagAt
  }
}

interface Tag {
  readonly element: OpenElement
  readonly qname: string
  readonly end: number
  readonly isClosed: boolean
}

/** The tag whose name begins at `start`. */
function readTag(text: string, start: number, names: MetNames): Tag | null {
  let at = start
  let code = text.charCodeAt(at)
  while (!endsName(code)) {
    // Not a number at the end of the text.
    if (!(code > space)) return null
    at += 1
    code = text.charCodeAt(at)
  }
  const qname = text.slice(start, at)
  const name = names.element(qname)
  if (name === undefined) return null
  const attributes = newAttributes()
  const element: OpenElement = { name: name.local, ns: name.uri, attributes, children: [] }
  for (;;) {
    const before = at
    while (isSpace(code)) {
      at += 1
      code = text.charCodeAt(at)
    }
    if (code === greater) return { element, qname, end: at + 1, isClosed: false }
    if (code === slash) {
      return text.charCodeAt(at + 1) === greater ? { element, qname, end: at + 2, isClosed: true } : null
    }
    const value = at === before ? -1 : readAttribute(text, at, names, attributes)
    if (value < 0) return null
    at = value
    code = text.charCodeAt(at)
  }
}

/** Sets the attribute that begins at `start`. Returns the index behind it, or -1. */
function readAttribute(text: string, start: number, names: MetNames, into: Record<string, string>): number {
  let at = start
  let code = text.charCodeAt(at)
  while (code !== equals) {
    if (!(code > space)) return -1
    at += 1
    code = text.charCodeAt(at)
  }
  const name = names.attribute(text.slice(start, at))
  const mark = text.charCodeAt(at + 1)
  if (name === undefined || (mark !== quote && mark !== apostrophe) || into[name] !== undefined) return -1
  const first = at + 2
  let refers = false
  for (at = first, code = text.charCodeAt(at); code !== mark; at += 1, code = text.charCodeAt(at)) {
    // Line ends and tabs of values are written otherwise than they are meant.
    if (!(code >= space) || code === less) return -1
    if (code === ampersand) refers = true
  }
  const written = text.slice(first, at)
  const value = refers ? resolved(written) : written
  if (value === null) return -1
  into[name] = value
  return at + 1
}

/** What may stand behind the name of an element in its tag. */
export function endsName(code: number): boolean {
  return isSpace(code) || code === slash || code === greater
}

/** White space, but for CR. */
export function isSpace(code: number): boolean {
  return code === space || code === lineFeed || code === tab
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** A text with its references replaced; null when one of them is unusual, or none. */
function resolved(written: string): string | null {
  let at = written.indexOf('&')
  if (at < 0) return written
  let text = ''
  let from = 0
  while (at >= 0) {
    const end = written.indexOf(';', at)
    const meant = end < 0 ? null : meantBy(written.slice(at + 1, end))
    if (meant === null) return null
    text += written.slice(from, at) + meant
    from = end + 1
    at = written.indexOf('&', from)
  }
  return text + written.slice(from)
}

function meantBy(reference: string): string | null {
  if (Object.hasOwn(entities, reference)) return entities[reference] ?? null
  const [, hex, digits] = numeric.exec(reference) ?? []
  const code = hex !== undefined ? Number.parseInt(hex, 16) : Number.parseInt(digits ?? '', 10)
  // Controls and the like may be none that XML has.
  return code >= space && code < surrogatesStart ? String.fromCharCode(code) : null
}

const numeric = /^#(?:x([0-9a-fA-F]{1,4})|([0-9]{1,5}))$/
const surrogatesStart = 0xd800
