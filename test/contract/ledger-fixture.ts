/** The small words the ledger's tests are written in. */
import type { LibraryImage } from '../../src/core/images/library.js'
import type {
  BatchCounts,
  ClaimedBatch,
  FeedSummary,
  Ledger,
  SnapshotFacts,
  StagedCounts,
  Staging,
  Writer,
} from '../../src/core/ledger/ledger.js'
import { bytesOf, type StagedProduct, toStagedChunk } from '../../src/core/product/fingerprint.js'
import type { Product } from '../../src/core/product/product.js'
import type { ItemResult } from '../../src/core/store/store.js'
import type { FixedClock } from '../support/fixed-clock.js'

/** A ledger under test, empty, with the wholesaler `aren` in it, and the ledger of another shop beside it. */
export interface LedgerFixture {
  readonly ledger: Ledger
  readonly otherShop: Ledger
  readonly clock: FixedClock
  close(): Promise<void>
}

export type WithLedger = (test: (fixture: LedgerFixture) => Promise<void>) => () => Promise<void>

export const aren = 'aren'

export interface RowOptions {
  readonly price?: number
  readonly name?: string
  readonly images?: readonly string[]
  readonly variants?: number
  readonly line?: number
}

/** A staged row whose fingerprints are what they stand for. */
export function row(
  key: string,
  { price = 1, name = key, images = [], variants = 0, line = 0 }: RowOptions = {},
): StagedProduct {
  const product: Product = { key, name, options: [], variants: [], images: images.map((url) => ({ url })) }
  const body = JSON.stringify(product)
  const staged = {
    key,
    content: `content ${name}`,
    offer: `offer ${price}`,
    images: `images ${images.join(' ')}`,
    variants,
    images_wanted: images.length,
    bytes: bytesOf(body),
    line,
  }
  return { row: staged, body }
}

/** An image of the library, small and known in full. */
export function libraryImage(fields: Partial<LibraryImage> = {}): LibraryImage {
  return {
    sha256: 'aa',
    storeId: '1',
    extension: 'jpg',
    width: 10,
    height: 20,
    bytes: 300,
    perceptualHash: '00ff00ff00ff00ff',
    recipe: 1,
    ...fields,
  }
}

export function rows(...keys: string[]): readonly StagedProduct[] {
  return keys.map((key) => row(key))
}

export function feedSummary(fields: Partial<FeedSummary> = {}): FeedSummary {
  return {
    wholesaler: aren,
    source: 'feed.csv',
    format: 'csv',
    preset: null,
    encoding: 'utf-8',
    compression: 'none',
    bytes: 100,
    sha256: 'sha',
    complete: true,
    records: 3,
    products: 3,
    variants: 0,
    images: 0,
    rejects: 0,
    repairs: 0,
    skipped: 0,
    error: null,
    ...fields,
  }
}

export function commitOf(complete = true): SnapshotFacts {
  return {
    sha256: 'sha',
    mappingDigest: 'digest',
    complete,
    stamp: { file: 'file', etag: null, lastModified: null },
    feed: feedSummary({ complete }),
  }
}

/** Stages rows as a whole snapshot and makes it current. */
export async function stage(
  ledger: Ledger,
  staged: readonly StagedProduct[],
  { wholesaler = aren, complete = true }: { readonly wholesaler?: string; readonly complete?: boolean } = {},
): Promise<StagedCounts> {
  const staging = await ledger.beginStaging(wholesaler)
  await staging.write(toStagedChunk(staged))
  return await staging.commit(commitOf(complete))
}

/** Stages rows and leaves it at that, as a run does that dies. */
export async function stageHalf(ledger: Ledger, staged: readonly StagedProduct[]): Promise<Staging> {
  const staging = await ledger.beginStaging(aren)
  await staging.write(toStagedChunk(staged))
  return staging
}

export async function newWriter(ledger: Ledger): Promise<Writer> {
  return { jobId: await ledger.nextNumber(), token: await ledger.nextNumber() }
}

/** The same job, taken over by another process. */
export async function takeOver(ledger: Ledger, { jobId }: Writer): Promise<Writer> {
  return { jobId, token: await ledger.nextNumber() }
}

export interface ClaimWishes {
  readonly size?: number
  readonly updateExisting?: boolean
  readonly wholesaler?: string
}

export async function claim(ledger: Ledger, writer: Writer, wishes: ClaimWishes = {}): Promise<ClaimedBatch | null> {
  const { size = 10, updateExisting = true, wholesaler = aren } = wishes
  return await ledger.claimBatch(writer, { wholesaler, size, updateExisting })
}

/** Claims a batch that must be there. */
export async function claimSome(ledger: Ledger, writer: Writer, wishes: ClaimWishes = {}): Promise<ClaimedBatch> {
  const batch = await claim(ledger, writer, wishes)
  if (batch === null) throw new Error('nothing to claim')
  return batch
}

/** What a new job would take first; gives it back. */
export async function peek(ledger: Ledger, wishes: ClaimWishes = {}): Promise<ClaimedBatch | null> {
  const writer = await newWriter(ledger)
  const batch = await claim(ledger, writer, wishes)
  if (batch !== null) await ledger.releaseBatch(writer, batch)
  return batch
}

export function keysOf(batch: { readonly items: readonly { readonly key: string }[] } | null): readonly string[] {
  return batch === null ? [] : batch.items.map(({ key }) => key)
}

export function written(key: string, outcome: 'created' | 'updated' | 'unchanged' = 'created'): ItemResult {
  return { key, outcome, storeId: `id of ${key}` }
}

export function rejected(key: string): ItemResult {
  return { key, outcome: 'rejected', code: 'refused', reason: 'the store says no' }
}

/** Finishes a batch; `results` for some keys, the others are created. */
export async function finish(
  ledger: Ledger,
  writer: Writer,
  batch: ClaimedBatch,
  results: readonly ItemResult[] = [],
): Promise<BatchCounts> {
  const special = new Map(results.map((result) => [result.key, result]))
  const all = batch.items.map(({ key }) => special.get(key) ?? written(key))
  return await ledger.finishBatch(writer, batch, all)
}

/** Imports all that is pending, in a job of its own. */
export async function importAll(
  ledger: Ledger,
  results: readonly ItemResult[] = [],
  wishes: ClaimWishes = {},
): Promise<Writer> {
  const writer = await newWriter(ledger)
  for (;;) {
    const batch = await claim(ledger, writer, wishes)
    if (batch === null) return writer
    await finish(ledger, writer, batch, results)
  }
}

export async function pending(ledger: Ledger, updateExisting = true): Promise<number> {
  return await ledger.countPending(aren, { updateExisting })
}

/** Keys of the products with images to attach. */
export async function imagesPending(ledger: Ledger): Promise<readonly string[]> {
  return (await ledger.pendingImages(aren, { size: 100, after: null })).map(({ key }) => key)
}
