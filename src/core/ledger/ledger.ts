/**
 * The ledger: the tool's own memory of one store. What is staged, what was last imported, which batch
 * ended how, and every image ever imported.
 *
 * In: staged rows of a snapshot, results of applied batches. Out: batches of pending products. A
 * snapshot is invisible until it was read to its end and made current in one short transaction; a
 * failed one leaves no trace. No call holds a lock for more than 100 ms, however large the feed is, but for one: what
 * changed against a snapshot that was kept is merged into it at once, see `merge-snapshot.ts`. Every
 * ledger is bound to one store identity: another shop sees none of its rows.
 */
import type { Compression, FeedFormat } from '../feed/feed.js'
import type { ImageLibrary } from '../images/library.js'
import type { RetireHow } from '../missing-policy.js'
import type { ImageRef, Product } from '../product/product.js'
import type { ReadField } from '../product/read-fields.js'
import type { ItemResult, RetiredProduct } from '../store/store.js'

/** Hashes of the canonical product, see `product/fingerprint.ts`. Equal text = equal value. */
export interface Fingerprints {
  readonly content: string
  readonly offer: string
  readonly images: string
}

/** What the ledger keeps of a mapped product beside its body. */
export interface StagedRow extends Fingerprints {
  readonly key: string
  /** Length of its body in bytes. */
  readonly bytes: number
  readonly variants: number
  readonly images_wanted: number
  /** Line of the feed, for messages about repeated keys. */
  readonly line: number
}

/** Some rows of a snapshot. Plain data: crosses threads and processes as it is. */
export interface StagedChunk {
  readonly rows: readonly StagedRow[]
  /** Their bodies, one after the other, in UTF-8: products as JSON, see `product/fingerprint.ts`. */
  readonly bodies: Uint8Array
}

/** The one shape of a feed in every document (`feeds[]`); kept with the snapshot. */
export interface FeedSummary {
  readonly wholesaler: string
  /** Without secrets. */
  readonly source: string
  readonly format: FeedFormat | null
  readonly preset: string | null
  readonly encoding: string | null
  readonly compression: Compression | null
  readonly bytes: number
  readonly sha256: string | null
  readonly complete: boolean
  readonly records: number
  readonly products: number
  readonly variants: number
  readonly images: number
  readonly rejects: number
  readonly repairs: number
  readonly skipped: number
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null } | null
}

/** What tells that a source has not changed without reading it. Compared as a whole, as text. */
export interface SourceStamp {
  /** File: device, inode, size, mtime and ctime in ns. URL: null. */
  readonly file: string | null
  readonly etag: string | null
  readonly lastModified: string | null
}

/** A snapshot that was staged and made current. */
export interface StagedSnapshot {
  /** Another one after every commit, one that kept rows of the snapshot before included. */
  readonly id: number
  readonly sha256: string
  readonly mappingDigest: string
  readonly complete: boolean
  readonly stamp: SourceStamp
  readonly feed: FeedSummary
  readonly stagedAt: number
  /**
   * Path of what its staging was given as marks, whole. Null: there are none, or they are of no use, because rows have
   * other ids by now, the snapshot is incomplete, or it was built upon so often that the next staging is to be a whole one.
   */
  readonly marks: string | null
}

/** What a staging tells of the snapshot that it makes current. */
export type SnapshotFacts = Omit<StagedSnapshot, 'id' | 'stagedAt' | 'marks'>

export interface StagingOptions {
  /**
   * Id of the current snapshot, whose rows may be kept. Throws `busy` when another one has become current. From then on it
   * stays as it is, its marks included, for as long as this staging is not dropped.
   */
  readonly onto?: number | undefined
}

export interface WholesalerState {
  readonly name: string
  /** Folder or host the ad-hoc name was first used for; null for a configured wholesaler. */
  readonly origin: string | null
  readonly current: StagedSnapshot | null
  readonly lastComplete: LastComplete | null
}

