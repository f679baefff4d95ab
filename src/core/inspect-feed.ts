/** Reads a whole feed as an import would, without importing it: what is in it, and what would be rejected. */
import type { FeedShape, Reject, Repair } from './feed/feed.js'
import type { FeedSummary } from './ledger/ledger.js'
import { productsOf } from './product/fingerprint.js'
import type { Product } from './product/product.js'
import { type StagePorts, stageFeed } from './stage-feed.js'
import type { Wholesaler } from './wholesaler.js'

export interface Inspection {
  readonly feed: FeedSummary
  readonly shape: FeedShape
  /** The first products, as mapped. */
  readonly sample: readonly Product[]
  /** The first rejects and repairs; `feed` has their numbers. */
  readonly rejects: readonly Reject[]
  readonly repairs: readonly Repair[]
}

/** Products shown as examples: a screenful. */
const sampleSize = 5

/** Rejects and repairs shown; an import keeps all rejects in a file. */
const examplesMax = 20

/** `ports.ledger` and `ports.stateDir` are thrown away afterwards; nothing of them is kept. */
export async function inspectFeed(
  wholesaler: Wholesaler,
  ports: Omit<StagePorts, 'onReject' | 'onRepair'>,
  options: { readonly allowPrivateHosts: readonly string[]; readonly signal: AbortSignal },
): Promise<Inspection> {
  const sample: Product[] = []
  const rejects: Reject[] = []
  const repairs: Repair[] = []
  const staged = await stageFeed(
    wholesaler,
    {
      ...ports,
      onReject: (_name, reject) => {
        if (rejects.length < examplesMax) rejects.push(reject)
      },
      onRepair: (repair) => {
        if (repairs.length < examplesMax) repairs.push(repair)
      },
    },
    {
      ...options,
      remap: true,
      checksum: true,
      allowShrink: true,
      dryRun: true,
      onProducts: (chunk) => {
        if (sample.length === sampleSize) return
        for (const { product } of productsOf(chunk)) if (sample.push(product) === sampleSize) return
      },
    },
  )
  if (staged.shape === null) throw new Error('a feed that is read always has a shape')
  return { feed: staged.feed, shape: staged.shape, sample, rejects, repairs }
}
