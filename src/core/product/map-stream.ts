/** The passes over a feed that make products of it: side data, the second file, then record by record. */
import type { Feed, FeedEnd, FeedListener, FeedRecord, FeedShape } from '../feed/feed.js'
import { CategoryTree } from './category-path.js'
import { compileField } from './field.js'
import type { ProductRules } from './finish-product.js'
import { groupRecords } from './group-records.js'
import { type Joined, readJoined } from './join-records.js'
import { compileMapping } from './map-records.js'
import type { RecordMapping } from './map-single.js'
import { MappedOutput } from './mapped-output.js'
import type { MapListener, MappedProduct } from './mapping.js'
import type { CompileContext } from './offer.js'
import { firstOf, type Scope, type Select, type Selectors } from './picked.js'
import type { Preset } from './presets/preset.js'
import type { JoinMap, ProductMap } from './product-map.js'
import { selectorsFor } from './selector.js'
import { gatherSideData, type SideData, treeReaders } from './side-data.js'

export interface StreamOptions {
  /** Folder for temporary databases: of records that must be grouped, of tables, of a second file. */
  readonly spillDir: string
  /** Records held in memory before such a database is used. */
  readonly inMemoryMax?: number
}

/** A second file, and how it belongs to the feed. */
export interface SecondFeed {
  readonly feed: Feed
  readonly join: JoinMap &
    Required<Pick<JoinMap, 'key' | 'map'>> & { readonly key: NonNullable<JoinMap['key']>; readonly map: ProductMap }
  readonly formatOf: CompileContext['formatOf']
}

/** What every pass over the feed needs. */
export interface MappingJob {
  readonly map: ProductMap
  readonly preset: Preset | null
  readonly rules: ProductRules
  readonly formatOf: CompileContext['formatOf']
  readonly join: SecondFeed | null
  readonly options: StreamOptions
}

interface CompiledJob {
  readonly context: CompileContext
  readonly mapping: RecordMapping
  readonly tree: CategoryTree | null
  readonly onSide: FeedListener['side'] | undefined
  /** Whether a record needs a tree that was not seen yet. */
  readonly mustWait: (record: FeedRecord) => boolean
}

type NoteSink = (code: string, detail: string) => void

/** Throws for broken paths and expressions. */
export function checkJob(job: MappingJob, shape: FeedShape): void {
  compileJob(job, selectorsFor(shape, job.preset?.namespaces), () => {}, null)
}

function compileJob(
  { map, preset, formatOf }: MappingJob,
  selectors: Selectors,
  note: NoteSink,
  gathered: CategoryTree | null,
): CompiledJob {
  const context = { selectors, formatOf, note }
  const tree = gathered ?? (preset?.tree === undefined ? null : new CategoryTree())
  const mapping = compileMapping(map, context, tree)
  // A tree that was gathered is whole.
  if (tree === null || preset === null || gathered !== null) {
    return { context, mapping, tree: null, onSide: undefined, mustWait: () => false }
  }
  const ids = treeIds(map, selectors)
  return {
    context,
    mapping,
    tree,
    onSide: treeReaders(preset, tree, selectors),
    mustWait: (record) => tree.size === 0 && ids({ node: record.data, up: null }),
  }
}

/** Whether a record names a category of the tree. */
function treeIds({ categories }: ProductMap, selectors: Selectors): (scope: Scope) => boolean {
  if (typeof categories !== 'object' || !('tree' in categories) || categories.from === undefined) return () => false
  const paths = typeof categories.from === 'string' ? [categories.from] : categories.from
  const selects = paths.map((path) => selectors.text(path))
  return (scope) => selects.some((select) => firstOf(select(scope)) != null)
}

