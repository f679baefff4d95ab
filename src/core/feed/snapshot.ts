/**
 * Fetching: from a source to a snapshot, the copy that every later step and every retry reads.
 *
 * In: a source and what is known of its last fetch. Out: a complete file named by the sha256 of its bytes, and
 * whether it is the one already known. Never: a file that ended early, a second read of a file that has not
 * changed, a download of what the server says is unchanged.
 */
import { join } from 'node:path'
import { WholesalerError } from '../errors.js'
import { feedBytesMax } from '../http/expansion-limit.js'
import type { HttpClient, HttpRequest, HttpResponse } from '../http/http-client.js'
import { HttpError } from '../http/http-error.js'
import type { SourceStamp } from '../ledger/ledger.js'
import { openLocalFile, untilAborted } from './local-file.js'
import { findSnapshot, pruneSnapshots, type StoredSnapshot, snapshotFolder, storeSnapshot } from './snapshot-folder.js'
import { describeSource, type FeedSource } from './source.js'
import { findStdinCopy } from './stdin-copy.js'

export interface FetchOptions {
  /** Snapshots go to `snapshots/<wholesaler>/` in it, unfinished files to `tmp/`. */
  readonly stateDir: string
  readonly wholesaler: string
  /** Stamp and hash of the last complete staging; null for the first fetch. */
  readonly previous: { readonly stamp: SourceStamp; readonly sha256: string } | null
  /** Read a file, or ask for a whole download, also when the stamp says that nothing has changed. */
  readonly checksum: boolean
  /** Request headers for a URL; may be secrets. */
  readonly headers: Readonly<Record<string, string>>
  readonly allowPrivateHosts: readonly string[]
  readonly http: HttpClient
  readonly signal: AbortSignal
  /** What `-` reads; default `process.stdin`. */
  readonly stdin?: AsyncIterable<Buffer>
}

export interface FetchedSnapshot {
  /** The bytes are those of `previous`. */
  readonly unchanged: boolean
  readonly stamp: SourceStamp
  readonly sha256: string
  /** On disk, also when nothing has changed. */
  readonly path: string
  readonly bytes: number
}

/** One try of a download may take this long; slower servers fail the least rate of the client sooner. */
const downloadDeadlineMs = 2 * 3600 * 1000
const noStamp: SourceStamp = { file: null, etag: null, lastModified: null }

/**
 * Fetches `source`. Throws `WholesalerError`: `feed_missing`, `feed_empty`, `denied`, `usage` (a folder), `temporary`
 * (network; a file that is still being written), `disk_full`; or the reason of the signal. Nothing is left behind
 * then, and earlier snapshots are untouched. Safe to call again at any time.
 */
export async function fetchSnapshot(source: FeedSource, options: FetchOptions): Promise<FetchedSnapshot> {
  const folder = snapshotFolder(options.stateDir, options.wholesaler)
  const known = options.previous === null ? null : await findSnapshot(folder, options.previous.sha256)
  const fetched = await fetchFrom(source, { ...options, folder, known })
  const unchanged = fetched.snapshot.sha256 === options.previous?.sha256
  if (!unchanged) await pruneSnapshots(folder, fetched.snapshot.sha256, options.previous?.sha256 ?? null)
  return { unchanged, stamp: fetched.stamp, ...fetched.snapshot }
}

interface Fetch extends FetchOptions {
  readonly folder: string
  /** The previous snapshot, when it is still on disk: only then need nothing be read. */
  readonly known: StoredSnapshot | null
}

interface Fetched {
  readonly snapshot: StoredSnapshot
  readonly stamp: SourceStamp
}

function fetchFrom(source: FeedSource, fetch: Fetch): Promise<Fetched> {
  switch (source.kind) {
    case 'file':
      return fetchFile(source.path, fetch)
    case 'url':
      return fetchUrl(source.url, fetch)
    case 'stdin':
      return fetchStdin(source, fetch)
  }
}

async function fetchFile(path: string, fetch: Fetch): Promise<Fetched> {
  const { known, previous, checksum, signal } = fetch
  const file = await openLocalFile(path)
  try {
    const stamp: SourceStamp = { ...noStamp, file: file.stamp }
    if (known !== null && !checksum && stamp.file !== null && stamp.file === previous?.stamp.file) {
      return { snapshot: known, stamp }
    }
    return { snapshot: await store(file.chunks(signal), path, fetch), stamp }
  } finally {
    await file.close()
  }
}

