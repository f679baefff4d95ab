/** From pairs of equal pictures to groups of them: pure. */
import type { StoredImage } from '../store/store.js'

export interface EqualPair<T> {
  readonly one: T
  readonly other: T
  readonly distance: number
}

export interface ImageGroup<T> {
  readonly images: readonly T[]
  /** Greatest distance of a pair that led into the group. */
  readonly distance: number
}

/** What two images must have in common, told apart by what it was taken of. */
export function exactKey(of: 'downloaded' | 'shown', sha256: string): string {
  return `${of} ${sha256}`
}

/** Whoever is in a pair with a member of a group is in that group, in the order of the pairs. */
export function gatherGroups<T>(pairs: readonly EqualPair<T>[]): readonly ImageGroup<T>[] {
  const groups = new Map<T, { images: Set<T>; distance: number }>()
  for (const { one, other, distance } of pairs) {
    const [into, from] = [groups.get(one), groups.get(other)]
    const joined = into ?? { images: new Set([one]), distance }
    for (const image of from?.images ?? [other]) joined.images.add(image)
    joined.distance = Math.max(joined.distance, distance, from?.distance ?? 0)
    for (const image of joined.images) groups.set(image, joined)
  }
  return [...new Set(groups.values())].map(({ images, distance }) => ({ images: [...images], distance }))
}

/** Puts the image to keep first: the one shown most, or the largest (pixels, then bytes), then the other way round, then the older one. */
export function keepFirst<T extends StoredImage>(
  { images, distance }: ImageGroup<T>,
  best: 'most shown' | 'largest',
): ImageGroup<T> {
  const pixels = ({ width, height }: T) => (width ?? 0) * (height ?? 0)
  const shown = ({ uses }: T) => uses.length
  const size = ({ bytes }: T) => bytes ?? 0
  // Of equal pixels, more bytes are less lossy.
  const order = best === 'largest' ? [pixels, size, shown] : [shown, pixels, size]
  const compare = (a: T, b: T) => order.reduce((sofar, by) => sofar || by(b) - by(a), 0)
  // Sorting is stable, and images come in the order in which the store got them.
  return { images: images.toSorted(compare), distance }
}
