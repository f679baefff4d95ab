/**
 * A feed: what a wholesaler publishes, read as a stream of raw records.
 *
 * In: bytes of a snapshot, in any supported packing, encoding and format. Out: records with their
 * position, in the order of the feed, in chunks, so that memory never grows with the feed. A feed
 * that ends early or is malformed throws a `WholesalerError` (`feed_malformed`) with its position,
 * after the complete records before it; it never ends quietly. Nothing is mapped here.
 */

import type { BlockListener } from './blocks.js'

export const feedFormats = ['csv', 'xml', 'json', 'ndjson'] as const
export type FeedFormat = (typeof feedFormats)[number]

export type Compression = 'none' | 'gzip' | 'zip'

/** Where a record stands in the decoded text of its feed. */
export interface RecordPosition {
  /** Counts raw records from 1. */
  readonly record: number
  /** Line on which the record begins, from 1; 0 when the format does not tell. */
  readonly line: number
}

/** One row of a CSV feed: the cells, in the order of `FeedShape.columns`. */
export type CsvRow = readonly string[]

/**
 * One XML element with all that is below it. `name` is the local name; `ns` the namespace URI ('' for
 * none). Attributes are keyed by their local name. Text is kept as written (entities resolved, CDATA
 * taken as text), in order with the child elements, so that inner markup can be restored.
 */
export interface XmlElement {
  readonly name: string
  readonly ns: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly (XmlElement | string)[]
}

/** An object of a JSON or NDJSON feed. Objects have no prototype, so `__proto__` is a plain key. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }
export type JsonRecord = { readonly [key: string]: JsonValue }

export type RecordData = CsvRow | XmlElement | JsonRecord

export interface FeedRecord<D extends RecordData = RecordData> {
  readonly data: D
  readonly position: RecordPosition
}

/** A record that could not be read or used, with the reason. Never stops a run. */
export interface Reject {
  readonly position: RecordPosition
  /** A stable word for machines, such as `surplus_cells`, `no_key`, `bad_number`. */
  readonly code: string
  /** The reason for people, one sentence. */
  readonly reason: string
  readonly field?: string
  readonly key?: string
  readonly sku?: string
  /** The record as read, cut to 4 KiB. */
  readonly raw?: string
}

/** Something that was set right without guessing at data, counted by code: `short_row`, `repeated_key`. */
export interface Repair {
  readonly position: RecordPosition
  readonly code: string
  readonly detail: string
}

/** What finding out about a feed gave; everything here can be said instead (config, flags). */
export interface FeedShape {
  readonly format: FeedFormat
  readonly compression: Compression
  /** Member of the archive that was read, for zip. */
  readonly member?: string
  /** Encoding the text was read in, lower case: `utf-8`, `windows-1251`, `utf-16le`. */
  readonly encoding: string
  /** Encoding that the feed itself declares (BOM, XML declaration), when it does. */
  readonly declaredEncoding?: string
  /** CSV only. */
  readonly dialect?: CsvDialect
  /** CSV only: header cells as written, trimmed; unnamed ones are `column 7`. */
  readonly columns?: readonly string[]
  /** XML and JSON: path of the repeated record from the root, `offers/o`; for JSON '' is the root array. */
  readonly recordPath?: string
  /** XML only: local name of the root element and its attributes. */
  readonly root?: { readonly name: string; readonly attributes: Readonly<Record<string, string>> }
  /** XML only: namespace URIs in use, by the prefix first seen for them. */
  readonly namespaces?: Readonly<Record<string, string>>
}

export interface CsvDialect {
  readonly delimiter: string
  readonly quote: string
  readonly bom: boolean
  /** The most frequent line end. */
  readonly newline: '\n' | '\r\n' | '\r'
}

/** What may be said about a feed instead of being found out. */
export interface FeedHints {
  readonly format?: FeedFormat
  readonly encoding?: string
  readonly delimiter?: string
  readonly quote?: string
  /** Member of a zip archive to read; `*` is allowed in it. Default: the only file that looks like a feed. */
  readonly member?: string
  /** Element (XML) or array (JSON) that is one record: a name (`offer`) or a path (`shop/offers/offer`). */
  readonly record?: string
  /** Elements to hand out beside records, for dictionaries such as category trees: names or paths. */
  readonly side?: readonly string[]
  /** Repair what can be repaired without guessing at data, and read on to the last complete record. */
  readonly lenient?: boolean
  /** CSV and NDJSON: earlier snapshots ended with a line end, so a last record without one was cut: a reject. */
  readonly mustEndLine?: boolean
}

/** What a reader says beside the records, as it goes. Called synchronously, in the order of the feed. */
export interface FeedListener {
  reject(reject: Reject): void
  repair(repair: Repair): void
  /** An element named by `FeedHints.side`, as it is closed. */
  side?(element: XmlElement): void
  /** Blocks of records that come again are passed over, where the format allows it. */
  readonly blocks?: BlockListener
}

/** A feed that was opened: its shape is known, its records are yet to be read. */
export interface Feed {
  readonly shape: FeedShape
  /**
   * Streams all records in chunks of some dozens. Can be called again: each call reads from the start.
   * Strict: throws `feed_malformed` with the position. Lenient: ends early instead of throwing, and
   * returns `complete: false` when the end of the document was not seen.
   */
  records(listener: FeedListener, signal?: AbortSignal): AsyncGenerator<readonly FeedRecord[], FeedEnd, void>
}

export interface FeedEnd {
  /** The end of the document was seen: only then may a product count as missing. */
  readonly complete: boolean
  /** Raw records met, rejected ones included. */
  readonly records: number
  /** Why it is not complete, for people. */
  readonly problem?: string
  /** CSV and NDJSON: whether the text ended with a line end. The next fetch's `FeedHints.mustEndLine`. */
  readonly endsWithLineEnd?: boolean
}
