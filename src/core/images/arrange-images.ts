/** Puts together what a product shall show: pure, from what each wanted picture became and what is there now. */
import type { ImageAttachment, ProductImages, StoreId, StoreImage } from '../store/store.js'
import type { WantedImage } from './image.js'
import type { ImageBase } from './normalize-url.js'
import { normalizeUrl } from './normalize-url.js'

/** What became of one wanted picture. */
export interface SettledImage {
  readonly wanted: WantedImage
  /** Null when it could not be had. */
  readonly imageId: StoreId | null
  /** The product's image that this one stands in for; it does not stay beside it. */
  readonly replaces: StoreImage | null
}

export interface CurrentImages {
  readonly gallery: readonly StoreImage[]
  readonly variants: ReadonlyMap<string, StoreImage>
}

export interface ArrangedImages {
  readonly images: ProductImages
  /** Images that the product or a variant has and is not to have any more. */
  readonly gone: readonly StoreId[]
  /** Links that the product or a variant does not have yet. */
  readonly newLinks: number
}

/**
 * Wanted pictures in the feed's order, each image once; then those that the product has and the feed no longer
 * names: they are kept, unless `goes` says otherwise. A picture that could not be had leaves no gap, a variant keeps
 * what it has.
 */
export function arrangeImages(
  settled: readonly SettledImage[],
  current: CurrentImages,
  base: ImageBase,
  goes: (image: StoreImage) => boolean = () => false,
): ArrangedImages {
  const existing = new Map([...current.gallery, ...current.variants.values()].map((image) => [image.id, image]))
  const gallery = new Map<StoreId, ImageAttachment>()
  const variants = new Map<string, ImageAttachment>()
  const replaced = new Set<StoreId>()
  const gone = new Set<StoreId>()
  for (const { wanted, imageId, replaces } of settled) {
    if (imageId === null) continue
    if (replaces !== null && replaces.id !== imageId) replaced.add(replaces.id)
    const attachment = attach(wanted, imageId, existing.get(imageId), base)
    if (wanted.inGallery && !gallery.has(imageId)) gallery.set(imageId, attachment)
    for (const key of wanted.variants) variants.set(key, attachment)
  }
  for (const image of current.gallery) {
    if (replaced.has(image.id) || gallery.has(image.id)) continue
    if (goes(image)) gone.add(image.id)
    else gallery.set(image.id, keep(image))
  }
  for (const [key, image] of current.variants) {
    if (variants.has(key)) continue
    if (goes(image)) gone.add(image.id)
    else variants.set(key, keep(image))
  }
  return {
    images: { gallery: [...gallery.values()], variants: Object.fromEntries(variants) },
    gone: [...gone],
    newLinks: countNew(gallery, variants, current),
  }
}

/** Another spelling of the address it came from is no change: the store's stays, and nothing is written. */
function attach(
  wanted: WantedImage,
  imageId: StoreId,
  existing: StoreImage | undefined,
  base: ImageBase,
): ImageAttachment {
  const alt = wanted.alt === undefined ? {} : { alt: wanted.alt }
  const known = existing?.originalUrl ?? null
  const address = known === null ? null : normalizeUrl(known, base)
  const isSame = address?.ok === true && wanted.address.ok && address.key === wanted.address.key
  return { imageId, originalUrl: isSame && known !== null ? known : wanted.url, ...alt }
}

/** As it stands at the product now, with its text. */
export function keep({ id, originalUrl, url, alt }: StoreImage): ImageAttachment {
  return { imageId: id, originalUrl: originalUrl ?? url, ...(alt === undefined ? {} : { alt }) }
}

function countNew(
  gallery: ReadonlyMap<StoreId, ImageAttachment>,
  variants: ReadonlyMap<string, ImageAttachment>,
  current: CurrentImages,
): number {
  const before = new Set(current.gallery.map(({ id }) => id))
  const inGallery = [...gallery.keys()].filter((id) => !before.has(id)).length
  return inGallery + [...variants].filter(([key, { imageId }]) => current.variants.get(key)?.id !== imageId).length
}
