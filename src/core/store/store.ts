/**
 * A store: the shop that is written to.
 *
 * In: batches of neutral products, downloaded images. Out: one result per product, in order. Applying
 * the same batch id again gives the same results and writes nothing; an older token is refused where
 * the store can tell. One contract suite (`test/contract/store-contract.ts`) holds every store to this.
 * No store fetches anything from a feed or decides about images.
 */
import type { Fingerprints, PendingKind } from '../ledger/ledger.js'
import type { RetireHow } from '../missing-policy.js'
import type { OwnedField } from '../product/field-owners.js'
import type { Product } from '../product/product.js'
import type { FieldChange } from './field-change.js'

/** Id in the store, as text: integers in the catalog and in WooCommerce. */
export type StoreId = string

export interface StoreBatch {
  /** Unique for ever; see `ClaimedBatch.id`. */
  readonly id: string
  readonly jobId: number
  /** Fencing token of the writer. A token below the job's highest seen one: `lease_lost`, nothing written. */
  readonly token: number
  /** Owner of what is written. */
  readonly wholesaler: string
  readonly items: readonly StoreItem[]
  /** Products the store already has are left as they are (`skipped`). */
  readonly updateExisting: boolean
  /** Moves ownership of a product another wholesaler owns, instead of rejecting it. */
  readonly takeover: boolean
  /** Fields that are given when a product or variant is made, and then left as the store has them. Default: none. */
  readonly shopFields?: readonly OwnedField[]
}

export interface StoreItem extends Fingerprints {
  readonly key: string
  readonly kind: PendingKind
  readonly product: Product
  /** Id from an earlier import, a hint: when the store no longer has it, the product is created. */
  readonly storeId: StoreId | null
}

export type RejectCode = 'sku_owned_by' | 'sku_taken' | 'currency' | 'refused' | 'quarantined' | 'store_failed'

export type ItemResult =
  | {
      readonly key: string
      readonly outcome: 'created' | 'updated' | 'unchanged'
      readonly storeId: StoreId
      /** What was set right on the way, for people: a SKU that another product of the same wholesaler bears. */
      readonly notes?: readonly string[]
    }
  | { readonly key: string; readonly outcome: 'skipped'; readonly storeId: StoreId }
  | {
      readonly key: string
      readonly outcome: 'rejected'
      readonly code: RejectCode
      readonly reason: string
      readonly field?: string
      readonly sku?: string
    }

export interface StoreProduct {
  readonly id: StoreId
  /** Parent's id for a variant, else null. */
  readonly parentId: StoreId | null
  readonly sku: string | null
  readonly name: string
  /** Owner; null when no wholesaler wrote it. */
  readonly wholesaler: string | null
  /** Key of the product (of the parent, for a variant) at its wholesaler. */
  readonly key: string | null
}

/** An image as the store holds it. */
export interface StoreImage {
  readonly id: StoreId
  /** URL or path in the feed it came from; null when the store does not know. */
  readonly originalUrl: string | null
  /** Where the store serves it: a URL, or the path below the media folder. */
  readonly url: string
  /** Of the bytes as downloaded; null when the store does not know. */
  readonly sha256: string | null
  /** Where it is shown: the text beside it there. Left out when there is none. */
  readonly alt?: string
}

/** An image with all that the store knows about it, for audits. */
export interface StoredImage extends StoreImage {
  /** Of the form that is shown; each null when the store does not know. */
  readonly extension: string | null
  readonly width: number | null
  readonly height: number | null
  readonly bytes: number | null
  /** False when its file is gone. */
  readonly present: boolean
  /** What shows it, by product, then position. */
  readonly uses: readonly ImageUse[]
}

/** A place where an image is shown. */
export interface ImageUse {
  /** Of the product; of the parent, for a variant. */
  readonly productId: StoreId
  readonly sku: string | null
  readonly name: string
  readonly wholesaler: string | null
  /** Key of the variant that shows it; null for the product itself. */
  readonly variant: string | null
  /** From 0; 0 is featured. */
  readonly position: number
  /** The address it has in the feed, for this place. */
  readonly originalUrl: string | null
}

/** A file in the store's media that no image names. */
export interface StrayFile {
  readonly url: string
  readonly bytes: number
}

/** A product that is to be taken out of sale. */
export interface RetiredProduct {
  readonly key: string
  readonly storeId: StoreId
}

/** Who writes; see `StoreBatch.token`. */
export interface StoreWriter {
  readonly jobId: number
  readonly token: number
}

/** Image bytes on disk, checked and processed, ready to be put into the store. */
export interface ImageFile {
  /** Of the bytes as downloaded: the image's name everywhere. */
  readonly sha256: string
  /** Processed file, in the state directory's `tmp/`; gone when the store has taken it. */
  readonly path: string
  /** Its bytes are on disk already, and it is for its owner only. Default: not known. */
  readonly flushed?: true
  /** Lower-case extension without dot, by content: `jpg`, `png`, `webp`, `gif`. */
  readonly extension: string
  readonly originalUrl: string
  readonly width: number
  readonly height: number
  readonly bytes: number
}

export interface ImageAttachment {
  readonly imageId: StoreId
  /** As in the feed. */
  readonly originalUrl: string
  readonly alt?: string
}

