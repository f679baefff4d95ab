/** The images of one product, as in the original guide's `image-status`, and the list of them. */

import type { ImageDecision } from '../../core/images/plan-images.js'
import type { StoreImage, StoreProduct } from '../../core/store/store.js'
import { type DocumentHead, documentHead } from './document.js'
import { type IdField, idField } from './id-field.js'
import { type ImageDecisionFields, imageDecisionFields } from './image-plan-document.js'

export interface ImageFields {
  readonly id: IdField
  readonly role: 'featured' | 'gallery' | 'variant'
  /** Key of the variant it belongs to; null for the product's own. */
  readonly variant: string | null
  /** Where it is now. */
  readonly url: string
  /** Where it came from; null when the store does not know. */
  readonly original_url: string | null
  /** Of the bytes as downloaded. */
  readonly sha256: string | null
}

export interface ImageStatusDocument extends DocumentHead {
  readonly product_id: IdField
  readonly sku: string | null
  readonly name: string
  readonly wholesaler: string | null
  /** Id of the featured image; 0 when there is none. */
  readonly featured_image: IdField
  readonly gallery_images: number
  readonly variant_images: number
  /** Featured and gallery images. */
  readonly total_images: number
  readonly featured_image_url: string | null
  readonly images: readonly ImageFields[]
  /** What an import would do, with `--plan`; null when no feed that was read describes the product. */
  readonly plan?: readonly ImageDecisionFields[] | null
}

export interface ImageStatus {
  readonly product: StoreProduct
  /** In order, the first is featured. */
  readonly gallery: readonly StoreImage[]
  readonly variants: ReadonlyMap<string, StoreImage>
  /** Makes an address of a `StoreImage.url`, which may be a path below the media folder. */
  readonly locate: (url: string) => string
  /** What an import would do; left out when that was not asked. */
  readonly plan?: readonly ImageDecision[] | null
}

export function imageStatusDocument({ product, gallery, variants, locate, plan }: ImageStatus): ImageStatusDocument {
  const [featured] = gallery
  const fields = (image: StoreImage, role: ImageFields['role'], variant: string | null): ImageFields => ({
    id: idField(image.id),
    role,
    variant,
    url: locate(image.url),
    original_url: image.originalUrl,
    sha256: image.sha256,
  })
  return {
    ...documentHead(true),
    product_id: idField(product.id),
    sku: product.sku,
    name: product.name,
    wholesaler: product.wholesaler,
    featured_image: featured === undefined ? 0 : idField(featured.id),
    gallery_images: Math.max(0, gallery.length - 1),
    variant_images: variants.size,
    total_images: gallery.length,
    featured_image_url: featured === undefined ? null : locate(featured.url),
    images: [
      ...gallery.map((image, index) => fields(image, index === 0 ? 'featured' : 'gallery', null)),
      ...[...variants].map(([key, image]) => fields(image, 'variant', key)),
    ],
    ...(plan === undefined ? {} : { plan: plan?.map(imageDecisionFields) ?? null }),
  }
}
