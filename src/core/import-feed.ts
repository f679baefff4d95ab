/**
 * The whole story of an import: stage every wholesaler's feed, import what is pending in batches, attach
 * the images. Runs inside a job; knows no terminal. Whatever happens to one wholesaler, the others go on.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { importBatch } from './batch/import-batch.js'
import type { WholesalerError } from './errors.js'
import { failpoint } from './failpoint.js'
import { concernsOneFeed, type FeedReport, failedFeed } from './feed-report.js'
import { reopenImages } from './images/reopen-images.js'
import type { ImportPorts } from './import-ports.js'
import type { JobCounts, JobOptions } from './jobs/job.js'
import type { Writer } from './ledger/ledger.js'
import type { ExpectedFeed } from './plan-import.js'
import { shopFields } from './product/field-owners.js'
import { retireMissing } from './retire-missing.js'
import { stageFeed } from './stage-feed.js'
import { Tally } from './tally.js'
import { verifyStore } from './verify-store.js'
import type { Wholesaler } from './wholesaler.js'

export interface ImportRun {
  readonly wholesalers: readonly Wholesaler[]
  readonly options: JobOptions
  readonly writer: Writer
  readonly signal: AbortSignal
  /** By wholesaler, what its feed is to be: another one is refused. */
  readonly expected?: ReadonlyMap<string, ExpectedFeed>
  /** Counts of earlier attempts at this job. */
  readonly earlier?: JobCounts
  /** Called whenever counts move on: for the heartbeat and the job's record. */
  readonly onCounts: (counts: JobCounts) => void
}

export type { FeedReport }

export interface ImportReport {
  readonly feeds: readonly FeedReport[]
  readonly counts: JobCounts
  /** Products left for the next run. */
  readonly pending: number
  /** Something of this run failed: a product, an image, a feed or a part of one. */
  readonly partial: boolean
  /** `--max-duration` was reached before the work was done. */
  readonly timeLimit: boolean
  /** What was withheld, and why; all else was done. */
  readonly guard: WholesalerError | null
  readonly errorMessages: readonly string[]
}

/**
 * Imports the wholesalers' feeds. Throws the first feed's error when no feed at all could be staged, and
 * whatever stops the whole run (disk full, lost lease, abort); everything else is in the report.
 */
export async function importFeeds(run: ImportRun, ports: ImportPorts): Promise<ImportReport> {
  const tally = new Tally({ ...run, jobId: run.writer.jobId }, ports)
  const feeds: Mutable<FeedReport>[] = []
  const ready: Wholesaler[] = []
  let firstError: WholesalerError | null = null

  for (const wholesaler of run.wholesalers) {
    try {
      const staged = await stageFeed(wholesaler, stagePorts(ports), stageOptions(run, wholesaler))
      failpoint('feed-staged', wholesaler.name)
      if (staged.read) tally.noteFeed(staged.feed)
      else tally.noteUnreadFeed()
      if (staged.currency !== null && staged.feed.complete) await ports.store.adoptCurrency(staged.currency)
      await warnOfQuarantine(wholesaler, ports)
      if (run.options.verify) await verifyStore(wholesaler.name, ports, run.signal)
      feeds.push({ feed: staged.feed, staged: staged.staged, retired: null })
      ready.push(wholesaler)
    } catch (error: unknown) {
      if (!concernsOneFeed(error) || run.signal.aborted) throw error
      firstError ??= error
      feeds.push({ feed: failedFeed(wholesaler, error), staged: null, retired: null })
      tally.noteError(error.message)
    }
  }
  if (ready.length === 0 && firstError !== null) throw firstError

  await importBatches(ready, run, ports, tally)
  const guard = await retireAll(ready, feeds, run, ports, tally)
  if (run.options.images) await attachImages(ready, run, ports, tally)

  let pending = 0
  for (const { name } of ready) pending += await ports.ledger.countPending(name, run.options)
  return { feeds, ...tally.report(), guard, pending, partial: tally.partial || firstError !== null }
}

async function warnOfQuarantine({ name }: Wholesaler, { ledger, progress }: ImportPorts): Promise<void> {
  const count = await ledger.countQuarantined(name)
  if (count === 0) return
  const message = `${count} products of ${name} are in quarantine: importing them killed workers`
  const hint = 'They are tried again when their content changes, or after wholesaler jobs retry.'
  progress.emit({ type: 'warning', message, hint })
}

