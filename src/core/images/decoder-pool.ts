/**
 * Decodes pictures in processes of their own: decoders are large programs in C that read what strangers wrote, and
 * one that crashes, hangs or eats memory costs its picture, never the run. Processes are started when there is
 * work, kept while there is, and replaced when they die.
 */
import { availableParallelism } from 'node:os'
import pLimit from 'p-limit'
import { messageOf, WholesalerError } from '../errors.js'
import type { Decode } from './decode.js'
import { DecoderChild, type DecoderTask, tasksMax } from './decoder-child.js'
import {
  type DecoderAnswer,
  type DecoderRequest,
  type DecoderSettings,
  decoderLimits,
  type Seen,
} from './decoder-protocol.js'
import { defaultImageRules } from './image-rules.js'
import type { LookKind, Looks } from './look.js'

/** Most processes: one for each core; beyond eight, downloads are what an import waits for. */
const processesMax = Math.min(8, Math.max(2, availableParallelism()))
/** Pictures that must be waiting for another process to be worth its start, which takes as long as decoding six. */
const waitingMin = 6
/** The same while one is starting: what came meanwhile says little about how many are needed. */
const waitingMinAtStart = 12

export class DecoderPool {
  readonly #signal: AbortSignal
  readonly #settings: DecoderSettings
  readonly #children = new Set<DecoderChild>()
  readonly #waiting: DecoderTask[] = []
  readonly #large = pLimit(1)
  #childrenMax = processesMax
  #failure: { readonly error: unknown } | undefined

  /** Decodes until `signal` is aborted: then all that is under way fails with its reason. */
  constructor(
    signal: AbortSignal,
    { limits = decoderLimits, rules = defaultImageRules }: Partial<DecoderSettings> = {},
  ) {
    this.#signal = signal
    this.#settings = { limits, rules: { svg: rules.svg, animated: rules.animated } }
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** See `Decode`. Throws the signal's reason, and `unexpected` when no decoder can be started. */
  readonly decode: Decode = async (content) => {
    const decoded = await this.#ask({ type: 'decode', content, evenLarge: false })
    if (decoded.ok !== 'large' && decoded.ok !== 'seen') return decoded
    const alone = await this.#large(() => this.#ask({ type: 'decode', content, evenLarge: true }))
    if (alone.ok !== 'large' && alone.ok !== 'seen') return alone
    throw new Error('a decoder was asked for a large picture and put it off')
  }

  /** See `Looks`. A picture that its decoder does not survive cannot be decoded. Throw as `decode` does. */
  readonly looks: Looks = {
    hash: async (data) => {
      const look = await this.#look('hash', data)
      return typeof look === 'string' ? look : null
    },
    colors: async (data) => bufferOf(await this.#look('colors', data)),
    thumbnail: async (data) => bufferOf(await this.#look('thumbnail', data)),
  }

  /** Starts the first process, unless there is one: it takes as long as a download. */
  warmUp(): void {
    if (this.#children.size === 0 && this.#failure === undefined) this.#start()
  }

  /** Ends all processes. What is under way fails. Safe to call twice. */
  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort)
    const ends = [...this.#children].map(({ ended }) => ended)
    this.#fail(new Error('the decoders are closed'))
    await Promise.all(ends)
  }

  readonly #onAbort = (): void => this.#fail(this.#signal.reason)

  async #look(kind: LookKind, content: Buffer): Promise<Seen['look']> {
    const seen = await this.#ask({ type: 'look', kind, content })
    return seen.ok === 'seen' ? seen.look : null
  }

  async #ask(request: DecoderRequest): Promise<DecoderAnswer> {
    if (this.#failure !== undefined) throw this.#failure.error
    this.#signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject, deaths: 0 })
      this.#assign({ hasMore: true })
    })
  }

  /** To the process with the least to do, or to a new one when there is much to do and `hasMore` has come. */
  #assign({ hasMore = false } = {}): void {
    while (this.#waiting.length > 0) {
      const idlest = [...this.#children].sort((a, b) => a.taskCount - b.taskCount)[0]
      const isStarting = [...this.#children].some(({ isReady }) => !isReady)
      const enough = isStarting ? waitingMinAtStart : waitingMin
      const isMuch = hasMore && this.#waiting.length >= enough
      const isWorthOne = idlest === undefined || (isMuch && idlest.taskCount > 0)
      const next = isWorthOne && this.#children.size < this.#childrenMax ? (this.#start() ?? idlest) : idlest
      if (next === undefined || next.taskCount >= tasksMax) return
      const task = this.#waiting.shift()
      if (task !== undefined) next.give(task)
    }
  }

  #start(): DecoderChild | undefined {
    try {
      const child = new DecoderChild(this.#settings, {
        onRoom: () => this.#assign(),
        onEnd: (left, reason) => {
          this.#children.delete(child)
          this.#waiting.unshift(...left)
          if (reason !== null) this.#doWithout(reason)
          this.#assign()
        },
      })
      this.#children.add(child)
      return child
    } catch (error: unknown) {
      this.#doWithout(messageOf(error))
      return undefined
    }
  }

  /** One process fewer is slower; none is the end. */
  #doWithout(reason: string): void {
    this.#childrenMax = this.#children.size
    if (this.#childrenMax > 0) return
    this.#fail(
      new WholesalerError({
        kind: 'unexpected',
        message: `pictures cannot be decoded: ${reason}`,
        hint: 'Install the package again, with its optional dependencies. Until then: --no-images.',
      }),
    )
  }

  /** Everything fails from now on, with the first error. */
  #fail(error: unknown): void {
    this.#failure ??= { error }
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure.error)
    for (const child of this.#children) child.discard(this.#failure.error)
  }
}

function bufferOf(look: Seen['look']): Buffer | null {
  return Buffer.isBuffer(look) ? look : null
}
