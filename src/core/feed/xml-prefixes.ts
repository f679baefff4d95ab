/** Namespaces that shops forget to declare, by the prefix everyone uses for them. */
const usual: Readonly<Record<string, string>> = { g: 'http://base.google.com/ns/1.0' }

export const xmlNamespace = 'http://www.w3.org/XML/1998/namespace'
export const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/'

interface Declaration {
  /** Open elements, its own included, when it was declared. */
  readonly depth: number
  readonly prefix: string
  readonly uri: string
}

/** The namespace that is meant by a prefix which nobody declared: the usual one, else the prefix itself. */
export function usualNamespace(prefix: string): string {
  return Object.hasOwn(usual, prefix) ? (usual[prefix] ?? prefix) : prefix
}

export function isDeclaration(attribute: string): boolean {
  return attribute === 'xmlns' || attribute.startsWith('xmlns:')
}

/** What the attributes of an element say of namespaces, as text. */
export function declarationsIn(attributes: Readonly<Record<string, string>>): string {
  let declarations = ''
  for (const name in attributes) if (isDeclaration(name)) declarations += ` ${name}=${attributes[name]}`
  return declarations
}

/** Whether the name of an attribute says something about namespaces. */
export function isPrefixed(attribute: string): boolean {
  return attribute === 'xmlns' || attribute.includes(':')
}

/** `id` of `g:id`. */
export function localName(qname: string): string {
  return qname.slice(qname.indexOf(':') + 1)
}

/** `g` of `g:id`, `''` of `id`. */
export function prefixOf(qname: string): string {
  return qname.slice(0, Math.max(0, qname.indexOf(':')))
}

/** Namespace declarations in force, for a parser that knows none. */
export class XmlPrefixes {
  readonly #declared: Declaration[] = []

  /** Takes the declarations among the attributes of an element at `depth`. */
  declare(attributes: Readonly<Record<string, string>>, depth: number): void {
    for (const name in attributes) {
      if (!isDeclaration(name)) continue
      const uri = attributes[name] ?? ''
      this.#declared.push({ depth, prefix: name.slice('xmlns:'.length), uri: uri.trim() })
    }
  }

  /** An element was closed: `depth` are still open. True when declarations ended with it. */
  leave(depth: number): boolean {
    const before = this.#declared.length
    while ((this.#declared.at(-1)?.depth ?? 0) > depth) this.#declared.pop()
    return this.#declared.length < before
  }

  /** URI of a prefix; `''` for no prefix without default namespace, undefined for one not declared. */
  find(prefix: string): string | undefined {
    const declared = this.#declared.findLast((known) => known.prefix === prefix)
    if (declared !== undefined) return declared.uri
    if (prefix === 'xml') return xmlNamespace
    return prefix === '' ? '' : undefined
  }
}
