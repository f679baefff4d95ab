/** What would be done about images, and why: for `images PRODUCT --plan` and `import --dry-run`. */
import { unixSeconds } from '../../core/clock.js'
import type { ImageDecision } from '../../core/images/plan-images.js'
import type { ImagePlanCounts } from '../../core/images/plan-product.js'
import { isoTime } from './document.js'
import { type IdField, idField } from './id-field.js'

export interface ImageDecisionFields {
  /** As in the feed. */
  readonly url: string
  readonly action: ImageDecision['action']
  /** Why; for `skip` the code of the failure: `http_404`, `not_an_image`, `bad_url` … */
  readonly reason: string
  /** The reason of a `skip` for people; null otherwise. */
  readonly detail: string | null
  /** What is kept, attached, or replaced by the download. */
  readonly image_id: IdField | null
  /** From when on a skipped image is asked for again; null when not before its address changes. */
  readonly retry_at: number | null
  readonly retry_at_iso: string | null
  /** False when only variants want it. */
  readonly in_gallery: boolean
  /** Keys of the variants that want it. */
  readonly variants: readonly string[]
}

export function imageDecisionFields(decision: ImageDecision): ImageDecisionFields {
  const { wanted, action } = decision
  const retryAt = action === 'skip' ? decision.retryAt : null
  return {
    url: wanted.url,
    action,
    reason: action === 'skip' ? decision.code : decision.reason,
    detail: action === 'skip' ? decision.reason : null,
    image_id: imageIdOf(decision),
    retry_at: retryAt === null ? null : unixSeconds(retryAt),
    retry_at_iso: retryAt === null ? null : isoTime(retryAt),
    in_gallery: wanted.inGallery,
    variants: wanted.variants,
  }
}

function imageIdOf(decision: ImageDecision): IdField | null {
  switch (decision.action) {
    case 'keep':
      return idField(decision.image.id)
    case 'attach':
      return idField(decision.image.storeId)
    case 'download':
      return decision.replaces === null ? null : idField(decision.replaces.id)
    case 'skip':
      return null
  }
  decision satisfies never
}

export interface ImagePlanFields {
  /** Products that an import would look at, because not all their images are attached. */
  readonly products: number
  readonly keep: number
  readonly attach: number
  readonly download: number
  readonly skip: number
  /** Addresses that would be asked, each once. */
  readonly requests: number
  /** How many decisions by `action:reason`. */
  readonly reasons: Readonly<Record<string, number>>
}

export function imagePlanFields({ reasons, ...counts }: ImagePlanCounts): ImagePlanFields {
  return { ...counts, reasons: Object.fromEntries([...reasons].sort(([a], [b]) => (a < b ? -1 : 1))) }
}
