import { loadSharp } from './sharp-lib.js'

/** Longest side in pixels: sharp at half of it on a high-density screen. */
const thumbnailSide = 240
const quality = 70

/** A small WebP of a picture, of the first frame of an animation; null for what cannot be decoded. */
export async function thumbnail(data: Buffer): Promise<Buffer | null> {
  const sharp = await loadSharp()
  try {
    const small = sharp(data)
      .autoOrient()
      .resize(thumbnailSide, thumbnailSide, { fit: 'inside', withoutEnlargement: true })
    return await small.webp({ quality }).toBuffer()
  } catch {
    // The sheet shows that there is no picture.
    return null
  }
}
