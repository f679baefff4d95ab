/** What stands beside the records of a feed, or in records that are no products, and is looked up by those that are. */
import type { Feed, XmlElement } from '../feed/feed.js'
import { CategoryTree, type CategoryTreeMap, treeReader } from './category-path.js'
import { compileField, compileText } from './field.js'
import { LookupTable, type LookupTableOptions } from './lookup-table.js'
import { type Scope, type Selectors, valuesOf } from './picked.js'
import type { FieldMap } from './product-map.js'

/** Where the entries of a table come from. */
export interface TableMap {
  /** Path of the element beside the records that is an entry. Without it, records are. */
  readonly element?: string
  /** Only those that have a value here. */
  readonly when?: FieldMap
  readonly key: FieldMap
  readonly value: FieldMap
}

export interface SideData {
  readonly tree: CategoryTree
  readonly valuesIn: NonNullable<Selectors['valuesIn']>
  close(): void
}

/** What of a preset says where side data is. */
export interface SideMaps {
  readonly tree?: CategoryTreeMap | readonly CategoryTreeMap[]
  readonly tables?: Readonly<Record<string, TableMap>>
}

export function treesOf({ tree }: SideMaps): readonly CategoryTreeMap[] {
  if (tree === undefined) return []
  return isList(tree) ? tree : [tree]
}

function isList(tree: CategoryTreeMap | readonly CategoryTreeMap[]): tree is readonly CategoryTreeMap[] {
  return Array.isArray(tree)
}

/** Paths of all elements that side data comes from, for `FeedHints.side`. */
export function sidePaths(maps: SideMaps): readonly string[] {
  const tables = Object.values(maps.tables ?? {}).flatMap(({ element }) => element ?? [])
  return [...treesOf(maps).map(({ element }) => element), ...tables]
}

/** Takes every element beside the records that is for one of the trees. */
export function treeReaders(maps: SideMaps, tree: CategoryTree, selectors: Selectors): (element: XmlElement) => void {
  const readers = treesOf(maps).map((map) => treeReader(map, tree, selectors))
  return (element) => {
    for (const read of readers) read(element)
  }
}

/**
 * Reads the whole feed for its side data, wherever that stands in it. What is wrong with records is not said: it will be
 * when they are mapped. Throws as `Feed.records` does.
 */
export async function gatherSideData(
  feed: Feed,
  maps: SideMaps,
  selectors: Selectors,
  options: LookupTableOptions,
  signal: AbortSignal | undefined,
): Promise<SideData> {
  const tree = new CategoryTree()
  const tables = new Map(Object.keys(maps.tables ?? {}).map((name) => [name, new LookupTable(options)]))
  const close = () => {
    for (const table of tables.values()) table.close()
  }
  const entries = entryReaders(maps, tables, selectors)
  const addToTree = treeReaders(maps, tree, selectors)
  const silent = { reject: () => {}, repair: () => {} }
  const side = (element: XmlElement) => {
    addToTree(element)
    for (const read of entries.elements.get(element.name) ?? []) read({ node: element, up: null })
  }
  try {
    for await (const records of feed.records({ ...silent, side }, signal)) {
      for (const { data } of records) for (const read of entries.records) read({ node: data, up: null })
      for (const table of tables.values()) await table.settle()
    }
    for (const table of tables.values()) await table.settle()
  } catch (error: unknown) {
    close()
    throw error
  }
  return { tree, valuesIn: (name, key) => tables.get(name)?.values(key) ?? [], close }
}

type EntryReader = (scope: Scope) => void

function entryReaders({ tables: maps = {} }: SideMaps, tables: ReadonlyMap<string, LookupTable>, selectors: Selectors) {
  const elements = new Map<string, EntryReader[]>()
  const records: EntryReader[] = []
  for (const [name, map] of Object.entries(maps)) {
    const when = map.when === undefined ? () => '' : compileField(map.when, selectors)
    const keyOf = compileText(map.key, selectors)
    const valuesAt = compileField(map.value, selectors)
    const read: EntryReader = (scope) => {
      if (when(scope) == null) return
      const key = keyOf(scope)
      if (key != null) for (const value of valuesOf(valuesAt(scope))) tables.get(name)?.add(key, value)
    }
    if (map.element === undefined) {
      records.push(read)
      continue
    }
    const element = map.element.slice(map.element.lastIndexOf('/') + 1)
    elements.set(element, [...(elements.get(element) ?? []), read])
  }
  return { elements, records }
}
