/**
 * Fetching the second file of a wholesaler. The ledger knows the snapshot of the feed; of the second file, what tells
 * that it has not changed is kept in a small file beside its snapshots.
 */
import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from '../errors.js'
import type { SourceStamp } from '../ledger/ledger.js'
import { type FetchedSnapshot, type FetchOptions, fetchSnapshot } from './snapshot.js'
import { snapshotFolder } from './snapshot-folder.js'
import type { FeedSource } from './source.js'

type Known = NonNullable<FetchOptions['previous']>

/** No wholesaler bears such a name: it has a slash. */
function nameOf(wholesaler: string): string {
  return `${wholesaler}/join`
}

/** As `fetchSnapshot`. */
export async function fetchSecondSnapshot(
  source: FeedSource,
  options: Omit<FetchOptions, 'previous'>,
): Promise<FetchedSnapshot> {
  const wholesaler = nameOf(options.wholesaler)
  const path = `${snapshotFolder(options.stateDir, wholesaler)}.json`
  const snapshot = await fetchSnapshot(source, { ...options, wholesaler, previous: await readKnown(path) })
  await writeKnown(path, snapshot, join(options.stateDir, 'tmp'))
  return snapshot
}

/** Null where there is none, or nobody can read it: the file is then fetched as a whole. */
async function readKnown(path: string): Promise<Known | null> {
  try {
    return parseKnown(JSON.parse(await readFile(path, 'utf8')))
  } catch (error: unknown) {
    if (error instanceof SyntaxError || hasCode(error, 'ENOENT')) return null
    throw error
  }
}

function parseKnown(value: unknown): Known | null {
  const { stamp, sha256 } = (value ?? {}) as { readonly stamp?: Partial<SourceStamp>; readonly sha256?: unknown }
  if (typeof sha256 !== 'string' || typeof stamp !== 'object' || stamp === null) return null
  const text = (field: unknown) => (typeof field === 'string' ? field : null)
  return {
    sha256,
    stamp: { file: text(stamp.file), etag: text(stamp.etag), lastModified: text(stamp.lastModified) },
  }
}

/** Whatever happens while it is written, the old or the new one is there. */
async function writeKnown(path: string, { stamp, sha256 }: FetchedSnapshot, tmpDir: string): Promise<void> {
  const partial = join(tmpDir, `second-${process.pid}-${randomUUID()}.part`)
  try {
    await writeFile(partial, JSON.stringify({ stamp, sha256 }), { mode: 0o600 })
    await rename(partial, path)
  } finally {
    await rm(partial, { force: true })
  }
}