/** Streams the products of a feed; see `Mapper.products`. */
export async function* mapFeed(
  job: MappingJob,
  feed: Feed,
  listener: MapListener,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly MappedProduct[], FeedEnd, void> {
  const output = new MappedOutput(job.rules, listener, feed.shape)
  const selectors = selectorsFor(feed.shape, job.preset?.namespaces)
  const side = await sideDataOf(job, feed, selectors, signal)
  let joined: Joined | null = null
  try {
    const withTables = side === null ? selectors : { ...selectors, valuesIn: side.valuesIn }
    const compiled = compileJob(job, withTables, output.note, side?.tree ?? null)
    joined = await readSecond(job, compiled.context, listener, signal)
    output.keyOf = compiled.mapping.keyOf
    output.joined = joined
    const end = yield* mapRecords(job, compiled, feed, listener, output, signal)
    return joined === null || joined.end.complete ? end : { ...end, complete: false, ...problemOf(joined.end) }
  } finally {
    joined?.close()
    side?.close()
  }
}

function problemOf({ problem }: FeedEnd): { readonly problem?: string } {
  return problem === undefined ? {} : { problem }
}

async function sideDataOf(
  { preset, options }: MappingJob,
  feed: Feed,
  selectors: Selectors,
  signal: AbortSignal | undefined,
): Promise<SideData | null> {
  return preset?.tables === undefined ? null : gatherSideData(feed, preset, selectors, options, signal)
}

async function readSecond(
  { join: second, preset, options }: MappingJob,
  feedContext: CompileContext,
  listener: MapListener,
  signal: AbortSignal | undefined,
): Promise<Joined | null> {
  if (second === null) return null
  const { feed, join, formatOf } = second
  const selectors = selectorsFor(feed.shape, preset?.namespaces)
  const context: CompileContext = { selectors, formatOf, note: feedContext.note }
  return readJoined({ second: feed, join, context, feedContext, ...options }, listener, signal)
}

async function* mapRecords(
  { map, preset, options: { spillDir, inMemoryMax } }: MappingJob,
  { context, mapping, tree, onSide, mustWait }: CompiledJob,
  feed: Feed,
  listener: MapListener,
  output: MappedOutput,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly MappedProduct[], FeedEnd, void> {
  const feedListener: FeedListener = {
    reject: (reject) => listener.reject(reject),
    repair: (repair) => listener.repair(repair),
    ...(onSide === undefined ? {} : { side: onSide }),
  }
  // A record that is a product by itself is the same product whatever stands around it.
  const isAlone = mapping.namesOf === null && tree === null && preset?.tables === undefined && output.joined === null
  const { unless } = map
  const records = feed.records(
    isAlone && listener.blocks !== undefined ? { ...feedListener, blocks: listener.blocks } : feedListener,
    signal,
  )
  const chunks = unless === undefined ? records : without(records, compileField(unless, context.selectors), listener)
  if (mapping.namesOf === null && tree === null) {
    return yield* eachChunk(chunks, (records) => {
      // Every record is a product.
      output.map(records, mapping)
      return output.take()
    })
  }
  const groups = groupRecords(chunks, {
    namesOf: mapping.namesOf ?? (() => []),
    mustWait,
    spillDir,
    onSurplus: output.surplus,
    ...(inMemoryMax === undefined ? {} : { inMemoryMax }),
  })
  return yield* eachChunk(groups, (found) => {
    for (const records of found) output.map(records, mapping)
    return output.take()
  })
}

/** Leaves out the records that have a value at `unless`. */
function without(
  chunks: AsyncGenerator<readonly FeedRecord[], FeedEnd, void>,
  unless: Select,
  listener: MapListener,
): AsyncGenerator<readonly FeedRecord[], FeedEnd, void> {
  return eachChunk(chunks, (records) =>
    records.filter(({ data }) => {
      const isLeftOut = unless({ node: data, up: null }) != null
      if (isLeftOut) listener.skip('unless')
      return !isLeftOut
    }),
  )
}

/** What `make` makes of each chunk, also when that is empty: rejects of many records in a row must not be held back. */
async function* eachChunk<In, Out>(
  chunks: AsyncGenerator<In, FeedEnd, void>,
  make: (chunk: In) => Out,
): AsyncGenerator<Out, FeedEnd, void> {
  try {
    for (;;) {
      const next = await chunks.next()
      if (next.done) return next.value
      yield make(next.value)
    }
  } finally {
    await chunks.return({ complete: false, records: 0 })
  }
}
