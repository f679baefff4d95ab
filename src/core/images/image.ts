/**
 * Images: from the references of a product to pictures in the store.
 *
 * In: products whose images are pending. Out: images attached in the feed's order, each stored once.
 * What is needed is decided before anything is fetched (`plan-images.ts`); a picture that cannot be had
 * is data (`ImageProblem`), never an error, and never costs its product or the run. No file is trusted
 * by its name, no address by its text, and nothing here knows a particular store.
 */
import type { HttpErrorCode } from '../http/http-error.js'
import type { Product } from '../product/product.js'
import type { Validators } from './library.js'
import { type ImageAddress, type ImageBase, normalizeUrl } from './normalize-url.js'
import type { Spooled } from './temp-file.js'

/** Why a picture could not be had. `http_` is followed by the status of the answer: `http_404`. */
export type ImageProblemCode =
  | `http_${number}`
  | Exclude<HttpErrorCode, 'status'>
  | 'outside_folder'
  | 'no_file'
  | 'unreadable'
  | 'too_many_pixels'
  | 'too_many_frames'
  | 'svg_refused'
  | 'unsupported_type'
  | 'not_an_image'
  | 'too_heavy'
  | 'decoder_crash'
  | 'refused_by_store'

/** A picture that could not be had: data, not an error. */
export interface ImageProblem {
  readonly ok: false
  readonly code: ImageProblemCode
  /** For people; without secrets. */
  readonly reason: string
}

export function imageProblem(code: ImageProblemCode, reason: string): ImageProblem {
  return { ok: false, code, reason }
}

export function tooLarge(bytesMax: number): ImageProblem {
  return imageProblem('too_large', `the file has more than ${bytesMax / (1024 * 1024)} MB`)
}

/** Bytes of a picture as they were fetched or read. Whoever asked for them disposes of them. */
export interface Downloaded extends Spooled {
  readonly ok: true
  readonly validators: Validators
}

/** The server says that the picture is still the one that was asked about. */
export interface Unchanged {
  readonly ok: 'unchanged'
  /** What to ask about the next time. */
  readonly validators: Validators
}

export type Fetched = Downloaded | Unchanged | ImageProblem

/** One picture that a product wants, with all places that want it. */
export interface WantedImage {
  /** As in the feed, where it is named first. */
  readonly url: string
  readonly alt?: string
  readonly address: ImageAddress
  /** Whether the product itself wants it, or only variants do. */
  readonly inGallery: boolean
  /** Keys of the variants that bear it. */
  readonly variants: readonly string[]
  /** How often the product names it, in any spelling of the same address; at least 1. */
  readonly references: number
}

/**
 * The pictures a product wants, each address once: its own in the feed's order, then those that only
 * variants name, in the variants' order.
 */
export function wantedImages(product: Pick<Product, 'images' | 'variants'>, base: ImageBase): readonly WantedImage[] {
  const wanted = new Map<string, WantedImage>()
  const add = (ref: { readonly url: string; readonly alt?: string }, variant: string | null): void => {
    const address = normalizeUrl(ref.url, base)
    const key = address.ok ? address.key : ref.url
    const known = wanted.get(key)
    const alt = known?.alt ?? ref.alt
    wanted.set(key, {
      url: known?.url ?? ref.url,
      ...(alt === undefined ? {} : { alt }),
      address,
      inGallery: variant === null || (known?.inGallery ?? false),
      variants: variant === null ? (known?.variants ?? []) : [...(known?.variants ?? []), variant],
      references: (known?.references ?? 0) + 1,
    })
  }
  for (const ref of product.images ?? []) add(ref, null)
  for (const variant of product.variants) {
    if (variant.image != null) add(variant.image, variant.key)
  }
  return [...wanted.values()]
}
