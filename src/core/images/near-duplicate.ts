/**
 * Which pictures look the same: pure, over hashes, sizes and colours that were taken before. What looks the
 * same may still be two things (another colour of a shoe in another light), so this finds candidates for a
 * person to judge; nothing is ever merged because of it alone.
 *
 * The constants are measured with `test/bench/near-duplicates.ts`: 80 generated pictures (packshots on white,
 * studio shots, scenes, textures), 12 variants of each, 3,160 pairs of different pictures. Found of variants:
 * resized to a half or a quarter, JPEG q60 and q30, WebP q50 100 %, cropped by 1 % a side 95 %, brightened by
 * 8 % 73 %, cropped by 3 % 14 %, by 8 % 0 %; hue turned by 40 or 180 degrees and made grey 0 %. Of pairs of
 * different pictures 0.03 % are as near by their hash alone, none by hash and colours: their colours differ by
 * 83 at least, those of a hue turned by 40 degrees by 26, those of a copy resized or compressed by 6 at most.
 */

/** Most differing bits of 64. */
export const nearDistanceMax = 4
/** Most difference of the colours where they differ most, 0-255: recoloured pictures are others. */
export const nearColorMax = 20
/**
 * Fewest bits that say something. A picture with fewer is nearly one plane (white, a logo's ground): its hash
 * is that of every other such picture.
 */
const tellingBitsMin = 4

export interface Looks {
  /** 16 hex digits. */
  readonly perceptualHash: string
  readonly width: number
  readonly height: number
}

export function hashDistance(one: string, other: string): number {
  return bitsOf((high(one) ^ high(other)) >>> 0) + bitsOf((low(one) ^ low(other)) >>> 0)
}

/** Whether one is the other in another size: scaled to the same width, their heights differ by at most a pixel. */
export function hasSameShape(one: Looks, other: Looks): boolean {
  const [small, large] = one.width <= other.width ? [one, other] : [other, one]
  return Math.abs((large.height * small.width) / large.width - small.height) <= 1
}

/** False for a picture whose hash says too little to find it by. */
export function isTelling({ perceptualHash: hash }: Looks): boolean {
  return bitsOf(high(hash)) + bitsOf(low(hash)) >= tellingBitsMin
}

export interface NearPair<T extends Looks> {
  readonly one: T
  readonly other: T
  readonly distance: number
}

/**
 * All pairs within `distanceMax` bits that have the same shape, each once. Of `distanceMax + 1` parts of two
 * such hashes at least one is equal, so only pictures that share a part are compared.
 */
export function nearPairs<T extends Looks>(pictures: readonly T[], distanceMax = nearDistanceMax): NearPair<T>[] {
  const telling = pictures.filter(isTelling)
  const bits = telling.map(({ perceptualHash }) => [high(perceptualHash), low(perceptualHash)] as const)
  const pairs: NearPair<T>[] = []
  const seen = new Set<number>()
  const parts = distanceMax + 1
  for (let part = 0; part < parts; part += 1) {
    const [from, to] = [Math.floor((64 * part) / parts), Math.floor((64 * (part + 1)) / parts)]
    const buckets = new Map<number, number[]>()
    for (const [index, [upper, lower]] of bits.entries()) {
      const key = slice(upper, lower, from, to)
      const bucket = buckets.get(key)
      if (bucket === undefined) {
        buckets.set(key, [index])
        continue
      }
      for (const before of bucket) addPair(before, index)
      bucket.push(index)
    }
  }
  return pairs

  function addPair(first: number, second: number): void {
    const [[a, b], [c, d]] = [bits[first] ?? [0, 0], bits[second] ?? [0, 0]]
    const distance = bitsOf((a ^ c) >>> 0) + bitsOf((b ^ d) >>> 0)
    if (distance > distanceMax) return
    const pair = first * telling.length + second
    const [one, other] = [telling[first], telling[second]]
    if (seen.has(pair) || one === undefined || other === undefined || !hasSameShape(one, other)) return
    seen.add(pair)
    pairs.push({ one, other, distance })
  }
}

function high(hash: string): number {
  return Number.parseInt(hash.slice(0, 8), 16)
}

function low(hash: string): number {
  return Number.parseInt(hash.slice(8), 16)
}

/** The bits from `from` to `to` of 64, as a number; at most 32 of them. */
function slice(upper: number, lower: number, from: number, to: number): number {
  let value = 0
  for (let bit = from; bit < to; bit += 1) {
    const word = bit < 32 ? upper : lower
    value = value * 2 + ((word >>> (31 - (bit % 32))) & 1)
  }
  return value
}

/** How many bits of 32 are set. */
function bitsOf(word: number): number {
  let value = word - ((word >>> 1) & 0x55555555)
  value = (value & 0x33333333) + ((value >>> 2) & 0x33333333)
  return Math.imul((value + (value >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
