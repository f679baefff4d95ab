/** The colours of a picture, place by place: what a perceptual hash over grey does not see. */
import { averagePlaces } from './average-places.js'
import type { ImageContent } from './check.js'

/** Places in each direction. */
const side = 8
const channels = 3

/** 8 x 8 places, 3 bytes each. Throws for what cannot be decoded. */
export async function colorSketch(content: ImageContent): Promise<Buffer> {
  const means = await averagePlaces(content, { columns: side, rows: side, grey: false })
  return Buffer.from(means.map(Math.round))
}

/**
 * Places that count: those that differ most. Over all places a red and a blue cup would be nearly the same,
 * because most of a packshot is white.
 */
const placesCounted = 8

/** Mean difference of the most different places, each by its most different colour, 0-255. */
export function colorDifference(one: Buffer, other: Buffer): number {
  const differences: number[] = []
  for (let place = 0; place < side * side; place += 1) {
    let most = 0
    for (let at = place * channels; at < (place + 1) * channels; at += 1) {
      most = Math.max(most, Math.abs((one[at] ?? 0) - (other[at] ?? 0)))
    }
    differences.push(most)
  }
  const worst = differences.sort((a, b) => b - a).slice(0, placesCounted)
  return worst.reduce((sum, difference) => sum + difference, 0) / placesCounted
}
