import { foldSku, type Product } from '../../product/product.js'
import type { ProductRow } from './product-row.js'

/** Which variant of the feed is which row of the catalog. */
export interface VariantMatch {
  /** In the order of the feed; null for a new variant. */
  readonly rows: readonly (ProductRow | null)[]
  readonly vanished: readonly ProductRow[]
}

/** Finds the row of each variant: by key, else by SKU, so that a variant keeps its id when its key changes. */
export function matchVariants(product: Product, rows: readonly ProductRow[]): VariantMatch {
  const byKey = new Map(rows.map((row) => [row.key, row]))
  const keys = new Set<string | null>(product.variants.map(({ key }) => key))
  const spareBySku = new Map(rows.filter((row) => !keys.has(row.key)).map((row) => [row.sku_folded, row]))
  const used = new Set<number>()

  const matched = product.variants.map((variant) => {
    const sku = foldSku(variant.sku ?? '')
    const row = byKey.get(variant.key) ?? (sku === '' ? undefined : spareBySku.get(sku))
    if (row === undefined || used.has(row.id)) return null
    used.add(row.id)
    return row
  })
  return { rows: matched, vanished: rows.filter(({ id }) => !used.has(id)) }
}
