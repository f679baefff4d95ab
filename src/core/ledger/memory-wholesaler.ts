/** One wholesaler's part of the ledger in memory: plain maps, states found out by looking. */
import { missingApartMs, type RetireHow } from '../missing-policy.js'
import { parseBody } from '../product/fingerprint.js'
import type { RetiredProduct } from '../store/store.js'
import type { Fingerprints, PendingProduct, StagedRow, StagedSnapshot, WholesalerState } from './ledger.js'

export type KeptRow = StagedRow & { readonly body: string }

export interface MemoryRow {
  readonly id: number
  readonly row: KeptRow
  /** How often the store rejected the product. */
  attempts: number
  lastJob: number | null
}

export interface MemoryImported extends Fingerprints {
  readonly storeId: string
  /** False: only known to be in the store, never written by us. */
  readonly written: boolean
  /** The images fingerprint whose images are all attached. */
  readonly imagesDone: string | null
  /** See `Ledger.noteGivenImages`. */
  readonly imagesGiven: readonly string[]
  /** Since a complete snapshot lacked it, and how many there had been by then; null: the feed has it. */
  readonly missing: { readonly since: number; readonly fetch: number } | null
  /** How the missing policy took it out of sale. */
  readonly retired: RetireHow | null
}

export interface MemoryWholesaler {
  readonly name: string
  origin: string | null
  current: StagedSnapshot | null
  /** Length of the marks of the current snapshot. */
  marksBytes: number | null
  /** Id of the row that was written last. */
  lastRow: number
  lastComplete: WholesalerState['lastComplete']
  /** Complete fetches so far, unchanged ones too, and when the last of them was. */
  fetches: { readonly count: number; readonly lastAt: number }
  /** Keys that the current snapshot has although nothing could be made of them. */
  rejected: ReadonlySet<string>
  /** The current snapshot, in the order of the feed. */
  rows: Map<string, MemoryRow>
  readonly imported: Map<string, MemoryImported>
  readonly failures: Map<string, { readonly attempts: number; readonly lastJob: number }>
  /** Products that alone crashed their workers, with the content that did it. */
  readonly quarantine: Map<string, { readonly content: string; readonly lifted: boolean }>
  /** The running batch that each product is in. */
  readonly takenBy: Map<string, string>
  /** The staging under way: only the latest may write. */
  staging: object | null
}

export type RowState = 'unchanged' | 'new' | 'changed'

export function newWholesaler(name: string): MemoryWholesaler {
  return {
    name,
    origin: null,
    current: null,
    marksBytes: null,
    lastRow: 0,
    lastComplete: null,
    fetches: { count: 0, lastAt: 0 },
    rejected: new Set(),
    rows: new Map(),
    imported: new Map(),
    failures: new Map(),
    quarantine: new Map(),
    takenBy: new Map(),
    staging: null,
  }
}

/** How a staged row stands to what was last imported. */
export function stateOf({ imported }: MemoryWholesaler, row: StagedRow): RowState {
  const before = imported.get(row.key)
  if (before === undefined) return 'new'
  return sameProduct(before, row) && before.retired === null ? 'unchanged' : 'changed'
}

/** A quarantined product is not pending until its content changes or the quarantine is lifted. */
export function isQuarantined({ quarantine }: MemoryWholesaler, { key, content }: StagedRow): boolean {
  const entry = quarantine.get(key)
  return entry !== undefined && !entry.lifted && entry.content === content
}

export function liftQuarantine({ quarantine, failures, rows }: MemoryWholesaler): number {
  let lifted = 0
  for (const [key, entry] of quarantine) {
    if (entry.lifted) continue
    quarantine.set(key, { ...entry, lifted: true })
    failures.delete(key)
    const row = rows.get(key)
    if (row !== undefined) row.lastJob = null
    lifted += 1
  }
  return lifted
}

export function sameProduct(a: Fingerprints, b: Fingerprints): boolean {
  return a.content === b.content && a.offer === b.offer && a.images === b.images
}

export function pendingRows(wholesaler: MemoryWholesaler, updateExisting: boolean): readonly MemoryRow[] {
  return [...wholesaler.rows.values()].filter(({ row }) => {
    const state = isQuarantined(wholesaler, row) ? 'unchanged' : stateOf(wholesaler, row)
    return state === 'new' || (state === 'changed' && updateExisting)
  })
}

export function toPendingProduct(wholesaler: MemoryWholesaler, row: KeptRow): PendingProduct {
  const { key, line, content, offer, images, body } = row
  const before = wholesaler.imported.get(key)
  return {
    key,
    line,
    content,
    offer,
    images,
    kind: before === undefined ? 'new' : 'changed',
    product: parseBody(body),
    storeId: before?.storeId ?? null,
    differs: {
      content: before?.content !== content || before.retired !== null,
      offer: before?.offer !== offer,
      images: before?.images !== images,
    },
  }
}

/** Missing products that may be retired in this way, by key. */
export function dueProducts(
  { imported, fetches }: MemoryWholesaler,
  how: RetireHow,
  fetchedAt?: number,
): readonly RetiredProduct[] {
  const count = fetches.count + (fetchedAt === undefined ? 0 : 1)
  return [...imported]
    .filter(
      ([, { missing, retired }]) =>
        missing !== null &&
        missing.fetch < count &&
        missing.since <= (fetchedAt ?? fetches.lastAt) - missingApartMs &&
        retired !== how,
    )
    .map(([key, { storeId }]) => ({ key, storeId }))
    .sort(byKey)
}

/** Imported products with images to attach, as far as the feed has them in that version, by key. */
export function withPendingImages({ imported, rows }: MemoryWholesaler) {
  return [...imported]
    .flatMap(([key, { storeId, images, imagesDone, imagesGiven: given }]) => {
      const row = rows.get(key)?.row
      if (imagesDone === images || row?.images !== images) return []
      return [{ key, storeId, images, given, body: row.body }]
    })
    .sort(byKey)
}

/** Order of keys in SQLite: by their UTF-8 bytes. */
export function byKey(a: { readonly key: string }, b: { readonly key: string }): number {
  return compareText(a.key, b.key)
}

/** The page of things sorted by key that begins after `after`. */
export function pageOf<T extends { readonly key: string }>(
  sorted: readonly T[],
  { size, after }: { readonly size: number; readonly after: string | null },
): readonly T[] {
  return sorted.filter(({ key }) => after === null || compareText(key, after) > 0).slice(0, size)
}

function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
