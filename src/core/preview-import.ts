/** `--dry-run`: what an import would do, found out without writing to ledger or store. */
import type { WholesalerError } from './errors.js'
import { concernsOneFeed, type FeedReport, failedFeed, type RetireCounts } from './feed-report.js'
import { imageBase } from './images/image-base.js'
import { type ImagePlanCounts, ImagePlanSum, planProduct } from './images/plan-product.js'
import type { JobOptions } from './jobs/job.js'
import type { Ledger, PendingImages, StagedChunk } from './ledger/ledger.js'
import { ChangeList } from './list-changes.js'
import { type FeedPlan, FeedPlanner, type ImportPlan, type PlannedChange } from './plan-import.js'
import { productsOf } from './product/fingerprint.js'
import { checkRetire } from './retire-missing.js'
import { type StagePorts, stageFeed } from './stage-feed.js'
import type { Store } from './store/store.js'
import type { Wholesaler } from './wholesaler.js'

export interface ImportPreview {
  readonly feeds: readonly FeedReport[]
  /** Products that an import without `--batches` would write. */
  readonly pending: number
  /** What would be decided about the images of products that do not have all of theirs; null with `--no-images`. */
  readonly images: ImagePlanCounts | null
  /** A feed, or a part of one, could not be read. */
  readonly partial: boolean
  /** When a plan was asked for. */
  readonly plan: Omit<ImportPlan, 'options' | 'ledger'> | null
  /** As many as were asked for, in the order of the feeds. */
  readonly changes: readonly PlannedChange[]
  /** What an import would withhold, and why. */
  readonly guard: WholesalerError | null
}

type PreviewOptions = Pick<
  JobOptions,
  | 'remap'
  | 'checksum'
  | 'allowShrink'
  | 'maxDelete'
  | 'allowPrivateHosts'
  | 'updateExisting'
  | 'images'
  | 'refreshImages'
  | 'retryImages'
>

type PreviewPorts = StagePorts & {
  readonly store: Pick<Store, 'imagesOf' | 'hasImages' | 'findBySku' | 'stamps' | 'differences'>
}

/**
 * Reads every feed and counts. With `plan` every product that would be written is also looked up in the store. The
 * first `listed` changes are told field by field. Throws the first feed's error when none could be read.
 */
export async function previewImport(
  wholesalers: readonly Wholesaler[],
  options: PreviewOptions,
  ports: PreviewPorts,
  signal: AbortSignal,
  { plan: isPlan = false, listed = 0 }: { readonly plan?: boolean; readonly listed?: number } = {},
): Promise<ImportPreview> {
  const feeds: FeedReport[] = []
  const images = options.images ? new ImagePlanSum() : null
  let pending = 0
  let partial = false
  let firstError: unknown
  let guard: WholesalerError | null = null
  const planned: FeedPlan[] = []
  const list = new ChangeList(listed, options, ports)
  for (const wholesaler of wholesalers) {
    try {
      const plan = images === null ? null : imagePlanner(wholesaler, options, ports, images)
      const planner = isPlan ? new FeedPlanner(wholesaler.name, options, ports) : null
      const { feed, staged, due, read, digest } = await stageFeed(wholesaler, ports, {
        ...options,
        // Only a feed that is read tells what would be written of it.
        remap: options.remap || isPlan,
        dryRun: true,
        signal,
        onProducts: async (chunk) => {
          await plan?.addMapped(chunk)
          await planner?.add(chunk)
          await list.add(wholesaler, chunk)
        },
      })
      const retired = retireCounts(wholesaler, due, options)
      feeds.push({ feed, staged, retired })
      if (planner !== null) {
        planned.push(planner.finish({ feed: feed.sha256 ?? '', mapping: digest }, retired?.due ?? 0))
      }
      if (retired !== null) guard ??= await checkRetire(wholesaler, { due, maxDelete: options.maxDelete }, ports.ledger)
      if (!read) await plan?.addPending(signal)
      partial ||= read && (feed.rejects > 0 || !feed.complete)
      pending += read
        ? staged.new + (options.updateExisting ? staged.changed : 0)
        : await countPending(wholesaler.name, ports.ledger, options)
    } catch (error: unknown) {
      if (!concernsOneFeed(error) || signal.aborted) throw error
      firstError ??= error
      feeds.push({ feed: failedFeed(wholesaler, error), staged: null, retired: null })
      partial = true
    }
  }
  if (firstError !== undefined && feeds.every(({ staged }) => staged === null)) throw firstError
  const { changes } = list
  const plan = isPlan ? { feeds: planned, changes } : null
  return { feeds, pending, images: images?.counts ?? null, partial, plan, changes, guard }
}

function retireCounts({ missing }: Wholesaler, due: number, { updateExisting }: PreviewOptions): RetireCounts | null {
  return missing === 'keep' || !updateExisting ? null : { policy: missing, due, done: 0 }
}

function countPending(name: string, ledger: Ledger, { updateExisting }: Pick<JobOptions, 'updateExisting'>) {
  return ledger.countPending(name, { updateExisting })
}

/** Products asked of the ledger at once. */
const pageSize = 100

/** Decides about the images of a feed's products, as far as an import would look at them. */
function imagePlanner(
  wholesaler: Wholesaler,
  { updateExisting, refreshImages, retryImages }: PreviewOptions,
  ports: PreviewPorts,
  sum: ImagePlanSum,
) {
  const base = imageBase(wholesaler.source, wholesaler.imageRoots)
  const rules = { base, refresh: refreshImages, retryFailed: retryImages }
  return {
    /** Products as the feed has them now. */
    async addMapped(chunk: StagedChunk): Promise<void> {
      const keys = chunk.rows.map(({ key }) => key)
      const states = await ports.ledger.imageStates(wholesaler.name, keys)
      for (const { row, product } of productsOf(chunk)) {
        const state = states.get(row.key)
        if (state !== undefined && (!updateExisting || state.done === row.images)) continue
        sum.add(await planProduct(product, state?.storeId ?? null, rules, ports))
      }
    },
    /** Products of a feed that has not changed since it was imported. */
    async addPending(signal: AbortSignal): Promise<void> {
      for (let after: string | null = null; ; ) {
        const page: readonly PendingImages[] = await ports.ledger.pendingImages(wholesaler.name, {
          size: pageSize,
          after,
        })
        for (const { product, storeId } of page) sum.add(await planProduct(product, storeId, rules, ports))
        signal.throwIfAborted()
        const last = page.at(-1)
        if (last === undefined) return
        after = last.key
      }
    },
  }
}
