/** What an import would do about images, found out without touching the network, the store or the ledger. */
import { createHash } from 'node:crypto'
import type { Clock } from '../clock.js'
import { type FeedSource, parseSource } from '../feed/source.js'
import type { Ledger } from '../ledger/ledger.js'
import type { Product } from '../product/product.js'
import type { Store, StoreId, StoreProduct } from '../store/store.js'
import { wantedImages } from './image.js'
import { imageBase } from './image-base.js'
import { gatherFacts } from './image-facts.js'
import type { ImageBase } from './normalize-url.js'
import { type ImageDecision, planImages } from './plan-images.js'

export interface PlanPorts {
  readonly ledger: Pick<Ledger, 'images' | 'wholesaler' | 'stagedProduct'>
  readonly store: Pick<Store, 'imagesOf' | 'hasImages'>
  readonly clock: Clock
}

/** How the pictures of one feed are decided about. */
export interface PlanRules {
  readonly base: ImageBase
  readonly refresh?: boolean
  readonly retryFailed?: boolean
}

/** One decision per wanted picture of a product that the feed describes so. `storeId`: null when it is new. */
export async function planProduct(
  product: Pick<Product, 'images' | 'variants'>,
  storeId: StoreId | null,
  rules: PlanRules,
  { ledger, store, clock }: Omit<PlanPorts, 'ledger'> & { readonly ledger: Pick<Ledger, 'images'> },
): Promise<readonly ImageDecision[]> {
  const wanted = wantedImages(product, rules.base)
  if (wanted.length === 0) return []
  const { facts } = await gatherFacts(wanted, storeId, { library: ledger.images, store })
  return planImages(facts, { now: clock.now(), ...rules })
}

/**
 * The same for a product of the store, by the feed that was read last. Null when no feed describes it: nobody
 * imported it, or its feed has it no longer.
 */
export async function planStoredProduct(
  { id, wholesaler, key }: StoreProduct,
  imageRoots: (wholesaler: string) => readonly string[],
  ports: PlanPorts,
): Promise<readonly ImageDecision[] | null> {
  if (wholesaler === null || key === null) return null
  const product = await ports.ledger.stagedProduct(wholesaler, key)
  const source = await lastSourceOf(wholesaler, ports.ledger)
  if (product === null || source === null) return null
  return planProduct(product, id, { base: imageBase(source, imageRoots(wholesaler)) }, ports)
}

/** Where the feed was when it was read last, as far as it was written down; null when it never was read. */
export async function lastSourceOf(wholesaler: string, ledger: Pick<Ledger, 'wholesaler'>): Promise<FeedSource | null> {
  const described = (await ledger.wholesaler(wholesaler))?.current?.feed.source
  if (described === undefined) return null
  return described === 'stdin' ? { kind: 'stdin' } : parseSource(described, '/')
}

/** How many decisions of each kind, over many products. */
export interface ImagePlanCounts {
  /** Products with at least one decision. */
  products: number
  keep: number
  attach: number
  download: number
  skip: number
  /** Addresses to be asked, each once however many products want it. */
  requests: number
  /** By `action:reason`; for `skip` the reason is its code. */
  readonly reasons: Map<string, number>
}

/** Adds decisions up. */
export class ImagePlanSum {
  readonly counts: ImagePlanCounts = {
    products: 0,
    keep: 0,
    attach: 0,
    download: 0,
    skip: 0,
    requests: 0,
    reasons: new Map(),
  }
  /** Digests instead of addresses: half a million of them are 40 MB instead of 150. */
  readonly #asked = new Set<string>()

  add(decisions: readonly ImageDecision[]): void {
    if (decisions.length > 0) this.counts.products += 1
    for (const decision of decisions) {
      this.counts[decision.action] += 1
      const reason = `${decision.action}:${decision.action === 'skip' ? decision.code : decision.reason}`
      this.counts.reasons.set(reason, (this.counts.reasons.get(reason) ?? 0) + 1)
      if (decision.action !== 'download' || !decision.wanted.address.ok) continue
      this.#asked.add(createHash('sha256').update(decision.wanted.address.key).digest('base64url').slice(0, 16))
      this.counts.requests = this.#asked.size
    }
  }
}
