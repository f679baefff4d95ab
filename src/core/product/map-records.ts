/**
 * One group of records to products: the five ways in which feeds write variants meet here and come out alike.
 * (The fifth, a second file, is a matter of `join-records.ts`.)
 */
import type { FeedRecord } from '../feed/feed.js'
import type { CategoryTree } from './category-path.js'
import { compileKey, compileProduct } from './compile-product.js'
import { groupedMapping } from './map-grouped.js'
import { type RecordMapping, scopeOf, singleMapping } from './map-single.js'
import type { CompileContext } from './offer.js'
import type { ProductMap } from './product-map.js'

export function compileMapping(map: ProductMap, context: CompileContext, tree: CategoryTree | null): RecordMapping {
  const compiled = { product: compileProduct(map, context, tree), keyOf: compileKey(map, context), map, context }
  const keyOf = (record: FeedRecord) => compiled.keyOf(scopeOf(record))
  const grouped = groupedMapping(compiled)
  return { ...(grouped ?? { map: singleMapping(compiled), namesOf: null }), keyOf }
}
