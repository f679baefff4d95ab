/**
 * Which images of a product are its wholesaler's to take away: only those that this wholesaler gave it. What a person
 * or another source attached in the store is nobody's here.
 */
import type { StoreImage } from '../store/store.js'
import { addressMark } from './address-mark.js'
import type { SettledImage } from './arrange-images.js'
import type { ImageBase } from './normalize-url.js'

export interface GivenImages {
  /** Whether the wholesaler gave the product this image, and does not name it any more. */
  isLeftOver(image: StoreImage): boolean
  /** Marks of what it was given so far and is given now. */
  readonly all: readonly string[]
  /** Marks of what it is given now, and of what it was given and has, when these are its images. */
  among(images: readonly StoreImage[]): readonly string[]
}

/** `given`: marks of what the product was given so far. */
export function givenImages(given: readonly string[], settled: readonly SettledImage[], base: ImageBase): GivenImages {
  const markOf = (url: string | null): readonly string[] => {
    const mark = url === null ? null : addressMark(url, base)
    return mark === null ? [] : [mark]
  }
  const wanted = new Set(settled.flatMap((image) => markOf(image.wanted.url)))
  const now = settled.flatMap((image) => (image.imageId === null ? [] : markOf(image.wanted.url)))
  const used = new Set(settled.map(({ imageId }) => imageId))
  const before = new Set(given)
  const wasGiven = ({ originalUrl }: StoreImage): readonly string[] =>
    markOf(originalUrl).filter((mark) => before.has(mark))
  return {
    isLeftOver: (image) => !used.has(image.id) && wasGiven(image).some((mark) => !wanted.has(mark)),
    all: [...new Set([...given, ...now])],
    among: (images) => [...new Set([...now, ...images.flatMap(wasGiven)])],
  }
}
