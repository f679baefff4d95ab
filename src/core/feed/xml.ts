import { SaxesParser, type SaxesStartTagPlain, type SaxesTagPlain } from 'saxes'
import { WholesalerError } from '../errors.js'
import { firstBareAmpersand } from './bare-ampersands.js'
import { isMalformed, malformed } from './malformed.js'
import type { RecordOutput, RecordParser, RecordSeams } from './read-records.js'
import { mayBeRegular, type ReadElement, readRegularElement, regularDepthMax } from './regular-xml.js'
import type { FeedText } from './text.js'
import { newAttributes, XmlAssembler, type XmlTargets, xmlDepthMax } from './xml-assembler.js'
import { XmlNames } from './xml-names.js'
import { declarationsIn, usualNamespace } from './xml-prefixes.js'

/** Longest record, and longest stretch of text without a tag, in characters. */
export const xmlRecordCharsMax = 8 * 1024 * 1024

/** Enough to judge a feed by: what is not regular in it will be as often as before. */
const missesJudged = 50
/** A miss costs about what two records save. */
const hitsPerMiss = 2

export interface XmlReading {
  readonly file: string
  readonly targets: XmlTargets
}

/**
 * Turns well-formed XML into records, by the book: anything that XML forbids is `feed_malformed` with line
 * and column. Two things are tolerated because they cannot be misunderstood: white space before the XML
 * declaration (repair `leading_space`) and prefixes that are not declared (repair `undeclared_prefix`).
 * Nothing outside the text is ever fetched; a DTD of its own is refused.
 */
export class XmlRecordParser implements RecordParser {
  readonly #reading: XmlReading
  readonly #out: RecordOutput
  readonly #regular: ReadElement
  readonly #assembler: XmlAssembler
  readonly #names: XmlNames
  readonly #parser: SaxesParser
  readonly #undeclared = new Map<string, string>()
  /** Nothing but white space so far. */
  #isBlank = true
  /** Lines of white space taken away at the start. */
  #linesBefore = 0
  #tagLine = 1
  #tags = 0
  #charsSinceTag = 0
  #recordAt = 0
  #rootIsClosed = false
  /** Characters given to the parser, and how many there were when a record was last closed. */
  #written = 0
  #closedAt = -1
  /** Line, as the parser counts, amid which text was passed over, and by how much columns of it are more; null: not known. */
  #passed: { readonly line: number; readonly columns: number | null } = { line: 0, columns: 0 }
  /** `</offer`, as the records of this feed are closed; null before the first. */
  #recordEnd: string | null = null
  /** `<offer`, as the record begins that was closed last: another one at its place begins so as well. */
  #recordStart: string | null = null
  /** Regular records are still looked for. */
  #isTried = true
  /** Records that were regular, and what was not, since this was judged last. */
  #hits = 0
  #misses = 0
  /** The elements that are open around the records: names as written, and what they declare. */
  readonly #around: string[] = []

  /** @param regular Reads what is regular. Given, so that tests can do without. */
  constructor(reading: XmlReading, out: RecordOutput, regular: ReadElement = readRegularElement) {
    this.#reading = reading
    this.#out = out
    this.#regular = regular
    this.#assembler = new XmlAssembler(reading.targets, out)
    this.#names = new XmlNames({ undeclared: this.#onUndeclaredPrefix, fault: this.#onFault })
    this.#parser = new SaxesParser()
    // Six handlers and no more: with a seventh, V8 keeps the parser's fields in a hash table, and it reads at a
    // third of its speed. So errors are caught, not listened to.
    this.#parser.on('doctype', this.#onDoctype)
    this.#parser.on('opentagstart', this.#onTagStart)
    this.#parser.on('opentag', this.#onOpenTag)
    this.#parser.on('closetag', this.#onCloseTag)
    const onText = (text: string) => this.#assembler.text(text)
    this.#parser.on('text', onText)
    this.#parser.on('cdata', onText)
  }

