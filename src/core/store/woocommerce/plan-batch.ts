/** Decides what becomes of each item of a batch, from what was looked up: pure but for the view, which learns. */
import { createHash } from 'node:crypto'
import type { Product, Variant } from '../../product/product.js'
import { assignSkus, findAdoptable, type SkuPlan } from '../sku-rules.js'
import type { ItemResult, StoreBatch, StoreItem } from '../store.js'
import { bearsFingerprints, hasPassed } from './mark.js'
import { foldShopSku, type ShopEntry, shopSku, skuLengthMax } from './shop-entry.js'
import type { ShopView } from './shop-view.js'

/** An item that has no result yet. */
export interface OpenItem {
  readonly index: number
  /** With the id to look at first; see `StoreItem.storeId`. */
  item: StoreItem
  /** A create was sent whose end is not known: nothing more is sent before it was looked for in vain. */
  uncertain: boolean
  /** Look-ups since then. */
  looks: number
  /** Writes sent. */
  tries: number
  notes: string[]
}

export interface PlannedVariant {
  readonly variant: Variant
  readonly sku: string | null
  readonly entry: ShopEntry | null
}

export interface PlannedWrite {
  readonly open: OpenItem
  readonly target: ShopEntry | null
  /** Id in the view, also of a product that is still to be created. */
  readonly viewId: string
  readonly skus: SkuPlan
  /** Only price and stock differ. */
  readonly offerOnly: boolean
  readonly variants: readonly PlannedVariant[]
  readonly vanished: readonly ShopEntry[]
  readonly outcome: 'created' | 'updated'
  /** Batch that created it, as far as its mark says. */
  readonly created: string | null
}

export type Planned =
  | { readonly kind: 'result'; readonly result: ItemResult }
  /** To be looked for again before anything is sent. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'write'; readonly write: PlannedWrite }

export interface PlanPolicy {
  /** What is done about a product that is in the shop's trash. */
  readonly trash: 'revive' | 'report'
}

/** Look-ups before a create that may have come through is sent again. */
export const looksBeforeRepeat = 3

export function planItem(batch: StoreBatch, open: OpenItem, view: ShopView, policy: PlanPolicy): Planned {
  const { item } = open
  const { key, product } = item
  const known = view.productByKey(batch.wholesaler, key)
  if (known !== null) {
    const read = readBack(batch, item, known)
    if (read !== null) return { kind: 'result', result: read }
  }
  const adoptable = known === null ? findAdoptable(batch, item, view) : String(known.id)
  if (adoptable !== null && typeof adoptable !== 'string') return { kind: 'result', result: adoptable }
  const target = adoptable === null ? null : view.entry(Number(adoptable))
  if (target === null && open.uncertain && open.looks < looksBeforeRepeat) return { kind: 'wait' }
  if (target !== null) {
    if (!batch.updateExisting)
      return { kind: 'result', result: { key, outcome: 'skipped', storeId: String(target.id) } }
    if (target.status === 'trash' && policy.trash === 'report') return { kind: 'result', result: inTrash(item, target) }
    if (known !== null && isUnchanged(item, known)) {
      return { kind: 'result', result: { key, outcome: 'unchanged', storeId: String(known.id) } }
    }
  }

  const { variants, vanished } = matchVariations(product, target === null ? [] : view.variationsOf(target))
  const offerOnly =
    target !== null && known === target && isComplete(known) && known.mark.state.content === item.content
  const skus = offerOnly
    ? { sku: known.sku, variants: variants.map(({ entry }) => entry?.sku ?? null), notes: [] }
    : chooseSkus(batch, item, target, variants, view)
  if ('outcome' in skus) return { kind: 'result', result: skus }
  const viewId = target === null ? `new ${open.index}` : String(target.id)
  view.plan({ id: viewId, entry: target, owner: batch.wholesaler }, skus)
  const state = target?.mark.state
  const isOurs = known !== null && state?.created === batch.id
  return {
    kind: 'write',
    write: {
      open,
      target,
      viewId,
      skus,
      offerOnly,
      variants: variants.map((each, index) => ({ ...each, sku: skus.variants[index] ?? null })),
      vanished,
      outcome: target === null || isOurs ? 'created' : 'updated',
      created: target === null ? batch.id : (state?.created ?? null),
    },
  }
}

