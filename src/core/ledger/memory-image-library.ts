import type { Clock } from '../clock.js'
import type {
  ImageFailure,
  ImageLibrary,
  LibraryEntry,
  LibraryImage,
  LibraryUrl,
  Validators,
} from '../images/library.js'
import type { StoreId } from '../store/store.js'
import { pick } from './pick.js'

interface KnownUrl extends LibraryUrl {
  readonly sha256: string
}

const noValidators: Validators = { etag: null, lastModified: null }

/** The image library in memory, for tests and dry runs. */
export class MemoryImageLibrary implements ImageLibrary {
  readonly #clock: Clock
  readonly #images = new Map<string, LibraryImage>()
  readonly #urls = new Map<string, KnownUrl>()
  readonly #failures = new Map<string, ImageFailure>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async findByUrl(urls: readonly string[]): Promise<ReadonlyMap<string, LibraryImage>> {
    return pick(urls, (url) => this.#images.get(this.#urls.get(url)?.sha256 ?? ''))
  }

  async findByHash(sha256: string): Promise<LibraryImage | null> {
    return this.#images.get(sha256) ?? null
  }

  async record(url: string, image: LibraryImage, validators?: Validators): Promise<void> {
    const { sha256 } = image
    const known = this.#urls.get(url)
    const same = known?.sha256 === sha256 ? known : null
    const now = this.#clock.now()
    this.#images.set(sha256, image)
    const { etag, lastModified } = validators ?? same ?? noValidators
    this.#urls.set(url, { url, sha256, etag, lastModified, firstSeenAt: same?.firstSeenAt ?? now, lastSeenAt: now })
    this.#failures.delete(url)
  }

  async adopt(image: LibraryImage, urls: readonly string[]): Promise<number> {
    const { sha256 } = image
    if (!this.#images.has(sha256)) this.#images.set(sha256, image)
    const added = [...new Set(urls)].filter((url) => !this.#urls.has(url))
    for (const url of added) {
      this.#urls.set(url, { url, sha256, ...noValidators, firstSeenAt: null, lastSeenAt: null })
    }
    return added.length
  }

  async validators(urls: readonly string[]): Promise<ReadonlyMap<string, Validators>> {
    return pick(urls, (url) => {
      const known = this.#urls.get(url)
      return known === undefined ? undefined : { etag: known.etag, lastModified: known.lastModified }
    })
  }

  async confirm(url: string, validators?: Validators): Promise<void> {
    const known = this.#urls.get(url)
    if (known === undefined) return
    const { etag, lastModified } = validators ?? known
    this.#urls.set(url, { ...known, etag, lastModified, lastSeenAt: this.#clock.now() })
    this.#failures.delete(url)
  }

  async forget(storeIds: readonly StoreId[]): Promise<void> {
    for (const { sha256, storeId } of [...this.#images.values()]) {
      if (!storeIds.includes(storeId)) continue
      this.#images.delete(sha256)
      for (const [url, known] of this.#urls) if (known.sha256 === sha256) this.#urls.delete(url)
    }
  }

  async redirect(sha256s: readonly string[], storeId: StoreId): Promise<void> {
    for (const sha256 of sha256s) {
      const image = this.#images.get(sha256)
      if (image !== undefined) this.#images.set(sha256, { ...image, storeId })
    }
  }

  async describe(sha256: string, facts: Partial<Omit<LibraryImage, 'sha256' | 'storeId'>>): Promise<void> {
    const image = this.#images.get(sha256)
    if (image !== undefined) this.#images.set(sha256, { ...image, ...facts })
  }

  async recordFailure(
    url: string,
    { code, reason }: { readonly code: string; readonly reason: string },
  ): Promise<void> {
    const before = this.#failures.get(url)
    const failedAt = this.#clock.now()
    const firstFailedAt = before?.code === code ? before.firstFailedAt : failedAt
    this.#failures.set(url, { url, code, reason, failedAt, firstFailedAt, times: (before?.times ?? 0) + 1 })
  }

  async failures(urls: readonly string[]): Promise<ReadonlyMap<string, ImageFailure>> {
    return pick(urls, (url) => this.#failures.get(url))
  }

  async entries({ size, after }: { readonly size: number; readonly after: string | null }) {
    const images = [...this.#images.values()].sort((one, other) => (one.sha256 < other.sha256 ? -1 : 1))
    const page = images.filter(({ sha256 }) => after === null || sha256 > after).slice(0, size)
    return page.map((image): LibraryEntry => ({ ...image, urls: this.#urlsOf(image.sha256) }))
  }

  async count(): Promise<number> {
    return this.#images.size
  }

  #urlsOf(wanted: string): readonly LibraryUrl[] {
    return [...this.#urls.values()]
      .filter(({ sha256 }) => sha256 === wanted)
      .map(({ sha256, ...url }) => url)
      .sort((one, other) => (one.url < other.url ? -1 : 1))
  }
}
