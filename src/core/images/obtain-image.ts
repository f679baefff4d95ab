/**
 * From an address to an image in the store: download, look whether the bytes are known, check, process, put.
 * However many products ask for one address, or however many addresses lead to the same bytes, the work is
 * done once.
 */
import { setTimeout as wait } from 'node:timers/promises'
import pLimit from 'p-limit'
import { failpoint } from '../failpoint.js'
import { removeFile } from '../remove-file.js'
import { ImageRefusedError } from '../store/refused-image.js'
import type { Store } from '../store/store.js'
import { BoundedMap } from './bounded-map.js'
import type { Decode, DecodedPicture } from './decode.js'
import type { Download, UsableAddress } from './download.js'
import { downloadsMax, HostQueue, type HostQueueLimits } from './host-queue.js'
import { type Downloaded, type ImageProblem, imageProblem } from './image.js'
import type { ImageLibrary, LibraryImage } from './library.js'
import { RECIPE_VERSION } from './recipe.js'
import { writeTempFile } from './temp-file.js'

export interface ObtainPorts {
  readonly library: ImageLibrary
  readonly store: Pick<Store, 'hasImages' | 'putImage'>
  readonly download: Download
  readonly decode: Decode
  readonly tmpDir: string
  readonly signal: AbortSignal
  readonly limits?: HostQueueLimits
  /** Called for every file that was fetched or read to its end. */
  readonly onDownloaded: () => void
}

export interface ObtainedImage {
  readonly ok: true
  readonly image: LibraryImage
  /** Whether this call put a new file into the store; false for known bytes, and for all but the first who asked. */
  readonly isNew: boolean
}

/** What to get: `url` as in the feed, for the store's record. */
export interface ImageRequest {
  readonly url: string
  readonly address: UsableAddress
  /** Ask again also for what the library knows by its address: fetch it if it has changed. */
  readonly refresh: boolean
}

type Outcome = ObtainedImage | ImageProblem

/**
 * Files between their request and the store at once: what is held in memory and in `tmp/` is bounded by it, and what is
 * fetched again after the process was killed is no more than what may be downloaded at once. More gain nothing.
 */
export const filesMax = downloadsMax
/**
 * What came waits this long before it is taken in, ms: answers come in bursts, and the next requests, which the server
 * waits for, are to be on their way before this thread has anything else to do.
 */
const requestsFirstMs = 4
/** Addresses remembered to be done in this run: enough for pictures shared by neighbours in the feed. */
const rememberedMax = 10_000

export class ImageIntake {
  readonly #ports: ObtainPorts
  readonly #hosts: HostQueue
  readonly #files = pLimit(filesMax)
  readonly #byAddress = new Map<string, Promise<Outcome>>()
  readonly #byHash = new Map<string, Promise<Outcome>>()
  /** What came of the addresses asked for in this run: a problem, or null when the library knows it now. */
  readonly #done = new BoundedMap<string, ImageProblem | null>(rememberedMax)

  constructor(ports: ObtainPorts) {
    this.#ports = ports
    this.#hosts = new HostQueue(ports.limits)
  }

  /** Gets a picture into the store. Throws only what stops the run. */
  async obtain(request: ImageRequest): Promise<Outcome> {
    const { key } = request.address
    const underway = this.#byAddress.get(key)
    if (underway !== undefined) return notNew(await underway)
    const work = this.#obtainOnce(request).finally(() => this.#byAddress.delete(key))
    this.#byAddress.set(key, work)
    return work
  }

  async #obtainOnce(request: ImageRequest): Promise<Outcome> {
    const { address, refresh } = request
    const { library, signal } = this.#ports
    const earlier = this.#done.get(address.key)
    if (earlier != null) return earlier
    if (!refresh || earlier === null) {
      // Another product may have brought it since the decision was made.
      const known = (await library.findByUrl([address.key])).get(address.key)
      if (known !== undefined) return { ok: true, image: known, isNew: false }
    }
    const outcome = await this.#files(async () => {
      signal.throwIfAborted()
      return this.#fetch(request)
    })
    this.#done.set(address.key, outcome.ok ? null : outcome)
    return outcome
  }

  async #fetch({ url, address, refresh }: ImageRequest): Promise<Outcome> {
    const { library, download, signal, onDownloaded } = this.#ports
    const known = refresh ? (await library.findByUrl([address.key])).get(address.key) : undefined
    const validators = known === undefined ? undefined : (await library.validators([address.key])).get(address.key)
    const host = address.kind === 'url' ? new URL(address.href).host : 'files'
    const { asked, result } = await this.#hosts.run(host, async () => {
      signal.throwIfAborted()
      return download(address, signal, validators)
    })
    if (!result.ok) {
      if (asked) await library.recordFailure(address.key, result)
      return result
    }
    if (result.ok === 'unchanged') {
      if (known === undefined) throw new Error(`${address.key} is unchanged, but nobody asked`)
      await library.confirm(address.key, result.validators)
      return { ok: true, image: known, isNew: false }
    }
    try {
      onDownloaded()
      await wait(requestsFirstMs)
      const outcome = await this.#takeIn(url, result)
      if (outcome.ok) await library.record(address.key, outcome.image, result.validators)
      else await library.recordFailure(address.key, outcome)
      return outcome
    } finally {
      await result.dispose()
    }
  }

  /** Same bytes under several addresses at once: the first is processed, the others wait for it. */
  async #takeIn(url: string, downloaded: Downloaded): Promise<Outcome> {
    const { sha256 } = downloaded
    const underway = this.#byHash.get(sha256)
    if (underway !== undefined) return notNew(await underway)
    const work = this.#takeInOnce(url, downloaded).finally(() => this.#byHash.delete(sha256))
    this.#byHash.set(sha256, work)
    return work
  }

  async #takeInOnce(url: string, { sha256, content }: Downloaded): Promise<Outcome> {
    const { library, store, decode, signal } = this.#ports
    const known = await library.findByHash(sha256)
    if (known !== null && (await store.hasImages([known.storeId])).has(known.storeId)) {
      return { ok: true, image: known, isNew: false }
    }
    signal.throwIfAborted()
    const processed = await decode(content)
    if (!processed.ok) return processed
    try {
      return { ok: true, image: await this.#put(url, sha256, processed), isNew: true }
    } catch (error: unknown) {
      if (error instanceof ImageRefusedError) return imageProblem('refused_by_store', error.message)
      throw error
    }
  }

  async #put(
    originalUrl: string,
    sha256: string,
    { extension, width, height, data, perceptualHash }: DecodedPicture,
  ): Promise<LibraryImage> {
    const facts = { sha256, extension, width, height, bytes: data.length }
    const path = await writeTempFile(data, this.#ports.tmpDir)
    try {
      const { id } = await this.#ports.store.putImage({ ...facts, path, flushed: true, originalUrl })
      failpoint('image-put', sha256)
      return { ...facts, storeId: id, perceptualHash, recipe: RECIPE_VERSION }
    } catch (error: unknown) {
      await removeFile(path)
      throw error
    }
  }
}

function notNew(outcome: Outcome): Outcome {
  return outcome.ok ? { ...outcome, isNew: false } : outcome
}
