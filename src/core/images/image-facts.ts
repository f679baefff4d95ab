/** What is known about the wanted pictures of a product, from store and library. Reads only. */
import type { Store, StoreId, StoreImage } from '../store/store.js'
import type { CurrentImages } from './arrange-images.js'
import type { WantedImage } from './image.js'
import type { ImageLibrary } from './library.js'
import type { ImageFacts } from './plan-images.js'

export interface FactPorts {
  readonly library: Pick<ImageLibrary, 'findByUrl' | 'failures'>
  readonly store: Pick<Store, 'imagesOf' | 'hasImages'>
}

export interface GatheredFacts {
  readonly facts: ImageFacts
  readonly current: CurrentImages
  /** Images that the library or the product name, and the store does not have any more. */
  readonly lost: readonly StoreId[]
}

/** `productId` is null for a product that the store does not have yet. */
export async function gatherFacts(
  wanted: readonly WantedImage[],
  productId: StoreId | null,
  { library, store }: FactPorts,
): Promise<GatheredFacts> {
  const keys = wanted.flatMap(({ address }) => (address.ok ? [address.key] : []))
  const [known, failures, linked] = await Promise.all([
    library.findByUrl(keys),
    library.failures(keys),
    productId === null ? noImages : store.imagesOf(productId),
  ])
  const linkedImages = [...linked.gallery, ...linked.variants.values()]
  const ids = [...new Set([...[...known.values()].map(({ storeId }) => storeId), ...linkedImages.map(({ id }) => id)])]
  const present: ReadonlySet<StoreId> = ids.length === 0 ? new Set() : await store.hasImages(ids)
  const isPresent = ({ id }: StoreImage): boolean => present.has(id)
  return {
    facts: {
      wanted,
      existing: linkedImages.filter(isPresent),
      library: new Map([...known].filter(([, { storeId }]) => present.has(storeId))),
      failures,
    },
    current: {
      gallery: linked.gallery.filter(isPresent),
      variants: new Map([...linked.variants].filter(([, image]) => isPresent(image))),
    },
    lost: ids.filter((id) => !present.has(id)),
  }
}

const noImages = { gallery: [], variants: new Map<string, StoreImage>() }
