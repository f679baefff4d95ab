/** How a person has finished jobs forgotten before their time. */
import { type FinishedJob, isFinished, type Job } from './job.js'
import type { JobStore } from './job-store.js'

export interface PruneRules {
  /** Newest finished jobs that stay in any case. */
  readonly keep: number
  /** Milliseconds. Jobs that ended less long ago stay as well. */
  readonly olderThanMs: number
  /** Unix ms. */
  readonly now: number
}

/** Finished jobs that no rule keeps, newest first. */
export function prunable(jobs: Iterable<Job>, { keep, olderThanMs, now }: PruneRules): readonly FinishedJob[] {
  return [...jobs]
    .filter(isFinished)
    .sort((a, b) => b.completedAt - a.completedAt || b.id - a.id)
    .slice(keep)
    .filter(({ completedAt }) => now - completedAt >= olderThanMs)
}

/** Forgets them; their sums stay in the statistics. Returns what was forgotten. */
export async function pruneJobs(jobs: JobStore, rules: PruneRules): Promise<readonly FinishedJob[]> {
  return await jobs.transaction((table) => {
    const pruned = prunable(table.values(), rules)
    return { put: [], remove: pruned.map(({ id }) => id), result: pruned }
  })
}
