/**
 * Paths into XML elements: child names joined by `/`, `@attribute` last, `.` for the element itself, `..` for the one
 * around it (never above the record), `*` for any child, `name()` last for the element's name. A step may be
 * narrowed: `a[@name=EAN]`, `attribute[name=EAN]`. A plain name matches in any namespace, `g:id` only in that of `g`.
 *
 * The text of an element with child elements is its inner XML: descriptions come as real markup in some feeds.
 */
import type { XmlElement } from '../feed/feed.js'
import { merge, type Picked, type Scope, type Select, type Selectors, textOrBlank } from './picked.js'
import { innerXml } from './xml-text.js'

export function xmlSelectors(namespaces: Readonly<Record<string, string>>): Selectors {
  return {
    has: () => true,
    text: (path) => xmlText(parsePath(path, namespaces)),
    scopes: (path) => {
      const { steps } = parsePath(path, namespaces)
      return (scope) => walk(scope, steps)
    },
    entries: (path) => {
      const { steps } = parsePath(path, namespaces)
      return (scope) =>
        walk(scope, steps).flatMap(({ node }) =>
          (node as XmlElement).children
            .filter((child) => typeof child !== 'string')
            .map((child) => [child.name, elementText(child)] as const),
        )
    },
  }
}

interface XmlPath {
  readonly steps: readonly Step[]
  /** What is taken of the elements found. */
  readonly leaf: { readonly kind: 'text' | 'name' } | { readonly kind: 'attribute'; readonly name: string }
}

interface Step {
  readonly kind: 'child' | 'self' | 'up'
  readonly name: string
  /** Namespace URI; null for any. */
  readonly ns: string | null
  readonly where: Condition | null
}

interface Condition {
  readonly attribute: boolean
  readonly name: string
  readonly value: string
}

const stepPattern = /^(?:([^:[\]()]+):)?([^:[\]()]+)(?:\[(@?)([^=\]]+)=(["']?)(.*)\5\])?$/

function parsePath(path: string, namespaces: Readonly<Record<string, string>>): XmlPath {
  const parts = splitPath(path)
  const last = parts.at(-1)
  let leaf: XmlPath['leaf'] = { kind: 'text' }
  if (last?.startsWith('@')) leaf = { kind: 'attribute', name: localName(last.slice(1)) }
  else if (last === 'name()') leaf = { kind: 'name' }
  const steps = leaf.kind === 'text' ? parts : parts.slice(0, -1)
  return { steps: steps.map((part) => parseStep(part, path, namespaces)), leaf }
}

/** Cuts at slashes that stand outside brackets. */
function splitPath(path: string): readonly string[] {
  return (path.match(/(?:\[[^\]]*(?:\]|$)|[^/[])+/g) ?? []).map((part) => part.trim()).filter((part) => part !== '')
}

function parseStep(part: string, path: string, namespaces: Readonly<Record<string, string>>): Step {
  if (part === '.') return { kind: 'self', name: '', ns: null, where: null }
  if (part === '..') return { kind: 'up', name: '', ns: null, where: null }
  const match = stepPattern.exec(part)
  if (match === null) throw new RangeError(`${path} is not a path: ${part} cannot be read`)
  const [, prefix, name = '', at, field, , value] = match
  const ns = prefix === undefined ? null : namespaces[prefix]
  if (ns === undefined) throw new RangeError(`${path}: the prefix ${prefix}: is not known`)
  const where = field === undefined || value === undefined ? null : conditionOf(field.trim(), at === '@', value)
  return { kind: 'child', name, ns, where }
}

function conditionOf(field: string, attribute: boolean, value: string): Condition {
  return { attribute, name: attribute ? localName(field) : field, value }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function xmlText({ steps, leaf }: XmlPath): Select {
  const [only] = steps
  if (leaf.kind === 'attribute' && steps.length === 0) {
    const { name } = leaf
    return ({ node }) => attributeOf(node as XmlElement, name)
  }
  if (leaf.kind === 'text' && steps.length === 1 && only?.kind === 'child' && only.where === null) {
    return ({ node }) => childText(node as XmlElement, only)
  }
  const take = taker(leaf)
  if (steps.every(({ kind }) => kind === 'child')) {
    return ({ node }) => gather(node as XmlElement, steps, 0, take, undefined)
  }
  return (scope) => merge(walk(scope, steps).map(({ node }) => take(node as XmlElement)))
}

/**
 * What the elements at the end of the steps give, joined as `merge` does. Most paths of a preset only lead down:
 * they need no scopes, and are followed for every record.
 */
function gather(
  element: XmlElement,
  steps: readonly Step[],
  depth: number,
  take: (element: XmlElement) => Picked,
  before: Picked,
): Picked {
  const step = steps[depth]
  if (step === undefined) {
    const picked = take(element)
    return before === undefined ? picked : merge([before, picked])
  }
  let found = before
  for (const child of element.children) {
    if (typeof child === 'string' || !matches(child, step)) continue
    found = gather(child, steps, depth + 1, take, found)
  }
  return found
}

function taker(leaf: XmlPath['leaf']): (element: XmlElement) => Picked {
  if (leaf.kind === 'attribute') return (element) => attributeOf(element, leaf.name)
  return leaf.kind === 'name' ? (element) => element.name : elementText
}

function childText(element: XmlElement, step: Step): Picked {
  let found: Picked
  let several: Picked[] | null = null
  for (const child of element.children) {
    if (typeof child === 'string' || !matches(child, step)) continue
    const text = elementText(child)
    if (several !== null) several.push(text)
    else if (found === undefined) found = text
    else several = [found, text]
  }
  return several === null ? found : merge(several)
}

function walk(start: Scope, steps: readonly Step[]): readonly Scope[] {
  let scopes: readonly Scope[] = [start]
  for (const step of steps) {
    const next: Scope[] = []
    for (const scope of scopes) follow(scope, step, next)
    scopes = next
  }
  return scopes
}

function follow(scope: Scope, step: Step, into: Scope[]): void {
  if (step.kind === 'self') into.push(scope)
  else if (step.kind === 'up') {
    if (scope.up !== null) into.push(scope.up)
  } else {
    for (const child of (scope.node as XmlElement).children) {
      if (typeof child !== 'string' && matches(child, step)) into.push({ node: child, up: scope })
    }
  }
}

function matches(element: XmlElement, { name, ns, where }: Step): boolean {
  if (element.name !== name && name !== '*') return false
  if (ns !== null && element.ns !== ns) return false
  return where === null || holds(element, where)
}

function holds(element: XmlElement, { attribute, name, value }: Condition): boolean {
  if (attribute) return attributeOf(element, name) === value
  return element.children.some(
    (child) => typeof child !== 'string' && child.name === name && elementText(child) === value,
  )
}

function attributeOf({ attributes }: XmlElement, name: string): string | null | undefined {
  // They inherit nothing, see `newAttributes`.
  const value = attributes[name]
  return value === undefined ? undefined : textOrBlank(value)
}

function elementText({ children }: XmlElement): string | null {
  if (children.length === 0) return null
  const [only] = children
  if (children.length === 1 && typeof only === 'string') return textOrBlank(only)
  if (children.every((child) => typeof child === 'string')) return textOrBlank(children.join(''))
  return textOrBlank(innerXml(children))
}
