/**
 * Processes images anew from their originals, when the recipe has changed or somebody wants it so. The store has
 * only the processed form, so the original is fetched again; one that is another picture by now stays as it is.
 */
import { rm } from 'node:fs/promises'
import pLimit from 'p-limit'
import type { Store, StoreWriter } from '../store/store.js'
import type { Decode } from './decode.js'
import type { Download, UsableAddress } from './download.js'
import { HostQueue } from './host-queue.js'
import type { Downloaded, ImageProblem } from './image.js'
import type { ImageLibrary, LibraryEntry } from './library.js'
import { normalizeUrl } from './normalize-url.js'
import { RECIPE_VERSION } from './recipe.js'
import { writeTempFile } from './temp-file.js'

export interface ReprocessPorts {
  readonly store: Pick<Store, 'replaceImage' | 'hasImages'>
  readonly library: Pick<ImageLibrary, 'entries' | 'describe' | 'redirect'>
  readonly download: Download
  readonly decode: Decode
  readonly writer: StoreWriter
  readonly tmpDir: string
  /** Folders below which local originals may be read. */
  readonly folders: readonly string[]
  readonly signal: AbortSignal
}

export interface ReprocessChoice {
  /** Only images with these ids in the store; null: all. */
  readonly only: ReadonlySet<string> | null
  /** Also what the current recipe made. */
  readonly all: boolean
}

export interface ReprocessReport {
  /** Images that were chosen. */
  readonly chosen: number
  readonly replaced: number
  /** Their originals are other bytes by now: `import --refresh-images` takes those. */
  readonly changed: number
  /** Their originals could not be had, or no address is known. */
  readonly failed: readonly { readonly imageId: string; readonly url: string | null; readonly reason: string }[]
}

const pageSize = 100
/** Images under way at once. */
const imagesMax = 16

/** Throws only what stops a run. What was replaced until then stays, and is not chosen again. */
export async function reprocessImages(
  choice: ReprocessChoice,
  { dryRun }: { readonly dryRun: boolean },
  ports: ReprocessPorts,
): Promise<ReprocessReport> {
  const hosts = new HostQueue()
  const limit = pLimit(imagesMax)
  const report = {
    chosen: 0,
    replaced: 0,
    changed: 0,
    failed: [] as { imageId: string; url: string | null; reason: string }[],
  }
  const work = async (entry: LibraryEntry): Promise<void> => {
    ports.signal.throwIfAborted()
    const outcome = await reprocessOne(entry, hosts, ports)
    if (outcome === 'replaced' || outcome === 'changed') report[outcome] += 1
    else report.failed.push({ imageId: entry.storeId, url: entry.urls[0]?.url ?? null, reason: outcome.reason })
  }
  for (let after: string | null = null; ; ) {
    const page: readonly LibraryEntry[] = await ports.library.entries({ size: pageSize, after })
    const last = page.at(-1)
    if (last === undefined) return report
    const chosen = page.filter((entry) => isChosen(entry, choice))
    report.chosen += chosen.length
    if (!dryRun) await allOf(chosen.map((entry) => limit(() => work(entry))))
    after = last.sha256
  }
}

function isChosen({ storeId, recipe }: LibraryEntry, { only, all }: ReprocessChoice): boolean {
  return (all || recipe < RECIPE_VERSION) && (only === null || only.has(storeId))
}

async function reprocessOne(
  entry: LibraryEntry,
  hosts: HostQueue,
  ports: ReprocessPorts,
): Promise<'replaced' | 'changed' | { readonly reason: string }> {
  const { library, store, decode, writer } = ports
  const original = await fetchOriginal(entry, hosts, ports)
  if (!original.ok) return original
  try {
    if (original.sha256 !== entry.sha256) return 'changed'
    const picture = await decode(original.content)
    if (!picture.ok) return picture
    const { data, extension, width, height, perceptualHash } = picture
    const form = { extension, width, height, bytes: data.length }
    const path = await writeTempFile(data, ports.tmpDir)
    try {
      const originalUrl = entry.urls[0]?.url ?? ''
      const image = await store.replaceImage(writer, entry.storeId, {
        ...form,
        path,
        originalUrl,
        sha256: entry.sha256,
      })
      if (image === null) return { reason: 'the store does not have the image any more' }
      if (image.id !== entry.storeId) await library.redirect([entry.sha256], image.id)
    } finally {
      await rm(path, { force: true })
    }
    await library.describe(entry.sha256, { ...form, perceptualHash, recipe: RECIPE_VERSION })
    return 'replaced'
  } finally {
    await original.dispose()
  }
}

/** From the first address that has it, the one that was seen last first. */
async function fetchOriginal(
  { urls }: LibraryEntry,
  hosts: HostQueue,
  { download, folders, signal }: ReprocessPorts,
): Promise<Downloaded | (Omit<ImageProblem, 'code'> & { readonly ok: false })> {
  let problem: Omit<ImageProblem, 'code'> = { ok: false, reason: 'no address of its original is known' }
  for (const { url } of urls.toSorted((a, b) => (b.lastSeenAt ?? 0) - (a.lastSeenAt ?? 0))) {
    const address = normalizeUrl(url, { folders, url: null })
    if (!address.ok) {
      problem = { ok: false, reason: address.reason }
      continue
    }
    const { result } = await hosts.run(hostOf(address), () => download(address, signal))
    if (result.ok === true) return result
    if (result.ok === false) problem = result
  }
  return problem
}

function hostOf(address: UsableAddress): string {
  return address.kind === 'url' ? new URL(address.href).host : 'files'
}

/** Waits for all, also when one fails: nothing may be written after the job has ended. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work)
  await Promise.all(work)
}