  write(piece: string): void {
    const unified = piece.includes('\r') ? piece.replaceAll('\r\n', '\n') : piece
    const text = this.#isBlank ? this.#withoutLeadingSpace(unified) : unified
    let at = 0
    if (this.#triesRegular() && mayBeRegular(text)) {
      while (at < text.length && this.#triesRegular()) {
        if (this.#isAtSeam()) at = this.#readRegular(text, at)
        const end = this.#recordEndIn(text, at)
        this.#writeParser(text.slice(at, end))
        if (end < text.length) this.#countMiss()
        at = end
      }
    }
    this.#writeParser(text.slice(at))
  }

  /** Something of the size of a record had to be left to saxes. With many of them, trying takes more time than it saves. */
  #countMiss(): void {
    this.#misses += 1
    if (this.#misses < missesJudged) return
    this.#isTried = this.#hits >= this.#misses * hitsPerMiss
    this.#misses = 0
    this.#hits = 0
  }

  /** What is not regular, and all that does not stand in records. */
  #writeParser(text: string): void {
    if (text === '') return
    const tagsBefore = this.#tags
    this.#written += text.length
    this.#parse(() => this.#parser.write(text))
    this.#charsSinceTag = this.#tags === tagsBefore ? this.#charsSinceTag + text.length : 0
    if (this.#charsSinceTag > xmlRecordCharsMax) throw this.#malformed('No tag for more than 8 MiB.')
    if (this.#assembler.record !== undefined && this.#parser.position - this.#recordAt > xmlRecordCharsMax) {
      throw this.#malformed('The record is longer than 8 MiB.')
    }
  }

  #triesRegular(): boolean {
    return (
      this.#isTried &&
      this.#recordStart !== null &&
      this.#assembler.depth + regularDepthMax <= xmlDepthMax &&
      this.#parser.xmlDecl.version !== '1.1'
    )
  }

  #isAtSeam(): boolean {
    return this.#closedAt === this.#written && !this.#rootIsClosed
  }

  /** Reads regular records from a seam on. Returns where the first stands that is not, or something else. */
  #readRegular(text: string, from: number): number {
    let at = from
    let line = this.#line
    let lineEnd: number | null = null
    const pass = (to: number): number => {
      for (
        lineEnd ??= text.indexOf('\n', from);
        lineEnd >= 0 && lineEnd < to;
        lineEnd = text.indexOf('\n', lineEnd + 1)
      )
        line += 1
      return line
    }
    for (let next = this.#recordAfter(text, at); next >= 0; next = this.#recordAfter(text, at)) {
      const found = this.#regular(text, next, this.#names)
      if (found === null) break
      this.#hits += 1
      this.#out.put(found.element, this.#out.meet(pass(next)))
      at = found.end
    }
    if (at > from) this.#passText(text.slice(from, at), pass(at) - this.#line)
    return at
  }

  /** Where behind white space a record begins, as the last one did; -1 when it is something else. */
  #recordAfter(text: string, from: number): number {
    const start = this.#recordStart
    let at = from
    while (isBlank(text.charCodeAt(at))) at += 1
    if (start === null || !text.startsWith(start, at)) return -1
    const behind = text.charCodeAt(at + start.length)
    return isBlank(behind) || behind === slash || behind === greater ? at : -1
  }

  /** Counts text that the parser does not see. */
  #passText(text: string, lines: number): void {
    const column = this.#column()
    const last = text.lastIndexOf('\n')
    const before = last < 0 ? column : 0
    const now = before === null ? null : before + charactersIn(text.slice(last + 1))
    this.#linesBefore += lines
    this.#passed = { line: this.#parser.line, columns: now === null ? null : now - this.#parser.column }
  }

  /** Column on which the parser stands, from 0; null when it is not known. */
  #column(): number | null {
    const { line, columns } = this.#passed
    if (line !== this.#parser.line) return this.#parser.column
    return columns === null ? null : columns + this.#parser.column
  }

  #recordEndIn(text: string, from: number): number {
    const at = this.#recordEnd === null ? -1 : text.indexOf(this.#recordEnd, from)
    const end = at < 0 ? -1 : text.indexOf('>', at)
    return end < 0 ? text.length : end + 1
  }

  end(): void {
    const { path } = this.#assembler
    if (!this.#rootIsClosed) {
      const name = path.at(-1)
      throw this.#malformed(
        name === undefined
          ? 'The feed ends before its root element.'
          : `The feed ends inside <${name}>: it is cut off.`,
      )
    }
    this.#parse(() => this.#parser.close())
  }

  readonly seams: RecordSeams = this.#seams()

  #seams(): RecordSeams {
    const line = () => this.#line
    return {
      get line() {
        return line()
      },
      isAtSeam: () => this.#isAtSeam(),
      place: () => this.#around.join(' '),
      hasEnds: () => this.#recordEnd !== null,
      recordEnd: (bytes, from) => {
        const at = this.#recordEnd === null ? -1 : bytes.indexOf(this.#recordEnd, from)
        const end = at < 0 ? -1 : bytes.indexOf('>', at)
        return end < 0 ? -1 : end + 1
      },
      pass: (lines) => {
        this.#linesBefore += lines
        this.#passed = { line: this.#parser.line, columns: null }
      },
    }
  }

  #parse(action: () => void): void {
    try {
      action()
    } catch (error) {
      if (error instanceof WholesalerError || !(error instanceof Error)) throw error
      const reason = error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')
      const path = this.#assembler.path.join('/')
      throw this.#malformed(`Not well-formed XML${path === '' ? '' : ` in ${path}`}: ${reason}.`, error)
    }
  }

  #withoutLeadingSpace(piece: string): string {
    const text = piece.trimStart()
    this.#linesBefore += piece.slice(0, piece.length - text.length).split('\n').length - 1
    if (text === '') return ''
    this.#isBlank = false
    if (this.#linesBefore > 0 && text.startsWith('<?xml')) {
      this.#out.repair({ record: 0, line: 1 }, 'leading_space', 'White space before the XML declaration was taken out.')
    }
    return text
  }

  readonly #onTagStart = (tag: SaxesStartTagPlain): void => {
    tag.attributes = newAttributes()
    // A line end right behind the name has been read by now.
    this.#tagLine = this.#parser.column === 0 ? this.#parser.line - 1 : this.#parser.line
  }

  readonly #onOpenTag = ({ name: qname, attributes: given }: SaxesTagPlain): void => {
    const assembler = this.#assembler
    const wasRecord = assembler.record !== undefined
    this.#tags += 1
    if (assembler.depth >= xmlDepthMax) throw this.#malformed(`Elements are nested more than ${xmlDepthMax} deep.`)
    const attributes = this.#names.open(given)
    const { local, uri } = this.#names.nameOf(qname)
    const isWanted = assembler.enter(local, this.#tagLine + this.#linesBefore)
    if (assembler.record === undefined) this.#around.push(qname + declarationsIn(given))
    if (!isWanted) return
    if (!wasRecord && assembler.record !== undefined) {
      this.#recordAt = this.#parser.position
      this.#recordEnd ??= `</${qname}`
      this.#recordStart = `<${qname}`
    }
    assembler.add(local, uri, attributes)
  }

  readonly #onCloseTag = (): void => {
    this.#tags += 1
    this.#names.close()
    const wasRecord = this.#assembler.record !== undefined
    this.#assembler.leave()
    if (!wasRecord) this.#around.pop()
    else if (this.#assembler.record === undefined) this.#closedAt = this.#parser.position
    if (this.#assembler.depth === 0) this.#rootIsClosed = true
  }

  readonly #onDoctype = (doctype: string): void => {
    refuseDtd(doctype, { file: this.#reading.file, line: this.#line, column: this.#parser.column })
  }

  readonly #onFault = (reason: string): never => {
    throw new Error(reason)
  }

  readonly #onUndeclaredPrefix = (prefix: string): string => {
    let uri = this.#undeclared.get(prefix)
    if (uri === undefined) {
      uri = usualNamespace(prefix)
      this.#undeclared.set(prefix, uri)
      const position = { record: this.#out.met, line: this.#line }
      this.#out.repair(
        position,
        'undeclared_prefix',
        `The prefix "${prefix}:" is not declared; it was taken as ${uri}.`,
      )
    }
    return uri
  }

  get #line(): number {
    return this.#parser.line + this.#linesBefore
  }

  #malformed(message: string, cause?: Error): WholesalerError {
    const column = this.#column()
    const place = {
      file: this.#reading.file,
      line: this.#line,
      ...(column === null ? {} : { column: Math.max(1, column) }),
    }
    const record = this.#assembler.record?.record
    const { hint } = malformed(message, place)
    return new WholesalerError({
      kind: 'feed_malformed',
      message,
      ...(hint === undefined ? {} : { hint }),
      place: record === undefined ? place : { ...place, record },
      cause,
    })
  }
}

