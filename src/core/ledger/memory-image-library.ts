import type { Clock } from '../clock.js'
import type { ImageFailure, ImageLibrary, LibraryImage } from '../images/library.js'
import type { StoreId } from '../store/store.js'

/** The image library in memory, for tests and dry runs. */
export class MemoryImageLibrary implements ImageLibrary {
  readonly #clock: Clock
  readonly #images = new Map<string, LibraryImage>()
  readonly #hashes = new Map<string, string>()
  readonly #failures = new Map<string, ImageFailure>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async findByUrl(urls: readonly string[]): Promise<ReadonlyMap<string, LibraryImage>> {
    const found = new Map<string, LibraryImage>()
    for (const url of urls) {
      const image = this.#images.get(this.#hashes.get(url) ?? '')
      if (image !== undefined) found.set(url, image)
    }
    return found
  }

  async findByHash(sha256: string): Promise<LibraryImage | null> {
    return this.#images.get(sha256) ?? null
  }

  async record(url: string, image: LibraryImage): Promise<void> {
    this.#images.set(image.sha256, image)
    this.#hashes.set(url, image.sha256)
    this.#failures.delete(url)
  }

  async forget(storeIds: readonly StoreId[]): Promise<void> {
    for (const { sha256, storeId } of [...this.#images.values()]) {
      if (!storeIds.includes(storeId)) continue
      this.#images.delete(sha256)
      for (const [url, hash] of this.#hashes) if (hash === sha256) this.#hashes.delete(url)
    }
  }

  async recordFailure(
    url: string,
    { code, reason }: { readonly code: string; readonly reason: string },
  ): Promise<void> {
    const times = (this.#failures.get(url)?.times ?? 0) + 1
    this.#failures.set(url, { url, code, reason, failedAt: this.#clock.now(), times })
  }

  async failures(urls: readonly string[]): Promise<ReadonlyMap<string, ImageFailure>> {
    const found = new Map<string, ImageFailure>()
    for (const url of urls) {
      const failure = this.#failures.get(url)
      if (failure !== undefined) found.set(url, failure)
    }
    return found
  }

  async count(): Promise<number> {
    return this.#images.size
  }
}
