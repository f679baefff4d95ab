/** Makes of downloaded bytes the picture that the shop shows: recognised, checked, processed, and looked at. */
import { checkImage, type ImageContent, pixelsMax } from './check.js'
import type { ImageProblem } from './image.js'
import { type DecodeRules, defaultImageRules } from './image-rules.js'
import { perceptualHash } from './perceptual-hash.js'
import { type ProcessedImage, processImage } from './process.js'

export interface DecodedPicture extends Omit<ProcessedImage, 'pixels'> {
  /** Null when none could be made: only the audit asks for it. */
  readonly perceptualHash: string | null
}

/**
 * Decodes one picture. What the bytes are is data; throws only what stops the run. The caller keeps the content
 * as it is until the answer is there.
 */
export type Decode = (content: ImageContent) => Promise<DecodedPicture | ImageProblem>

/** A picture that was recognised, but is to be decoded alone. */
export interface LargePicture {
  readonly ok: 'large'
}

/** Above this a picture is decoded while no other large one is: four of the largest would take 800 MB. */
const largePixels = pixelsMax / 4

/** Decodes in this process, where a crash of the decoder is a crash of everything: see `decoder-pool.ts`. */
export async function decodeHere(
  content: ImageContent,
  rules: DecodeRules = defaultImageRules,
): Promise<DecodedPicture | ImageProblem> {
  const decoded = await decodeUpTo(content, Number.POSITIVE_INFINITY, rules)
  if (decoded.ok !== 'large') return decoded
  throw new Error('no picture has infinitely many pixels')
}

/** As `decodeHere`, but only says so of a large picture. */
export function decodeUnlessLarge(
  content: ImageContent,
  rules: DecodeRules,
): Promise<DecodedPicture | ImageProblem | LargePicture> {
  return decodeUpTo(content, largePixels, rules)
}

async function decodeUpTo(content: ImageContent, mostPixels: number, rules: DecodeRules) {
  const checked = await checkImage(content, rules)
  if (!checked.ok) return checked
  if (checked.width * checked.height > mostPixels) return { ok: 'large' } as const
  const processed = await processImage(content, checked)
  if (!processed.ok) return processed
  const { pixels, ...picture } = processed
  return { ...picture, perceptualHash: await perceptualHash(pixels ?? picture.data).catch(() => null) }
}
