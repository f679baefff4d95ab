/** What a picture looks like, taken of one that is stored: for people and for comparisons. */
import { colorSketch } from './color-sketch.js'
import { perceptualHash } from './perceptual-hash.js'
import { thumbnail } from './thumbnail.js'

/** Each takes the bytes of a picture; null for what cannot be decoded. Throw only what stops the run. */
export interface Looks {
  /** See `perceptualHash`. */
  readonly hash: (data: Buffer) => Promise<string | null>
  /** See `colorSketch`. */
  readonly colors: (data: Buffer) => Promise<Buffer | null>
  /** A small WebP. */
  readonly thumbnail: (data: Buffer) => Promise<Buffer | null>
}

export type LookKind = keyof Looks

/** Decodes in this process, where a crash of the decoder is a crash of everything: see `decoder-pool.ts`. */
export const looksHere: Looks = {
  hash: (data) => perceptualHash(data).catch(() => null),
  colors: (data) => colorSketch(data).catch(() => null),
  thumbnail,
}
