/** Products of several records: rows that share a value, continuation rows, rows that name a parent. */
import type { FeedRecord } from '../feed/feed.js'
import type { ProductDraft } from './compile-product.js'
import { compileField, compileText, RecordProblem } from './field.js'
import { addImages } from './image-list.js'
import {
  type Compiled,
  guarded,
  noted,
  type RawSink,
  type RecordMapping,
  readProduct,
  scopeOf,
  singleMapping,
} from './map-single.js'
import type { OfferDraft } from './offer.js'
import { firstOf, type Scope } from './picked.js'
import { foldSku } from './product.js'
import type { FieldMap, GroupMap } from './product-map.js'
import { compileVariant, toVariantSet, type VariantDraft, type VariantReader } from './variants.js'

type Grouped = Pick<RecordMapping, 'map' | 'namesOf'>

/** The way of grouping that the map says; null when every record is a product. */
export function groupedMapping(compiled: Compiled): Grouped | null {
  const { group, continues, parent } = compiled.map
  if (group !== undefined) return sharedMapping(compiled, isGroupMap(group) ? group : { key: group })
  if (continues !== undefined) return continuedMapping(compiled, continues)
  return parent === undefined ? null : parentMapping(compiled, parent)
}

function isGroupMap(group: FieldMap | GroupMap): group is GroupMap {
  return typeof group === 'object' && 'key' in group
}

/** The row that stands for the product, and rows as variants of it. */
interface Rows {
  readonly main: FeedRecord
  readonly draft: ProductDraft
  readonly offer: OfferDraft
  readonly variants: VariantDraft[]
  readonly used: FeedRecord[]
}

/** Adds a row as a variant of the product. */
function addVariant(rows: Rows, record: FeedRecord, variant: VariantDraft): void {
  rows.variants.push(variant)
  if (record !== rows.main) rows.used.push(record)
}

/** `entries`: how many the group had, where a lone one became the product itself. */
function emit({ main, draft, offer, variants, used }: Rows, skuSlug: boolean, sink: RawSink, entries?: number): void {
  const set = noted(toVariantSet(variants), sink)
  const records = [main, ...used.filter((record) => record !== main)]
  const lone = set.variants.length === 0 && entries !== undefined ? { entries } : {}
  sink.product({ draft, offer, set, skuSlug, records, ...lone })
}

/** Rows with the same group value are variants; a row without one is a product. */
function sharedMapping(compiled: Compiled, group: GroupMap): Grouped {
  const { context, map, product } = compiled
  const groupOf = compileText(group.key, context.selectors)
  const nameOf = group.name === undefined ? () => null : compileText(group.name, context.selectors)
  const read = compileVariant(map.variants ?? {}, context, map, 'row')
  const single = singleMapping({ ...compiled, map: { ...map, variants: undefined } })

  const addRow = (rows: Rows | null, record: FeedRecord, scope: Scope, key: string): Rows => {
    const variant = read(scope, rows === null ? scope : scopeOf(rows.main))
    const images = product.images(scope)
    if (variant.image === undefined && images !== undefined && images[0] !== undefined) variant.image = images[0]
    const into = rows ?? { main: record, draft: product.base(scope), offer: {}, variants: [], used: [] }
    if (rows === null) {
      into.draft.key = key
      into.draft.name = nameOf(scope) ?? into.draft.name
    }
    if (images !== undefined) into.draft.images = addImages(into.draft.images ?? [], images)
    addVariant(into, record, variant)
    return into
  }

  return {
    namesOf: (record) => {
      const name = groupOf(scopeOf(record))
      return name == null ? [] : [name]
    },
    map: (records, sink) => {
      const [first] = records
      const key = first === undefined ? null : groupOf(scopeOf(first))
      if (key == null) {
        single(records, sink)
        return
      }
      let rows: Rows | null = null
      for (const record of records) {
        const scope = scopeOf(record)
        guarded(
          record,
          sink,
          () => compiled.keyOf(scope),
          () => {
            rows = addRow(rows, record, scope, key)
          },
        )
      }
      if (rows !== null) emit(rows, map.variants?.skuSlug === true, sink)
    },
  }
}