const slash = 0x2f
const greater = 0x3e

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x09
}

const highSurrogate = /[\ud800-\udbff]/g

/** Characters as people count them. */
function charactersIn(text: string): number {
  return text.length - (text.match(highSurrogate)?.length ?? 0)
}

/** Throws for a document type with a DTD in it. One that only names a DTD is harmless: it is not fetched. */
export function refuseDtd(doctype: string, place: { file: string; line: number; column?: number }): void {
  if (!doctype.replace(/"[^"]*"|'[^']*'/g, '').includes('[')) return
  throw malformed(
    'The feed brings a DTD of its own, which is refused: its entities may be made to exhaust memory or read files.',
    place,
    'Ask the wholesaler for a feed without DTD.',
  )
}

/**
 * Gives the failure of a strict reading its true place: behind a bare `&` a parser reads on for the end of the
 * reference, and stumbles later, maybe only at the end of the document.
 */
export async function explainXmlFailure(error: unknown, text: FeedText, file: string): Promise<unknown> {
  if (!isMalformed(error) || error.place.line === undefined) return error
  let place: Awaited<ReturnType<typeof firstBareAmpersand>>
  try {
    place = await firstBareAmpersand(text)
  } catch {
    // The text cannot be read a second time, or not that far: the first account stands.
    return error
  }
  if (place === undefined || place.line > error.place.line) return error
  return new WholesalerError({
    kind: 'feed_malformed',
    message: 'Not well-formed XML: a bare "&", which must be written "&amp;".',
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    place: { ...error.place, file, ...place },
    cause: error,
  })
}
