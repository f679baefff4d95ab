/** The images of one product: look up, decide, get what is missing, attach, and say whether that was all. */
import type { Clock } from '../clock.js'
import { WholesalerError, withoutSecrets } from '../errors.js'
import { failpoint } from '../failpoint.js'
import type { JobImageCounts } from '../jobs/job.js'
import type { Ledger, PendingImages, Writer } from '../ledger/ledger.js'
import type { Product } from '../product/product.js'
import type { ImageOutcome, Progress } from '../progress.js'
import type { ProductImages, Store, StoreId } from '../store/store.js'
import { arrangeImages, type SettledImage } from './arrange-images.js'
import { givenImages } from './given-images.js'
import { type WantedImage, wantedImages } from './image.js'
import { gatherFacts } from './image-facts.js'
import type { ImageRules } from './image-rules.js'
import type { ImageBase } from './normalize-url.js'
import type { ImageIntake } from './obtain-image.js'
import { type ImageDecision, planImages } from './plan-images.js'

export interface ProductPorts {
  readonly ledger: Pick<Ledger, 'finishImages' | 'noteGivenImages' | 'images'>
  readonly store: Pick<Store, 'imagesOf' | 'hasImages' | 'setImages'>
  readonly intake: Pick<ImageIntake, 'obtain'>
  readonly base: ImageBase
  readonly clock: Clock
  readonly progress: Progress
  readonly writer: Writer
  readonly signal: AbortSignal
  readonly refresh: boolean
  readonly retryFailed: boolean
  readonly removed: ImageRules['removed']
  /** Called with images that the product does not show any more. */
  readonly onTakenAway: (ids: readonly StoreId[]) => void
}

interface Settled extends SettledImage {
  readonly outcome: ImageOutcome
  /** A new file was put into the store for it. */
  readonly isNew: boolean
  /** Why it has no image, or not the one asked for. */
  readonly problem: string | null
}

type ProductImageCounts = Omit<JobImageCounts, 'downloaded'>

/** Longest address shown: an inlined picture may have millions of characters. */
const shownAddressMax = 300

/**
 * Brings one product to its wanted images. What could be had is attached now, in the feed's order; only when
 * that is all of it, the product is done. Throws only what stops the run.
 */
export async function importProductImages(pending: PendingImages, ports: ProductPorts): Promise<ProductImageCounts> {
  const { ledger, base, clock, signal, refresh, writer } = ports
  const wanted = wantedImages(pending.product, base)
  const mayLose = ports.removed !== 'keep' && namesImages(pending.product)
  if (wanted.length === 0 && !(mayLose && pending.given.length > 0)) {
    await ledger.finishImages(writer, pending.wholesaler, pending.key, pending.imagesFingerprint)
    return { wanted: 0, attached: 0, duplicatesSkipped: 0, failed: 0 }
  }
  const { facts, current } = await lookUp(wanted, pending.storeId, ports)
  const decisions = planImages(facts, { now: clock.now(), base, refresh, retryFailed: ports.retryFailed })
  let settled = await allOf(decisions.map((decision) => settle(decision, ports)))
  signal.throwIfAborted()

  // Nothing is taken away while something that is to be there is missing.
  const isComplete = settled.every(({ problem }) => problem === null)
  const given = givenImages(pending.given, settled, base)
  const { images, gone, newLinks } = arrangeImages(
    settled,
    current,
    base,
    mayLose && isComplete ? given.isLeftOver : undefined,
  )
  let attached = 0
  if (gone.length > 0 || settled.some(({ imageId }) => imageId !== null)) {
    // Before they are attached: an image that is not known to be ours would never be taken away.
    await noteGiven(given.all, pending.given, pending, ports)
    const { written, lost } = await attach(images, pending, ports)
    failpoint('images-attached', pending.key)
    if (written === 'changed') attached = newLinks
    if (written === 'gone') settled = settled.map(withoutProduct)
    else if (written === 'lost') settled = settled.map((image) => withoutLost(image, lost))
    else {
      ports.onTakenAway(gone)
      const left = [...current.gallery, ...current.variants.values()].filter(({ id }) => !gone.includes(id))
      await noteGiven(given.among(left), given.all, pending, ports)
    }
  }
  if (settled.every(({ problem }) => problem === null)) {
    await ledger.finishImages(writer, pending.wholesaler, pending.key, pending.imagesFingerprint)
    failpoint('images-recorded', pending.key)
  }
  for (const image of settled) report(image, pending, ports.progress)
  return { ...countOf(settled), attached }
}

/** A feed that says nothing about images takes none away. */
function namesImages({ images, variants }: Product): boolean {
  return images !== undefined || variants.some(({ image }) => image !== undefined)
}