/** What is remembered of the last complete snapshot, for guards. */
export interface LastComplete {
  readonly records: number
  readonly products: number
  /** Null where an older version staged it. */
  readonly figures: FeedFigures | null
}

/** Figures of a feed that only guards look at. */
export interface FeedFigures {
  /** Hash of the mapping they were made with. */
  readonly mapping: string
  /** Products with an image, and those in stock. */
  readonly withImage: number
  readonly inStock: number
  /** Columns of a CSV feed; null for another format. */
  readonly columns: readonly string[] | null
  /** CSV and NDJSON: its last record had a line end; null for other formats. */
  readonly endsLine?: boolean | null
  /** What the mapping reads, as the first records filled it. */
  readonly fields: readonly ReadField[]
}

/** Products whose offer is another than in the current snapshot, as a guess from some of them. */
export interface ChangedOffers {
  readonly total: number
  readonly sample: readonly (readonly [before: Product, after: Product])[]
}

export interface StagedCounts {
  readonly new: number
  readonly changed: number
  readonly unchanged: number
  readonly missing: number
}

/** One snapshot on its way in. Exactly one of `commit` and `abort` ends it. */
export interface Staging {
  /** Adds rows. A key that this snapshot already has, written or kept, is replaced (the last wins). */
  write(chunk: StagedChunk): Promise<WrittenChunk>
  /**
   * The feed has these rows of the snapshot that the staging stands on, exactly as they are: nearly free, however many. The
   * line of a kept row stays that of the feed it was written from. Returns what they replace: rows written earlier with
   * their keys, and those that were kept before (the same record twice). Throws for ids beyond its rows.
   */
  keep(ids: ArrayLike<number>): Promise<readonly ReplacedRow[]>
  /**
   * For each row, the id of the row of the snapshot that the staging stands on that has its key and is just like it, as far
   * as fingerprints, counts and the length of the body tell; null for others. Nothing is kept by asking.
   */
  findSame(rows: readonly StagedRow[]): Promise<readonly (number | null)[]>
  /**
   * Appends to a file beside the snapshot that the ledger keeps for whoever stages the next one and never looks into.
   * Marks are of one staging: nothing is taken over of those of the snapshot it stands on. A disk that refuses them costs
   * the marks, not the staging.
   */
  mark(bytes: Uint8Array): void
  /** This snapshot is to have no marks. */
  dropMarks(): void
  /** Keys that the feed has although no product could be made of their records: these do not count as missing. */
  noteRejected(keys: readonly string[]): Promise<void>
  /** Rows that differ from what was imported and whose offer is not that of the current snapshot, spread over all. */
  changedOffers(sampleMax: number): Promise<ChangedOffers>
  /** As `countDue`, if this snapshot were the current one from now on. */
  countDue(how: RetireHow): Promise<number>
  /**
   * Products of the last import that this snapshot lacks, and how many rows differ, without making
   * anything visible: for guards and dry runs.
   */
  preview(): Promise<StagedCounts>
  /**
   * Makes the snapshot current. `complete: false` (lenient) marks nothing missing and keeps what the
   * previous snapshot had pending.
   */
  commit(snapshot: SnapshotFacts, figures?: FeedFigures): Promise<StagedCounts>
  /** Drops what was written. Safe to call after a failure of any kind, and twice. */
  abort(): Promise<void>
}

export interface WrittenChunk {
  /**
   * Ids of the rows of the chunk, in its order, for `keep` when this snapshot is the current one. One key has one row: of
   * several records with the same id the last one made it.
   */
  readonly ids: readonly number[]
  /** What was replaced, with what it counted, in the order of the chunk. */
  readonly replaced: readonly ReplacedRow[]
}

export interface ReplacedRow {
  readonly key: string
  readonly line: number
  readonly variants: number
  readonly images_wanted: number
}

export type PendingKind = 'new' | 'changed'