/** Takes batches from the wholesalers in turn until the limit is reached or nothing is pending. */
async function importBatches(
  wholesalers: readonly Wholesaler[],
  { options, writer, signal }: ImportRun,
  ports: ImportPorts,
  tally: Tally,
): Promise<void> {
  await tally.estimate(wholesalers)
  let waiting = [...wholesalers]
  while (waiting.length > 0) {
    for (const wholesaler of waiting) {
      // An embedded store answers at once: without this, signals and heartbeats would wait for the last batch.
      await nextTurn()
      signal.throwIfAborted()
      if (tally.outOfTime()) {
        for (const { name } of waiting) tally.noteImported(name)
        return
      }
      failpoint('batch-claim')
      const batch = await ports.ledger.claimBatch(writer, {
        wholesaler: wholesaler.name,
        size: options.perBatch,
        updateExisting: options.updateExisting,
        leftBehindOnly: tally.outOfBatches(),
      })
      if (batch === null) {
        waiting = waiting.filter((other) => other !== wholesaler)
        tally.noteImported(wholesaler.name)
        continue
      }
      const policy = {
        updateExisting: options.updateExisting,
        takeover: wholesaler.takeover,
        shopFields: shopFields(wholesaler.mapping.fields),
      }
      tally.addBatch(wholesaler.name, batch, await importBatch(batch, writer, policy, ports))
    }
  }
}

/** Takes out of sale what left the feeds. Returns the first guard that tripped. */
async function retireAll(
  wholesalers: readonly Wholesaler[],
  feeds: readonly Mutable<FeedReport>[],
  { options, writer, signal }: ImportRun,
  ports: ImportPorts,
  tally: Tally,
): Promise<WholesalerError | null> {
  let tripped: WholesalerError | null = null
  for (const wholesaler of wholesalers) {
    const report = feeds.find(({ feed }) => feed.wholesaler === wholesaler.name)
    // What is still to be imported may be what replaces it; and a feed that ended early says nothing about the rest.
    if (report?.feed.complete !== true || tally.outOfTime()) continue
    if (tally.outOfBatches() && (await ports.ledger.countPending(wholesaler.name, options)) > 0) continue
    const outcome = await retireMissing(
      wholesaler,
      {
        options,
        writer,
        signal,
        outOfTime: () => tally.outOfTime(),
        onRetired: (products) => tally.addRetired(products),
      },
      ports,
    )
    if (outcome === null) continue
    const { guard, ...retired } = outcome
    report.retired = retired
    if (guard === null) continue
    tally.noteError(guard.message)
    tripped ??= guard
  }
  return tripped
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

async function attachImages(
  wholesalers: readonly Wholesaler[],
  { options, writer, signal, earlier }: ImportRun,
  ports: ImportPorts,
  tally: Tally,
): Promise<void> {
  // An attempt that got as far as images goes on where it ended.
  if (options.refreshImages && (earlier?.images.wanted ?? 0) === 0) {
    for (const { name } of wholesalers) await reopenImages(name, ports.ledger, signal)
  }
  for (const wholesaler of wholesalers) {
    signal.throwIfAborted()
    if (tally.outOfTime()) return
    if ((await ports.ledger.countPendingImages(wholesaler.name)) === 0) {
      ports.progress.emit({
        type: 'step',
        wholesaler: wholesaler.name,
        step: 'images',
        state: 'skipped',
        done: 0,
        total: 0,
      })
      continue
    }
    const before = tally.counts.images
    const images = await ports.importImages({
      ...ports,
      writer,
      wholesaler,
      allowPrivateHosts: options.allowPrivateHosts,
      refresh: options.refreshImages,
      retryFailed: options.retryImages,
      signal,
      outOfTime: () => tally.outOfTime(),
      onCounts: (soFar) => tally.setImages(before, soFar),
    })
    tally.setImages(before, images)
    tally.noteFailedImages(images)
  }
}

function stagePorts(ports: ImportPorts) {
  return { ...ports, onReject: ports.rejects.add.bind(ports.rejects) }
}

function stageOptions({ options, signal, expected }: ImportRun, { name }: Wholesaler) {
  return {
    expected: expected?.get(name),
    remap: options.remap,
    checksum: options.checksum,
    allowShrink: options.allowShrink,
    dryRun: false,
    allowPrivateHosts: options.allowPrivateHosts,
    signal,
  }
}
