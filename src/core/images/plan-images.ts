/**
 * Decides what to do about each wanted picture of one product, before anything is fetched. Pure: all it
 * knows is handed in, so the same facts always give the same decisions, each with its reason.
 */
import type { StoreImage } from '../store/store.js'
import { retryAt } from './failure-ttl.js'
import type { WantedImage } from './image.js'
import type { ImageFailure, LibraryImage } from './library.js'
import { type ImageAddress, type ImageBase, normalizeUrl } from './normalize-url.js'
import { sameFileName } from './same-file-name.js'

export type ImageDecision =
  /** The product has it. */
  | {
      readonly action: 'keep'
      readonly wanted: WantedImage
      readonly image: StoreImage
      readonly reason: 'original_url' | 'own_url' | 'same_file_name'
    }
  /** The store has it, from another product or wholesaler. */
  | {
      readonly action: 'attach'
      readonly wanted: WantedImage
      readonly image: LibraryImage
      readonly reason: 'library' | 'changed'
      /** The product's image from that address, whose bytes are not there any more; null for `library`. */
      readonly replaces: StoreImage | null
    }
  /** Not to be had for now. `retryAt` in Unix ms; null: not before the feed names another address. */
  | {
      readonly action: 'skip'
      readonly wanted: WantedImage
      readonly code: string
      readonly reason: string
      readonly retryAt: number | null
    }
  | {
      readonly action: 'download'
      readonly wanted: WantedImage
      readonly reason: 'unknown' | 'failed_before' | 'refresh'
      /** The product's image from that address: what a fresh copy takes the place of. */
      readonly replaces: StoreImage | null
    }

export interface ImageFacts {
  readonly wanted: readonly WantedImage[]
  /** The product's images in the store, variants' included, without those the store has lost. */
  readonly existing: readonly StoreImage[]
  /** Library images by normal form of the wanted addresses, without those the store has lost. */
  readonly library: ReadonlyMap<string, LibraryImage>
  /** Failures by normal form of the wanted addresses. */
  readonly failures: ReadonlyMap<string, ImageFailure>
}

export interface PlanOptions {
  /** Unix ms. */
  readonly now: number
  readonly base: ImageBase
  /** Fetches known addresses again, because a picture may have changed behind its address. Default: false. */
  readonly refresh?: boolean
  /** Asks again also for what failed and is still believed to. Default: false. */
  readonly retryFailed?: boolean
  /** From when on a failure is tried again, Unix ms. Default: `retryAt`. */
  readonly retryAt?: (failure: ImageFailure) => number
}

/** One decision per wanted picture, in order. */
export function planImages(facts: ImageFacts, options: PlanOptions): readonly ImageDecision[] {
  const known = indexExisting(facts.existing, options.base)
  const byAddress = facts.wanted.map(({ address }) => onProduct(address, known))
  const byName = byAddress.includes(null)
    ? sameFileName({
        wanted: facts.wanted,
        existing: facts.existing,
        found: byAddress.map((hit) => hit?.image ?? null),
        base: options.base,
      })
    : null
  return facts.wanted.map((wanted, index): ImageDecision => {
    const { address } = wanted
    if (!address.ok) return { action: 'skip', wanted, code: address.code, reason: address.reason, retryAt: null }
    const kept = byAddress[index] ?? null
    const namesake = byName?.get(wanted)
    const image = facts.library.get(address.key)
    if (options.refresh === true) {
      return { action: 'download', wanted, reason: 'refresh', replaces: kept?.image ?? namesake ?? null }
    }
    if (kept !== null && image !== undefined && hasChanged(kept.image, image)) {
      return { action: 'attach', wanted, image, reason: 'changed', replaces: kept.image }
    }
    if (kept !== null) return { action: 'keep', wanted, ...kept }
    if (namesake !== undefined) return { action: 'keep', wanted, image: namesake, reason: 'same_file_name' }
    if (image !== undefined) return { action: 'attach', wanted, image, reason: 'library', replaces: null }
    return afterFailure(wanted, facts.failures.get(address.key), options)
  })
}

/** Other bytes were found behind the address since, for another product; where bytes are not known, nothing is said. */
function hasChanged(existing: StoreImage, latest: LibraryImage): boolean {
  return existing.sha256 !== null && existing.sha256 !== latest.sha256 && existing.id !== latest.storeId
}

interface Known {
  readonly original: ReadonlyMap<string, StoreImage>
  readonly own: ReadonlyMap<string, StoreImage>
}

interface OnProduct {
  readonly image: StoreImage
  readonly reason: 'original_url' | 'own_url'
}

function indexExisting(existing: readonly StoreImage[], base: ImageBase): Known {
  const original = new Map<string, StoreImage>()
  const own = new Map<string, StoreImage>()
  for (const image of existing) {
    const from = image.originalUrl === null ? null : normalizeUrl(image.originalUrl, base)
    if (from?.ok === true && !original.has(from.key)) original.set(from.key, image)
    // A path below the media folder is no address: a feed's path may read the same and mean another file.
    const at = /^https?:/i.test(image.url) ? normalizeUrl(image.url, base) : null
    if (at?.ok === true && !own.has(at.key)) own.set(at.key, image)
  }
  return { original, own }
}

function onProduct(address: ImageAddress, { original, own }: Known): OnProduct | null {
  if (!address.ok) return null
  const from = original.get(address.key)
  if (from !== undefined) return { image: from, reason: 'original_url' }
  const at = own.get(address.key)
  return at === undefined ? null : { image: at, reason: 'own_url' }
}

function afterFailure(wanted: WantedImage, failure: ImageFailure | undefined, options: PlanOptions): ImageDecision {
  if (failure === undefined) return { action: 'download', wanted, reason: 'unknown', replaces: null }
  const next = (options.retryAt ?? retryAt)(failure)
  if (options.now >= next || options.retryFailed === true)
    return { action: 'download', wanted, reason: 'failed_before', replaces: null }
  return { action: 'skip', wanted, code: failure.code, reason: failure.reason, retryAt: next }
}