async function noteGiven(
  marks: readonly string[],
  known: readonly string[],
  { wholesaler, key }: PendingImages,
  { ledger, writer }: ProductPorts,
): Promise<void> {
  const isKnown = marks.length === known.length && marks.every((mark) => known.includes(mark))
  if (!isKnown) await ledger.noteGivenImages(writer, wholesaler, key, marks)
}

/** What the store and the library know about the wanted pictures; what the store has lost is forgotten first. */
async function lookUp(wanted: readonly WantedImage[], productId: StoreId, { ledger, store }: ProductPorts) {
  const { lost, ...known } = await gatherFacts(wanted, productId, { library: ledger.images, store })
  if (lost.length > 0) await ledger.images.forget(lost)
  return known
}

async function settle(decision: ImageDecision, { intake }: ProductPorts): Promise<Settled> {
  const { wanted } = decision
  const fine = { wanted, replaces: null, isNew: false, problem: null }
  switch (decision.action) {
    case 'keep':
      return { ...fine, imageId: decision.image.id, outcome: 'kept' }
    case 'attach':
      return { ...fine, imageId: decision.image.storeId, replaces: decision.replaces, outcome: 'attached' }
    case 'skip':
      return { ...fine, imageId: null, outcome: 'failed', problem: decision.reason }
    case 'download': {
      const { address, url } = wanted
      if (!address.ok) return { ...fine, imageId: null, outcome: 'failed', problem: address.reason }
      const result = await intake.obtain({ url, address, refresh: decision.reason === 'refresh' })
      // A copy that could not be refreshed is better than none: it keeps its place.
      if (!result.ok)
        return { ...fine, imageId: decision.replaces?.id ?? null, outcome: 'failed', problem: result.reason }
      const { image, isNew } = result
      const isKept = image.storeId === decision.replaces?.id
      return {
        ...fine,
        imageId: image.storeId,
        replaces: decision.replaces,
        isNew,
        outcome: isKept ? 'kept' : isNew ? 'downloaded' : 'duplicate',
      }
    }
  }
  decision satisfies never
}

/** Another import may have deleted an image since it was decided to attach it: that costs a product its turn, no run. */
async function attach(images: ProductImages, { storeId }: PendingImages, { ledger, store, writer }: ProductPorts) {
  try {
    return { written: await store.setImages(writer, storeId, images), lost: [] } as const
  } catch (error: unknown) {
    if (error instanceof WholesalerError && error.kind !== 'unexpected') throw error
    const ids = [...images.gallery, ...Object.values(images.variants)].map(({ imageId }) => imageId)
    const present = await store.hasImages(ids)
    const lost = ids.filter((id) => !present.has(id))
    if (lost.length === 0) throw error
    await ledger.images.forget(lost)
    return { written: 'lost', lost } as const
  }
}

/** Nothing was attached, so every new one waits; those that are there are attached on a later run without a download. */
function withoutLost(image: Settled, lost: readonly StoreId[]): Settled {
  if (image.imageId === null || !lost.includes(image.imageId)) return image
  const problem = 'it was deleted from the store while it was attached'
  return { ...image, imageId: null, outcome: 'failed', isNew: false, problem }
}

function withoutProduct(image: Settled): Settled {
  const problem = 'the store does not have the product any more'
  return { ...image, imageId: null, outcome: 'failed', problem: image.problem ?? problem }
}

function countOf(settled: readonly Settled[]): Omit<ProductImageCounts, 'attached'> {
  let [wanted, duplicatesSkipped, failed] = [0, 0, 0]
  for (const {
    wanted: { references },
    problem,
    isNew,
  } of settled) {
    wanted += references
    if (problem !== null) failed += references
    else duplicatesSkipped += isNew ? references - 1 : references
  }
  return { wanted, duplicatesSkipped, failed }
}

/** One event for each reference; the second to the same picture is a duplicate of the first. */
function report(image: Settled, { wholesaler, key }: PendingImages, progress: Progress): void {
  const { wanted, outcome, problem } = image
  const url = withoutSecrets(wanted.url.slice(0, shownAddressMax))
  for (let reference = 1; reference <= wanted.references; reference += 1) {
    const isRepeated = reference > 1 && outcome !== 'failed'
    progress.emit({
      type: 'image',
      wholesaler,
      key,
      url,
      outcome: isRepeated ? 'duplicate' : outcome,
      ...(problem === null ? {} : { reason: problem }),
    })
  }
}

/** Waits for all, also when one fails: nothing may be written after the phase has ended. */
async function allOf<T extends readonly unknown[]>(work: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work)
  return Promise.all(work)
}
