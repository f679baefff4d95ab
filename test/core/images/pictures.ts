/** Pictures made on the spot: small, each number another one. */
import sharp, { type Sharp } from 'sharp'

export interface PictureOptions {
  readonly width?: number
  readonly height?: number
}

/** A JPEG whose bytes depend on `number` only. */
export function jpeg(number: number, { width = 24, height = 16 }: PictureOptions = {}): Promise<Buffer> {
  const background = { r: (number * 37) % 256, g: Math.floor(number / 7) % 256, b: (number * 101) % 256 }
  return sharp({ create: { width, height, channels: 3, background } })
    .jpeg()
    .withExif({ IFD0: { ImageDescription: `${number}` } })
    .toBuffer()
}

export function png({
  width = 24,
  height = 16,
  alpha = 1,
}: PictureOptions & { readonly alpha?: number } = {}): Promise<Buffer> {
  const channels = alpha < 1 ? 4 : 3
  return sharp({ create: { width, height, channels, background: { r: 200, g: 10, b: 10, alpha } } })
    .png()
    .toBuffer()
}

/** Left half red, right half blue. */
export async function redAndBlue(width = 40, height = 20): Promise<Sharp> {
  const blue = await sharp({ create: { width: width / 2, height, channels: 3, background: 'blue' } })
    .png()
    .toBuffer()
  const picture = sharp({ create: { width, height, channels: 3, background: 'red' } })
  return sharp(
    await picture
      .composite([{ input: blue, left: width / 2, top: 0 }])
      .removeAlpha()
      .png()
      .toBuffer(),
  )
}

/** An animation of plain frames, all different. */
export async function animation(frames: number, format: 'gif' | 'webp', width = 20, height = 10): Promise<Buffer> {
  const parts = Array.from({ length: frames }, (_, index) =>
    sharp({ create: { width, height, channels: 3, background: { r: (index * 40) % 256, g: index % 256, b: 90 } } })
      .png()
      .toBuffer(),
  )
  const joined = sharp(await Promise.all(parts), { join: { animated: true } })
  return format === 'gif' ? joined.gif().toBuffer() : joined.webp().toBuffer()
}

/** A PNG whose header claims a size that its few bytes do not hold. */
export async function pixelBomb(width = 30_000, height = 30_000): Promise<Buffer> {
  const bytes = Buffer.from(await png({ width: 1, height: 1 }))
  // The first chunk, IHDR: 8 bytes signature, 4 length, 4 type, then width and height, and a checksum after 13 bytes.
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29)
  return bytes
}

function crc32(bytes: Buffer): number {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
