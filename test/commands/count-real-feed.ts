/**
 * Counts what is in a real feed apart from the importer: by csv-parse over the whole text, by JSON.parse, or by
 * plain patterns over XML whose writer is known.
 */
import { readFile } from 'node:fs/promises'
import { gunzipSync, inflateRawSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'

export interface FeedCount {
  readonly records: number
  readonly products: number
  readonly variants: number
  readonly images: number
  /** Number of rejects by code. */
  readonly rejects: Readonly<Record<string, number>>
}

/** One raw record: the product it belongs to, what it shows, and whether it is a variant of that product. */
export interface CountedRecord {
  readonly key: string
  readonly images: readonly string[]
  readonly isVariant?: boolean
  /** Code of the reject it must become. */
  readonly reject?: string
}

type Row = Readonly<Record<string, string>>

/** Records of ungrouped feeds: of a repeated key the last one counts. */
export function countSingle(records: readonly CountedRecord[]): FeedCount {
  const last = new Map(records.filter(({ reject }) => reject === undefined).map((record) => [record.key, record]))
  return countGrouped([...last.values()], records)
}

/** Records that make up products with others of the same key; an image is counted once per product. */
export function countGrouped(records: readonly CountedRecord[], raw = records): FeedCount {
  const imagesOf = new Map<string, Set<string>>()
  for (const { key, images } of records) {
    const known = imagesOf.get(key) ?? new Set()
    imagesOf.set(key, new Set([...known, ...images.filter((image) => image !== '')]))
  }
  const rejects: Record<string, number> = {}
  for (const { reject } of raw) if (reject !== undefined) rejects[reject] = (rejects[reject] ?? 0) + 1
  return {
    records: raw.length,
    products: imagesOf.size,
    variants: records.filter(({ isVariant }) => isVariant === true).length,
    images: [...imagesOf.values()].reduce((sum, { size }) => sum + size, 0),
    rejects,
  }
}

export async function textOf(file: string, encoding = 'utf-8'): Promise<string> {
  return new TextDecoder(encoding, { fatal: true }).decode(unpacked(file, await readFile(file)))
}

/** The bytes of a feed, by the name of its file: of gzip, of the first member of zip, or as they are. */
export function unpacked(file: string, bytes: Buffer): Buffer {
  if (file.endsWith('.zip')) return firstMember(bytes)
  return file.endsWith('.gz') ? gunzipSync(bytes) : bytes
}

export function csvRows(text: string, delimiter = ','): readonly Row[] {
  return parse<Row>(text, { columns: true, bom: true, delimiter })
}

export function jsonLines(text: string): readonly Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** Elements of this name, each with all that is in it; an element never contains another of its name. */
export function elements(xml: string, name: string): readonly string[] {
  return xml.match(new RegExp(`<${name}[\\s>].*?</${name}>`, 'gs')) ?? []
}

/** Texts of all elements of this name, as they are written. */
export function texts(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map(([, text = '']) => text)
}

/** Values of this attribute of all elements of this name. */
export function attributes(xml: string, element: string, attribute: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${element} [^>]*?\\b${attribute}="([^"]*)"`, 'g'))].map(
    ([, value = '']) => value,
  )
}

/** Bytes of the first, deflated member of a zip archive. */
function firstMember(zip: Buffer): Buffer {
  const start = 30 + zip.readUInt16LE(26) + zip.readUInt16LE(28)
  return inflateRawSync(zip.subarray(start))
}
