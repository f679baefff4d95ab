/** Products of several records: rows that share a value, continuation rows; families are in `map-families.ts`. */
import type { FeedRecord } from '../feed/feed.js'
import { compileField, compileText } from './field.js'
import { addVariant, emit, type Grouped, type Rows } from './grouped-rows.js'
import { addImages } from './image-list.js'
import { childrenMapping, parentMapping } from './map-families.js'
import { type Compiled, guarded, scopeOf, singleMapping } from './map-single.js'
import { firstOf, type Scope } from './picked.js'
import type { FieldMap, GroupMap } from './product-map.js'
import { compileVariant } from './variants.js'

/** The way of grouping that the map says; null when every record is a product. */
export function groupedMapping(compiled: Compiled): Grouped | null {
  const { group, continues, parent, children } = compiled.map
  if (group !== undefined) return sharedMapping(compiled, isGroupMap(group) ? group : { key: group })
  if (continues !== undefined) return continuedMapping(compiled, continues)
  if (children !== undefined) return childrenMapping(compiled, children)
  return parent === undefined ? null : parentMapping(compiled, parent)
}

function isGroupMap(group: FieldMap | GroupMap): group is GroupMap {
  return typeof group === 'object' && 'key' in group
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
  const { key: _key, keyIsId: _keyIsId, pairs: _pairs, skuParts: _parts, id: _id, priceDelta: _delta, ...rest } = only
  const { image, ...offer } = rest
  if (image != null) rows.draft.images = addImages(rows.draft.images ?? [], [image])
  return { ...rows, offer, variants: [] }
}
