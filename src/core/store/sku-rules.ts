/**
 * Which product of a store an item of a batch is, and which SKUs it may bear: the same rules in every store.
 *
 * In: an item and look-ups into the store as it is at that moment. Out: the product to write, or a
 * rejection; SKUs that nothing else bears. Nothing here writes.
 */
import { foldSku, type Product } from '../product/product.js'
import type { ItemResult, RejectCode, StoreBatch, StoreId, StoreItem } from './store.js'

/** Who bears a SKU: a product, or a variant of one. */
export interface Bearer {
  /** The product; for a variant, its parent. */
  readonly productId: StoreId
  readonly isVariant: boolean
  readonly owner: string | null
}

/** Looks into a store. Null when there is none. */
export interface ProductLookup {
  /** Owner of a product (never of a variant). */
  byId(id: StoreId): { readonly owner: string | null } | null
  bySku(foldedSku: string): Bearer | null
}

export type Rejection = Extract<ItemResult, { outcome: 'rejected' }>

/** A product the wholesaler may take as its own, none, or the reason why it may not. */
export type Adoption = StoreId | null | Rejection

/**
 * Finds the product for an item whose key the store does not know: by the id of an earlier import, else by
 * SKU. A product without owner is adopted, another wholesaler's only on takeover. Another product of the
 * same wholesaler is never meant: it has a key of its own.
 */
export function findAdoptable(batch: StoreBatch, item: StoreItem, store: ProductLookup): Adoption {
  const hinted = item.storeId === null ? null : store.byId(item.storeId)
  if (item.storeId !== null && hinted !== null && mayAdopt(batch, hinted.owner)) return item.storeId

  const sku = ownSku(item.product) ?? item.product.key
  const bearer = store.bySku(foldSku(sku))
  if (bearer === null || bearer.owner === batch.wholesaler) return null
  if (!bearer.isVariant && mayAdopt(batch, bearer.owner)) return bearer.productId
  if (bearer.owner === null || mayGoWithout(item.product)) return null
  return ownedBy(item.key, sku, bearer.owner)
}

function mayAdopt(batch: StoreBatch, owner: string | null): boolean {
  return owner === null || (batch.takeover && owner !== batch.wholesaler)
}

/** SKUs of a product and of its variants, in their order; null for none. */
export interface SkuPlan {
  readonly sku: string | null
  readonly variants: readonly (string | null)[]
  /** For people: which SKU was replaced, and why. */
  readonly notes: readonly string[]
}

export interface SkuQuestion {
  readonly product: Product
  readonly wholesaler: string
  /** The product in the store, whose own SKUs are free to it; null for a new one. */
  readonly productId: StoreId | null
  /** Folded SKU that a variant of this product bears in the store now, by variant key. */
  readonly borne: ReadonlyMap<string, string>
}

/**
 * Gives a product and its variants SKUs that nothing else bears.
 *
 * No SKU: the key takes its place, for a variant `<product key>-<variant key>`, since variant keys are
 * unique only inside their product. A SKU that another product or variant of the same wholesaler bears is
 * replaced in the same way, with a note. Of a parent and its variant with one SKU, the variant keeps it.
 * Who bears a SKU keeps it on every later import, in whatever order the feed comes.
 */
export function assignSkus(question: SkuQuestion, store: ProductLookup): SkuPlan | Rejection {
  const { product, borne } = question
  const choice = new SkuChoice(question, store)

  const variants: (string | null)[] = product.variants.map((variant) => {
    const sku = ownSku(variant)
    return sku !== null && borne.get(variant.key) === foldSku(sku) && choice.take(sku) ? sku : null
  })
  for (const [index, variant] of product.variants.entries()) {
    if (variants[index] !== null) continue
    const chosen = choice.pick(ownSku(variant), `${product.key}-${variant.key}`)
    if (typeof chosen !== 'string') return chosen
    variants[index] = chosen
  }

  if (mayGoWithout(product)) {
    return { sku: choice.take(product.key) ? product.key : null, variants, notes: choice.notes }
  }
  const sku = choice.pick(ownSku(product), product.key)
  return typeof sku === 'string' ? { sku, variants, notes: choice.notes } : sku
}

