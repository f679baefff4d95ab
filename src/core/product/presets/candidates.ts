/** The names that a feed has: columns of CSV, keys of JSON, elements and attributes of XML. */
import type { JsonValue, XmlElement } from '../../feed/feed.js'
import type { Candidate } from './likeness.js'
import type { FeedLook } from './preset.js'

/** Records looked at: keys that are rarer than this are not guessed at. */
const recordsMax = 200
/** Levels of nesting looked at. */
const depthMax = 3

/** Last names of a path that say nothing by themselves: what is around them gives the name. */
const namelessLeaves = new Set([
  'url',
  'src',
  'href',
  'name',
  'value',
  'text',
  'title',
  'link',
  'amount',
  'item',
  'string',
])

/** Names below the first level are only looked at inside these: elsewhere `name` may be anybody's. */
const containers =
  /^(?:images?|imgs?|pictures?|photos?|gallery|media|brand|manufacturer|producer|vendor|categor(?:y|ies)|prices?|bilder|zdjecia)$/

export function candidatesOf({ shape, first }: FeedLook): readonly Candidate[] {
  if (shape.format === 'csv') return (shape.columns ?? []).map((column) => ({ path: column, name: column }))
  const found = new Map<string, Candidate>()
  for (const { data } of first.slice(0, recordsMax)) {
    const add = (candidate: Candidate) => {
      if (!found.has(candidate.path)) found.set(candidate.path, candidate)
    }
    if (shape.format === 'xml') elementNames(data as XmlElement, [], add)
    else keyNames(data as JsonValue, [], add)
  }
  return [...found.values()]
}

type Add = (candidate: Candidate) => void

function elementNames(element: XmlElement, path: readonly string[], add: Add): void {
  for (const name of Object.keys(element.attributes)) addLeaf([...path, `@${name}`], add)
  for (const child of element.children) {
    if (typeof child === 'string') continue
    const below = [...path, child.name]
    if (child.children.length === 0 || child.children.some((one) => typeof one === 'string' && one.trim() !== '')) {
      addLeaf(below, add)
    }
    if (below.length < depthMax && canHold(below)) elementNames(child, below, add)
  }
}

function keyNames(value: JsonValue, path: readonly string[], add: Add): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const item of value as readonly JsonValue[]) keyNames(item, path, add)
    return
  }
  for (const [key, below] of Object.entries(value as { readonly [key: string]: JsonValue })) {
    const inside = [...path, key]
    if (!holdsObjects(below)) addLeaf(inside, add)
    else if (!Array.isArray(below)) add({ path: inside.join('/'), name: key, holdsPairs: true })
    if (inside.length < depthMax && canHold(inside)) keyNames(below, inside, add)
  }
}

/** An object, or a list that begins with one: no text to be had there. */
function holdsObjects(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length > 0 && holdsObjects((value as readonly JsonValue[])[0] ?? null)
  return typeof value === 'object' && value !== null
}

function canHold(path: readonly string[]): boolean {
  return path.every((name) => containers.test(name.toLowerCase()))
}

function addLeaf(path: readonly string[], add: Add): void {
  const words = path.map((name) => name.replace(/^@/, ''))
  while (words.length > 1 && namelessLeaves.has(words.at(-1)?.toLowerCase() ?? '')) words.pop()
  add({ path: path.join('/'), name: words.at(-1) ?? '' })
}