export interface PendingProduct extends Fingerprints {
  readonly key: string
  readonly kind: PendingKind
  readonly product: Product
  /** Line of the feed; 0 when it is not known. */
  readonly line: number
  /** Id in the store, when it was imported before. */
  readonly storeId: string | null
  /** Which fingerprints differ from what was last imported; all true for a new one. */
  readonly differs: { readonly content: boolean; readonly offer: boolean; readonly images: boolean }
}

/** Who writes: checked against the ledger in the same transaction as the data. */
export interface Writer {
  readonly jobId: number
  /** Fencing token: a writer with a lower token than the job's highest throws `lease_lost`. */
  readonly token: number
}

export interface ClaimOptions {
  readonly wholesaler: string
  readonly size: number
  readonly updateExisting: boolean
  readonly leftBehindOnly?: boolean
}

export interface ClaimedBatch {
  /** Unique for ever, `<job>-<number>`: stores apply one batch id once. */
  readonly id: string
  readonly jobId: number
  /** Counts from 1 inside the job. */
  readonly number: number
  readonly wholesaler: string
  readonly items: readonly PendingProduct[]
  /** Products it was made of, those included that are not handed out again. */
  readonly size: number
  /** Owners that died or vanished while they had it, and may have died of it. */
  readonly crashes: number
  /** Made of half of another batch that crashed its owners. */
  readonly isPart: boolean
}

/** What the store should have by what was last imported. */
export interface ImportedProduct extends Fingerprints {
  readonly key: string
  readonly storeId: string
}

export interface ImportedState extends Fingerprints {
  readonly storeId: string
  /** The missing policy took it out of sale. */
  readonly retired: boolean
}

/** A product whose wanted images are not yet all attached. */
export interface PendingImages {
  readonly key: string
  readonly storeId: string
  readonly wholesaler: string
  readonly imagesFingerprint: string
  readonly product: Product
  /** What `noteGivenImages` was last told of it. */
  readonly given: readonly string[]
}

export interface ImageState {
  readonly storeId: string
  /** The images fingerprint whose images are all attached; null: none is. */
  readonly done: string | null
}

export interface BatchCounts {
  readonly processed: number
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly skipped: number
  readonly errors: number
}

export interface Ledger {
  /** Next number of a sequence that never decreases: job ids and fencing tokens. */
  nextNumber(): Promise<number>
  /** The number that was given out last. */
  lastNumber(): Promise<number>
  /** Raises the sequence so that the next number is above `floor`. */
  raiseNumber(floor: number): Promise<void>

  wholesaler(name: string): Promise<WholesalerState | null>
  wholesalers(): Promise<readonly WholesalerState[]>
  /** Remembers the wholesaler (idempotent). The origin of an ad-hoc name is set once. */
  addWholesaler(name: string, origin: string | null): Promise<WholesalerState>
  /** Notes that the source was looked at and is unchanged: the stamp may have moved, the content has not. */
  touchSnapshot(name: string, stamp: SourceStamp): Promise<void>

  /** Begins a snapshot; leftovers of an earlier one that never ended are dropped first. */
  beginStaging(wholesaler: string, options?: StagingOptions): Promise<Staging>

  /** Products that a run would write. With `updateExisting: false` only new ones; `failed` are included. */
  countPending(wholesaler: string, options: { readonly updateExisting: boolean }): Promise<number>
  countMissing(wholesaler: string): Promise<number>

  /**
   * Missing products that may be taken out of sale: two complete fetches lacked them, `missingApartMs` apart, and they
   * are not yet retired in this way. `fetchedAt`: as if another complete fetch lacked them at this time (dry runs).
   */
  countDue(wholesaler: string, how: RetireHow, fetchedAt?: number): Promise<number>
  /** The first of them, by key. */
  dueProducts(
    wholesaler: string,
    options: { readonly how: RetireHow; readonly size: number },
  ): Promise<readonly RetiredProduct[]>
  /** Products that the wholesaler's imports wrote and that were not taken out of sale. */
  countInSale(wholesaler: string): Promise<number>
  /**
   * The store has them out of sale: they are due no more, and pending as soon as the feed has them again. Safe to call
   * twice; products that came back meanwhile stay as they are.
   */
  noteRetired(
    writer: Writer,
    wholesaler: string,
    retired: { readonly how: RetireHow; readonly keys: readonly string[] },
  ): Promise<void>

