/** Rebuilds the image library from the store, when the ledger was lost or the store is older than it. */

import type { Store, StoredImage } from '../store/store.js'
import { hashOf, pagesOf } from './audit-images.js'
import type { ImageLibrary } from './library.js'
import type { Looks } from './look.js'
import { type ImageBase, normalizeUrl } from './normalize-url.js'

export interface RebuildPorts {
  readonly store: Pick<Store, 'listImages' | 'readImage'>
  readonly library: Pick<ImageLibrary, 'findByHash' | 'adopt'>
  readonly looks: Pick<Looks, 'hash'>
  /** What local paths in this wholesaler's feed are relative to; null when that is not known. */
  readonly baseOf: (wholesaler: string) => Promise<ImageBase | null>
  readonly signal: AbortSignal
}

export interface RebuildReport {
  /** Images that the library did not know. */
  readonly images: number
  /** URLs that it did not know. */
  readonly urls: number
  /** Images of which the store does not know enough, or has no file. */
  readonly skipped: number
}

/** No recipe is known of what the store has: `images reprocess` would process it again. */
const unknownRecipe = 0

/** Adds what the store knows to the library, and changes nothing that is there. Safe to call twice. */
export async function rebuildLibrary(ports: RebuildPorts): Promise<RebuildReport> {
  const { library } = ports
  const bases = new Map<string, Promise<ImageBase | null>>()
  const baseOf = (wholesaler: string) => {
    const base = bases.get(wholesaler) ?? ports.baseOf(wholesaler)
    bases.set(wholesaler, base)
    return base
  }
  let [images, urls, skipped] = [0, 0, 0]
  for await (const page of pagesOf(ports)) {
    for (const image of page) {
      const { sha256, extension, width, height, bytes, present, id } = image
      if (!present || sha256 === null || extension === null || width === null || height === null || bytes === null) {
        skipped += 1
        continue
      }
      const known = await library.findByHash(sha256)
      const perceptualHash = known === null ? await hashOf(id, ports) : known.perceptualHash
      if (known === null) images += 1
      urls += await library.adopt(
        { sha256, storeId: id, extension, width, height, bytes, perceptualHash, recipe: unknownRecipe },
        await addressesOf(image, baseOf),
      )
    }
  }
  return { images, urls, skipped }
}

const noBase: ImageBase = { folders: [], url: null }

/** In normal form: where the image came from first, and what each place that shows it calls it. */
async function addressesOf(
  { originalUrl, uses }: StoredImage,
  baseOf: (wholesaler: string) => Promise<ImageBase | null>,
): Promise<readonly string[]> {
  const addresses = new Set<string>()
  const add = (reference: string | null, base: ImageBase | null): void => {
    const address = reference === null ? null : normalizeUrl(reference, base ?? noBase)
    if (address?.ok === true) addresses.add(address.key)
  }
  add(originalUrl, null)
  for (const { wholesaler, originalUrl: reference } of uses) {
    add(reference, wholesaler === null ? null : await baseOf(wholesaler))
  }
  return [...addresses]
}
