/** Category paths: from a text with separators, from several fields, or from a tree of ids. */
import type { XmlElement } from '../feed/feed.js'
import { compileField, compileText, escapeRegExp, isRule } from './field.js'
import { ownText } from './own-text.js'
import { firstOf, type Scope, type Selectors, valuesOf } from './picked.js'
import type { CategoryRule, FieldMap, FieldRule, ProductMap } from './product-map.js'

type Path = readonly string[]

/** Paths of a record: undefined = the record says nothing, empty = it says there is none. */
export type CategoryReader = (scope: Scope) => readonly Path[] | undefined

/** Levels separated like this need no telling; a space is needed on one side, since names contain `>` as well. */
const levelsDefault = /\s+>\s*|\s*>\s+/

export function compileCategories(
  map: NonNullable<ProductMap['categories']>,
  selectors: Selectors,
  tree: CategoryTree | null,
): CategoryReader {
  if (typeof map === 'string') return oneReader({ from: map }, selectors, tree)
  if (isRule(map)) return oneReader(map, selectors, tree)
  const readers = map.map((one) => oneReader(typeof one === 'string' ? { from: one } : one, selectors, tree))
  return (scope) => {
    let blank: readonly Path[] | undefined
    for (const read of readers) {
      const paths = read(scope)
      if (paths !== undefined && paths.length > 0) return paths
      blank ??= paths
    }
    return blank
  }
}

function oneReader(rule: CategoryRule | FieldRule, selectors: Selectors, tree: CategoryTree | null): CategoryReader {
  const { levels, path, tree: isTree, ...field }: CategoryRule = rule
  if (path !== undefined) {
    const parts = path.map((part) => compileField(part, selectors))
    return (scope) => {
      const picked = parts.map((part) => firstOf(part(scope)))
      if (picked.every((level) => level === undefined)) return undefined
      return distinct([picked.filter((level) => level != null)])
    }
  }
  const select = compileField(field, selectors)
  const levelsOf = levelReader(separatorOf(levels))
  return (scope) => {
    const picked = select(scope)
    if (picked === undefined) return undefined
    if (isTree !== true) return distinct(valuesOf(picked).map(levelsOf))
    if (picked === null) return []
    const paths = valuesOf(picked).map((id) => tree?.path(id) ?? [])
    return paths.every((one) => one.length === 0) ? undefined : distinct(paths)
  }
}

/**
 * A lone slash does not cut between spaces: `Bras/Push-up / Plunge` has two levels. Others cut with any spacing.
 */
function separatorOf(levels: string | undefined): RegExp | null {
  if (levels === undefined) return levelsDefault
  if (levels === '') return null
  return levels === '/' ? /(?<!\s)\/(?!\s)/ : new RegExp(escapeRegExp(levels.trim()))
}

/** Texts remembered: a shop has some hundred categories. Of a feed with more, the first ones stay. */
const textsMax = 1_000

/** Reads the levels of a text. What comes again and again is not cut again. */
function levelReader(separator: RegExp | null): (text: string) => Path {
  if (separator === null) return (text) => [text]
  const cut = (text: string): Path =>
    text
      .split(separator)
      .map((level) => level.trim())
      .filter((level) => level !== '')
  const known = new Map<string, Path>()
  return (text) => {
    const path = known.get(text)
    // A copy: what a product has may be changed by a hook.
    if (path !== undefined) return [...path]
    const levels = cut(text)
    if (known.size < textsMax) known.set(ownText(text), levels.map(ownText))
    return levels
  }
}

function distinct(paths: readonly Path[]): readonly Path[] {
  const kept: Path[] = []
  for (const path of paths) {
    const same = (other: Path) => other.length === path.length && other.every((level, index) => level === path[index])
    if (path.length > 0 && !kept.some(same)) kept.push(path)
  }
  return kept
}

/** Where the categories of a tree stand beside the records. */
export interface CategoryTreeMap {
  /** Path of the element, for `FeedHints.side`. */
  readonly element: string
  readonly id: FieldMap
  readonly parent: FieldMap
  readonly name: FieldMap
  /** Elements that have a value here are no categories: the root of a catalog, whose name is that of the catalog. */
  readonly unless?: FieldMap
}

/** Categories by id, gathered while the feed is read. The only thing that is kept of it. */
export class CategoryTree {
  readonly #categories = new Map<string, { readonly name: string; readonly parent: string | null }>()
  readonly #paths = new Map<string, Path>()

  get size(): number {
    return this.#categories.size
  }

  add(id: string, name: string, parent: string | null): void {
    this.#categories.set(id, { name, parent })
    this.#paths.clear()
  }

  /** From the root to this one; empty for an unknown id. A parent that is unknown or leads in a circle ends the path. */
  path(id: string): Path {
    const known = this.#paths.get(id)
    if (known !== undefined) return known
    const levels: string[] = []
    const seen = new Set<string>()
    let next: string | null = id
    while (next !== null && !seen.has(next)) {
      seen.add(next)
      const category = this.#categories.get(next)
      if (category === undefined) break
      levels.unshift(category.name)
      next = category.parent
    }
    this.#paths.set(id, levels)
    return levels
  }
}

/** Adds an element of the tree, when it is one. */
export function treeReader(
  map: CategoryTreeMap,
  tree: CategoryTree,
  selectors: Selectors,
): (element: XmlElement) => void {
  const [id, parent, name] = [map.id, map.parent, map.name].map((field) => compileText(field, selectors))
  const isLeftOut = map.unless === undefined ? () => null : compileText(map.unless, selectors)
  const elementName = map.element.slice(map.element.lastIndexOf('/') + 1)
  return (element) => {
    if (element.name !== elementName) return
    const scope = { node: element, up: null }
    const key = id?.(scope)
    const label = name?.(scope)
    if (key != null && label != null && isLeftOut(scope) == null) tree.add(key, label, parent?.(scope) ?? null)
  }
}
