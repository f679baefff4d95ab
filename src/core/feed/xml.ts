import { SaxesParser, type SaxesStartTagPlain, type SaxesTagPlain } from 'saxes'
import { WholesalerError } from '../errors.js'
import { firstBareAmpersand } from './bare-ampersands.js'
import { isMalformed, malformed } from './malformed.js'
import type { RecordOutput, RecordParser, RecordSeams } from './read-records.js'
import type { FeedText } from './text.js'
import { newAttributes, XmlAssembler, type XmlTargets, xmlDepthMax } from './xml-assembler.js'
import { XmlNames } from './xml-names.js'
import { declarationsIn, usualNamespace } from './xml-prefixes.js'

/** Longest record, and longest stretch of text without a tag, in characters. */
export const xmlRecordCharsMax = 8 * 1024 * 1024

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
  #recordStart = 0
  #rootIsClosed = false
  /** Characters given to the parser, and how many there were when a record was last closed. */
  #written = 0
  #closedAt = -1
  /** Line, as the parser counts, amid which text was passed over: columns of it are not known. */
  #passedOnLine = 0
  /** `</offer`, as the records of this feed are closed; null before the first. */
  #recordEnd: string | null = null
  /** The elements that are open around the records: names as written, and what they declare. */
  readonly #around: string[] = []

  constructor(reading: XmlReading, out: RecordOutput) {
    this.#reading = reading
    this.#out = out
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
    const text = this.#isBlank ? this.#withoutLeadingSpace(piece) : piece
    if (text === '') return
    const tagsBefore = this.#tags
    this.#written += text.length
    this.#parse(() => this.#parser.write(text))
    this.#charsSinceTag = this.#tags === tagsBefore ? this.#charsSinceTag + text.length : 0
    if (this.#charsSinceTag > xmlRecordCharsMax) throw this.#malformed('No tag for more than 8 MiB.')
    if (this.#assembler.record !== undefined && this.#parser.position - this.#recordStart > xmlRecordCharsMax) {
      throw this.#malformed('The record is longer than 8 MiB.')
    }
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
      isAtSeam: () => this.#closedAt === this.#written,
      place: () => this.#around.join(' '),
      hasEnds: () => this.#recordEnd !== null,
      recordEnd: (bytes, from) => {
        const at = this.#recordEnd === null ? -1 : bytes.indexOf(this.#recordEnd, from)
        const end = at < 0 ? -1 : bytes.indexOf('>', at)
        return end < 0 ? -1 : end + 1
      },
      pass: (lines) => {
        this.#linesBefore += lines
        this.#passedOnLine = this.#parser.line
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
      this.#recordStart = this.#parser.position
      this.#recordEnd ??= `</${qname}`
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
    const column = this.#passedOnLine === this.#parser.line ? {} : { column: Math.max(1, this.#parser.column) }
    const place = { file: this.#reading.file, line: this.#line, ...column }
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
