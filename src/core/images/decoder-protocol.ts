/** What a decoder process and its parent tell each other. */
import type { ImageContent } from './check.js'
import type { DecodedPicture, LargePicture } from './decode.js'
import type { ImageProblem } from './image.js'
import type { DecodeRules } from './image-rules.js'
import type { LookKind } from './look.js'

/** What one picture may take. */
export interface DecoderLimits {
  /**
   * Processor time, in seconds: time of the processor rather than of the clock, for a busy machine is no reason to
   * refuse a picture.
   */
  readonly cpuSeconds: number
  /** Memory of the process, with Node itself. */
  readonly rssBytes: number
}

/**
 * The largest allowed take about two seconds on a slow machine, and 370 MB as AVIF; only progressive JPEG above 47
 * million pixels without subsampling takes more. What a process fills before it notices on a machine that is busy
 * keeps it below 512 MB.
 */
export const decoderLimits: DecoderLimits = { cpuSeconds: 5, rssBytes: 400 * 1024 * 1024 }

/** What a decoder process is started with. */
export interface DecoderSettings {
  readonly limits: DecoderLimits
  readonly rules: DecodeRules
}

/** The signals by which a process ends itself say why: nothing else may be possible any more. */
export const timeSignal = 'SIGVTALRM'
export const memorySignal = 'SIGUSR2'

export type DecoderRequest =
  | { readonly type: 'decode'; readonly content: ImageContent; readonly evenLarge: boolean }
  | { readonly type: 'look'; readonly content: Buffer; readonly kind: LookKind }

/** What was seen of a picture; null when it cannot be decoded. */
export interface Seen {
  readonly ok: 'seen'
  readonly look: string | Buffer | null
}

export type Decoded = DecodedPicture | ImageProblem | LargePicture
export type DecoderAnswer = Decoded | Seen

export type DecoderMessage =
  | { readonly type: 'ready' }
  /** It cannot decode anything: the image library cannot be loaded. */
  | { readonly type: 'unusable'; readonly reason: string }
  /** From here on its end is the doing of the oldest request that has no answer. */
  | { readonly type: 'begun' }
  /** Answer to the oldest request that has none. */
  | { readonly type: 'answer'; readonly answer: DecoderAnswer }
