/** Which jobs are stuck, judged from here and now. Apart from `state.ts`, which starts with every `status`. */
import type { Clock } from '../core/clock.js'
import { findStuck } from '../core/jobs/find-stuck.js'
import type { Job } from '../core/jobs/job.js'
import type { HeartbeatWatch } from '../core/jobs/observe-heartbeat.js'

/** Silence takes a minute to be certain of, and a note to be left: that is for `recover`. Looking writes nothing. */
const noWatch: HeartbeatWatch = {
  observe: async () => ({ heartbeat: null, silentMs: 0, watchedMs: 0, noProgressMs: 0 }),
}

/**
 * Jobs that need `recover`: found to be stuck, running with an owner that is certainly dead, or waiting for
 * long although nothing stands in their way.
 */
export async function findStuckJobs(
  jobs: readonly Job[],
  { stateDir, clock }: { readonly stateDir: string; readonly clock: Clock },
): Promise<readonly Job[]> {
  const table = new Map(jobs.map((job) => [job.id, job]))
  const findings = await findStuck({ jobs: { read: async () => table }, stateDir, clock, watch: noWatch })
  return findings.filter(({ verdict }) => verdict.state === 'stuck').map(({ job }) => job)
}
