/**
 * The image phase of an import: brings every product whose images are pending to the images the feed names.
 * Resumable at any point: what is in the store is in the library, and a product is done only when all its
 * images are attached. A picture that cannot be had never fails its product and never stops the phase.
 */
import type { Clock } from '../clock.js'
import type { HttpClient } from '../http/http-client.js'
import { type JobImageCounts, noCounts } from '../jobs/job.js'
import type { Ledger, PendingImages, Writer } from '../ledger/ledger.js'
import type { Progress } from '../progress.js'
import type { Store, StoreId } from '../store/store.js'
import type { Wholesaler } from '../wholesaler.js'
import type { Decode } from './decode.js'
import type { Download } from './download.js'
import type { HostQueueLimits } from './host-queue.js'
import { prepareImagePorts } from './image-ports.js'
import { importProductImages } from './import-product-images.js'
import { filesMax } from './obtain-image.js'

export interface ImageRun {
  readonly ledger: Pick<Ledger, 'pendingImages' | 'countPendingImages' | 'finishImages' | 'noteGivenImages' | 'images'>
  readonly store: Pick<Store, 'imagesOf' | 'hasImages' | 'putImage' | 'setImages' | 'removeImages'>
  readonly http: Pick<HttpClient, 'download'>
  readonly progress: Progress
  readonly clock: Clock
  /** Its `tmp/` takes unfinished files. */
  readonly stateDir: string
  readonly writer: Writer
  readonly wholesaler: Pick<Wholesaler, 'name' | 'source' | 'imageRoots' | 'imageRules'>
  /** Hosts that may be on private addresses. */
  readonly allowPrivateHosts: readonly string[]
  readonly signal: AbortSignal
  /** Fetch known addresses again. Default: false. */
  readonly refresh?: boolean
  /** Fetch also what failed lately and is believed to fail again. Default: false. */
  readonly retryFailed?: boolean
  /** Downloads at once, in all and per host. Default: 16 and 8. */
  readonly concurrency?: HostQueueLimits
  /** Asked before each product; true ends the phase early, in good order. Default: never. */
  readonly outOfTime?: () => boolean
  /** Called with the sums of this phase after each product. */
  readonly onCounts?: (counts: JobImageCounts) => void
  /** How pictures are fetched. Default: by `http` and from below the feed's folder and the image roots. */
  readonly download?: Download
  /** How pictures are decoded. Default: in processes of their own, which end with the phase. */
  readonly decode?: Decode
}

/** Products under way at once: as many as files, for each may have only one image left to get. */
const productsMax = filesMax
/** Products asked of the ledger at once. */
const pageSize = 100

export type ImportImages = (run: ImageRun) => Promise<JobImageCounts>

/**
 * Attaches the pending images of one wholesaler's products. Counts, over the products looked at:
 * - `wanted`: references to images, of products and of variants, repeated ones too;
 * - `downloaded`: files fetched or read to their end, whatever came of them;
 * - `attached`: links that products and variants did not have before;
 * - `duplicatesSkipped`: references that needed no new file: known address, known bytes, or named twice;
 * - `failed`: references that have no image in the store.
 * So `wanted` is `duplicatesSkipped`, plus `failed`, plus the new files in the store.
 *
 * Throws the signal's reason when it is aborted, and what stops a run (`lease_lost`, `disk_full`); what was
 * done until then is kept, and nothing is under way any more when it throws.
 */
export const importImages: ImportImages = async (run) => {
  run.signal.throwIfAborted()
  const total = await run.ledger.countPendingImages(run.wholesaler.name)
  const step = stepReporter(run, total)
  if (total === 0) {
    step('skipped', 0)
    return noCounts.images
  }
  step('started', 0)

  const failure = new AbortController()
  const signal = AbortSignal.any([run.signal, failure.signal])
  const counts = { ...noCounts.images }
  const takenAway = new Set<StoreId>()
  const { ports, decoders } = await prepareImagePorts(run, signal, {
    onDownloaded: () => {
      counts.downloaded += 1
    },
    onTakenAway: (ids) => {
      for (const id of ids) takenAway.add(id)
    },
  })
  const underway = new Set<Promise<void>>()
  let done = 0

  const begin = (pending: PendingImages): void => {
    const work = importProductImages(pending, ports)
      .then((product) => {
        counts.wanted += product.wanted
        counts.attached += product.attached
        counts.duplicatesSkipped += product.duplicatesSkipped
        counts.failed += product.failed
        done += 1
        run.onCounts?.({ ...counts })
        step('progress', done)
      })
      .catch((error: unknown) => failure.abort(error))
      .finally(() => underway.delete(work))
    underway.add(work)
  }

  try {
    for await (const pending of pendingProducts(run, signal)) {
      begin(pending)
      if (underway.size >= productsMax) await Promise.race(underway)
    }
  } catch (error: unknown) {
    failure.abort(error)
  } finally {
    await Promise.all(underway)
    await decoders.close()
  }

  if (signal.aborted) step('failed', done)
  signal.throwIfAborted()
  // Not before all products have what they want: one of them may have wanted what another lost.
  if (run.wholesaler.imageRules.removed === 'delete') await deleteImages([...takenAway], run)
  step('done', done)
  return counts
}

/** Those that nothing shows any more. */
async function deleteImages(ids: readonly StoreId[], { ledger, store, writer }: ImageRun): Promise<void> {
  if (ids.length > 0) await ledger.images.forget(await store.removeImages(writer, ids))
}

/** Page by page, until there are no more, the time is over, or something stopped the phase. */
async function* pendingProducts(run: ImageRun, signal: AbortSignal): AsyncGenerator<PendingImages> {
  for (let after: string | null = null; ; ) {
    const page: readonly PendingImages[] = await run.ledger.pendingImages(run.wholesaler.name, {
      size: pageSize,
      after,
    })
    for (const pending of page) {
      if (signal.aborted || run.outOfTime?.() === true) return
      yield pending
      after = pending.key
    }
    if (page.length < pageSize) return
  }
}

function stepReporter({ progress, wholesaler }: ImageRun, total: number) {
  return (state: 'started' | 'progress' | 'done' | 'skipped' | 'failed', done: number): void =>
    progress.emit({ type: 'step', wholesaler: wholesaler.name, step: 'images', state, done, total })
}
