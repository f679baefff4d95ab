/** Mappings made ready: preset, config and what the feed itself shows become one stream of products. */
import { WholesalerError } from '../errors.js'
import type { Feed, FeedEnd, FeedListener, FeedRecord, FeedShape } from '../feed/feed.js'
import { CategoryTree, treeReader } from './category-path.js'
import { choosePreset, noPreset } from './choose-preset.js'
import { detectFormats } from './detect-formats.js'
import { compileField } from './field.js'
import { compileFilter } from './filter.js'
import { digestOf } from './fingerprint.js'
import type { ProductRules } from './finish-product.js'
import { groupRecords, type RecordGroup } from './group-records.js'
import { compileMapping } from './map-records.js'
import type { RecordMapping } from './map-single.js'
import { MappedOutput } from './mapped-output.js'
import type { MapListener, MappedProduct, Mapper, WholesalerMapping } from './mapping.js'
import type { CompileContext } from './offer.js'
import { firstOf, type Scope, type Select, type Selectors } from './picked.js'
import type { FeedLook, Preset } from './presets/preset.js'
import { compilePriceRules, mergePriceRules } from './price.js'
import type { ProductMap } from './product-map.js'
import { resolveMap } from './resolve-map.js'
import { selectorsFor } from './selector.js'

/** Raised whenever the same mapping makes other products of the same feed: all feeds are then mapped anew. */
export const mapperVersion = 3

export interface MapperOptions {
  /** Folder for the temporary database of feeds whose records must be grouped. */
  readonly spillDir: string
  /** Records of groups held in memory before that database is used. */
  readonly inMemoryMax?: number
}

/**
 * Hash of all that shapes mapping and is known without the feed: config, `transform` source, mapper version. What
 * is found out (preset, columns, number format) follows from the feed's bytes.
 */
export function mappingDigest(mapping: WholesalerMapping): string {
  const { preset, map, transform, transformSource, price, include, exclude, stock, skuPrefix, variantImages } = mapping
  const hook = transformSource ?? transform?.toString()
  return digestOf([mapperVersion, { preset, map, hook, price, include, exclude, stock, skuPrefix, variantImages }])
}

/**
 * Makes a mapping ready for a feed; reads the feed's first records for that. Throws `config` when no preset fits,
 * when the feed lacks columns that the mapping names, and for rules that cannot be read.
 */
export async function createMapper(feed: Feed, mapping: WholesalerMapping, options: MapperOptions): Promise<Mapper> {
  const look: FeedLook = { shape: feed.shape, first: await firstRecords(feed) }
  const chosen = choosePreset(look, mapping.preset)
  const preset = chosen?.preset ?? null
  const map = resolveMap(look, preset, mapping.map)
  const rules = readConfig('rules', () => compileRules(mapping, preset))
  const formats = readConfig('map', () => detectFormats(map, look, preset?.namespaces))
  const job: MappingJob = { map, preset, rules, formatOf: formats, options }
  // Compiled once for nothing, so that broken paths and expressions end here and not amid the feed.
  readConfig('map', () => compileJob(job, feed.shape, silentSink))

  return {
    preset: preset?.name ?? noPreset,
    digest: digestOf([mappingDigest(mapping), preset?.name ?? noPreset]),
    products: (source, listener, signal) => mapFeed(job, source, listener, signal),
  }
}

/** Enough to see what the feed is. */
const firstRecordsMax = 200

/** Read again when the feed is mapped. */
async function firstRecords(feed: Feed): Promise<readonly FeedRecord[]> {
  const listener: FeedListener = { reject: () => {}, repair: () => {} }
  const chunks = feed.records(listener)
  const first: FeedRecord[] = []
  try {
    while (first.length < firstRecordsMax) {
      const next = await chunks.next()
      if (next.done) break
      first.push(...next.value)
    }
    return first.slice(0, firstRecordsMax)
  } finally {
    await chunks.return({ complete: false, records: 0 })
  }
}

function compileRules(mapping: WholesalerMapping, preset: Preset | null): ProductRules {
  const pricing = compilePriceRules(mergePriceRules(preset?.price, mapping.price))
  const filter = compileFilter({
    include: { ...preset?.include, ...mapping.include },
    exclude: { ...preset?.exclude, ...mapping.exclude },
    stock: { ...preset?.stock, ...mapping.stock },
  })
  return {
    pricing,
    filter,
    skuPrefix: mapping.skuPrefix ?? '',
    sharesVariantImages: mapping.variantImages === 'shared',
    transform: mapping.transform ?? null,
  }
}

/** Broken amounts, expressions and paths are mistakes of the config. */
function readConfig<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (error: unknown) {
    if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error
    throw new WholesalerError({
      kind: 'config',
      message: `the mapping's ${what} cannot be used: ${error.message}`,
      hint: 'Correct it in the config of this wholesaler.',
      cause: error,
    })
  }
}

