import { Parser } from 'htmlparser2'
import { BareAmpersands } from './bare-ampersands.js'
import { hasControls, withoutControls } from './control-characters.js'
import type { RecordPosition, XmlElement } from './feed.js'
import { malformed } from './malformed.js'
import type { RecordOutput, RecordParser } from './read-records.js'
import { TextPlaces } from './text-places.js'
import { xmlRecordCharsMax } from './xml.js'
import { newAttributes, XmlAssembler, type XmlAttributes, type XmlTargets, xmlDepthMax } from './xml-assembler.js'
import { refuseDtd } from './xml-faults.js'
import { isDeclaration, localName, prefixOf, usualNamespace, XmlPrefixes } from './xml-prefixes.js'

/** Elements that may be open at once: markup that is never closed piles up, but not without end. */
const openElementsMax = 10_000

export interface LenientXmlReading {
  readonly file: string
  readonly targets: XmlTargets
  /** Local name of a record. */
  readonly recordName: string
  /** Index where XML begins. */
  readonly start: number
}

/** HTML's line break takes no end tag, and no feed calls an element so. */
class MarkupParser extends Parser {
  protected override isVoidElement(name: string): boolean {
    return /^w?br$/i.test(name)
  }
}

/** An open element as the parser sees it. */
interface OpenTag {
  /** Its record was ended by the next one: what still belongs to it is passed over. */
  isOver: boolean
  /** It is too deep to be nested further: its children are taken for its siblings. */
  isFlat: boolean
  /** Where its own tag ends. */
  readonly end: number
}

/**
 * Turns damaged XML into records, setting right what can be set right without guessing at data. Every repair
 * is told once per record: `bare_ampersand`, `unclosed_element`, `unclosed_record`, `deep_markup`,
 * `control_characters`, `duplicate_attribute`, `text_before_root`, `text_after_root`, `undeclared_prefix`. A record whose tags were
 * swallowed, by an attribute without closing quote or a bare `<`, is a reject (`swallowed_markup`), as is one that the end of
 * the text cuts (`cut_off`). The end of the document counts as seen only when the root was closed.
 */
export class LenientXmlRecordParser implements RecordParser {
  readonly #reading: LenientXmlReading
  readonly #out: RecordOutput
  readonly #assembler: XmlAssembler
  readonly #parser: MarkupParser
  readonly #ampersands = new BareAmpersands()
  readonly #places = new TextPlaces()
  readonly #tags: OpenTag[] = []
  readonly #prefixes = new XmlPrefixes()
  readonly #told = new Set<string>()
  /** Of the tag that is being read. */
  readonly #attributes = new Set<string>()
  #isAttributeRepeated = false
  /** Offsets of bare ampersands that no record has answered for yet. */
  #bare: number[] = []
  #isCarriageReturnLeft = false
  #toSkip: number
  #recordStart = 0
  /** How many elements are open around the record. */
  #recordDepth = 0
  #swallowed = false
  #rootName: string | undefined
  #state: 'before' | 'inside' | 'after' = 'before'
  #isEnding = false
  #problem: string | undefined

