/** Counts of a run: what the job's record, the heartbeat and the progress line are fed from. */
import type { Clock } from './clock.js'
import { type JobCounts, type JobImageCounts, type JobOptions, noCounts } from './jobs/job.js'
import type { BatchCounts, ClaimedBatch, FeedSummary, Ledger } from './ledger/ledger.js'
import type { Progress } from './progress.js'
import type { Store } from './store/store.js'

export interface TallyRun {
  readonly jobId: number
  readonly options: Pick<JobOptions, 'batches' | 'perBatch' | 'updateExisting' | 'maxDurationMs'>
  /** Counts of earlier attempts at this job, as last heard of. */
  readonly earlier?: JobCounts
  /** Called whenever a count moves on. */
  readonly onCounts: (counts: JobCounts) => void
}

export interface TallyPorts {
  readonly ledger: Ledger
  readonly progress: Progress
  readonly clock: Clock
  readonly store?: Pick<Store, 'pace'>
}

/** Error messages kept for the job's record: the first ones tell, the rejects file has all. */
const errorMessagesMax = 20

/** Counts of a run, kept in one place and told to whoever wants to know. */
export class Tally {
  counts: JobCounts
  partial = false
  private timeLimit = false
  private earlierErrors = 0
  private readonly errorMessages: string[] = []
  /** Products done and expected, by wholesaler: what their progress lines show. */
  private readonly progressOf = new Map<string, { done: number; readonly total: number }>()
  private readonly startedMs: number

  constructor(
    private readonly run: TallyRun,
    private readonly ports: TallyPorts,
  ) {
    this.counts = { ...noCounts, images: imagesSoFar(run.earlier) }
    this.startedMs = ports.clock.monotonic()
  }

  noteFeed(feed: FeedSummary): void {
    if (feed.rejects > 0 || !feed.complete) this.partial = true
    this.set({ errors: this.counts.errors + feed.rejects })
  }

  /** A feed was not read: what an earlier attempt at this job rejected of it is not met again. */
  noteUnreadFeed(): void {
    const errors = this.run.earlier?.errors ?? 0
    if (errors === 0) return
    this.partial = true
    this.earlierErrors = errors
  }

  noteError(message: string): void {
    this.partial = true
    if (this.errorMessages.length < errorMessagesMax) this.errorMessages.push(message)
  }

  /** What a resumed job has done already, and what this run expects to do. */
  async estimate(wholesalers: readonly { readonly name: string }[]): Promise<void> {
    const { ledger } = this.ports
    const { batches, perBatch, updateExisting } = this.run.options
    const { retired, ...done } = await ledger.jobCounts(this.run.jobId)
    if (done.errors > 0) this.partial = true
    let pending = 0
    let left = 0
    for (const { name } of wholesalers) {
      const claimable = await ledger.countPending(name, { updateExisting })
      pending += claimable
      const expected = batches === null ? claimable : Math.min(claimable, batches * perBatch)
      this.progressOf.set(name, { done: 0, total: expected })
      if (!updateExisting) left += (await ledger.countPending(name, { updateExisting: true })) - claimable
    }
    const limit = batches === null ? pending : Math.min(pending, (batches - done.batches) * perBatch)
    this.set({
      ...done,
      errors: Math.max(this.counts.errors + done.errors, this.earlierErrors),
      skipped: done.skipped + left,
      estimatedTotal: done.processed + Math.max(0, limit),
      ...(retired === 0 ? {} : { retired }),
    })
  }

  addBatch(wholesaler: string, { isPart }: Pick<ClaimedBatch, 'isPart'>, batch: BatchCounts): void {
    if (batch.errors > 0)
      this.noteError(`${batch.errors} products of ${wholesaler} were rejected; see the rejects file`)
    const { counts } = this
    this.set({
      processed: counts.processed + batch.processed,
      created: counts.created + batch.created,
      updated: counts.updated + batch.updated,
      unchanged: counts.unchanged + batch.unchanged,
      skipped: counts.skipped + batch.skipped,
      errors: counts.errors + batch.errors,
      // A halved batch was counted when it was halved.
      batches: isPart ? counts.batches : counts.batches + 1,
      ...this.pace(),
    })
    const progress = this.progressOf.get(wholesaler) ?? { done: 0, total: 0 }
    progress.done += batch.processed
    this.ports.progress.emit({ type: 'step', wholesaler, step: 'import', state: 'progress', ...progress })
  }

  addRetired(products: number): void {
    this.set({ retired: (this.counts.retired ?? 0) + products })
  }

  /** Sums of the images: what was there before a phase, and what the phase has done so far. */
  setImages(before: JobImageCounts, phase: JobImageCounts): void {
    this.set({
      images: {
        wanted: before.wanted + phase.wanted,
        downloaded: before.downloaded + phase.downloaded,
        attached: before.attached + phase.attached,
        duplicatesSkipped: before.duplicatesSkipped + phase.duplicatesSkipped,
        failed: before.failed + phase.failed,
      },
    })
  }

  noteFailedImages({ failed }: JobImageCounts): void {
    if (failed > 0) this.noteError(`${failed} images failed; they are tried again on the next run`)
  }

  /** The wholesaler has nothing more to import in this run. */
  noteImported(wholesaler: string): void {
    const progress = this.progressOf.get(wholesaler) ?? { done: 0, total: 0 }
    const state = progress.done === 0 && progress.total === 0 ? 'skipped' : 'done'
    this.ports.progress.emit({ type: 'step', wholesaler, step: 'import', state, ...progress })
  }

  outOfTime(): boolean {
    const { maxDurationMs } = this.run.options
    if (maxDurationMs !== null && this.ports.clock.monotonic() - this.startedMs >= maxDurationMs) this.timeLimit = true
    return this.timeLimit
  }

  /** `--batches` are used up. */
  outOfBatches(): boolean {
    const { batches } = this.run.options
    return batches !== null && this.counts.batches >= batches
  }

  report(): { readonly counts: JobCounts; readonly timeLimit: boolean; readonly errorMessages: readonly string[] } {
    return { counts: this.counts, timeLimit: this.timeLimit, errorMessages: this.errorMessages }
  }

  private pace(): Pick<JobCounts, 'pace'> {
    const pace = this.ports.store?.pace?.()
    return pace === undefined ? {} : { pace }
  }

  private set(change: Partial<JobCounts>): void {
    this.counts = { ...this.counts, ...change }
    this.run.onCounts(this.counts)
  }
}

/** Images of earlier attempts at the job. Those that failed are still pending, and counted when they are tried again. */
function imagesSoFar({ images }: JobCounts = noCounts): JobImageCounts {
  return { ...images, wanted: Math.max(0, images.wanted - images.failed), failed: 0 }
}
