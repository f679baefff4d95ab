/** A preset: what is known of a feed format, as plain data, and how such a feed is recognised. */
import type { CsvRow, FeedRecord, FeedShape, XmlElement } from '../../feed/feed.js'
import type { CategoryTreeMap } from '../category-path.js'
import type { FilterRules, StockRules } from '../filter.js'
import type { PriceRules } from '../price.js'
import type { JoinMap, PairSource, ProductMap } from '../product-map.js'
import type { TableMap } from '../side-data.js'

export type PairSourceList = readonly PairSource[]

/** What can be seen of a feed before it is mapped: its shape and its first records. */
export interface FeedLook {
  readonly shape: FeedShape
  readonly first: readonly FeedRecord[]
}

export interface Preset {
  readonly name: string
  /** Why this feed is taken for one of this format, for people; null when it is not. */
  readonly fits: (look: FeedLook) => string | null
  readonly map: ProductMap | ((look: FeedLook) => ProductMap)
  /** URIs of the prefixes in XML paths. */
  readonly namespaces?: Readonly<Record<string, string>>
  /** A category tree beside the records, or several. */
  readonly tree?: CategoryTreeMap | readonly CategoryTreeMap[]
  /** What is looked up by `table` in a rule. The feed is read once more for them, before it is mapped. */
  readonly tables?: Readonly<Record<string, TableMap>>
  /** A word at the beginning of every such feed, without which nobody looks for tree and tables. */
  readonly mark?: string
  /** How a second file is joined to a feed of this format. */
  readonly join?: JoinMap | ((second: FeedLook, feed: FeedLook) => JoinMap)
  readonly price?: PriceRules
  readonly include?: FilterRules
  readonly exclude?: FilterRules
  readonly stock?: StockRules
}

/** Whether all of these columns are in the header, in any case. */
export function hasColumns({ shape }: FeedLook, ...names: readonly string[]): boolean {
  if (shape.format !== 'csv') return false
  const columns = new Set((shape.columns ?? []).map((column) => column.toLowerCase().trim()))
  return names.every((name) => columns.has(name.toLowerCase()))
}

/** The cells of a column in the first records, trimmed; none when the feed has no such column. */
export function cellsOf({ shape, first }: FeedLook, name: string): readonly string[] {
  const index = (shape.columns ?? []).findIndex((column) => column.toLowerCase() === name.toLowerCase())
  return index < 0 ? [] : first.map(({ data }) => (data as CsvRow)[index]?.trim() ?? '')
}

/** Whether the first record of a JSON feed has all of these keys. */
export function hasKeys({ shape, first }: FeedLook, ...names: readonly string[]): boolean {
  const data = first[0]?.data
  if ((shape.format !== 'json' && shape.format !== 'ndjson') || data === undefined) return false
  return names.every((name) => Object.hasOwn(data, name))
}

/** The first record of an XML feed; null for another format. */
export function firstElement({ shape, first }: FeedLook): XmlElement | null {
  const data = first[0]?.data
  return shape.format === 'xml' && data !== undefined ? (data as XmlElement) : null
}

/** Whether an element has a child of one of these local names. */
export function hasChild(element: XmlElement, ...names: readonly string[]): boolean {
  return element.children.some((child) => typeof child !== 'string' && names.includes(child.name))
}

/** Local names of all child elements. */
export function childNames({ children }: XmlElement): ReadonlySet<string> {
  return new Set(children.flatMap((child) => (typeof child === 'string' ? [] : [child.name])))
}

/** Whether one of the first records has a child of one of these names. */
export function someHasChild({ shape, first }: FeedLook, ...names: readonly string[]): boolean {
  return shape.format === 'xml' && first.some(({ data }) => hasChild(data as XmlElement, ...names))
}