  constructor(reading: LenientXmlReading, out: RecordOutput) {
    this.#reading = reading
    this.#out = out
    this.#toSkip = reading.start
    this.#assembler = new XmlAssembler(reading.targets, out)
    this.#parser = new MarkupParser(
      {
        onattribute: (name) => this.#onAttribute(name),
        onopentag: (name, attributes) => this.#onOpenTag(name, attributes),
        onclosetag: (_name, isImplied) => this.#onCloseTag(isImplied),
        ontext: (text) => this.#onText(text),
        onprocessinginstruction: (name, data) => this.#onInstruction(name, data),
      },
      { xmlMode: true, decodeEntities: true },
    )
  }

  write(piece: string): void {
    const text = this.#clean(this.#withoutJunk(piece))
    if (text === '') return
    this.#places.add(text)
    this.#bare.push(...this.#ampersands.write(text))
    this.#parser.write(text)
    if (this.#assembler.record === undefined) return
    if (this.#places.length - this.#recordStart <= xmlRecordCharsMax) return
    throw malformed('The record that begins here is longer than 8 MiB.', {
      file: this.#reading.file,
      ...this.#assembler.record,
    })
  }

  end(): void {
    this.#isEnding = true
    this.#bare.push(...this.#ampersands.write('', true))
    this.#parser.end()
    const position = this.#assembler.record
    if (this.#bare.length > 0) this.#repair('bare_ampersand', 'A bare "&" outside of records was passed over.')
    if (position !== undefined) {
      this.#out.reject({ position, code: 'cut_off', reason: 'The feed ends inside this record.' })
    }
    if (this.#state !== 'after') {
      this.#problem ??=
        this.#rootName === undefined ? 'The feed has no root element.' : `The feed ends before </${this.#rootName}>.`
    }
  }

  problem(): string | undefined {
    return this.#problem
  }

  #withoutJunk(piece: string): string {
    if (this.#toSkip === 0) return piece
    const skipped = piece.slice(0, this.#toSkip)
    this.#toSkip -= skipped.length
    if (skipped.trim() !== '') this.#repair('text_before_root', 'Text before the XML declaration was passed over.')
    // The line ends stay, so that lines are counted as in the feed.
    return skipped.replace(/[^\n]/g, '') + piece.slice(skipped.length)
  }

  /** Line ends as XML wants them, and no control characters. */
  #clean(piece: string): string {
    let text = this.#isCarriageReturnLeft ? `\r${piece}` : piece
    this.#isCarriageReturnLeft = text.endsWith('\r')
    if (this.#isCarriageReturnLeft) text = text.slice(0, -1)
    if (text.includes('\r')) text = text.replace(/\r\n?/g, '\n')
    if (!hasControls(text)) return text
    this.#repair('control_characters', 'Control characters were taken out.')
    return withoutControls(text)
  }

  #onAttribute(name: string): void {
    if (this.#attributes.has(name)) this.#isAttributeRepeated = true
    else this.#attributes.add(name)
  }

  #onOpenTag(qname: string, attributes: Record<string, string>): void {
    this.#attributes.clear()
    const tag: OpenTag = { isOver: false, isFlat: false, end: this.#parser.endIndex }
    if (this.#state === 'after') {
      this.#problem ??= 'There are elements behind the end of the document.'
      tag.isOver = true
    }
    if (this.#tags.length >= openElementsMax) {
      const place = this.#places.at(this.#parser.startIndex)
      throw malformed(`More than ${openElementsMax} elements are open at once.`, { file: this.#reading.file, ...place })
    }
    this.#tags.push(tag)
    if (tag.isOver) return
    if (this.#state === 'before') {
      this.#state = 'inside'
      this.#rootName = qname
    }
    this.#prefixes.declare(attributes, this.#tags.length)
    if (!/^[\p{L}_:]/u.test(qname)) this.#swallowed = true
    const name = localName(qname)
    if (this.#beginsNextRecord(name)) this.#endRecordHere()
    this.#enter(tag, qname, name, attributes)
  }

  #enter(tag: OpenTag, qname: string, name: string, attributes: Record<string, string>): void {
    const assembler = this.#assembler
    if (assembler.building.length >= xmlDepthMax) {
      tag.isFlat = true
      this.#repair('deep_markup', 'Markup nested too deep was flattened.')
      return
    }
    const wasRecord = assembler.record !== undefined
    const line = wasRecord ? 0 : this.#places.at(this.#parser.startIndex).line
    if (!assembler.enter(name, line)) return
    if (!wasRecord) this.#beginRecord()
    assembler.add(name, this.#namespace(qname), this.#attributesOf(attributes))
    if (!this.#isAttributeRepeated) return
    this.#isAttributeRepeated = false
    this.#repair('duplicate_attribute', 'An attribute came twice; the first one counts.')
  }

  #beginRecord(): void {
    this.#recordStart = this.#parser.startIndex
    this.#recordDepth = this.#tags.length - 1
    this.#swallowed = false
    this.#told.clear()
  }

  /**
   * A record inside a record: right below it, or inside of text, it is the next one, and the end tag of the one
   * before is missing. Anywhere else it may be meant, as in a list of related products.
   */
  #beginsNextRecord(name: string): boolean {
    if (name !== this.#reading.recordName || this.#assembler.record === undefined) return false
    const inside = this.#assembler.building.slice(1)
    return inside.length === 0 || inside.some(hasText)
  }

  #endRecordHere(): void {
    this.#repair('unclosed_record', 'The record was ended where the next one begins.')
    for (const tag of this.#tags.slice(this.#recordDepth, -1)) tag.isOver = true
    for (let left = this.#assembler.building.length; left > 0; left -= 1) this.#leave()
  }

  #onCloseTag(isImplied: boolean): void {
    const tag = this.#tags.pop()
    this.#prefixes.leave(this.#tags.length)
    if (this.#isEnding && isImplied) return
    if (tag === undefined || tag.isOver) return
    if (this.#tags.length === 0) this.#state = 'after'
    if (tag.isFlat) return
    // An element that closes itself is reported like one that something else closes.
    if (isImplied && this.#parser.endIndex > tag.end && this.#assembler.building.length > 0) {
      this.#repair('unclosed_element', 'An end tag is missing; the element was ended with the one around it.')
    }
    this.#leave()
  }

  #leave(): void {
    const { record, building } = this.#assembler
    if (record === undefined || building.length > 1) {
      this.#assembler.leave()
      return
    }
    this.#tellBareAmpersands(record)
    if (!this.#swallowed) {
      this.#assembler.leave()
      return
    }
    this.#assembler.dropRecord()
    const reason = 'A "<" in text, or an attribute without closing quote, has swallowed tags of this record.'
    this.#out.reject({ position: record, code: 'swallowed_markup', reason })
  }

  #onText(text: string): void {
    if (this.#state === 'inside') {
      this.#assembler.text(text)
      return
    }
    if (text.trim() === '') return
    const where = this.#state === 'before' ? 'before' : 'behind'
    this.#repair(
      this.#state === 'before' ? 'text_before_root' : 'text_after_root',
      `Text ${where} the root was passed over.`,
    )
  }

  #onInstruction(name: string, data: string): void {
    if (!/^!doctype$/i.test(name)) return
    refuseDtd(data, { file: this.#reading.file, ...this.#places.at(this.#parser.startIndex) })
  }

  #tellBareAmpersands(position: RecordPosition): void {
    const end = this.#parser.endIndex
    const count = this.#bare.filter((offset) => offset <= end).length
    if (count === 0) return
    this.#bare = this.#bare.slice(count)
    this.#out.repair(position, 'bare_ampersand', `A bare "&" was kept as text (${count} times).`)
  }

  /** Tells of a repair, once per record. */
  #repair(code: string, detail: string): void {
    if (this.#told.has(code)) return
    this.#told.add(code)
    const { record } = this.#assembler
    const line = record?.line ?? this.#places.at(this.#parser.startIndex).line
    this.#out.repair(record ?? { record: this.#out.met, line }, code, detail)
  }

  #namespace(qname: string): string {
    const prefix = prefixOf(qname)
    const declared = this.#prefixes.find(prefix)
    if (declared !== undefined) return declared
    const uri = usualNamespace(prefix)
    this.#repair('undeclared_prefix', `The prefix "${prefix}:" is not declared; it was taken as ${uri}.`)
    return uri
  }

  #swallowsTags(name: string, value: string): boolean {
    return name.includes('<') || value.includes('</') || value.includes(`<${this.#reading.recordName}`)
  }

  #attributesOf(attributes: Record<string, string>): XmlAttributes {
    const result = newAttributes()
    for (const key in attributes) {
      if (isDeclaration(key)) continue
      const value = attributes[key] as string
      if (this.#swallowsTags(key, value)) this.#swallowed = true
      const local = localName(key)
      if (local === key || !Object.hasOwn(result, local)) {
        result[local] = /[\t\n]/.test(value) ? value.replace(/[\t\n]/g, ' ') : value
      }
    }
    return result
  }
}

function hasText(element: XmlElement): boolean {
  return element.children.some((child) => typeof child === 'string' && child.trim() !== '')
}