/** The SKUs given out inside one product. */
class SkuChoice {
  readonly notes: string[] = []
  readonly #question: SkuQuestion
  readonly #store: ProductLookup
  readonly #taken = new Set<string>()

  constructor(question: SkuQuestion, store: ProductLookup) {
    this.#question = question
    this.#store = store
  }

  /** Takes the SKU when it is free. */
  take(sku: string): boolean {
    const folded = foldSku(sku)
    if (this.#taken.has(folded) || this.#otherBearer(sku) !== null) return false
    this.#taken.add(folded)
    return true
  }

  /** The wanted SKU when it may be had, else the stand-in. */
  pick(wanted: string | null, standIn: string): string | Rejection {
    const { product, wholesaler } = this.#question
    if (wanted !== null) {
      if (this.take(wanted)) return wanted
      const owner = this.#otherBearer(wanted)?.owner ?? wholesaler
      if (owner !== wholesaler) return ownedBy(product.key, wanted, owner)
    }
    if (this.take(standIn)) {
      if (wanted !== null) {
        this.notes.push(`SKU ${wanted} is already used by another product or variant; ${standIn} takes its place`)
      }
      return standIn
    }
    const owner = this.#otherBearer(standIn)?.owner ?? wholesaler
    if (wanted === null && owner !== wholesaler) return ownedBy(product.key, standIn, owner)
    return rejection(
      product.key,
      'sku_taken',
      wanted === null
        ? `there is no SKU, and ${standIn}, which would take its place, is already used by another product or variant`
        : `SKU ${wanted} and ${standIn}, which would take its place, are both used by other products or variants`,
      wanted ?? standIn,
    )
  }

  #otherBearer(sku: string): Bearer | null {
    const bearer = this.#store.bySku(foldSku(sku))
    return bearer === null || bearer.productId === this.#question.productId ? null : bearer
  }
}

/** A product that is sold by the SKUs of its variants and has none besides: not worth a rejection. */
function mayGoWithout(product: Product): boolean {
  return product.variants.length > 0 && (ownSku(product) === null || bearsVariantSku(product))
}

function bearsVariantSku(product: Product): boolean {
  const own = foldSku(product.sku ?? '')
  return product.variants.some((variant) => foldSku(variant.sku ?? '') === own)
}

/** The SKU as the feed has it; null when it is absent, null or blank. */
function ownSku({ sku }: { readonly sku?: string | null }): string | null {
  const trimmed = sku?.trim() ?? ''
  return trimmed === '' ? null : trimmed
}

function ownedBy(key: string, sku: string, owner: string): Rejection {
  return rejection(key, 'sku_owned_by', `SKU ${sku} belongs to a product of the wholesaler ${owner}`, sku)
}

function rejection(key: string, code: RejectCode, reason: string, sku: string): Rejection {
  return { key, outcome: 'rejected', code, reason, field: 'sku', sku }
}

/** What is wrong with the item itself, whatever the store has; null when nothing is. */
export function refusalOf(item: StoreItem, storeCurrency: string | null): Rejection | null {
  const { key, product } = item
  if (product.currency !== undefined && storeCurrency !== null && product.currency !== storeCurrency) {
    const reason = `the price is in ${product.currency}, the store's currency is ${storeCurrency}`
    return { key, outcome: 'rejected', code: 'currency', reason, field: 'currency' }
  }
  if (hasNul(key) || hasNul(product.sku)) return refused(key, 'key and SKU may not contain a NUL character', 'sku')
  const keys = new Set<string>()
  for (const variant of product.variants) {
    if (keys.has(variant.key)) return refused(key, `two variants have the key ${variant.key}`, 'variants')
    if (hasNul(variant.key) || hasNul(variant.sku)) {
      return refused(key, 'key and SKU of a variant may not contain a NUL character', 'variants')
    }
    keys.add(variant.key)
  }
  return null
}

/** Databases cut text at a NUL, so that two keys could become one. */
function hasNul(text: string | null | undefined): boolean {
  return text?.includes('\0') === true
}

function refused(key: string, reason: string, field: string): Rejection {
  return { key, outcome: 'rejected', code: 'refused', reason, field }
}
