/** From what was seen to the state `processing_stuck` (T7, T8): under the lock, and only if it still is so. */
import { type JobPorts, numberAbove } from './claim-job.js'
import { readHeartbeat, removeHeartbeat } from './heartbeat.js'
import type { Job, JobCounts, RunningJob, ScheduledJob, StuckJob } from './job.js'
import { markNeverStarted, markOwnerLost } from './job-transitions.js'

export type FoundStuck =
  | { readonly job: ScheduledJob; readonly reason: 'never_started'; readonly evidence: string }
  | { readonly job: RunningJob; readonly reason: 'owner_dead' | 'owner_silent'; readonly evidence: string }

/**
 * Marks jobs as stuck and returns those that this call marked, oldest first. A lost owner's token is replaced
 * in the same transaction. Safe to call from many processes at once: each job is marked by one of them, and
 * none that was started, ended or taken over since it was looked at.
 */
export async function markStuck(found: readonly FoundStuck[], ports: JobPorts): Promise<readonly StuckJob[]> {
  if (found.length === 0) return []
  const { jobs, ledger, clock, stateDir } = ports
  // A transaction must not wait: tokens and last counts are fetched before it.
  const known: { found: FoundStuck; token: number; counts?: JobCounts }[] = []
  for (const seen of found) {
    if (seen.reason === 'never_started') {
      known.push({ found: seen, token: 0 })
      continue
    }
    const { id, token, lease } = seen.job
    const counts = (await readHeartbeat(stateDir, id, lease.token))?.counts
    known.push({ found: seen, token: await numberAbove(token, ledger), ...(counts && { counts }) })
  }
  const marked = await jobs.transaction((table) => {
    const stuck: StuckJob[] = []
    for (const { found: seen, token, counts } of known) {
      const job = table.get(seen.job.id)
      // Somebody else was quicker.
      if (!isSame(job, seen.job)) continue
      const { evidence } = seen
      const now = clock.now()
      if (job.status === 'scheduled') stuck.push(markNeverStarted(job, { now, evidence }))
      else if (seen.reason !== 'never_started') {
        stuck.push(markOwnerLost(job, { reason: seen.reason, evidence, token, now, ...(counts && { counts }) }))
      }
    }
    return { put: stuck, result: stuck }
  })
  await Promise.all(marked.map(({ id }) => removeHeartbeat(stateDir, id)))
  return marked
}

function isSame(job: Job | undefined, seen: RunningJob | ScheduledJob): job is RunningJob | ScheduledJob {
  return job?.status === seen.status && job.token === seen.token && job.scheduledAt === seen.scheduledAt
}
