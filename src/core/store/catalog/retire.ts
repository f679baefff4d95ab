/** Acts of the missing policy: a product that left the feed goes out of stock, is hidden, or is removed. */
import type { RetireHow } from '../../missing-policy.js'
import type { Database } from '../../sqlite.js'
import type { RetiredProduct } from '../store.js'
import { type ProductRow, parseRetired, type Retired } from './product-row.js'
import { type ProductTable, rowIdOf } from './product-table.js'

export interface RetireOrder {
  readonly wholesaler: string
  readonly products: readonly RetiredProduct[]
  readonly how: RetireHow
  readonly now: number
}

/** Call inside a transaction. Returns how many products of the wholesaler were changed. */
export function retire(database: Database, products: ProductTable, order: RetireOrder): number {
  let touched = 0
  for (const { key, storeId } of order.products) {
    const rowId = rowIdOf(storeId)
    const row = rowId === null ? undefined : products.row(rowId)
    if (row === undefined || row.parent_id !== null || row.owner !== order.wholesaler || row.key !== key) continue
    if (retireOne(database, products, row, order)) touched++
  }
  return touched
}

function retireOne(database: Database, products: ProductTable, row: ProductRow, { how, now }: RetireOrder): boolean {
  if (how === 'delete') {
    products.remove(row.id)
    return true
  }
  if (how === 'draft') return change(database, row, { status: 'draft' }, now)
  const rows = [row, ...products.variantsOf(row.id)]
  const changed = rows.filter((each) => change(database, each, { stock: '0', in_stock: 0 }, now))
  // The fingerprints of a product stand for its variants too.
  database.prepare('UPDATE product SET content = NULL, offer = NULL WHERE id = ? AND ?').run(row.id, changed.length)
  return changed.length > 0
}

/**
 * Changes a row and remembers what it was, so that the product comes back as it was. Its fingerprints go:
 * the row no longer is what was imported, and the next import writes it whatever the feed says.
 */
function change(database: Database, row: ProductRow, to: Retired, now: number): boolean {
  const next = { ...row, ...to }
  if (next.status === row.status && next.stock === row.stock && next.in_stock === row.in_stock) return false

  const before: Retired = 'status' in to ? { status: row.status } : { stock: row.stock, in_stock: row.in_stock }
  const remembered: Retired = { ...before, ...parseRetired(row.retired) }
  database
    .prepare(
      `UPDATE product SET status = ?, stock = ?, in_stock = ?, retired = ?, content = NULL, offer = NULL,
         updated_at = ? WHERE id = ?`,
    )
    .run(next.status, next.stock, next.in_stock, JSON.stringify(remembered), now, row.id)
  return true
}
