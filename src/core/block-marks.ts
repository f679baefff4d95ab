/**
 * Marks: what a staging remembers of its feed's blocks, so that the next one keeps the rows of those that come again
 * without reading them. One line of JSON per block, in the order of the feed, between a line that says how the feed was
 * read and one that says which rows are not to be trusted; a hash of it all ends them.
 */
import { createHash, type Hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type BlockFindings, type PackedFindings, packFindings, unpackFindings } from './block-findings.js'
import type { KnownBlocks, RecordBlock } from './feed/blocks.js'
import { packageVersion } from './package-files.js'

/** Raised when marks of before cannot be used any more. */
const marksVersion = 3

/** What the products of a block add up to. */
export interface BlockSums {
  readonly variants: number
  readonly images: number
  readonly withImage: number
  readonly inStock: number
  /** Products that rules leave out. */
  readonly skipped: number
  /** Currency of the first product that names one. */
  readonly currency: string | null
}

/** A block that can be kept; without a hash, it is only remembered for its length. */
export interface BlockMark extends RecordBlock, BlockSums {
  /** Ids of the rows that its products have in the ledger. */
  readonly rows: readonly number[]
  /** Null for most: nothing was found. */
  readonly findings: BlockFindings | null
}

type Line = [
  start: string,
  hash: string,
  bytes: number,
  lines: number,
  records: number,
  runs: number[],
  variants: number,
  images: number,
  withImage: number,
  inStock: number,
  skipped: number,
  currency: string | null,
  findings: PackedFindings | null,
]

/**
 * `reading` is a digest of how the feed was read: with another, the same bytes give other products. So they may with another
 * release, which corrected how something is read.
 */
export function marksHead(reading: string): string {
  return `${JSON.stringify([marksVersion, packageVersion(), reading])}\n`
}

export function markLine(mark: BlockMark): string {
  const { start, hash, bytes, lines, records, rows, variants, images, withImage, inStock, skipped, currency } = mark
  const { findings } = mark
  const line: Line = [
    start,
    hash,
    bytes,
    lines,
    records,
    runsOf(rows),
    variants,
    images,
    withImage,
    inStock,
    skipped,
    currency,
    findings === null ? null : packFindings(findings),
  ]
  return `${asciiJson(line)}\n`
}

/** Marks are read as one byte a character. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\0-\x7f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Ends the blocks. Rows that several records of the feed gave, one after the other, are none of any block's. */
export function marksTail(shared: Iterable<number>): string {
  return `${JSON.stringify([...shared])}\n`
}

/** A hash of all lines is the last one: a wrong id in marks that were damaged would keep what the feed does not have. */
export function marksHash(): Hash {
  return createHash('sha256')
}

export function marksSeal(hash: Hash): string {
  return `${hash.digest('base64url')}\n`
}

/** First ids and lengths of runs, one after the other: rows of a block mostly follow each other. */
function runsOf(rows: readonly number[]): number[] {
  const runs: number[] = []
  let next = Number.NaN
  for (const id of rows) {
    if (id === next) (runs[runs.length - 1] as number) += 1
    else runs.push(id, 1)
    next = id + 1
  }
  return runs
}

function rowsOf(runs: readonly number[]): number[] {
  const rows: number[] = []
  for (let at = 0; at < runs.length; at += 2) {
    const first = runs[at] ?? 0
    for (let count = 0; count < (runs[at + 1] ?? 0); count += 1) rows.push(first + count)
  }
  return rows
}

/** The marks of an earlier staging. */
export interface KnownMarks extends KnownBlocks {
  at(index: number): BlockMark | undefined
}

/** Reads marks; null when there are none that can be used for a feed that is read so. Some 150 bytes of memory a block. */
export function readMarks(path: string, reading: string): KnownMarks | null {
  const marks = readLines(path, reading)
  if (marks === null) return null
  const { blocks, shared } = marks
  const byStart = new Map(blocks.map((line, index) => [startOfLine(line), index]))
  return {
    at: (index) => {
      const line = blocks[index]
      const mark = line === undefined ? undefined : parseLine(line)
      return mark?.rows.some((id) => shared.has(id)) === true ? { ...mark, hash: '' } : mark
    },
    find: (start) => byStart.get(start),
  }
}

interface MarkLines {
  /** A line for each block. */
  readonly blocks: readonly string[]
  readonly shared: ReadonlySet<number>
}

/** Null when they are not whole, or of another reading. */
function readLines(path: string, reading: string): MarkLines | null {
  try {
    const bytes = readFileSync(path)
    const head = marksHead(reading)
    if (bytes.toString('latin1', 0, head.length) !== head) return null
    const sealAt = bytes.lastIndexOf('\n', -2) + 1
    if (bytes.toString('latin1', sealAt) !== marksSeal(marksHash().update(bytes.subarray(0, sealAt)))) return null
    const lines = bytes.toString('latin1', head.length, sealAt).split('\n')
    return { blocks: lines.slice(0, -2), shared: new Set(JSON.parse(lines.at(-2) ?? '') as number[]) }
  } catch {
    // Whatever is wrong with it: the feed is read whole, and nothing is lost but time.
    return null
  }
}

function startOfLine(line: string): string {
  return line.slice('["'.length, line.indexOf('"', '["'.length))
}

function parseLine(line: string): BlockMark {
  const [start, hash, bytes, lines, records, runs, variants, images, withImage, inStock, skipped, currency, found] =
    JSON.parse(line) as Line
  const rows = rowsOf(runs)
  const findings = found === null ? null : unpackFindings(found)
  return { start, hash, bytes, lines, records, rows, variants, images, withImage, inStock, skipped, currency, findings }
}