async function fetchStdin(source: FeedSource & { readonly kind: 'stdin' }, fetch: Fetch): Promise<Fetched> {
  if (source.copy !== undefined) return { snapshot: await fetchCopy(source.copy, fetch), stamp: noStamp }
  if (fetch.stdin === undefined && process.stdin.isTTY) {
    throw new WholesalerError({
      kind: 'usage',
      message: 'stdin is a terminal, not a feed',
      hint: 'Pipe the feed in: zcat feed.csv.gz | wholesaler import - --as NAME',
    })
  }
  try {
    const input = untilAborted(fetch.stdin ?? process.stdin, fetch.signal)
    return { snapshot: await store(input, describeSource(source), fetch), stamp: noStamp }
  } finally {
    // A pipe that nobody reads any more would keep the process waiting for its writer.
    if (fetch.stdin === undefined) process.stdin.destroy()
  }
}

/** What stdin gave when the job was made. */
async function fetchCopy(sha256: string, fetch: Fetch): Promise<StoredSnapshot> {
  const known = await findSnapshot(fetch.folder, sha256)
  if (known !== null) return known
  const file = await openLocalFile(await findStdinCopy(fetch.stateDir, sha256))
  try {
    return await store(file.chunks(fetch.signal), 'stdin', fetch)
  } finally {
    await file.close()
  }
}

async function fetchUrl(url: string, fetch: Fetch): Promise<Fetched> {
  const { known, previous, checksum } = fetch
  const request: HttpRequest = {
    headers: fetch.headers,
    trusted: true,
    allowPrivateHosts: fetch.allowPrivateHosts,
    maxBytes: feedBytesMax,
    deadlineMs: downloadDeadlineMs,
    signal: fetch.signal,
    ...(known === null || previous === null || checksum ? {} : { conditional: previous.stamp }),
  }
  try {
    return await fetch.http.download(url, request, async (response) => {
      const stamp = urlStamp(response)
      if (response.status === 304 && known !== null) {
        const { etag, lastModified } = previous?.stamp ?? noStamp
        return {
          snapshot: known,
          stamp: { ...stamp, etag: stamp.etag ?? etag, lastModified: stamp.lastModified ?? lastModified },
        }
      }
      refuseStatus(response, url)
      return { snapshot: await store(response.body, url, fetch), stamp }
    })
  } catch (error: unknown) {
    throw error instanceof HttpError ? asFeedError(error) : error
  }
}

async function store(
  bytes: AsyncIterable<Buffer>,
  shown: string,
  { folder, stateDir }: Fetch,
): Promise<StoredSnapshot> {
  const snapshot = await storeSnapshot(bytes, folder, join(stateDir, 'tmp'))
  if (snapshot !== null) return snapshot
  throw new WholesalerError({
    kind: 'feed_empty',
    message: 'the feed is empty: it has 0 bytes',
    hint: 'Nothing was imported or deleted. Ask the wholesaler, or run again later.',
    place: placeOf(shown),
  })
}

function urlStamp({ headers }: HttpResponse): SourceStamp {
  return { file: null, etag: headers.etag ?? null, lastModified: headers['last-modified'] ?? null }
}

function refuseStatus({ status }: HttpResponse, url: string): void {
  if (status === 200 || status === 203) return
  const place = { url }
  if (status === 401 || status === 403 || status === 407) {
    const hint = 'Check the login or key: headers of this wholesaler in the config, or user and password in the URL.'
    throw new WholesalerError({ kind: 'denied', message: `the server refused the feed (${status})`, hint, place })
  }
  const kind = status === 204 || status === 205 ? 'feed_empty' : 'feed_missing'
  const message = `the server has no feed there (${status})`
  throw new WholesalerError({ kind, message, hint: 'Check the address; nothing was imported or deleted.', place })
}

/** Too much, or packed wrongly: that is the feed's fault and not a matter of rights or time. */
function asFeedError(error: HttpError): WholesalerError {
  if (error.code !== 'too_large' && error.code !== 'bad_answer') return error
  return new WholesalerError({
    kind: 'feed_malformed',
    message: `the feed cannot be taken: ${error.code === 'too_large' ? 'it is too large' : 'it is packed wrongly'}`,
    hint: 'Ask the wholesaler for a valid feed.',
    place: error.place,
    cause: error,
  })
}

function placeOf(shown: string) {
  return /^https?:/.test(shown) ? { url: shown } : { file: shown }
}
