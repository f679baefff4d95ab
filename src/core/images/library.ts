/**
 * The image library: every image ever imported, by original URL and by the sha256 of its bytes as
 * downloaded. Shared by products, variants and wholesalers of one store; kept in the ledger.
 */
import type { StoreId } from '../store/store.js'

export interface LibraryImage {
  readonly sha256: string
  readonly storeId: StoreId
  readonly extension: string
  readonly width: number
  readonly height: number
  readonly bytes: number
}

export interface ImageFailure {
  /** Normalised URL. */
  readonly url: string
  /** `http_404`, `not_an_image`, `too_large`, `timeout`, `no_file` … */
  readonly code: string
  readonly reason: string
  /** Unix ms. */
  readonly failedAt: number
  readonly times: number
}

export interface ImageLibrary {
  /** By normalised URL. Unknown ones are left out. */
  findByUrl(urls: readonly string[]): Promise<ReadonlyMap<string, LibraryImage>>
  findByHash(sha256: string): Promise<LibraryImage | null>
  /** Adds an image or one more URL of a known one; forgets failures of that URL. Idempotent. */
  record(url: string, image: LibraryImage): Promise<void>
  /** Forgets where the image is in the store (it is gone there): it will be downloaded again when wanted. */
  forget(storeIds: readonly StoreId[]): Promise<void>
  recordFailure(url: string, failure: { readonly code: string; readonly reason: string }): Promise<void>
  failures(urls: readonly string[]): Promise<ReadonlyMap<string, ImageFailure>>
  count(): Promise<number>
}
