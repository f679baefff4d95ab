/** Products whose variants are records of their own that name them, or that they name. */
import type { FeedRecord } from '../feed/feed.js'
import { compileField, compileText, RecordProblem } from './field.js'
import { addVariant, emit, type Grouped, type Rows } from './grouped-rows.js'
import { addImages } from './image-list.js'
import { type Compiled, guarded, type RawSink, readProduct, scopeOf, singleMapping } from './map-single.js'
import { type Scope, valuesOf } from './picked.js'
import { foldSku } from './product.js'
import type { FieldMap } from './product-map.js'
import { compileVariant, type VariantReader } from './variants.js'

/** Rows that name a parent are its variants, wherever it stands. */
export function parentMapping(compiled: Compiled, parent: FieldMap): Grouped {
  const { context, map } = compiled
  const { selectors } = context
  const parentOf = compileText(parent, selectors)
  const skuOf = map.sku === undefined ? () => null : compileText(map.sku, selectors)
  const idOf = map.id === undefined ? () => null : compileText(map.id, selectors)
  const isVariant =
    map.variants?.when === undefined ? (scope: Scope) => parentOf(scope) != null : has(map.variants.when, compiled)
  const read = compileVariant(map.variants ?? {}, context, map, 'row')
  const single = singleMapping({ ...compiled, map: { ...map, variants: undefined } })

  return {
    namesOf: (record) => {
      const scope = scopeOf(record)
      if (isVariant(scope)) return parentName(parentOf(scope))
      return [...named('sku', skuOf(scope)), ...named('id', idOf(scope))]
    },
    map: (records, sink) => {
      const parents = records.filter((record) => !isVariant(scopeOf(record)))
      const children = records.filter((record) => isVariant(scopeOf(record)))
      single(children.length === 0 ? parents : parents.slice(0, -1), sink)
      const parent = parents.at(-1)
      if (children.length === 0) return
      if (parent === undefined) rejectOrphans(compiled, children, parentOf, sink)
      else mapFamily({ compiled, read, sink }, parent, children)
    },
  }
}

function has(map: FieldMap, { context }: Compiled): (scope: Scope) => boolean {
  const select = compileField(map, context.selectors)
  return (scope) => select(scope) != null
}

/** `id:44` names an id, anything else a SKU. */
function parentName(parent: string | null | undefined): readonly string[] {
  if (parent == null) return []
  const id = /^id:\s*(.+)$/i.exec(parent)?.[1]
  return id === undefined ? named('sku', parent) : named('id', id)
}

function named(kind: 'sku' | 'id', text: string | null | undefined): readonly string[] {
  return text == null ? [] : [`${kind}:${kind === 'sku' ? foldSku(text) : text}`]
}

function rejectOrphans(
  compiled: Compiled,
  children: readonly FeedRecord[],
  parentOf: (scope: Scope) => string | null | undefined,
  sink: RawSink,
): void {
  for (const child of children) {
    const name = parentOf(scopeOf(child))
    const problem = name == null ? 'names no parent' : `names the parent ${name}, which the feed does not have`
    sink.problem(child, new RecordProblem('no_parent', `the variant ${problem}`), compiled.keyOf(scopeOf(child)))
  }
}

/** Rows that list the SKUs of their variants, wherever these stand. A variant may be that of several. */
export function childrenMapping(compiled: Compiled, children: FieldMap): Grouped {
  const { context, map } = compiled
  const skuOf = map.sku === undefined ? () => null : compileText(map.sku, context.selectors)
  const list = compileField(children, context.selectors)
  const childrenOf = (record: FeedRecord) => [...new Set(valuesOf(list(scopeOf(record))).map(foldSku))]
  const read = compileVariant(map.variants ?? {}, context, map, 'row')
  const single = singleMapping({ ...compiled, map: { ...map, variants: undefined } })

  return {
    namesOf: (record) => [...named('sku', skuOf(scopeOf(record))), ...childrenOf(record).map((sku) => `sku:${sku}`)],
    map: (records, sink) => {
      const bySku = new Map<string, FeedRecord>()
      for (const record of records) bySku.set(foldSku(skuOf(scopeOf(record)) ?? ''), record)
      const families = new Map(records.map((record) => [record, childrenOf(record)]))
      const claimed = new Set([...families.values()].flat())
      for (const [record, skus] of families) {
        const found = skus.flatMap((sku) => bySku.get(sku) ?? []).filter((child) => child !== record)
        if (found.length > 0) mapFamily({ compiled, read, sink, sellsNothing: true }, record, found)
        else if (skus.length > 0 || !claimed.has(foldSku(skuOf(scopeOf(record)) ?? ''))) single([record], sink)
        if (found.length > 0 && found.length < skus.length) noteMissing(record, skus, bySku, sink)
      }
    },
  }
}

function noteMissing(
  parent: FeedRecord,
  skus: readonly string[],
  bySku: ReadonlyMap<string, unknown>,
  sink: RawSink,
): void {
  sink.begin(parent)
  const missing = skus.filter((sku) => !bySku.has(sku)).join(', ')
  sink.note('missing_variant', `the feed does not have the variants ${missing} that it lists`)
}

interface Family {
  readonly compiled: Compiled
  readonly read: VariantReader
  readonly sink: RawSink
  /** The parent is never sold by itself: its count of stock, most often 0, says nothing. */
  readonly sellsNothing?: boolean
}

function mapFamily(
  { compiled, read, sink, sellsNothing = false }: Family,
  parent: FeedRecord,
  children: readonly FeedRecord[],
): void {
  const scope = scopeOf(parent)
  let rows: Rows | null = null
  guarded(
    parent,
    sink,
    () => compiled.keyOf(scope),
    () => {
      const { draft, offer } = readProduct(compiled, scope)
      if (sellsNothing) delete offer.stock
      rows = { main: parent, draft, offer, variants: [], used: [] }
    },
  )
  if (rows === null) return
  const filled: Rows = rows
  for (const child of children) {
    const childScope = scopeOf(child)
    guarded(
      child,
      sink,
      () => compiled.keyOf(childScope),
      () => {
        const variant = read(childScope, scope)
        const [image, ...more] = compiled.product.images(childScope) ?? []
        if (variant.image === undefined && image !== undefined) variant.image = image
        // A variant has one image: what it shows beside that is the product's.
        if (more.length > 0) filled.draft.images = addImages(filled.draft.images ?? [], more)
        addVariant(filled, child, variant)
      },
    )
  }
  emit(filled, compiled.map.variants?.skuSlug === true, sink)
}