/** The result of this batch, when the product already has what it or a later one of the same job wrote. */
function readBack(batch: StoreBatch, item: StoreItem, known: ShopEntry): ItemResult | null {
  const { state } = known.mark
  // Without fingerprints it was retired since, or left half-way.
  if (state.content === null || !hasPassed(known.mark, batch) || !isComplete(known)) return null
  if (state.batch === batch.id && !bearsFingerprints(known.mark, item)) return null
  const outcome = state.created === batch.id ? 'created' : 'updated'
  return { key: item.key, outcome, storeId: String(known.id) }
}

function isUnchanged(item: StoreItem, known: ShopEntry): boolean {
  return bearsFingerprints(known.mark, item) && isComplete(known) && known.status !== 'trash'
}

/** All its variations are there: an interrupted writing has left none out. */
export function isComplete({ mark, variations }: ShopEntry): boolean {
  return mark.state.variants === variations.length
}

function chooseSkus(
  batch: StoreBatch,
  { product }: StoreItem,
  target: ShopEntry | null,
  variants: readonly PlannedVariant[],
  view: ShopView,
): ReturnType<typeof assignSkus> {
  const borne = new Map<string, string>()
  for (const { variant, entry } of variants) if (entry?.sku != null) borne.set(variant.key, foldShopSku(entry.sku))
  const productId = target === null ? null : String(target.id)
  return assignSkus({ product, wholesaler: batch.wholesaler, productId, borne }, view)
}

/** Which variation is which variant: by the key in its mark, else by SKU, so that it keeps its id. */
export function matchVariations(
  product: Product,
  stored: readonly ShopEntry[],
): { readonly variants: readonly PlannedVariant[]; readonly vanished: readonly ShopEntry[] } {
  const keys = new Set<string | null>(product.variants.map(({ key }) => key))
  const spare = new Set(stored.filter(({ mark }) => mark.variant === null || !keys.has(mark.variant)))
  const byKey = new Map(stored.filter((entry) => !spare.has(entry)).map((entry) => [entry.mark.variant, entry]))
  const used = new Set<ShopEntry>()
  const variants = product.variants.map((variant) => {
    const sku = foldShopSku(variant.sku ?? '')
    const bySku = [...spare].find((entry) => sku !== '' && entry.sku !== null && foldShopSku(entry.sku) === sku)
    const entry = byKey.get(variant.key) ?? bySku ?? null
    if (entry !== null) {
      used.add(entry)
      spare.delete(entry)
    }
    return { variant, sku: null, entry }
  })
  return { variants, vanished: stored.filter((entry) => !used.has(entry)) }
}

/** SKUs that have to be known to plan an item. */
export function skusOf({ product }: StoreItem): string[] {
  const own = product.sku?.trim() ?? ''
  return [
    ...(own === '' ? [] : [own]),
    product.key,
    ...(product.variants.length === 0 ? [] : [passingSku(product.key)]),
    ...product.variants.map(({ sku, key }) => (sku?.trim() ? sku : `${product.key}-${key}`)),
  ]
}

/**
 * SKU of a variable product that shall have none, until its variations are there: without one, it could not be
 * found again when the answer to its creation is lost.
 */
export function passingSku(key: string): string {
  return `wholesaler-${createHash('sha256').update(key).digest('hex').slice(0, 24)}`
}

/** What the shop would not keep as it is; null when nothing is wrong. */
export function unfit(item: StoreItem): ItemResult | null {
  const { key, product } = item
  const skus = [product.sku?.trim() ? product.sku : key, ...product.variants.map((variant) => variant.sku ?? '')]
  const long = skus.find((sku) => shopSku(sku).length > skuLengthMax)
  if (long === undefined) return null
  const reason = `the SKU has ${shopSku(long).length} characters; the shop finds no SKU of more than ${skuLengthMax}`
  return { key, outcome: 'rejected', code: 'refused', reason, field: 'sku', sku: long.slice(0, skuLengthMax) }
}

function inTrash({ key }: StoreItem, { id, sku }: ShopEntry): ItemResult {
  const reason = `the product is in the shop's trash (id ${id}); restore it or delete it there for good, or say store: { trash: 'revive' }`
  return { key, outcome: 'rejected', code: 'quarantined', reason, ...(sku === null ? {} : { sku }) }
}
