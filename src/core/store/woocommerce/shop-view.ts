/** The shop as a batch sees it: what was looked up, changed in thought by what is already planned. */
import type { Bearer, ProductLookup } from '../sku-rules.js'
import type { StoreId } from '../store.js'
import { foldShopSku, type ShopEntry } from './shop-entry.js'

export class ShopView implements ProductLookup {
  readonly #entries = new Map<number, ShopEntry>()
  readonly #byKey = new Map<string, ShopEntry>()
  /** Who bears a SKU in the shop now. */
  readonly #borne = new Map<string, ShopEntry>()
  /** Who will bear it; null when it will be free. */
  readonly #planned = new Map<string, Bearer | null>()

  add(entries: readonly ShopEntry[]): void {
    for (const entry of entries) {
      this.#entries.set(entry.id, entry)
      const { wholesaler, key } = entry.mark
      if (entry.parentId === 0 && wholesaler !== null && key !== null) {
        const place = JSON.stringify([wholesaler, key])
        const known = this.#byKey.get(place)
        // Of two the older one counts: the other is a left-over that nothing points to.
        if (known === undefined || entry.id < known.id) this.#byKey.set(place, entry)
      }
      if (entry.sku !== null) this.#borne.set(foldShopSku(entry.sku), entry)
    }
  }

  /** The shop says that this SKU is borne by an entry whose own reads differently: its database folds more than we. */
  alias(sku: string, entry: ShopEntry): void {
    this.#borne.set(foldShopSku(sku), entry)
  }

  entry(id: number): ShopEntry | null {
    return this.#entries.get(id) ?? null
  }

  productByKey(wholesaler: string, key: string): ShopEntry | null {
    return this.#byKey.get(JSON.stringify([wholesaler, key])) ?? null
  }

  /** Known variations of a product, in their order in the shop. */
  variationsOf(product: ShopEntry): ShopEntry[] {
    return product.variations.flatMap((id) => this.#entries.get(id) ?? [])
  }

  /** Who bears a SKU in the shop now, whatever is planned. */
  bearerNow(sku: string): ShopEntry | null {
    return this.#borne.get(foldShopSku(sku)) ?? null
  }

  byId(id: StoreId): { readonly owner: string | null } | null {
    const entry = this.#entries.get(Number(id))
    return entry === undefined || entry.parentId !== 0 ? null : { owner: entry.mark.wholesaler }
  }

  bySku(foldedSku: string): Bearer | null {
    const folded = foldShopSku(foldedSku)
    const planned = this.#planned.get(folded)
    if (planned !== undefined) return planned
    const entry = this.#borne.get(folded)
    if (entry === undefined) return null
    const isVariant = entry.parentId !== 0
    return {
      productId: String(isVariant ? entry.parentId : entry.id),
      isVariant,
      owner: entry.mark.wholesaler,
    }
  }

  /** From now on this product bears these SKUs, and the ones it bore are free. */
  plan(
    product: { readonly id: StoreId; readonly entry: ShopEntry | null; readonly owner: string },
    skus: { readonly sku: string | null; readonly variants: readonly (string | null)[] },
  ): void {
    const before = product.entry === null ? [] : [product.entry, ...this.variationsOf(product.entry)]
    for (const { sku } of before) if (sku !== null) this.#planned.set(foldShopSku(sku), null)
    const bear = (sku: string | null, isVariant: boolean) => {
      if (sku === null) return
      this.#planned.set(foldShopSku(sku), { productId: product.id, isVariant, owner: product.owner })
    }
    bear(skus.sku, false)
    for (const sku of skus.variants) bear(sku, true)
  }
}

/** Whether two SKUs are one in the shop. */
export function isSameSku(one: string | null, other: string | null): boolean {
  return (one === null ? null : foldShopSku(one)) === (other === null ? null : foldShopSku(other))
}
