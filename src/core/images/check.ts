/** Says by its content what a downloaded file is, before anything decodes it. Names and headers are not asked. */
import { open } from 'node:fs/promises'
import { fileTypeFromBuffer } from 'file-type'
import { type ImageProblem, imageProblem } from './image.js'
import { type DecodeRules, defaultImageRules } from './image-rules.js'
import { loadSharp } from './sharp-lib.js'

/** Bytes of a file: in memory, or the path of a temporary file. */
export type ImageContent = Buffer | string

/** `svg` only where the rules take drawings. */
export const imageFormats = ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff', 'svg'] as const
export type ImageFormat = (typeof imageFormats)[number]

/** What a file is, found out without decoding its pixels. */
export interface CheckedImage {
  readonly ok: true
  readonly format: ImageFormat
  /** Size of one frame as stored, before it is turned upright. */
  readonly width: number
  readonly height: number
  /** 1 for a still picture, and for one that is to be still. */
  readonly frames: number
  readonly hasAlpha: boolean
}

/**
 * Most pixels of one frame: 50 million, the largest of today's common cameras (8192 x 6144), which take
 * 200 MB when decoded. Whatever claims more in a product feed is broken or a bomb.
 */
export const pixelsMax = 50_000_000
/** Most pixels of an AVIF: its decoder takes 18 bytes for each, so 16 million are 300 MB. */
export const avifPixelsMax = 16_000_000
/** Most frames of an animation: 20 seconds at 15 frames a second. */
export const framesMax = 300
/** Most pixels of all frames together: what a browser must be able to hold when it plays the animation. */
export const animationPixelsMax = 200_000_000

/** Start of a file that is enough to recognise it; the longest signature read by `file-type` ends before. */
const headBytes = 4100

/** Little and big endian (TIFF 6.0, section 2). */
const tiffSignatures = ['II*\0', 'MM\0*']

const formatOf: Readonly<Record<string, ImageFormat>> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/apng': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
  'image/tiff': 'tiff',
}

/** Recognises a picture, or says why the file is none that a shop can show. Never throws for what the bytes hold. */
export async function checkImage(
  content: ImageContent,
  { svg, animated }: DecodeRules = defaultImageRules,
): Promise<CheckedImage | ImageProblem> {
  const head = typeof content === 'string' ? await headOf(content) : content.subarray(0, headBytes)
  if (head.length === 0) return imageProblem('not_an_image', 'the file is empty')
  const type = await typeOf(head)
  const isDrawing = svg === 'rasterize' && isSvg(head)
  const format = isDrawing ? 'svg' : type === null ? undefined : formatOf[type]
  if (format === undefined) return otherThanImage(head, type)
  try {
    const sharp = await loadSharp()
    // Reads the header only; a limit here would turn the reason "too many pixels" into "damaged".
    const metadata = await sharp(content, { limitInputPixels: false }).metadata()
    const frames = metadata.pages ?? 1
    // Pages of a TIFF are pictures of their own, the first is the one meant; only animations play.
    const isAnimation = frames > 1 && (format === 'gif' || format === 'webp')
    return withinLimits({
      ok: true,
      format,
      width: metadata.width,
      height: metadata.height,
      frames: isAnimation && animated === 'keep' ? frames : 1,
      hasAlpha: metadata.hasAlpha,
    })
  } catch {
    // What the decoder says is written for programmers; that the file is damaged is all there is to know.
    return imageProblem('not_an_image', `the file begins like ${format.toUpperCase()}, but is damaged`)
  }
}

function withinLimits(image: CheckedImage): CheckedImage | ImageProblem {
  const { width, height, frames, format } = image
  const limit = format === 'avif' ? avifPixelsMax : pixelsMax
  if (width * height > limit) {
    return imageProblem('too_many_pixels', `${width} x ${height} pixels; at most ${limit / 1e6} million are taken`)
  }
  if (frames > framesMax) return imageProblem('too_many_frames', `${frames} frames; at most ${framesMax} are taken`)
  if (frames * width * height > animationPixelsMax) {
    const limit = `${animationPixelsMax / 1e6} million pixels`
    return imageProblem(
      'too_many_frames',
      `${frames} frames of ${width} x ${height}; at most ${limit} in all are taken`,
    )
  }
  return image
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(headBytes), position: 0 })
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

async function typeOf(head: Buffer): Promise<string | null> {
  // What tells its kinds apart may stand at the end of a TIFF, which is not here.
  if (tiffSignatures.includes(head.toString('latin1', 0, 4))) return 'image/tiff'
  try {
    return (await fileTypeFromBuffer(head))?.mime ?? null
  } catch {
    // A head cut in the middle of a structure it follows: unknown, as any other.
    return null
  }
}

function isSvg(head: Buffer): boolean {
  const text = beginningOf(head)
  return text.startsWith('<svg') || (/^<(?:\?xml|!doctype svg|!--)/.test(text) && text.includes('<svg'))
}

function beginningOf(head: Buffer): string {
  return head
    .toString('latin1')
    .replace(/^(?:\xEF\xBB\xBF|\s)+/, '')
    .toLowerCase()
}

/** Most "pictures" that are none are pages: a login form, an error, an answer of an API. */
function otherThanImage(head: Buffer, type: string | null): ImageProblem {
  const text = beginningOf(head)
  if (isSvg(head)) {
    return imageProblem('svg_refused', 'SVG is a program rather than a picture, and is not taken')
  }
  if (/^<(?:!doctype html|html|head|body|!--|script|p\b|div|h\d)/.test(text)) {
    return imageProblem('not_an_image', 'the server sent an HTML page instead of a picture')
  }
  if (/^[[{]/.test(text)) return imageProblem('not_an_image', 'the server sent JSON instead of a picture')
  if (type === null) return imageProblem('not_an_image', 'the file is no picture of a known kind')
  const code = type.startsWith('image/') ? 'unsupported_type' : 'not_an_image'
  return imageProblem(code, `the file is ${type}, which is not taken as a picture`)
}
