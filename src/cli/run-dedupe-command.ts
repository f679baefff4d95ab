/** What `images dedupe` and `images reprocess` do between their flags and their answers. */
import { join, resolve } from 'node:path'
import type { Config } from '../core/config/config.js'
import type { StatePlace } from '../core/config/find-state-dir.js'
import { loadConfig } from '../core/config/load-config.js'
import { WholesalerError } from '../core/errors.js'
import { auditImages } from '../core/images/audit-images.js'
import { DecoderPool } from '../core/images/decoder-pool.js'
import { dedupeImages, planDedupe, undoDedupe } from '../core/images/dedupe-images.js'
import { createDownload } from '../core/images/download.js'
import { chooseMerges, type Merge } from '../core/images/merge-images.js'
import { type ReprocessChoice, type ReprocessReport, reprocessImages } from '../core/images/reprocess-images.js'
import { prepareTempDir } from '../core/images/temp-file.js'
import type { RunContext } from '../core/jobs/run-job.js'
import {
  type ImageDedupeDocument,
  type ImageReprocessDocument,
  imageDedupeDocument,
  imageReprocessDocument,
} from './documents.js'
import { exitDone, exitPartial } from './exit-code.js'
import { countOf } from './figures.js'
import { requireProduct } from './find-images.js'
import { imageBaseOf } from './plan-images-of.js'
import { runImageJob } from './run-image-job.js'
import { findCatalog, openWorkshop, type Workshop } from './wiring.js'

export interface ImageCommand {
  readonly place: StatePlace
  readonly signal: AbortSignal
  readonly onWarning: (message: string) => void
}

export interface Answered<D> {
  readonly document: D
  readonly exitCode: number
}

export interface DedupeRequest extends ImageCommand {
  /** Ids of images whose groups of near duplicates are merged too. */
  readonly near: readonly string[]
  readonly remove: boolean
  readonly dryRun: boolean
  /** An undo file; null to merge. */
  readonly undo: string | null
}

export async function runDedupe(request: DedupeRequest): Promise<Answered<ImageDedupeDocument>> {
  return inWorkshop(request, async (workshop, config) => {
    if (request.undo !== null) return undo(request, resolve(request.undo), workshop, config)
    const { store, ledger } = workshop
    const { near, remove, signal } = request
    const choose = async (): Promise<readonly Merge[]> => {
      const decoders = new DecoderPool(signal)
      try {
        const audit = await auditImages({ store, library: ledger.images, looks: decoders.looks, signal })
        return chooseMerges(audit, near)
      } finally {
        await decoders.close()
      }
    }
    if (request.dryRun) {
      const merges = await choose()
      const products = await planDedupe(merges, { store, signal })
      return answer({
        dryRun: true,
        jobId: null,
        message: `${countOf(products.length, 'product')} would show other images`,
        merges,
        products: products.length,
        undoFile: null,
      })
    }
    const work = async (context: RunContext) => {
      // Under the lease: what is there now, not what was there before somebody else was done.
      const merges = await choose()
      const ports = dedupePorts(workshop, context)
      const done = merges.length === 0 ? null : await dedupeImages(merges, { remove }, ports)
      return { result: { merges, done }, partial: false }
    }
    const { jobId, result } = await runImageJob({ name: 'images dedupe', signal, work }, workshop, config)
    const { merges, done } = result
    return answer({
      dryRun: false,
      jobId,
      message: done === null ? 'There are no duplicates' : `${countOf(done.spare, 'image')} merged`,
      merges,
      products: done?.products ?? 0,
      removed: done?.removed ?? 0,
      undoFile: done?.undoFile ?? null,
    })
  })
}

async function undo(request: DedupeRequest, file: string, workshop: Workshop, config: Config) {
  const work = async (context: RunContext) => {
    const report = await undoDedupe(file, dedupePorts(workshop, context))
    return { result: report, partial: report.skipped > 0 }
  }
  const { signal } = request
  const { jobId, result, exitCode } = await runImageJob(
    { name: 'images dedupe --undo', signal, work },
    workshop,
    config,
  )
  const { products, skipped, restored } = result
  const left = skipped === 0 ? '' : `, ${countOf(skipped, 'product')} changed since and left alone`
  const message = `${countOf(products, 'product')} as before${left}`
  return answer({ dryRun: false, jobId, message, merges: [], products, skipped, restored, undoFile: null }, exitCode)
}

