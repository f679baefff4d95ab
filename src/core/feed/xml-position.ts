import type { SaxesParser } from 'saxes'

/** Where a parser stands in a text of which it is not given all. */
export class XmlPosition {
  readonly #parser: SaxesParser
  /** Line ends that the parser did not see. */
  #linesBefore = 0
  /** Line, as the parser counts, amid which text was passed over, and by how much columns of it are more; null: not known. */
  #passed: { readonly line: number; readonly columns: number | null } = { line: 0, columns: 0 }

  constructor(parser: SaxesParser) {
    this.#parser = parser
  }

  get line(): number {
    return this.lineOf(this.#parser.line)
  }

  /** The line that the parser counts as this one. */
  lineOf(parserLine: number): number {
    return parserLine + this.#linesBefore
  }

  /** From 0; null when it is not known. */
  get column(): number | null {
    const { line, columns } = this.#passed
    if (line !== this.#parser.line) return this.#parser.column
    return columns === null ? null : columns + this.#parser.column
  }

  /** Counts text that the parser does not see, and which has so many line ends. */
  pass(text: string, lines: number): void {
    const last = text.lastIndexOf('\n')
    const before = last < 0 ? this.column : 0
    const column = before === null ? null : before + charactersIn(text.slice(last + 1))
    this.#linesBefore += lines
    this.#passed = { line: this.#parser.line, columns: column === null ? null : column - this.#parser.column }
  }

  /** As `pass`, where nothing is known but line ends. */
  passLines(lines: number): void {
    this.#linesBefore += lines
    this.#passed = { line: this.#parser.line, columns: null }
  }
}

const highSurrogate = /[\ud800-\udbff]/g

/** Characters as people count them. */
function charactersIn(text: string): number {
  return text.length - (text.match(highSurrogate)?.length ?? 0)
}
