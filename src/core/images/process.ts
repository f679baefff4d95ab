/**
 * Makes of a checked picture the one the shop shows: upright, sRGB, without metadata (camera, place, author),
 * at most 2048 px; JPEG, or PNG and WebP where there is an alpha channel. Animations are kept byte for byte:
 * encoding them anew costs seconds, and often makes them larger.
 */
import { readFile } from 'node:fs/promises'
import type { Sharp } from 'sharp'
import { type CheckedImage, type ImageContent, pixelsMax } from './check.js'
import { type ImageProblem, imageProblem } from './image.js'
import { type Pixels, pixelsOf } from './pixels.js'
import { sideMax } from './recipe.js'
import { loadSharp } from './sharp-lib.js'

/** Quality of JPEG and WebP, 1-100: no difference to be seen on product pictures, half the bytes of 95. */
const quality = 85

export interface ProcessedImage {
  readonly ok: true
  readonly data: Buffer
  /** Lower case, without dot. */
  readonly extension: 'jpg' | 'png' | 'webp' | 'gif'
  readonly width: number
  readonly height: number
  /** What was encoded; null for an animation, which is kept as it came. */
  readonly pixels: Pixels | null
}

/** Processes a picture; one whose pixels cannot be decoded to the end is a problem, not an error. */
export async function processImage(
  content: ImageContent,
  checked: CheckedImage,
): Promise<ProcessedImage | ImageProblem> {
  const sharp = await loadSharp()
  // Damage fails, mere oddities of an encoder do not: browsers show those pictures as well.
  const input = sharp(content, { failOn: 'error', limitInputPixels: pixelsMax, sequentialRead: true })
  try {
    if (checked.frames > 1) return await keepAnimation(content, checked, input)
    const upright = input
      .autoOrient()
      .resize({ width: sideMax, height: sideMax, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
    // In two steps, 17 MB at most between them: what else wants to see the pixels need not decode them again.
    const pixels = await pixelsOf(upright)
    const { encoded, extension } = encode(sharp(pixels.data, { raw: pixels }), checked)
    return { ok: true, data: await encoded.toBuffer(), extension, width: pixels.width, height: pixels.height, pixels }
  } catch {
    return imageProblem('not_an_image', `the ${checked.format.toUpperCase()} file is damaged or cut short`)
  }
}

function encode(image: Sharp, { hasAlpha, format }: CheckedImage) {
  if (hasAlpha && format === 'webp') return { encoded: image.webp({ quality }), extension: 'webp' } as const
  if (hasAlpha) return { encoded: image.png(), extension: 'png' } as const
  return { encoded: image.jpeg({ quality }), extension: 'jpg' } as const
}

/** The first frame is decoded all the same, small: a file that shows nothing is not stored. */
async function keepAnimation(content: ImageContent, checked: CheckedImage, input: Sharp): Promise<ProcessedImage> {
  await input.resize(16, 16).raw().toBuffer()
  const data = typeof content === 'string' ? await readFile(content) : content
  const extension = checked.format === 'gif' ? 'gif' : 'webp'
  return { ok: true, data, extension, width: checked.width, height: checked.height, pixels: null }
}
