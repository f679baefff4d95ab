/** The long part of staging: a feed's products, chunk by chunk, into the ledger, counted on the way. */
import type { BlockMark } from './block-marks.js'
import type { ChunkBlock } from './chunk-builder.js'
import type { FeedEnd, Reject, Repair } from './feed/feed.js'
import type { ReplacedRow, StagedChunk, Staging, WrittenChunk } from './ledger/ledger.js'
import type { MappedFeed } from './map-feed.js'
import type { MarkWriter } from './mark-writer.js'
import { sealed } from './product/fingerprint.js'
import type { StageOptions, StagePorts } from './stage-feed.js'
import type { Wholesaler } from './wholesaler.js'

export interface StageCount {
  end: FeedEnd
  products: number
  variants: number
  images: number
  rejects: number
  repairs: number
  skipped: number
  currency: string | null
  readonly figures: { withImage: number; inStock: number }
}

/** Where products are staged, and who remembers their blocks; null: nobody. */
export interface StageTarget {
  readonly staging: Staging
  readonly marks: MarkWriter | null
  /** Rows that were read may be those of the snapshot that the staging stands on, and are then kept. */
  readonly mayBeSame: boolean
}

/** Takes the whole feed and writes it to the staging, chunk by chunk. */
export async function stageProducts(
  wholesaler: Wholesaler,
  feed: MappedFeed,
  target: StageTarget,
  ports: StagePorts,
  options: StageOptions,
): Promise<StageCount> {
  const { staging, marks } = target
  const count: StageCount = {
    end: { complete: false, records: 0 },
    products: 0,
    variants: 0,
    images: 0,
    rejects: 0,
    repairs: 0,
    skipped: 0,
    currency: null,
    figures: { withImage: 0, inStock: 0 },
  }
  const noteRepair = (repair: Repair) => {
    count.repairs += 1
    ports.onRepair?.(repair)
  }
  ports.progress.emit(stageStep(wholesaler, 'stage', 'started'))
  const chunks = feed.chunks(options.signal)
  try {
    for (;;) {
      const next = await chunks.next()
      if (next.done) {
        marks?.end()
        return { ...count, end: next.value }
      }
      const { cut, currency, rejects, repairs, skipped, figures, blocks } = next.value
      for (const reject of rejects) noteReject(wholesaler.name, reject, ports)
      await staging.noteRejected(rejects.flatMap(({ key }) => (key === undefined ? [] : [key])))
      for (const repair of repairs) noteRepair(repair)
      count.rejects += rejects.length
      count.skipped += skipped
      count.currency ??= currency
      count.figures.withImage += figures.withImage
      count.figures.inStock += figures.inStock
      const staged = sealed(cut)
      await options.onProducts?.(staged)
      for (const part of partsOf(staged, blocks)) {
        const replaced = await stagePart(part, target, count)
        addRows(count, replaced, -1)
        for (const row of replaced) noteRepair(repeatedKey(row))
      }
      ports.progress.emit(stageStep(wholesaler, 'stage', 'progress', count.products))
      options.signal.throwIfAborted()
    }
  } finally {
    await chunks.return({ complete: false, records: 0 })
  }
}

/** Products that were read, with the blocks that they make; or a block that is kept. */
type Part =
  | { readonly type: 'read'; readonly chunk: StagedChunk; readonly blocks: readonly ReadBlock[] }
  | { readonly type: 'kept'; readonly mark: BlockMark }
type ReadBlock = Extract<ChunkBlock, { type: 'read' }>

/** A chunk in its order: what was read between two kept blocks is written at once. */
function* partsOf(chunk: StagedChunk, blocks: readonly ChunkBlock[]): Generator<Part, void, void> {
  const cut = cutter(chunk)
  let first = 0
  let read: ReadBlock[] = []
  for (const block of blocks) {
    if (block.type === 'read') {
      read.push(block)
      continue
    }
    if (read.length > 0) {
      const count = read.reduce((sum, { rows }) => sum + rows, 0)
      yield { type: 'read', chunk: cut(count), blocks: read }
      first += count
      read = []
    }
    yield block
  }
  // Blocks without a row are to be remembered as well: rules leave all of their products out.
  const left = chunk.rows.length - first
  if (left > 0 || read.length > 0) yield { type: 'read', chunk: first === 0 ? chunk : cut(left), blocks: read }
}

