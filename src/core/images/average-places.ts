import type sharpModule from 'sharp'
import type { ImageContent } from './check.js'
import { type Pixels, pixelsOf, shrink } from './pixels.js'
import { loadSharp } from './sharp-lib.js'

/**
 * Pixels of a place in each direction. Scaled down to places at once, a small picture would be rounded by up to
 * half a place on its way.
 */
const fine = 8

/**
 * The colours of a picture as means over `columns` x `rows` places, row by row; one number a place when `grey`,
 * else three. Of an animation its first frame. Throws for what cannot be decoded.
 */
export async function averagePlaces(
  content: ImageContent | Pixels,
  { columns, rows, grey }: { readonly columns: number; readonly rows: number; readonly grey: boolean },
): Promise<readonly number[]> {
  const sharp = await loadSharp()
  const size = { width: columns * fine, height: rows * fine }
  const picture = (
    typeof content === 'object' && 'channels' in content ? fromPixels(sharp, content, size) : sharp(content)
  )
    // What is seen where the picture is transparent: the page, white in nearly all shops.
    .flatten({ background: 'white' })
    .resize({ ...size, fit: 'fill' })
  const plain = grey ? picture.greyscale() : picture.toColourspace('srgb').removeAlpha()
  const { data, channels, width } = await pixelsOf(plain)
  const sums = new Array<number>(columns * rows * channels).fill(0)
  for (const [at, value] of data.entries()) {
    const pixel = Math.floor(at / channels)
    const place = Math.floor(pixel / width / fine) * columns + Math.floor((pixel % width) / fine)
    const sum = place * channels + (at % channels)
    sums[sum] = (sums[sum] ?? 0) + value
  }
  return sums.map((sum) => sum / (fine * fine))
}

/** Libvips takes ten times as long for the same means: it weighs every pixel. */
function fromPixels(sharp: typeof sharpModule, pixels: Pixels, { width, height }: { width: number; height: number }) {
  const small = shrink(pixels, width, height) ?? pixels
  return sharp(small.data, { raw: small })
}
