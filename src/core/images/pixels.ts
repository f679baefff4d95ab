/** Decoded pictures, in memory. */
import type { Sharp } from 'sharp'

/** 8 bits a channel, row by row, sRGB; the fourth channel is alpha. */
export interface Pixels {
  readonly data: Buffer
  readonly width: number
  readonly height: number
  readonly channels: 1 | 2 | 3 | 4
}

export async function pixelsOf(picture: Sharp): Promise<Pixels> {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height, channels: info.channels }
}

const opaque = 255
/**
 * Pixels looked at in each direction for one of the smaller picture: the mean of 64 is off by less than a step of
 * grey where the picture is not noise, and the rest of a large picture is not even fetched into the cache.
 */
const samplesMax = 8

/**
 * A smaller copy, each pixel the mean of those it stands for, in three channels, on white. Null for a picture
 * that is smaller itself in one of its directions.
 */
export function shrink(picture: Pixels, width: number, height: number): Pixels | null {
  if (picture.width < width || picture.height < height || picture.channels < 3) return null
  const data = Buffer.alloc(width * height * 3)
  const columns = samplePoints(picture.width, width)
  const rows = samplePoints(picture.height, height)
  for (const [y, sampledRows] of rows.entries()) {
    for (const [x, sampledColumns] of columns.entries()) {
      const [red, green, blue] = meanOf(picture, sampledColumns, sampledRows)
      const at = (y * width + x) * 3
      data[at] = red
      data[at + 1] = green
      data[at + 2] = blue
    }
  }
  return { data, width, height, channels: 3 }
}

/** For each of `parts` equal parts of `length`, the places in it that are looked at. */
function samplePoints(length: number, parts: number): readonly (readonly number[])[] {
  return Array.from({ length: parts }, (_, part) => {
    const from = Math.floor((part * length) / parts)
    const to = Math.floor(((part + 1) * length) / parts)
    const step = Math.max(1, Math.floor((to - from) / samplesMax))
    const points: number[] = []
    for (let point = from; point < to; point += step) points.push(point)
    return points
  })
}

function meanOf(
  { data, width, channels }: Pixels,
  columns: readonly number[],
  rows: readonly number[],
): readonly [number, number, number] {
  let [red, green, blue] = [0, 0, 0]
  for (const row of rows) {
    for (const column of columns) {
      const at = (row * width + column) * channels
      const alpha = channels === 4 ? (data[at + 3] ?? opaque) / opaque : 1
      const ground = opaque * (1 - alpha)
      red += (data[at] ?? 0) * alpha + ground
      green += (data[at + 1] ?? 0) * alpha + ground
      blue += (data[at + 2] ?? 0) * alpha + ground
    }
  }
  const count = rows.length * columns.length
  return [Math.round(red / count), Math.round(green / count), Math.round(blue / count)]
}