/** The first row with a name is the product; rows with the same key, or with none, add variants and images. */
function continuedMapping(compiled: Compiled, continues: FieldMap): Grouped {
  const { context, map, product } = compiled
  const keyOf = compileText(continues, context.selectors)
  const nameOf = map.name === undefined ? () => null : compileText(map.name, context.selectors)
  const when = map.variants?.when === undefined ? () => '' : compileField(map.variants.when, context.selectors)
  const read = compileVariant(map.variants ?? {}, context, map, 'continuation')
  let lastKey: string | null = null

  const addRow = (rows: Rows, record: FeedRecord): void => {
    const scope = scopeOf(record)
    const variant = when(scope) == null ? null : read(scope, scopeOf(rows.main))
    const images = product.images(scope)
    if (images !== undefined) rows.draft.images = addImages(rows.draft.images ?? [], images)
    if (variant !== null) addVariant(rows, record, variant)
    else if (record !== rows.main) rows.used.push(record)
  }

  return {
    namesOf: (record) => {
      lastKey = keyOf(scopeOf(record)) ?? lastKey
      return lastKey === null ? [] : [lastKey]
    },
    map: (records, sink) => {
      const main = records.find((record) => nameOf(scopeOf(record)) != null) ?? records[0]
      if (main === undefined) return
      const key = firstOf(records.map((record) => keyOf(scopeOf(record))).find((one) => one != null)) ?? ''
      let rows: Rows | null = null
      guarded(
        main,
        sink,
        () => key,
        () => {
          rows = { main, draft: { ...product.base(scopeOf(main)), key }, offer: {}, variants: [], used: [] }
        },
      )
      if (rows === null) return
      const filled: Rows = rows
      for (const record of records)
        guarded(
          record,
          sink,
          () => key,
          () => addRow(filled, record),
        )
      emit(withoutLoneVariant(filled), map.variants?.skuSlug === true, sink, filled.variants.length)
    },
  }
}

/** A single variant without options is the product itself. */
function withoutLoneVariant(rows: Rows): Rows {
  const [only] = rows.variants
  if (rows.variants.length !== 1 || only === undefined || only.pairs.length > 0) return rows
  const { key: _key, keyIsId: _keyIsId, pairs: _pairs, skuParts: _parts, image, ...offer } = only
  if (image != null) rows.draft.images = addImages(rows.draft.images ?? [], [image])
  return { ...rows, offer, variants: [] }
}

/** Rows that name a parent are its variants, wherever it stands. */
function parentMapping(compiled: Compiled, parent: FieldMap): Grouped {
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
      if (children.length > 0) mapFamily(compiled, read, parents.at(-1), children, parentOf, sink)
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

function mapFamily(
  compiled: Compiled,
  read: VariantReader,
  parent: FeedRecord | undefined,
  children: readonly FeedRecord[],
  parentOf: (scope: Scope) => string | null | undefined,
  sink: RawSink,
): void {
  if (parent === undefined) {
    for (const child of children) {
      const name = parentOf(scopeOf(child))
      const problem = name == null ? 'names no parent' : `names the parent ${name}, which the feed does not have`
      sink.problem(child, new RecordProblem('no_parent', `the variant ${problem}`), compiled.keyOf(scopeOf(child)))
    }
    return
  }
  const scope = scopeOf(parent)
  let rows: Rows | null = null
  guarded(
    parent,
    sink,
    () => compiled.keyOf(scope),
    () => {
      rows = { main: parent, ...readProduct(compiled, scope), variants: [], used: [] }
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
        const image = compiled.product.images(childScope)?.[0]
        if (variant.image === undefined && image !== undefined) variant.image = image
        addVariant(filled, child, variant)
      },
    )
  }
  emit(filled, compiled.map.variants?.skuSlug === true, sink)
}