  /**
   * Takes the next pending products as a batch: those that failed least often first, then in the order of
   * the feed; each product at most once per job, one that was quarantined before alone. Null when there is none. A batch that a dead owner of
   * the same job left unfinished is handed out again first, under its old id; `leftBehindOnly`: nothing else.
   */
  claimBatch(writer: Writer, options: ClaimOptions): Promise<ClaimedBatch | null>
  /** Records the results of an applied batch: the checkpoint. Safe to call twice with the same results. */
  finishBatch(writer: Writer, batch: ClaimedBatch, results: readonly ItemResult[]): Promise<BatchCounts>
  /** Gives a claimed batch back, untouched. */
  releaseBatch(writer: Writer, batch: ClaimedBatch): Promise<void>
  /** The owner stops without having finished the batch, for a reason of its own: that is no crash. */
  putDownBatch(writer: Writer, batch: ClaimedBatch): Promise<void>
  /**
   * Makes two batches of one that crashed its owners; they are handed out next, as left behind. The caller
   * has made sure that the store neither applied the batch nor ever will (`batch/poison.ts`).
   */
  halveBatch(writer: Writer, batch: ClaimedBatch): Promise<void>
  /** Sum of all finished batches of the job, their number (a halved one with its parts counts once), and what it retired. */
  jobCounts(jobId: number): Promise<BatchCounts & { readonly batches: number; readonly retired: number }>
  /** Batches the job finished or halved so far: grows whenever it gets on, see `restartLimit`. */
  jobCheckpoints(jobId: number): Promise<number>

  /** Products of the current snapshot that are not pending because they were rejected as `quarantined`. */
  countQuarantined(wholesaler: string): Promise<number>
  /** Lets quarantined products be tried again, each in a batch of its own. Returns how many. */
  liftQuarantine(wholesaler: string): Promise<number>

  /** Products whose images are pending, by key after `after`; products that the feed no longer has are left out. */
  pendingImages(
    wholesaler: string,
    options: { readonly size: number; readonly after: string | null },
  ): Promise<readonly PendingImages[]>
  countPendingImages(wholesaler: string): Promise<number>
  /** What was last imported of these, by key. Products that were never imported are left out. */
  importedOf(wholesaler: string, keys: readonly string[]): Promise<ReadonlyMap<string, ImportedState>>
  /** How the images of imported products stand, by key. Products that were never imported are left out. */
  imageStates(wholesaler: string, keys: readonly string[]): Promise<ReadonlyMap<string, ImageState>>
  /** The product as the current snapshot has it; null when it has none of this key. */
  stagedProduct(wholesaler: string, key: string): Promise<Product | null>
  /**
   * Remembers which images the product has from its wholesaler, by marks of their addresses (`address-mark.ts`), so
   * that those which others gave it are known for theirs. Forgotten when the product is another one in the store.
   */
  noteGivenImages(writer: Writer, wholesaler: string, key: string, marks: readonly string[]): Promise<void>
  /** The images of this product, in this version, are all attached. */
  finishImages(writer: Writer, wholesaler: string, key: string, imagesFingerprint: string): Promise<void>

  /** What was imported, by key after `after`, for `--verify`. */
  imported(
    wholesaler: string,
    options: { readonly size: number; readonly after: string | null },
  ): Promise<readonly ImportedProduct[]>
  /** Makes products pending again (content) or their images, because the store no longer has what was imported. */
  reopen(wholesaler: string, keys: readonly string[], what: 'product' | 'images'): Promise<void>

  readonly images: ImageLibrary
  close(): Promise<void>
}

export type { ImageRef }
