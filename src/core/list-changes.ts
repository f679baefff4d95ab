/** The changes that a dry run lists by name: for a product that the store has, field by field. */
import type { Ledger, StagedChunk } from './ledger/ledger.js'
import type { PlannedChange } from './plan-import.js'
import { shopFields } from './product/field-owners.js'
import { productsOf } from './product/fingerprint.js'
import { foldSku, type Product } from './product/product.js'
import type { ComparedProduct, Store } from './store/store.js'
import type { Wholesaler } from './wholesaler.js'

export interface ListPorts {
  readonly ledger: Pick<Ledger, 'importedOf'>
  readonly store: Pick<Store, 'findBySku' | 'differences'>
}

interface Listed {
  readonly change: PlannedChange
  readonly product: Product
  readonly storeId: string | null
}

export class ChangeList {
  readonly changes: PlannedChange[] = []
  readonly #max: number
  readonly #updateExisting: boolean
  readonly #ports: ListPorts

  constructor(max: number, { updateExisting }: { readonly updateExisting: boolean }, ports: ListPorts) {
    this.#max = max
    this.#updateExisting = updateExisting
    this.#ports = ports
  }

  /** Products of a feed as they are staged. */
  async add({ name: wholesaler, mapping }: Wholesaler, chunk: StagedChunk): Promise<void> {
    const left = this.#max - this.changes.length
    if (left <= 0) return
    const keys = chunk.rows.map(({ key }) => key)
    const known = await this.#ports.ledger.importedOf(wholesaler, keys)
    const listed: Listed[] = []
    for (const { row, product } of productsOf(chunk)) {
      if (listed.length === left) break
      const before = known.get(row.key)
      const isSame = before?.content === row.content && before.offer === row.offer && before.images === row.images
      if (before !== undefined && ((isSame && !before.retired) || !this.#updateExisting)) continue
      const { key, name, sku = null } = product
      const act = before === undefined ? 'create' : 'update'
      const change: PlannedChange = { wholesaler, key, sku, name, act, fields: [] }
      listed.push({ change, product, storeId: before?.storeId ?? null })
    }
    this.changes.push(...(await this.#compare(wholesaler, listed, shopFields(mapping.fields))))
  }

  async #compare(
    wholesaler: string,
    listed: readonly Listed[],
    owned: ReturnType<typeof shopFields>,
  ): Promise<PlannedChange[]> {
    const { store } = this.#ports
    const unknown = listed.flatMap(({ storeId, product }) => (storeId === null ? [product.sku ?? product.key] : []))
    const bearers = unknown.length === 0 ? new Map() : await store.findBySku(unknown)
    /** A product of nobody's is adopted. */
    const adopted = ({ sku, key }: Product): string | null => {
      const bearer = bearers.get(foldSku(sku ?? key))
      const isFree = bearer?.parentId === null && (bearer.wholesaler === null || bearer.wholesaler === wholesaler)
      return isFree ? bearer.id : null
    }
    const compared = listed.flatMap(({ product, storeId }): ComparedProduct[] => {
      const id = storeId ?? adopted(product)
      return id === null ? [] : [{ storeId: id, product, shopFields: owned }]
    })
    const found = compared.length === 0 ? [] : await store.differences(compared)
    const fieldsOf = new Map(compared.map(({ product }, index) => [product, found[index] ?? []]))
    return listed.map(({ change, product }) => ({ ...change, fields: fieldsOf.get(product) ?? [] }))
  }
}
