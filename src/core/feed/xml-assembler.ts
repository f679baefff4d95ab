import type { RecordPosition, XmlElement } from './feed.js'
import type { RecordOutput } from './read-records.js'
import type { PathMatcher } from './xml-path.js'

/** Deepest nesting, of the document when strict and of one record when lenient. Real feeds stay below 15. */
export const xmlDepthMax = 200

export type XmlAttributes = Readonly<Record<string, string>>

/**
 * Attributes inherit nothing, so that every name is a name like any other. What `Object.create(null)` gives is a hash
 * table to V8, and a feed has millions of them: these are objects with an empty prototype.
 */
class Attributes {}
Object.setPrototypeOf(Attributes.prototype, null)
Reflect.deleteProperty(Attributes.prototype, 'constructor')

export function newAttributes(): Record<string, string> {
  return new Attributes() as Record<string, string>
}

/** An element that is being built. */
export interface OpenElement extends XmlElement {
  readonly children: (OpenElement | string)[]
}

export interface XmlTargets {
  readonly record: PathMatcher
  readonly side: readonly PathMatcher[]
}

/**
 * Builds the elements that are asked for, records and side elements, out of tags and text, and puts them out
 * when they are closed. Holds one of them at a time, never the document.
 */
export class XmlAssembler {
  readonly #targets: XmlTargets
  readonly #out: RecordOutput
  /** Local names of the open elements around the one being built. */
  readonly #around: string[] = []
  /** The element being built and its open descendants; empty between records. */
  #open: OpenElement[] = []
  #position: RecordPosition | undefined

  constructor(targets: XmlTargets, out: RecordOutput) {
    this.#targets = targets
    this.#out = out
  }

  /** Local names of the open elements, root first. */
  get path(): readonly string[] {
    return [...this.#around, ...this.#open.map(({ name }) => name)]
  }

  /** How many elements are open. */
  get depth(): number {
    return this.#around.length + this.#open.length
  }

  /** Position of the open record, undefined between records. */
  get record(): RecordPosition | undefined {
    return this.#position
  }

  /** The elements being built, outermost first. */
  get building(): readonly XmlElement[] {
    return this.#open
  }

  /** An element opens. True when it is to be built: `add` must follow. */
  enter(name: string, line: number): boolean {
    if (this.#position !== undefined) return true
    const path = this.#open.length === 0 ? this.#around : [...this.path]
    path.push(name)
    if (this.#targets.record(path)) {
      this.#forgetSide()
      this.#position = this.#out.meet(line)
    } else if (this.#open.length === 0 && !this.#targets.side.some((matches) => matches(path))) {
      return false
    }
    // An element that is built is in `#open`.
    if (path === this.#around) path.pop()
    return true
  }

  /** A side element that turns out to contain the records is no dictionary: what is open of it stands around. */
  #forgetSide(): void {
    if (this.#open.length === 0) return
    this.#around.push(...this.#open.map(({ name }) => name))
    this.#open = []
  }

  /** The element that was just entered. */
  add(name: string, ns: string, attributes: XmlAttributes): void {
    const element: OpenElement = { name, ns, attributes, children: [] }
    const { length } = this.#open
    if (length > 0) this.#open[length - 1]?.children.push(element)
    this.#open.push(element)
  }

  text(text: string): void {
    const { length } = this.#open
    if (length > 0) addText(this.#open[length - 1] as OpenElement, text)
  }

  /** The innermost open element closes. */
  leave(): void {
    const element = this.#open.pop()
    if (element === undefined) this.#around.pop()
    if (element === undefined || this.#open.length > 0) return
    if (this.#position === undefined) {
      this.#out.listener.side?.(element)
      return
    }
    this.#out.put(element, this.#position)
    this.#position = undefined
  }

  /** Forgets the open record and all that is in it. */
  dropRecord(): void {
    this.#open = []
    this.#position = undefined
  }
}

/** Adds text behind what an element has: next to other text, it is one with it. */
export function addText({ children }: OpenElement, text: string): void {
  if (text === '') return
  const count = children.length
  // Index -1 would be looked up as a name, which is slow.
  const before = count === 0 ? undefined : children[count - 1]
  if (typeof before === 'string') children[count - 1] = before + text
  else children.push(text)
}
