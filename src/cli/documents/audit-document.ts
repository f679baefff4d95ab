/** What is wrong with the images of a store, or of one product of it. */
import type { AuditedImage, DuplicateGroup, ImageAudit } from '../../core/images/audit-images.js'
import type { RebuildReport } from '../../core/images/rebuild-library.js'
import type { StoreProduct } from '../../core/store/store.js'
import { type DocumentHead, documentHead } from './document.js'
import { type IdField, idField } from './id-field.js'

export interface ImageUseFields {
  readonly product_id: IdField
  readonly sku: string | null
  readonly name: string
  readonly wholesaler: string | null
  readonly variant: string | null
  /** From 0, which is the featured image. */
  readonly position: number
}

export interface AuditedImageFields {
  readonly id: IdField
  readonly url: string
  readonly original_url: string | null
  /** Of the bytes as downloaded. */
  readonly sha256: string | null
  readonly perceptual_hash: string | null
  readonly width: number | null
  readonly height: number | null
  readonly bytes: number | null
  readonly uses: readonly ImageUseFields[]
}

export interface DuplicateGroupFields {
  /** Most differing bits of 64; 0 when the images are exactly equal. */
  readonly distance: number
  /** The first is the one that `images dedupe` keeps. */
  readonly images: readonly AuditedImageFields[]
}

export interface ImageAuditDocument extends DocumentHead {
  /** The product that was asked about; null for the whole store. */
  readonly product_id: IdField | null
  readonly images: number
  readonly bytes: number
  readonly products: number
  readonly exact: readonly DuplicateGroupFields[]
  readonly near: readonly DuplicateGroupFields[]
  readonly missing: readonly AuditedImageFields[]
  readonly damaged: readonly AuditedImageFields[]
  readonly oversized: readonly AuditedImageFields[]
  readonly orphans: readonly AuditedImageFields[]
  readonly stray_files: readonly { readonly url: string; readonly bytes: number }[]
  /** Images of the store that the library does not know. */
  readonly unknown: number
  /** Products whose images wait for an import, by wholesaler. */
  readonly pending: Readonly<Record<string, number>>
  /** What `--rebuild` added to the library; null without it. */
  readonly rebuilt: RebuildReport | null
  /** The contact sheet that was written; null without `--html`. */
  readonly html: string | null
}

export interface AuditOutcome {
  readonly audit: ImageAudit
  readonly product: StoreProduct | null
  readonly pending: ReadonlyMap<string, number>
  readonly rebuilt: RebuildReport | null
  readonly html: string | null
  /** Makes an address of a `StoreImage.url`, which may be a path below the media folder. */
  readonly locate: (url: string) => string
}

export function imageAuditDocument({
  audit,
  product,
  pending,
  rebuilt,
  html,
  locate,
}: AuditOutcome): ImageAuditDocument {
  const image = auditedImageFields(locate)
  const group = ({ distance, images }: DuplicateGroup) => ({ distance, images: images.map(image) })
  return {
    ...documentHead(true),
    product_id: product === null ? null : idField(product.id),
    images: audit.images,
    bytes: audit.bytes,
    products: audit.products,
    exact: audit.exact.map(group),
    near: audit.near.map(group),
    missing: audit.missing.map(image),
    damaged: audit.damaged.map(image),
    oversized: audit.oversized.map(image),
    orphans: audit.orphans.map(image),
    stray_files: audit.stray.map(({ url, bytes }) => ({ url: locate(url), bytes })),
    unknown: audit.unknown,
    pending: Object.fromEntries(pending),
    rebuilt,
    html,
  }
}

function auditedImageFields(locate: (url: string) => string) {
  return (image: AuditedImage): AuditedImageFields => ({
    id: idField(image.id),
    url: locate(image.url),
    original_url: image.originalUrl,
    sha256: image.sha256,
    perceptual_hash: image.perceptualHash,
    width: image.width,
    height: image.height,
    bytes: image.bytes,
    uses: image.uses.map(({ productId, sku, name, wholesaler, variant, position }) => ({
      product_id: idField(productId),
      sku,
      name,
      wholesaler,
      variant,
      position,
    })),
  })
}