function answer(outcome: Parameters<typeof imageDedupeDocument>[0], exitCode: number = exitDone) {
  return { document: imageDedupeDocument(outcome), exitCode }
}

function dedupePorts({ store, ledger, clock, stateDir }: Workshop, { writer, signal, assertLease }: RunContext) {
  return { store, library: ledger.images, writer, clock, signal, stateDir, assertLease }
}

export interface ReprocessRequest extends ImageCommand {
  /** SKU or id; null for the whole store. */
  readonly product: string | null
  readonly all: boolean
  readonly dryRun: boolean
  readonly allowPrivateHosts: readonly string[]
}

export async function runReprocess(request: ReprocessRequest): Promise<Answered<ImageReprocessDocument>> {
  return inWorkshop(request, async (workshop, config) => {
    const { dryRun, signal } = request
    if (!workshop.store.can.exchangeImages) throw noExchange()
    const choice = { all: request.all, only: await imageIdsOf(request.product, workshop) }
    const reprocess = (context: Pick<RunContext, 'signal' | 'writer'>) =>
      reprocessIn(workshop, config, request, choice, context)
    if (dryRun) {
      const report = await reprocess({ signal, writer: { jobId: 0, token: 0 } })
      return { document: imageReprocessDocument(report, { dryRun, jobId: null }), exitCode: exitDone }
    }
    const work = async (context: RunContext) => {
      const report = await reprocess(context)
      return { result: report, partial: report.failed.length > 0 }
    }
    const { jobId, result } = await runImageJob({ name: 'images reprocess', signal, work }, workshop, config)
    const exitCode = result.failed.length > 0 ? exitPartial : exitDone
    return { document: imageReprocessDocument(result, { dryRun, jobId }), exitCode }
  })
}

function noExchange(): WholesalerError {
  return new WholesalerError({
    kind: 'usage',
    message: 'images of a WooCommerce shop cannot be processed again: what stands behind an id stays as it is',
    hint: 'Delete an image in the shop (Media); the next import --verify brings it again as it is processed today.',
  })
}

async function reprocessIn(
  { store, ledger, http, clock, stateDir }: Workshop,
  config: Config,
  { dryRun, allowPrivateHosts: allowed }: ReprocessRequest,
  choice: ReprocessChoice,
  { signal, writer }: Pick<RunContext, 'signal' | 'writer'>,
): Promise<ReprocessReport> {
  const tmpDir = join(stateDir, 'tmp')
  await prepareTempDir(tmpDir, clock.now())
  const bases = (await ledger.wholesalers()).map(({ name }) => imageBaseOf(name, config, ledger))
  const folders = [...new Set((await Promise.all(bases)).flatMap((base) => base?.folders ?? []))]
  const allowPrivateHosts = [...config.network.allowPrivate, ...allowed]
  const download = createDownload({ http, tmpDir, folders, allowPrivateHosts })
  const decoders = new DecoderPool(signal)
  try {
    return await reprocessImages(
      choice,
      { dryRun },
      { store, library: ledger.images, download, decode: decoders.decode, writer, tmpDir, folders, signal },
    )
  } finally {
    await decoders.close()
  }
}

async function imageIdsOf(product: string | null, { store }: Workshop): Promise<ReadonlySet<string> | null> {
  if (product === null) return null
  const { id } = await requireProduct(store, { text: product, by: 'any' })
  const { gallery, variants } = await store.imagesOf(id)
  return new Set([...gallery, ...variants.values()].map((image) => image.id))
}

async function inWorkshop<R>(
  { place, onWarning }: ImageCommand,
  body: (workshop: Workshop, config: Config) => Promise<R>,
): Promise<R> {
  const config = await loadConfig(place.configPath)
  // Before anything is made: there is nothing to do where nothing was imported.
  if (config.store.type === 'catalog') findCatalog(place.stateDir)
  const workshop = await openWorkshop(place.stateDir, config, onWarning)
  try {
    return await body(workshop, config)
  } finally {
    await workshop.close()
  }
}
