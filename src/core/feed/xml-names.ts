/**
 * Namespaces of well-formed XML, by the book: which are in force, what a name means, which names are forbidden.
 * saxes can do this itself, but takes a tenth of the time of a whole import for it.
 */
import type { MetNames } from './regular-xml.js'
import { newAttributes, type XmlAttributes } from './xml-assembler.js'
import {
  isDeclaration,
  isPrefixed,
  localName,
  prefixOf,
  XmlPrefixes,
  xmlNamespace,
  xmlnsNamespace,
} from './xml-prefixes.js'

export interface XmlName {
  readonly local: string
  readonly uri: string
}

export interface XmlNamesListener {
  /** The namespace to take for a prefix that nobody declared. */
  undeclared(prefix: string): string
  /** Throws: the document is not well-formed. */
  fault(reason: string): never
}

/** Names kept: more than any format has, little for a feed that makes up a name for every product. */
const knownMax = 1000

export class XmlNames implements MetNames {
  readonly #listener: XmlNamesListener
  readonly #prefixes = new XmlPrefixes()
  /** What names mean under the declarations in force. */
  readonly #known = new Map<string, XmlName>()
  /** Names of attributes without prefix, as the engine keeps names of properties: see `internalized`. */
  readonly #attributes = new Map<string, string>()
  #depth = 0

  constructor(listener: XmlNamesListener) {
    this.#listener = listener
  }

  /** An element opens: its declarations come into force. Returns its other attributes, by local name. */
  open(attributes: Readonly<Record<string, string>>): XmlAttributes {
    this.#depth += 1
    for (const name in attributes) {
      if (this.#attributes.has(name)) continue
      if (isPrefixed(name)) return this.#openPrefixed(attributes)
      if (this.#attributes.size < knownMax) this.#attributes.set(name, name)
    }
    return attributes
  }

  /** What `nameOf` said of a name, if it was asked under the declarations in force. */
  element(qname: string): XmlName | undefined {
    return this.#known.get(qname)
  }

  /** The name of an attribute that was met, without prefix. */
  attribute(name: string): string | undefined {
    return this.#attributes.get(name)
  }

  /** What the name of an element means that is open. */
  nameOf(qname: string): XmlName {
    let name = this.#known.get(qname)
    if (name === undefined) {
      name = { local: internalized(this.#localOf(qname)), uri: this.#uriOf(prefixOf(qname)) }
      if (this.#known.size >= knownMax) this.#known.clear()
      this.#known.set(qname, name)
    }
    return name
  }

  close(): void {
    this.#depth -= 1
    if (this.#prefixes.leave(this.#depth)) this.#known.clear()
  }

  #openPrefixed(attributes: Readonly<Record<string, string>>): XmlAttributes {
    const names = Object.keys(attributes)
    const declarations = names.filter(isDeclaration)
    for (const name of declarations) this.#checkDeclaration(name, (attributes[name] ?? '').trim())
    if (declarations.length > 0) {
      this.#prefixes.declare(attributes, this.#depth)
      this.#known.clear()
    }
    const own = newAttributes()
    const met = new Set<string>()
    for (const name of names) {
      if (isDeclaration(name)) continue
      const local = this.#localOf(name)
      if (local !== name) {
        // Two prefixes may stand for one namespace.
        const full = `{${this.#uriOf(prefixOf(name))}}${local}`
        if (met.has(full)) this.#listener.fault(`duplicate attribute: ${full}`)
        met.add(full)
        if (Object.hasOwn(own, local)) continue
      }
      own[local] = attributes[name] ?? ''
    }
    return own
  }

  #localOf(qname: string): string {
    const local = localName(qname)
    if (local === '' || qname.startsWith(':') || local.includes(':')) {
      this.#listener.fault(`malformed name: ${qname}`)
    }
    return local
  }

  #uriOf(prefix: string): string {
    if (prefix === 'xmlns') this.#listener.fault('tags may not have "xmlns" as prefix')
    return this.#prefixes.find(prefix) ?? this.#listener.undeclared(prefix)
  }

  #checkDeclaration(name: string, uri: string): void {
    const prefix = name === 'xmlns' ? '' : this.#localOf(name)
    if (prefix !== '' && uri === '') this.#listener.fault(`the prefix ${prefix} is declared as nothing`)
    if (prefix === 'xmlns' || uri === xmlnsNamespace || (prefix === 'xml') !== (uri === xmlNamespace)) {
      this.#listener.fault(`${name} may not be declared as ${uri}`)
    }
  }
}

/**
 * The same text as the engine keeps names of properties: comparing it with a name of a mapping, which is done for every
 * element of a feed, then compares two pointers. Nothing depends on it but time.
 */
function internalized(name: string): string {
  return Object.keys({ [name]: true })[0] ?? name
}
