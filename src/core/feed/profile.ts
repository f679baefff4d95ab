/** What is in the columns, elements or keys of a feed: how many records fill them, with what, for example. */
import type { Feed, FeedRecord, FeedShape, JsonValue, XmlElement } from './feed.js'

export const columnKinds = ['empty', 'number', 'yes/no', 'url', 'html', 'text'] as const
export type ColumnKind = (typeof columnKinds)[number]

/** A column (CSV), or a path of elements, attributes (`@id`) or keys in a record. */
export interface ColumnProfile {
  readonly path: string
  /** Records that have a value there. */
  readonly filled: number
  /** Values in all; more than `filled` where they repeat in a record. */
  readonly values: number
  readonly kind: ColumnKind
  /** Some different values, cut. */
  readonly examples: readonly string[]
}

export interface FeedProfile {
  readonly records: number
  readonly columns: readonly ColumnProfile[]
  /** There were more of them than are told apart. */
  readonly isCut: boolean
}

/** Names that data makes up could be without end: memory stays flat. */
const columnsMax = 500
const examplesMax = 3
const exampleLengthMax = 80
/** Deeper than this, names are told no more. */
const depthMax = 5
/** A column is of the kind that this share of its values is of. */
const kindShare = 0.95

interface Column {
  filled: number
  values: number
  lastRecord: number
  readonly kinds: Map<ColumnKind, number>
  readonly examples: string[]
}

/** Streams the feed once. Throws as `Feed.records` does; what came before is then lost. */
export async function profileFeed(feed: Feed, signal: AbortSignal): Promise<FeedProfile> {
  const columns = new Map<string, Column>()
  for (const name of feed.shape.columns ?? []) columns.set(name, newColumn())
  let records = 0
  let isCut = false
  const note = (path: string, value: string): void => {
    let column = columns.get(path)
    if (column === undefined) {
      if (columns.size >= columnsMax) {
        isCut = true
        return
      }
      column = newColumn()
      columns.set(path, column)
    }
    noteValue(column, value.trim(), records)
  }
  for await (const chunk of feed.records({ reject: () => {}, repair: () => {} }, signal)) {
    for (const record of chunk) {
      records += 1
      noteRecord(record, feed.shape, note)
    }
    signal.throwIfAborted()
  }
  return { records, isCut, columns: [...columns].map(([path, column]) => toProfile(path, column)) }
}

function newColumn(): Column {
  return { filled: 0, values: 0, lastRecord: 0, kinds: new Map(), examples: [] }
}

type Note = (path: string, value: string) => void

function noteRecord({ data }: FeedRecord, { format, columns = [] }: FeedShape, note: Note): void {
  if (format === 'csv') {
    for (const [index, cell] of (data as readonly string[]).entries()) note(columns[index] ?? '', cell)
  } else if (format === 'xml') noteElement(data as XmlElement, '', 0, note)
  else noteJson(data as JsonValue, '', 0, note)
}

function noteElement({ attributes, children }: XmlElement, path: string, depth: number, note: Note): void {
  const below = (name: string) => (path === '' ? name : `${path}/${name}`)
  for (const [name, value] of Object.entries(attributes)) note(below(`@${name}`), value)
  const elements = children.filter((child) => typeof child !== 'string')
  // Markup inside of text belongs to the text.
  const text = children.filter((child) => typeof child === 'string').join(' ')
  if (path !== '' && (elements.length === 0 || text.trim() !== '')) note(path, text)
  if (depth >= depthMax || (path !== '' && text.trim() !== '')) return
  for (const element of elements) noteElement(element, below(element.name), depth + 1, note)
}

function noteJson(value: JsonValue, path: string, depth: number, note: Note): void {
  if (Array.isArray(value)) {
    for (const item of value) noteJson(item, path, depth, note)
    return
  }
  if (typeof value === 'object' && value !== null) {
    if (depth >= depthMax) return
    for (const [key, inner] of Object.entries(value))
      noteJson(inner, path === '' ? key : `${path}/${key}`, depth + 1, note)
    return
  }
  note(path, value === null ? '' : String(value))
}

function noteValue(column: Column, value: string, record: number): void {
  if (value === '') return
  if (column.lastRecord !== record) column.filled += 1
  column.lastRecord = record
  column.values += 1
  const kind = kindOf(value)
  column.kinds.set(kind, (column.kinds.get(kind) ?? 0) + 1)
  if (column.examples.length >= examplesMax) return
  const example = value.length > exampleLengthMax ? `${value.slice(0, exampleLengthMax - 1)}…` : value
  if (!column.examples.includes(example)) column.examples.push(example)
}

/** Longest text whose beginning is looked at for its kind. */
const lookedAtMax = 200

function kindOf(value: string): ColumnKind {
  const text = value.slice(0, lookedAtMax)
  if (/^[-+]?\d[\d\s.,' ]*(\s?([A-Z]{3}|[€$£¥]|zł|Kč))?$/.test(text)) return 'number'
  if (/^https?:\/\//i.test(text)) return 'url'
  if (/^(yes|no|true|false|ja|nein|tak|nie|ano|oui|non|y|n)$/i.test(text)) return 'yes/no'
  if (/<[a-z][a-z0-9]*(\s[^<>]*)?\/?>/i.test(text)) return 'html'
  return 'text'
}

function toProfile(path: string, { filled, values, kinds, examples }: Column): ColumnProfile {
  const [most = 'empty', count = 0] = [...kinds].sort(([, a], [, b]) => b - a)[0] ?? []
  const kind = values === 0 ? 'empty' : count >= values * kindShare ? most : kinds.has('html') ? 'html' : 'text'
  return { path, filled, values, kind, examples }
}