/** All images a product shall have, in order, first is featured; variants by their key, one each. */
export interface ProductImages {
  readonly gallery: readonly ImageAttachment[]
  readonly variants: Readonly<Record<string, ImageAttachment>>
}

/** What `verify` found for one product. */
export interface StoreState {
  readonly exists: boolean
  /** False when the store's copy no longer is what was imported (foreign edit); true when it cannot tell. */
  readonly asImported: boolean
  /** Every image the product should have is still there. */
  readonly imagesPresent: boolean
}

/** How much a store is asked at once. */
export interface StorePace {
  /** Products of one request. */
  readonly requestSize: number
  readonly requestsAtOnce: number
  /** Milliseconds of the slowest of the last requests; null before the first answer. */
  readonly latencyMs: number | null
}

/** A product of a feed, and the one of the store that it would be written over. */
export interface ComparedProduct extends Pick<StoreBatch, 'shopFields'> {
  readonly storeId: StoreId
  readonly product: Product
}

/** What not every store is able to do. */
export interface StoreAbilities {
  /** Refuses a writer whose job was taken over, by its older token. Without: the lease is asked before each write. */
  readonly fence: boolean
  /** Knows a batch by its id alone, so that one applied without items is closed. Without: it looks at the products. */
  readonly closeBatches: boolean
  /** Exchanges the form of an image (`replaceImage` throws `usage` without). */
  readonly exchangeImages: boolean
}

export interface Store {
  readonly kind: 'catalog' | 'woocommerce' | 'memory'
  readonly can: StoreAbilities
  /** Binds the ledger: another identity is another ledger namespace. Stable for ever. */
  identity(): Promise<string>
  /** ISO 4217 of the store's prices; null when it is not known yet. */
  currency(): Promise<string | null>
  /** Sets the currency where the store leaves that to us and has none; otherwise does nothing. */
  adoptCurrency(currency: string): Promise<void>

  /** Products and variants by SKU, keyed by folded SKU (`foldSku`). Unknown ones are left out. */
  findBySku(skus: readonly string[]): Promise<ReadonlyMap<string, StoreProduct>>
  findById(id: StoreId): Promise<StoreProduct | null>
  /**
   * Writes the batch. A batch that was applied before gives its results again, whatever is in it now; one
   * without items, applied for the first time, is thereby closed: nothing is ever written under its id. A store
   * that cannot know a batch by its id alone tells the results from the products that it is given.
   */
  apply(batch: StoreBatch): Promise<readonly ItemResult[]>
  /**
   * What writing these would change, field by field, as far as the store keeps a field; empty when nothing, null when the
   * store does not have the product. Images are another matter. Writes nothing.
   */
  differences(compared: readonly ComparedProduct[]): Promise<readonly (readonly FieldChange[] | null)[]>

  /** Images of a product in order, first is featured; `variants` by variant key. */
  imagesOf(
    productId: StoreId,
  ): Promise<{ readonly gallery: readonly StoreImage[]; readonly variants: ReadonlyMap<string, StoreImage> }>
  /** Which of these image ids the store still has. */
  hasImages(ids: readonly StoreId[]): Promise<ReadonlySet<StoreId>>
  /**
   * Puts image bytes into the store, once per sha256: the same bytes again give the same id and write nothing.
   * Throws `ImageRefusedError` for an image that the store will not have; the others go on.
   */
  putImage(image: ImageFile): Promise<StoreImage>
  /**
   * Makes these the images of the product, in this order. Nothing is written when they already are, or when
   * the store does not have the product any more (`gone`).
   */
  setImages(writer: StoreWriter, productId: StoreId, images: ProductImages): Promise<'changed' | 'unchanged' | 'gone'>

  /** All images with what shows them, after the image `after`, in an order of the store's own. */
  listImages(page: { readonly size: number; readonly after: StoreId | null }): Promise<readonly StoredImage[]>
  /** The bytes that the shop shows; null when they are gone. */
  readImage(id: StoreId): Promise<Buffer | null>
  /**
   * Puts another processed form in place of the one that is there. Whoever shows the image shows the new form;
   * its id changes only where the store cannot keep it. Null when the store does not have the image.
   */
  replaceImage(writer: StoreWriter, id: StoreId, image: ImageFile): Promise<StoreImage | null>
  /** Deletes images and their files, but none that is shown anywhere. Returns those it deleted. */
  removeImages(writer: StoreWriter, ids: readonly StoreId[]): Promise<readonly StoreId[]>
  /** Files that no image names, left by a crash. None in stores that cannot tell. */
  strayFiles(): Promise<readonly StrayFile[]>

  /**
   * Acts of the missing policy. Only products are touched that `wholesaler` owns, under this very key. Returns how
   * many were changed.
   */
  retire(batch: {
    readonly jobId: number
    readonly token: number
    readonly wholesaler: string
    readonly products: readonly RetiredProduct[]
    readonly how: RetireHow
  }): Promise<number>
  /** As learnt so far, for statistics. Left out by stores that are not asked over a network. */
  pace?(): StorePace
  /**
   * A text for each of these products that is another after any change to it that an import may undo: who plans one
   * compares them later. Products that are gone are left out.
   */
  stamps(ids: readonly StoreId[]): Promise<ReadonlyMap<StoreId, string>>
  verify(items: readonly (Fingerprints & { readonly storeId: StoreId })[]): Promise<readonly StoreState[]>
  close(): Promise<void>
}
