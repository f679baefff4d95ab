/**
 * Merging images that are one picture: what is to be shown instead of what, and how that is taken back. Pure.
 */
import { WholesalerError } from '../errors.js'
import type { ImageAttachment, ProductImages, StoreId, StoreImage } from '../store/store.js'
import { keep } from './arrange-images.js'
import type { AuditedImage, DuplicateGroup, ImageAudit } from './audit-images.js'

export interface Merge {
  readonly kind: 'exact' | 'near'
  readonly keep: AuditedImage
  readonly spare: readonly AuditedImage[]
}

/**
 * All exact duplicates, and of the near ones the groups that hold one of the ids `near`. Throws `usage` for an
 * id that is in no such group: merging is never a guess.
 */
export function chooseMerges(audit: ImageAudit, near: readonly StoreId[]): readonly Merge[] {
  const merge = (kind: Merge['kind'], { images: [first, ...spare] }: DuplicateGroup): readonly Merge[] =>
    first === undefined ? [] : [{ kind, keep: first, spare }]
  const named = near.map((id) => {
    const group = audit.near.find(({ images }) => images.some((image) => image.id === id))
    if (group !== undefined) return group
    throw new WholesalerError({
      kind: 'usage',
      message: `image ${id} is in no group of near duplicates`,
      hint: 'wholesaler images audit shows them with their ids.',
    })
  })
  const exact = audit.exact.flatMap((group) => merge('exact', group))
  return [...exact, ...[...new Set(named)].flatMap((group) => merge('near', group))]
}

/** By the id of a spare image, the id that is shown instead; a spare of one merge may be what another keeps. */
export function replacements(merges: readonly Merge[]): ReadonlyMap<StoreId, StoreId> {
  const direct = new Map(merges.flatMap(({ keep: kept, spare }) => spare.map(({ id }) => [id, kept.id] as const)))
  const last = (id: StoreId): StoreId => {
    const next = direct.get(id)
    return next === undefined ? id : last(next)
  }
  return new Map([...direct.keys()].map((id) => [id, last(id)]))
}

export interface ShownImages {
  readonly gallery: readonly StoreImage[]
  readonly variants: ReadonlyMap<string, StoreImage>
}

/** What a product shows, as it would be set. */
export function asSet({ gallery, variants }: ShownImages): ProductImages {
  return {
    gallery: gallery.map(keep),
    variants: Object.fromEntries([...variants].map(([key, image]) => [key, keep(image)])),
  }
}

/** The same images under other ids, each once in the gallery; the first place counts. */
export function withOtherIds({ gallery, variants }: ProductImages, ids: ReadonlyMap<StoreId, StoreId>): ProductImages {
  const other = (image: ImageAttachment): ImageAttachment => ({
    ...image,
    imageId: ids.get(image.imageId) ?? image.imageId,
  })
  const once = new Map<StoreId, ImageAttachment>()
  for (const image of gallery.map(other)) if (!once.has(image.imageId)) once.set(image.imageId, image)
  return {
    gallery: [...once.values()],
    variants: Object.fromEntries(Object.entries(variants).map(([key, image]) => [key, other(image)])),
  }
}

export function isSameSet(one: ProductImages, other: ProductImages): boolean {
  return canonical(one) === canonical(other)
}

function canonical({ gallery, variants }: ProductImages): string {
  const line = ({ imageId, originalUrl, alt }: ImageAttachment) => [imageId, originalUrl, alt ?? null]
  const byKey = Object.entries(variants).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([gallery.map(line), byKey.map(([key, image]) => [key, line(image)])])
}