/** Cuts a chunk, from its beginning on: each call gives the next so many rows with their bodies. */
function cutter({ rows, bodies }: StagedChunk): (count: number) => StagedChunk {
  let first = 0
  let at = 0
  return (count) => {
    const some = rows.slice(first, first + count)
    const end = some.reduce((sum, row) => sum + row.bytes, at)
    const chunk = { rows: some, bodies: bodies.subarray(at, end) }
    first += count
    at = end
    return chunk
  }
}

/** Returns rows whose keys came again. */
async function stagePart(part: Part, { staging, marks, mayBeSame }: StageTarget, count: StageCount) {
  if (part.type === 'kept') {
    const { mark } = part
    addKept(count, mark)
    const replaced = await staging.keep(mark.rows)
    marks?.kept(mark)
    if (replaced.length > 0) marks?.shared(mark.rows)
    return replaced
  }
  const { rows } = part.chunk
  addRows(count, rows, 1)
  const { ids, replaced } = await (mayBeSame ? writeChanged(part.chunk, staging) : staging.write(part.chunk))
  let first = 0
  for (const { rows: length, mark } of part.blocks) {
    const end = first + length
    if (mark !== null) marks?.read(mark, rows.slice(first, end), ids.slice(first, end))
    first = end
  }
  if (replaced.length > 0) marks?.shared(ids)
  return replaced
}

/**
 * Writes the rows that differ from those of the snapshot before, and keeps the others: a change makes the whole block that
 * it stands in be read again, and most of its rows are as they were.
 */
async function writeChanged(chunk: StagedChunk, staging: Staging): Promise<WrittenChunk> {
  const same = await staging.findSame(chunk.rows)
  const cut = cutter(chunk)
  const ids: number[] = []
  const replaced: ReplacedRow[] = []
  for (let first = 0; first < same.length; ) {
    const isSame = same[first] !== null
    let end = first
    while (end < same.length && (same[end] !== null) === isSame) end += 1
    const run = cut(end - first)
    if (isSame) {
      const known = same.slice(first, end).filter((id) => id !== null)
      ids.push(...known)
      replaced.push(...(await staging.keep(known)))
    } else {
      const written = await staging.write(run)
      ids.push(...written.ids)
      replaced.push(...written.replaced)
    }
    first = end
  }
  return { ids, replaced }
}

function addKept(count: StageCount, mark: BlockMark): void {
  count.products += mark.rows.length
  count.variants += mark.variants
  count.images += mark.images
  count.skipped += mark.skipped
  count.figures.withImage += mark.withImage
  count.figures.inStock += mark.inStock
}

function addRows(count: StageCount, rows: readonly ReplacedRow[], sign: 1 | -1): void {
  count.products += sign * rows.length
  for (const { variants, images_wanted: images } of rows) {
    count.variants += sign * variants
    count.images += sign * images
  }
}

function noteReject(wholesaler: string, reject: Reject, ports: StagePorts): void {
  ports.onReject(wholesaler, reject)
  const { position, code, reason, key, sku } = reject
  ports.progress.emit({
    type: 'reject',
    wholesaler,
    line: position.line,
    record: position.record,
    code,
    reason,
    ...(key === undefined ? {} : { key }),
    ...(sku === undefined ? {} : { sku }),
  })
}

function repeatedKey({ key, line }: ReplacedRow): Repair {
  const detail = `the key ${key} comes again later; the last one wins`
  return { position: { record: 0, line }, code: 'repeated_key', detail }
}

/** A step of staging, as it is told. */
export function stageStep(
  { name }: Wholesaler,
  stepName: 'fetch' | 'stage',
  state: 'started' | 'progress' | 'done' | 'skipped' | 'failed',
  done = 0,
) {
  return { type: 'step', wholesaler: name, step: stepName, state, done, total: null } as const
}
