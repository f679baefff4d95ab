/** Which jobs are stuck, judged from here and now. Apart from `state.ts`, which starts with every `status`. */
import type { Job } from '../core/jobs/job.js'
import { judgeOwner } from '../core/jobs/owner.js'

/** Jobs that need `recover`: found to be stuck, or running with an owner that is certainly dead. */
export function findStuckJobs(jobs: readonly Job[]): readonly Job[] {
  return jobs.filter(
    (job) => job.status === 'processing_stuck' || (job.status === 'running' && judgeOwner(job.lease.owner) === 'dead'),
  )
}
