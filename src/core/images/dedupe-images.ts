/**
 * Lets products show one image where they show copies of it, and takes that back. Written down before anything
 * is changed: a run that dies in between can be undone as well, and repeated.
 */
import { mkdir, open, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Clock } from '../clock.js'
import { hasCode } from '../errors.js'
import type { Store, StoreId, StoreWriter } from '../store/store.js'
import type { AuditedImage } from './audit-images.js'
import type { ImageLibrary } from './library.js'
import { asSet, isSameSet, type Merge, replacements, withOtherIds } from './merge-images.js'
import { prepareTempDir, writeTempFile } from './temp-file.js'
import { noUndoFile, parseUndoRecord, type UndoRecord } from './undo-record.js'

export interface DedupePorts {
  readonly store: Pick<Store, 'identity' | 'imagesOf' | 'setImages' | 'readImage' | 'removeImages' | 'putImage'>
  readonly library: Pick<ImageLibrary, 'redirect'>
  readonly writer: StoreWriter
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Its `undo/` takes records and copies, its `tmp/` unfinished files. */
  readonly stateDir: string
  /** Awaited before the store is changed in a way that no token protects. */
  readonly assertLease: () => Promise<void>
}

export interface DedupeReport {
  /** Products that show other images than before. */
  readonly products: number
  /** Images that nothing shows any more. */
  readonly spare: number
  /** Of those, images that were deleted. */
  readonly removed: number
  readonly undoFile: string
}

/** What would be done, found out without changing anything. */
export async function planDedupe(
  merges: readonly Merge[],
  { store, signal }: Pick<DedupePorts, 'store' | 'signal'>,
): Promise<UndoRecord['products']> {
  const ids = replacements(merges)
  const spare = merges.flatMap((merge) => merge.spare)
  const productIds = new Set(spare.flatMap(({ uses }) => uses.map(({ productId }) => productId)))
  const products: UndoRecord['products'] = []
  for (const id of productIds) {
    signal.throwIfAborted()
    const before = asSet(await store.imagesOf(id))
    const after = withOtherIds(before, ids)
    if (!isSameSet(before, after)) products.push({ id, before: asPlain(before), after: asPlain(after) })
  }
  return products
}

/** Merges. `remove` deletes the spare images, of which copies are kept for the undo. Throws what stops a run. */
export async function dedupeImages(
  merges: readonly Merge[],
  { remove }: { readonly remove: boolean },
  ports: DedupePorts,
): Promise<DedupeReport> {
  const { store, library, writer, signal } = ports
  const ids = replacements(merges)
  const spare = [...new Map(merges.flatMap((merge) => merge.spare).map((image) => [image.id, image])).values()]
  const undoFile = join(ports.stateDir, 'undo', `dedupe-${writer.jobId}.json`)
  const removable = remove ? spare.flatMap(asRemoved) : []
  const record: UndoRecord = {
    what: 'wholesaler images dedupe',
    version: 1,
    store: await store.identity(),
    madeAt: ports.clock.now(),
    products: await planDedupe(merges, ports),
    library: spare.flatMap(({ id, sha256 }) => (sha256 === null ? [] : [{ sha256, from: id, to: ids.get(id) ?? id }])),
    removed: removable,
  }
  await keepCopies(record, undoFile, ports)
  await writeDurably(undoFile, `${JSON.stringify(record, null, 2)}\n`)

  let products = 0
  for (const { id, after } of record.products) {
    signal.throwIfAborted()
    if ((await store.setImages(writer, id, after)) === 'changed') products += 1
  }
  await ports.assertLease()
  for (const { sha256, to } of record.library) await library.redirect([sha256], to)
  const removed = remove
    ? await store.removeImages(
        writer,
        removable.map(({ id }) => id),
      )
    : []
  return { products, spare: spare.length, removed: removed.length, undoFile }
}

export interface UndoReport {
  readonly products: number
  /** Products that show something else by now than the dedupe left: they were not touched. */
  readonly skipped: number
  /** Images that are back. */
  readonly restored: number
}

/** Takes a dedupe back as far as nobody has changed its products since. Safe to call twice. */
export async function undoDedupe(file: string, ports: DedupePorts): Promise<UndoReport> {
  const { store, library, writer, signal } = ports
  const record = parseUndoRecord(await readRecord(file), file, await store.identity())
  await ports.assertLease()
  const tmpDir = join(ports.stateDir, 'tmp')
  await prepareTempDir(tmpDir, ports.clock.now())
  const newIds = new Map<StoreId, StoreId>()
  for (const { id, file: name, ...facts } of record.removed) {
    signal.throwIfAborted()
    const path = await writeTempFile(await readFile(join(folderOf(file), name)), tmpDir)
    newIds.set(id, (await store.putImage({ ...facts, path })).id)
  }
  let [products, skipped] = [0, 0]
  for (const { id, before, after } of record.products) {
    signal.throwIfAborted()
    const wanted = withOtherIds(before, newIds)
    const now = asSet(await store.imagesOf(id))
    if (isSameSet(now, wanted)) continue
    if (!isSameSet(now, after)) skipped += 1
    else if ((await store.setImages(writer, id, wanted)) === 'changed') products += 1
  }
  await ports.assertLease()
  for (const { sha256, from } of record.library) await library.redirect([sha256], newIds.get(from) ?? from)
  return { products, skipped, restored: newIds.size }
}

async function readRecord(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error: unknown) {
    if (!hasCode(error, 'ENOENT', 'EISDIR', 'ENOTDIR')) throw error
    throw noUndoFile('there is no such undo file', file, error)
  }
}

/** Only what can be put back as it was. */
function asRemoved({ id, sha256, extension, width, height, bytes, originalUrl }: AuditedImage): UndoRecord['removed'] {
  if (sha256 === null || extension === null || width === null || height === null || bytes === null) return []
  const file = `${sha256}.${extension}`
  return [{ id, sha256, extension, width, height, bytes, originalUrl: originalUrl ?? '', file }]
}

async function keepCopies({ removed }: UndoRecord, undoFile: string, { store, signal }: DedupePorts): Promise<void> {
  await mkdir(removed.length === 0 ? dirname(undoFile) : folderOf(undoFile), { recursive: true, mode: 0o700 })
  for (const { id, file } of removed) {
    signal.throwIfAborted()
    const data = await store.readImage(id)
    if (data === null) throw new Error(`the file of image ${id} went missing while it was merged`)
    await writeDurably(join(folderOf(undoFile), file), data)
  }
}

/** `dedupe-7.json` has its copies in `dedupe-7/`. */
function folderOf(undoFile: string): string {
  return join(dirname(undoFile), basename(undoFile, '.json'))
}

async function writeDurably(path: string, data: Buffer | string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(data)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** As the record is read back: JSON knows no `undefined` and no readonly. */
function asPlain(images: object): UndoRecord['products'][number]['before'] {
  return structuredClone(images) as UndoRecord['products'][number]['before']
}
