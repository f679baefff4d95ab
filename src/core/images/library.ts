/**
 * The image library: every image ever imported, by original URL and by the sha256 of its bytes as
 * downloaded. Shared by products, variants and wholesalers of one store; kept in the ledger.
 */
import type { StoreId } from '../store/store.js'

export interface LibraryImage {
  readonly sha256: string
  readonly storeId: StoreId
  /** Of the processed form, as are size and bytes. */
  readonly extension: string
  readonly width: number
  readonly height: number
  readonly bytes: number
  /** 16 hex digits, see `perceptual-hash.ts`; null when it is not known yet. */
  readonly perceptualHash: string | null
  /** `RECIPE_VERSION` that made the processed form; 0 when that is not known. */
  readonly recipe: number
}

/** What a server said about a picture, to be handed back when it is asked whether it has changed. */
export interface Validators {
  readonly etag: string | null
  readonly lastModified: string | null
}

/** One of the addresses that an image came from. */
export interface LibraryUrl extends Validators {
  /** Normalised. */
  readonly url: string
  /** When these bytes were first and last found behind it, Unix ms; null when that was not recorded. */
  readonly firstSeenAt: number | null
  readonly lastSeenAt: number | null
}

/** An image with all its addresses, in their order; none when they all lead to other bytes by now. */
export interface LibraryEntry extends LibraryImage {
  readonly urls: readonly LibraryUrl[]
}

export interface ImageFailure {
  /** Normalised URL. */
  readonly url: string
  /** `http_404`, `not_an_image`, `too_large`, `timeout`, `no_file` … */
  readonly code: string
  readonly reason: string
  /** When it failed last, Unix ms. */
  readonly failedAt: number
  /** When it failed first, of the failures in a row with this code. */
  readonly firstFailedAt: number
  /** How many failures in a row, whatever their code. */
  readonly times: number
}

export interface ImageLibrary {
  /** By normalised URL. Unknown ones are left out. */
  findByUrl(urls: readonly string[]): Promise<ReadonlyMap<string, LibraryImage>>
  findByHash(sha256: string): Promise<LibraryImage | null>
  /**
   * Adds an image or one more URL of a known one, seen now; forgets failures of that URL. Idempotent. What a
   * server said earlier about other bytes is forgotten; what it said about the same ones stays, unless
   * `validators` say something new.
   */
  record(url: string, image: LibraryImage, validators?: Validators): Promise<void>

  /**
   * Takes over what a store knows, for a library that was lost: an image and URLs it came from, seen at no known
   * time. What the library knows already stays as it is. Returns how many URLs were new.
   */
  adopt(image: LibraryImage, urls: readonly string[]): Promise<number>

  /** What servers said about the URLs that the library knows. */
  validators(urls: readonly string[]): Promise<ReadonlyMap<string, Validators>>
  /** The URL was asked and has not changed: seen now, failures forgotten. Nothing happens for an unknown one. */
  confirm(url: string, validators?: Validators): Promise<void>

  /** Forgets where the image is in the store (it is gone there): it will be downloaded again when wanted. */
  forget(storeIds: readonly StoreId[]): Promise<void>
  /** These bytes are to be had in the store under another id: whoever wants them gets that one. */
  redirect(sha256s: readonly string[], storeId: StoreId): Promise<void>
  /** Sets what became known about an image after it was recorded. Nothing happens for an unknown one. */
  describe(sha256: string, facts: Partial<Omit<LibraryImage, 'sha256' | 'storeId'>>): Promise<void>

  recordFailure(url: string, failure: { readonly code: string; readonly reason: string }): Promise<void>
  failures(urls: readonly string[]): Promise<ReadonlyMap<string, ImageFailure>>

  /** All images by sha256 after `after`. */
  entries(page: { readonly size: number; readonly after: string | null }): Promise<readonly LibraryEntry[]>
  count(): Promise<number>
}
