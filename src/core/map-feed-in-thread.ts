/**
 * Maps large feeds in a thread of their own, while this one takes fingerprints and writes to the ledger: the
 * two take about as long, so that a second core nearly halves the time.
 */
import { Worker } from 'node:worker_threads'
import { type ErrorDetails, WholesalerError } from './errors.js'
import type { FeedEnd } from './feed/feed.js'
import { type FeedFacts, type MapFeedPlan, type MappedChunk, type OpenMappedFeed, openMappedFeed } from './map-feed.js'
import { programPath } from './package-files.js'
import type { CutRow } from './product/fingerprint.js'

/**
 * What the thread says. Rows come packed, and bodies are handed over: cloning objects across threads takes several times
 * as long.
 */
export type ThreadMessage =
  | { readonly type: 'facts'; readonly facts: FeedFacts }
  | {
      readonly type: 'chunk'
      readonly rows: PackedRows
      readonly bodies: Uint8Array
      readonly findings: Omit<MappedChunk, 'cut'>
    }
  | { readonly type: 'end'; readonly end: FeedEnd }
  | { readonly type: 'error'; readonly error: ErrorDetails }

/** What the thread is told: one chunk was taken, another may come. */
export const takenMessage = 'taken'

/** Chunks under way between the threads: enough that neither waits for the other, little memory. */
export const chunksAheadMax = 4

/** Starting a thread and loading its modules takes some 100 ms: smaller feeds are read sooner without it. */
const threadBytesMin = 4 * 1024 * 1024

/** Compressed feeds are about this much larger than they look. */
const packedRatio = 8

/** Memory of the thread, in MiB. It holds one record and a few chunks; what is beyond that is garbage. */
const threadLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32 }

/** Maps in a thread where that is faster; a `transform` hook is code of this thread and keeps the feed here. */
export const openMappedFeedFast: OpenMappedFeed = (plan, signal) => {
  const isPacked = /\.(gz|gzip|zip)$/i.test(plan.source)
  const bytes = plan.bytes * (isPacked ? packedRatio : 1)
  const inThread = bytes >= threadBytesMin && plan.mapping.transform === undefined
  return inThread ? openMappedFeedInThread(plan, signal) : openMappedFeed(plan, signal)
}

/** Maps in a thread. The plan must be plain data, so it has no `transform`. */
export const openMappedFeedInThread: OpenMappedFeed = async (plan, signal) => {
  const thread = new FeedThread(plan, signal)
  try {
    const first = await thread.next()
    if (first.type !== 'facts') throw new Error(`the thread began with ${first.type}`)
    return { facts: first.facts, chunks: () => chunksOf(thread) }
  } catch (error: unknown) {
    await thread.end()
    throw error
  }
}

async function* chunksOf(thread: FeedThread): AsyncGenerator<MappedChunk, FeedEnd, void> {
  try {
    for (;;) {
      const message = await thread.next()
      if (message.type === 'end') return message.end
      if (message.type !== 'chunk') throw new Error(`the thread sent ${message.type} amid the feed`)
      const { rows, bodies, findings } = message
      yield { cut: { rows: unpackRows(rows), bodies }, ...findings }
      thread.taken()
    }
  } finally {
    await thread.end()
  }
}

/** Rows as one text and one list of numbers, to be handed over. */
export interface PackedRows {
  /** In their order. */
  readonly keys: PackedTexts
  /** Fingerprints that are taken already, in the order in which they stand in the rows. */
  readonly prints: PackedTexts
  /** Of each row: content, offer, images (`takenAlready` or a length), bytes, variants, wanted images, line. */
  readonly numbers: Float64Array<ArrayBuffer>
}

const numbersPerRow = 7
/** Stands for a fingerprint: no part of a body is so long. */
const takenAlready = -1

/** JSON of the rows took twice as long as this. */
export function packRows(rows: readonly CutRow[]): PackedRows {
  const keys: string[] = []
  const prints: string[] = []
  const numbers = new Float64Array(rows.length * numbersPerRow)
  const lengthOf = (part: string | number): number => {
    if (typeof part === 'number') return part
    prints.push(part)
    return takenAlready
  }
  let at = 0
  for (const { key, content, offer, images, bytes, variants, images_wanted, line } of rows) {
    keys.push(key)
    numbers[at] = lengthOf(content)
    numbers[at + 1] = lengthOf(offer)
    numbers[at + 2] = lengthOf(images)
    numbers[at + 3] = bytes
    numbers[at + 4] = variants
    numbers[at + 5] = images_wanted
    numbers[at + 6] = line
    at += numbersPerRow
  }
  return { keys: packTexts(keys), prints: packTexts(prints), numbers }
}

/** As one text, which is handed on in a third of the time; a list only where its separator is in a text. */
type PackedTexts = string | readonly string[]

const separator = '\n'

function packTexts(texts: readonly string[]): PackedTexts {
  // Joined, none and one that is blank are the same.
  return texts.length < 2 || texts.some((text) => text.includes(separator)) ? texts : texts.join(separator)
}

function unpackTexts(packed: PackedTexts): readonly string[] {
  return typeof packed === 'string' ? packed.split(separator) : packed
}

export function unpackRows({ keys: packedKeys, prints: packedPrints, numbers }: PackedRows): readonly CutRow[] {
  const keys = unpackTexts(packedKeys)
  const prints = unpackTexts(packedPrints)
  let print = 0
  const partOf = (at: number): string | number => {
    const length = numbers[at] ?? 0
    if (length !== takenAlready) return length
    print += 1
    return prints[print - 1] ?? ''
  }
  return keys.map((key, index): CutRow => {
    const at = index * numbersPerRow
    return {
      key,
      content: partOf(at),
      offer: partOf(at + 1),
      images: partOf(at + 2),
      bytes: numbers[at + 3] ?? 0,
      variants: numbers[at + 4] ?? 0,
      images_wanted: numbers[at + 5] ?? 0,
      line: numbers[at + 6] ?? 0,
    }
  })
}

/** The thread and its messages, one after the other. */
class FeedThread {
  readonly #worker: Worker
  readonly #signal: AbortSignal
  readonly #arrived: ThreadMessage[] = []
  #failure: unknown
  #wake: () => void = () => {}

  constructor(plan: MapFeedPlan, signal: AbortSignal) {
    this.#signal = signal
    this.#worker = new Worker(programPath('core/map-feed-thread'), {
      workerData: plan,
      resourceLimits: threadLimits,
    })
    this.#worker.on('message', (message: ThreadMessage) => {
      if (message.type === 'error') this.#fail(new WholesalerError(message.error))
      else this.#arrived.push(message)
      this.#wake()
    })
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', (code) => this.#fail(new Error(`the thread that reads the feed ended with ${code}`)))
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** The next message. Throws what the thread threw, after everything it sent before, or the signal's reason. */
  async next(): Promise<ThreadMessage> {
    for (;;) {
      this.#signal.throwIfAborted()
      const message = this.#arrived.shift()
      if (message !== undefined) return message
      if (this.#failure !== undefined) throw this.#failure
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  taken(): void {
    this.#worker.postMessage(takenMessage)
  }

  async end(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort)
    await this.#worker.terminate()
  }

  readonly #onAbort = (): void => this.#wake()

  #fail(error: unknown): void {
    this.#failure ??= error
    this.#wake()
  }
}
