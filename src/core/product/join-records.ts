/**
 * A second file joined to a feed: the prices of a catalog whose texts come elsewhere, the combinations of products. It is
 * read first, to its end, and kept by key (on disk where it is large); then every product of the feed takes what is
 * its own. Neither file is ever in memory as a whole.
 */
import type { Feed, FeedEnd, FeedRecord, Reject } from '../feed/feed.js'
import { compileProduct } from './compile-product.js'
import { compileField, compileText, RecordProblem } from './field.js'
import { LookupTable } from './lookup-table.js'
import { noted, type RawProduct, type RawSink, scopeOf, withPricesOf } from './map-single.js'
import type { MapListener } from './mapping.js'
import type { CompileContext } from './offer.js'
import { type Scope, valuesOf } from './picked.js'
import { foldSku } from './product.js'
import type { JoinMap, ProductMap } from './product-map.js'
import { rawText } from './raw-record.js'
import { compileVariant, toVariantSet, type VariantDraft } from './variants.js'

export interface JoinOptions {
  readonly second: Feed
  readonly join: JoinMap & { readonly map: ProductMap; readonly key: NonNullable<JoinMap['key']> }
  /** Of the second file, and of the feed. */
  readonly context: CompileContext
  readonly feedContext: CompileContext
  readonly spillDir: string
  /** Records of the second file held in memory before a temporary database is used. */
  readonly inMemoryMax?: number
}

/** Whole records are larger than the entries of other tables. */
const inMemoryMaxDefault = 1_000

export interface Joined {
  /** How the second file ended. */
  readonly end: FeedEnd
  /** The product with what the second file says of it. */
  apply(raw: RawProduct, sink: RawSink): RawProduct
  close(): void
}

/** Reads the second file to its end. Throws as `Feed.records` does. */
export async function readJoined(
  options: JoinOptions,
  listener: MapListener,
  signal: AbortSignal | undefined,
): Promise<Joined> {
  const { second, join, context, feedContext, spillDir, inMemoryMax = inMemoryMaxDefault } = options
  const table = new LookupTable({ spillDir, inMemoryMax })
  const fold = join.to === undefined ? foldSku : (key: string) => key
  try {
    const end = await fill(table, options, fold, listener, signal)
    const to = join.to === undefined ? null : compileField(join.to, feedContext.selectors)
    const keysOf = ({ records, draft }: RawProduct): readonly string[] =>
      to === null ? [fold(draft.key)] : records.flatMap((record) => valuesOf(to(scopeOf(record))))
    const add = compileAddition(join.map, context)
    const apply = (raw: RawProduct, sink: RawSink): RawProduct => {
      const texts = new Set([...new Set(keysOf(raw))].flatMap((key) => table.values(key)))
      let joined = raw
      for (const text of texts) {
        const record = JSON.parse(text) as FeedRecord
        try {
          joined = add(joined, record, sink)
        } catch (error: unknown) {
          if (!(error instanceof RecordProblem)) throw error
          listener.reject(rejectOf(record, error, raw.draft.key, second))
        }
      }
      return joined
    }
    return { end, apply, close: () => table.close() }
  } catch (error: unknown) {
    table.close()
    throw error
  }
}

async function fill(
  table: LookupTable,
  { second, join, context }: JoinOptions,
  fold: (key: string) => string,
  listener: MapListener,
  signal: AbortSignal | undefined,
): Promise<FeedEnd> {
  const keyOf = compileText(join.key, context.selectors)
  const noKey = new RecordProblem('no_key', 'nothing tells which product this record of the second file belongs to')
  const records = second.records(listener, signal)
  for (;;) {
    const next = await records.next()
    if (next.done) return next.value
    for (const record of next.value) {
      const key = keyOf(scopeOf(record))
      if (key == null) listener.reject(rejectOf(record, noKey, '', second))
      else table.add(fold(key), JSON.stringify(record))
    }
    await table.settle()
  }
}

function rejectOf(record: FeedRecord, problem: RecordProblem, key: string, { shape }: Feed): Reject {
  return {
    position: record.position,
    code: problem.code,
    reason: problem.message,
    ...(problem.field === undefined ? {} : { field: problem.field }),
    ...(key === '' ? {} : { key }),
    raw: rawText(record.data, shape),
  }
}

type Addition = (raw: RawProduct, record: FeedRecord, sink: RawSink) => RawProduct

function compileAddition(map: ProductMap, context: CompileContext): Addition {
  const { variants } = map
  const overlay = compileOverlay(map, context)
  if (variants === undefined) return (raw, record) => overlay(raw, scopeOf(record))
  const { each } = variants
  if (each === undefined) {
    const read = compileVariant(variants, context, { imageBase: map.imageBase }, 'continuation')
    return (raw, record, sink) => {
      const scope = scopeOf(record)
      const filled = overlay(raw, scope)
      const variant = withPricesOf(filled.offer, read(scope, scope))
      return { ...filled, set: noted(toVariantSet([...filled.set.variants, variant]), sink) }
    }
  }
  const find = context.selectors.scopes(each)
  const read = compileVariant(variants, context, map, 'nested')
  return (raw, record) => {
    const scope = scopeOf(record)
    const filled = overlay(raw, scope)
    const said = find(scope).map((one) => read(one, scope))
    return { ...filled, set: toVariantSet(withSaid(filled.set.variants, said, filled.offer)) }
  }
}

/** Fields of the product take the place of what the feed said. */
function compileOverlay(map: ProductMap, context: CompileContext): (raw: RawProduct, scope: Scope) => RawProduct {
  const reader = compileProduct({ ...map, variants: undefined }, context, null)
  return (raw, scope) => {
    const { key: _key, options: _options, variants: _variants, name, ...fields } = reader.base(scope)
    const images = reader.images(scope)
    Object.assign(raw.draft, fields, name === '' ? {} : { name }, images === undefined ? {} : { images })
    const offer = {}
    reader.offer(scope, offer)
    Object.assign(raw.offer, offer)
    return raw
  }
}

/** Each variant with what was said of it: by key, or by id, the first to the first where several bear one. */
function withSaid(
  variants: readonly VariantDraft[],
  said: readonly VariantDraft[],
  product: RawProduct['offer'],
): readonly VariantDraft[] {
  const left = [...said]
  const take = (fits: (one: VariantDraft) => boolean): VariantDraft | undefined => {
    const at = left.findIndex(fits)
    return at < 0 ? undefined : left.splice(at, 1)[0]
  }
  const byKey = variants.map((variant) => take(({ key }) => key === variant.key))
  return variants.map((variant, index) => {
    const found = byKey[index] ?? take(({ id }) => id !== undefined && id === variant.id)
    if (found === undefined) return withPricesOf(product, { ...variant })
    const { key: _key, keyIsId: _keyIsId, pairs: _pairs, skuParts: _parts, id: _id, ...offer } = found
    return withPricesOf(product, { ...variant, ...offer })
  })
}
