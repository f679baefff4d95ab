/** `--dry-run`: what an import would do, found out without writing to ledger or store. */

import { concernsOneFeed, type FeedReport, failedFeed } from './feed-report.js'
import type { JobOptions } from './jobs/job.js'
import type { Ledger } from './ledger/ledger.js'
import { type StagePorts, stageFeed } from './stage-feed.js'
import type { Wholesaler } from './wholesaler.js'

export interface ImportPreview {
  readonly feeds: readonly FeedReport[]
  /** Products that an import without `--batches` would write. */
  readonly pending: number
  /** A feed, or a part of one, could not be read. */
  readonly partial: boolean
}

/** Reads every feed and counts. Throws the first feed's error when none could be read. */
export async function previewImport(
  wholesalers: readonly Wholesaler[],
  options: Pick<JobOptions, 'remap' | 'checksum' | 'allowShrink' | 'allowPrivateHosts' | 'updateExisting'>,
  ports: StagePorts,
  signal: AbortSignal,
): Promise<ImportPreview> {
  const feeds: FeedReport[] = []
  let pending = 0
  let partial = false
  let firstError: unknown
  for (const wholesaler of wholesalers) {
    try {
      const { feed, staged, read } = await stageFeed(wholesaler, ports, { ...options, dryRun: true, signal })
      feeds.push({ feed, staged })
      partial ||= read && (feed.rejects > 0 || !feed.complete)
      pending += read
        ? staged.new + (options.updateExisting ? staged.changed : 0)
        : await countPending(wholesaler.name, ports.ledger, options)
    } catch (error: unknown) {
      if (!concernsOneFeed(error) || signal.aborted) throw error
      firstError ??= error
      feeds.push({ feed: failedFeed(wholesaler, error), staged: null })
      partial = true
    }
  }
  if (firstError !== undefined && feeds.every(({ staged }) => staged === null)) throw firstError
  return { feeds, pending, partial }
}

function countPending(name: string, ledger: Ledger, { updateExisting }: Pick<JobOptions, 'updateExisting'>) {
  return ledger.countPending(name, { updateExisting })
}
