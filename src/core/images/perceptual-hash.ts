/**
 * What a picture looks like, in 64 bits: the difference hash over 9 x 8 grey pixels, where each bit says
 * whether a pixel is darker than its right neighbour. It survives other sizes, qualities and formats; a crop
 * or another picture changes it. Method: N. Krawetz, "Kind of Like That", hackerfactor.com, 2013; with a
 * margin, because what an encoder leaves on a white ground is noise of one or two steps of 255.
 */
import { averagePlaces } from './average-places.js'
import type { ImageContent } from './check.js'
import type { Pixels } from './pixels.js'

const [columns, rows] = [9, 8]
/** Steps of grey, of 255, by which a neighbour must be brighter: without it half of all WebP copies are missed. */
const margin = 3

/** 16 hex digits; of an animation its first frame. Throws for what cannot be decoded. */
export async function perceptualHash(content: ImageContent | Pixels): Promise<string> {
  const pixels = await averagePlaces(content, { columns, rows, grey: true })
  let hash = 0n
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns - 1; column += 1) {
      const at = row * columns + column
      hash = (hash << 1n) | ((pixels[at] ?? 0) + margin < (pixels[at + 1] ?? 0) ? 1n : 0n)
    }
  }
  return hash.toString(16).padStart(16, '0')
}
