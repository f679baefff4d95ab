/** Mappings made ready: preset, config and what the feed itself shows become one stream of products. */

import { WholesalerError } from '../errors.js'
import type { Feed, FeedListener, FeedRecord, FeedShape } from '../feed/feed.js'
import { choosePreset, fittingPresets, noPreset } from './choose-preset.js'
import { detectFormats, formatNames } from './detect-formats.js'
import { compileFilter } from './filter.js'
import { digestOf } from './fingerprint.js'
import type { ProductRules } from './finish-product.js'
import { checkJob, type MappingJob, mapFeed, type SecondFeed, type StreamOptions } from './map-stream.js'
import type { Mapper, WholesalerMapping } from './mapping.js'
import { mappingDigest } from './mapping-digest.js'
import type { FeedLook, Preset } from './presets/preset.js'
import { compilePriceRules, mergePriceRules } from './price.js'
import type { JoinMap, ProductMap } from './product-map.js'
import { readFields } from './read-fields.js'
import { checkColumns, resolveMap } from './resolve-map.js'

export interface MapperOptions extends StreamOptions {
  /** The second file of the wholesaler, opened. */
  readonly second?: Feed
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
  const { second } = options
  const join = second === undefined ? null : await resolveJoin(look, second, { preset, said: mapping.join })
  const job: MappingJob = { map, preset, rules, formatOf: formats, join, options }
  // Compiled once for nothing, so that broken paths and expressions end here and not amid the feed.
  readConfig('map', () => checkJob(job, feed.shape))

  return {
    preset: preset?.name ?? noPreset,
    presetReason: chosen?.reason ?? 'none fits',
    otherPresets: fittingPresets(look).filter((name) => name !== preset?.name),
    fields: readConfig('map', () => readFields(map, look, preset?.namespaces)),
    digest: digestOf([mappingDigest(mapping), preset?.name ?? noPreset]),
    reading: digestOf([shapeOfReading(feed.shape), preset?.name ?? noPreset, map, formatNames(map, formats)]),
    products: (source, listener, signal) => mapFeed(job, source, listener, signal),
  }
}

/**
 * What of the shape tells how records are read: not how the feed is packed, nor the attributes of its root, which often say
 * when it was made. No path of a mapping leads there, and the preset that they may have chosen is told apart.
 */
function shapeOfReading({ compression: _compression, member: _member, root, ...shape }: FeedShape) {
  return { ...shape, root: root?.name }
}

/**
 * How the second file belongs to the feed: as the config says, for the rest as the preset knows. Throws `config` when
 * neither does.
 */
async function resolveJoin(
  look: FeedLook,
  second: Feed,
  { preset, said = {} }: { readonly preset: Preset | null; readonly said: JoinMap | undefined },
): Promise<SecondFeed> {
  const secondLook: FeedLook = { shape: second.shape, first: await firstRecords(second) }
  const known = typeof preset?.join === 'function' ? preset.join(secondLook, look) : (preset?.join ?? {})
  const { key = known.key, to = known.to, map = known.map } = said
  if (key === undefined || map === undefined) {
    throw new WholesalerError({
      kind: 'config',
      message: `nothing tells how the second file belongs to the feed: join has no ${key === undefined ? 'key' : 'map'}`,
      hint: "Say it in the config: join: { feed: '…', key: 'Code', map: { stock: 'Qty' } }.",
      place: { field: 'join' },
    })
  }
  checkColumns(secondLook, { key, ...map } as ProductMap, 'join.map')
  const formatOf = readConfig('join', () => detectFormats(map, secondLook, preset?.namespaces))
  return { feed: second, join: { key, to, map }, formatOf }
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
