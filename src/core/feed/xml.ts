import { SaxesParser, type SaxesStartTagPlain, type SaxesTagPlain } from 'saxes'
import { WholesalerError } from '../errors.js'
import { malformed } from './malformed.js'
import type { RecordOutput, RecordParser, RecordSeams } from './read-records.js'
import { RegularRecords } from './regular-records.js'
import { mayBeRegular, type ReadElement, readRegularElement, regularDepthMax } from './regular-xml.js'
import { newAttributes, XmlAssembler, type XmlTargets, xmlDepthMax } from './xml-assembler.js'
import { refuseDtd } from './xml-faults.js'
import { XmlNames } from './xml-names.js'
import { XmlPosition } from './xml-position.js'
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
  readonly #regular: RegularRecords
  readonly #assembler: XmlAssembler
  readonly #names: XmlNames
  readonly #parser = new SaxesParser()
  readonly #position = new XmlPosition(this.#parser)
  readonly #undeclared = new Map<string, string>()
  /** Nothing but white space so far. */
  #isBlank = true
  #tagLine = 1
  #tags = 0
  #charsSinceTag = 0
  #recordAt = 0
  #rootIsClosed = false
  /** Characters given to the parser, and how many there were when a record was last closed. */
  #written = 0
  #closedAt = -1
  /** `</offer`, as the records of this feed are closed; null before the first. */
  #recordEnd: string | null = null
  /** The elements that are open around the records: names as written, and what they declare. */
  readonly #around: string[] = []

  /** @param regular Reads what is regular. Given, so that tests can do without. */
  constructor(reading: XmlReading, out: RecordOutput, regular: ReadElement = readRegularElement) {
    this.#reading = reading
    this.#out = out
    this.#regular = new RegularRecords(regular)
    this.#assembler = new XmlAssembler(reading.targets, out)
    this.#names = new XmlNames({ undeclared: this.#onUndeclaredPrefix, fault: this.#onFault })
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
        if (end < 0) break
        this.#writeParser(text.slice(at, end))
        if (end < text.length) this.#regular.miss()
        at = end
      }
    }
    this.#writeParser(text.slice(at))
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
      this.#regular.areExpected &&
      this.#assembler.depth + regularDepthMax <= xmlDepthMax &&
      this.#parser.xmlDecl.version !== '1.1'
    )
  }

  #isAtSeam(): boolean {
    return this.#closedAt === this.#written && !this.#rootIsClosed
  }

  /** Reads regular records from a seam on. Returns where something else stands. */
  #readRegular(text: string, from: number): number {
    const { line } = this.#position
    const { end, lines } = this.#regular.read(text, from, this.#names, (element, before) => {
      this.#out.put(element, this.#out.meet(line + before))
    })
    if (end > from) this.#position.pass(text.slice(from, end), lines)
    return end
  }

  /** Index behind the first place at or after `from` where a record may end; -1 when there is none. */
  #recordEndIn(text: string | Buffer, from: number): number {
    const at = this.#recordEnd === null ? -1 : text.indexOf(this.#recordEnd, from)
    const end = at < 0 ? -1 : text.indexOf('>', at)
    return end < 0 ? -1 : end + 1
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
    const position = this.#position
    return {
      get line() {
        return position.line
      },
      isAtSeam: () => this.#isAtSeam(),
      place: () => this.#place(),
      hasEnds: () => this.#recordEnd !== null,
      recordEnd: (bytes, from) => this.#recordEndIn(bytes, from),
      pass: (lines) => position.passLines(lines),
    }
  }

  #place(): string {
    const around = this.#around.join(' ')
    // Of a prefix that nobody declared it is told once: where it was told, the same bytes give one repair less.
    return this.#undeclared.size === 0 ? around : [around, ...this.#undeclared.keys()].join(' ')
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
    const space = piece.slice(0, piece.length - text.length)
    this.#position.pass(space, space.split('\n').length - 1)
    if (text === '') return ''
    this.#isBlank = false
    if (this.#position.line > 1 && text.startsWith('<?xml')) {
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
    const isWanted = assembler.enter(local, this.#position.lineOf(this.#tagLine))
    if (assembler.record === undefined) this.#around.push(qname + declarationsIn(given))
    if (!isWanted) return
    if (!wasRecord && assembler.record !== undefined) {
      this.#recordAt = this.#parser.position
      this.#recordEnd ??= `</${qname}`
      this.#regular.begin(qname)
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
    refuseDtd(doctype, { file: this.#reading.file, line: this.#position.line, column: this.#parser.column })
  }

  readonly #onFault = (reason: string): never => {
    throw new Error(reason)
  }

  readonly #onUndeclaredPrefix = (prefix: string): string => {
    let uri = this.#undeclared.get(prefix)
    if (uri === undefined) {
      uri = usualNamespace(prefix)
      this.#undeclared.set(prefix, uri)
      const position = { record: this.#out.met, line: this.#position.line }
      this.#out.repair(
        position,
        'undeclared_prefix',
        `The prefix "${prefix}:" is not declared; it was taken as ${uri}.`,
      )
    }
    return uri
  }

  #malformed(message: string, cause?: Error): WholesalerError {
    const { line, column } = this.#position
    const place = {
      file: this.#reading.file,
      line,
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
