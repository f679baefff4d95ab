/** Finds out from the first records whether the numbers of a field have a decimal comma. */
import { type DecimalFormat, decimalEvidence } from './decimal.js'
import { compileField, numberFormatOf } from './field.js'
import { type Scope, valuesOf } from './picked.js'
import type { FeedLook } from './presets/preset.js'
import type { FieldMap, OfferMap, ProductMap } from './product-map.js'
import { selectorsFor } from './selector.js'

/**
 * The format of a field: as the mapping says, else found out. Only doubtful values (`1.234`, `1,234`) are read
 * differently for it; where the first records are silent or contradict each other, `auto` decides.
 */
export function detectFormats(
  map: ProductMap,
  { shape, first }: FeedLook,
  namespaces: Readonly<Record<string, string>> | undefined,
): (field: FieldMap) => DecimalFormat {
  const selectors = selectorsFor(shape, namespaces)
  const found = new Map<FieldMap, DecimalFormat>()
  const records: readonly Scope[] = first.map(({ data }) => ({ node: data, up: null }))
  const { each } = map.variants ?? {}
  const find = each === undefined ? null : selectors.scopes(each)
  const variants = find === null ? records : records.flatMap((record) => find(record))

  const learn = (field: FieldMap | undefined, scopes: readonly Scope[]): void => {
    if (field === undefined || found.has(field)) return
    const select = compileField(field, selectors)
    const said = numberFormatOf(field)
    found.set(field, said ?? formatOf(scopes.flatMap((scope) => valuesOf(select(scope)))))
  }
  for (const field of numberFields(map)) learn(field, records)
  for (const field of numberFields(map.variants ?? {})) learn(field, variants)
  for (const field of [map.length, map.width, map.height]) learn(field, records)
  return (field) => found.get(field) ?? numberFormatOf(field) ?? 'auto'
}

/** What was found for each field, in an order of its own: two feeds with the same are read alike. */
export function formatNames(map: ProductMap, formatOf: (field: FieldMap) => DecimalFormat): readonly string[] {
  const fields = [...numberFields(map), ...numberFields(map.variants ?? {}), map.length, map.width, map.height]
  return fields.map((field) => (field === undefined ? '' : formatOf(field)))
}

function numberFields({ price, salePrice, oldPrice, wholesalePrice, stock, weight }: OfferMap) {
  return [price, salePrice, oldPrice, wholesalePrice, stock, weight]
}

function formatOf(values: readonly string[]): DecimalFormat {
  const evidence = new Set(values.map(decimalEvidence))
  evidence.delete(null)
  if (evidence.size !== 1) return 'auto'
  return evidence.has('comma') ? 'auto-comma' : 'auto-point'
}