/** What every pass over the feed needs. */
interface MappingJob {
  readonly map: ProductMap
  readonly preset: Preset | null
  readonly rules: ProductRules
  readonly formatOf: CompileContext['formatOf']
  readonly options: MapperOptions
}

interface CompiledJob {
  readonly selectors: Selectors
  readonly mapping: RecordMapping
  readonly tree: CategoryTree | null
  readonly onSide: FeedListener['side'] | undefined
  /** Whether a record needs a tree that was not seen yet. */
  readonly mustWait: (record: FeedRecord) => boolean
}

type NoteSink = (code: string, detail: string) => void
const silentSink: NoteSink = () => {}

function compileJob({ map, preset, formatOf }: MappingJob, shape: FeedShape, note: NoteSink): CompiledJob {
  const selectors = selectorsFor(shape, preset?.namespaces)
  const tree = preset?.tree === undefined ? null : new CategoryTree()
  const mapping = compileMapping(map, { selectors, formatOf, note }, tree)
  if (tree === null || preset?.tree === undefined) {
    return { mapping, selectors, tree, onSide: undefined, mustWait: () => false }
  }
  const ids = treeIds(map, selectors)
  return {
    mapping,
    selectors,
    tree,
    onSide: treeReader(preset.tree, tree, selectors),
    mustWait: (record) => tree.size === 0 && ids({ node: record.data, up: null }),
  }
}

/** Whether a record names a category of the tree. */
function treeIds({ categories }: ProductMap, selectors: CompileContext['selectors']): (scope: Scope) => boolean {
  if (typeof categories !== 'object' || !('tree' in categories) || categories.from === undefined) return () => false
  const paths = typeof categories.from === 'string' ? [categories.from] : categories.from
  const selects = paths.map((path) => selectors.text(path))
  return (scope) => selects.some((select) => firstOf(select(scope)) != null)
}

async function* mapFeed(
  job: MappingJob,
  feed: Feed,
  listener: MapListener,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly MappedProduct[], FeedEnd, void> {
  const output = new MappedOutput(job.rules, listener, feed.shape)
  const { mapping, selectors, tree, onSide, mustWait } = compileJob(job, feed.shape, output.note)
  output.keyOf = mapping.keyOf
  const feedListener: FeedListener = {
    reject: (reject) => listener.reject(reject),
    repair: (repair) => listener.repair(repair),
    ...(onSide === undefined ? {} : { side: onSide }),
  }
  const { unless } = job.map
  const records = feed.records(feedListener, signal)
  const chunks = unless === undefined ? records : without(records, compileField(unless, selectors), listener)
  if (mapping.namesOf === null && tree === null) return yield* mapEach(chunks, mapping, output)
  const { spillDir, inMemoryMax } = job.options
  const groups = groupRecords(chunks, {
    namesOf: mapping.namesOf ?? (() => []),
    mustWait,
    spillDir,
    onSurplus: output.surplus,
    ...(inMemoryMax === undefined ? {} : { inMemoryMax }),
  })
  return yield* mapGroups(groups, mapping, output)
}

/** Leaves out the records that have a value at `unless`. */
async function* without(
  chunks: AsyncGenerator<readonly FeedRecord[], FeedEnd, void>,
  unless: Select,
  listener: MapListener,
): AsyncGenerator<readonly FeedRecord[], FeedEnd, void> {
  try {
    for (;;) {
      const next = await chunks.next()
      if (next.done) return next.value
      yield next.value.filter(({ data }) => {
        const isLeftOut = unless({ node: data, up: null }) != null
        if (isLeftOut) listener.skip('unless')
        return !isLeftOut
      })
    }
  } finally {
    await chunks.return({ complete: false, records: 0 })
  }
}

/** Every record is a product. */
async function* mapEach(
  chunks: AsyncGenerator<readonly FeedRecord[], FeedEnd, void>,
  mapping: RecordMapping,
  output: MappedOutput,
): AsyncGenerator<readonly MappedProduct[], FeedEnd, void> {
  try {
    for (;;) {
      const next = await chunks.next()
      if (next.done) return next.value
      output.map(next.value, mapping)
      // An empty chunk too: rejects of many records in a row must not be held back.
      yield output.take()
    }
  } finally {
    await chunks.return({ complete: false, records: 0 })
  }
}

async function* mapGroups(
  chunks: AsyncGenerator<readonly RecordGroup[], FeedEnd, void>,
  mapping: RecordMapping,
  output: MappedOutput,
): AsyncGenerator<readonly MappedProduct[], FeedEnd, void> {
  try {
    for (;;) {
      const next = await chunks.next()
      if (next.done) return next.value
      for (const records of next.value) output.map(records, mapping)
      // An empty chunk too: rejects of many records in a row must not be held back.
      yield output.take()
    }
  } finally {
    await chunks.return({ complete: false, records: 0 })
  }
}
