/**
 * The quick look of every writing command: jobs whose owner died are marked stuck, so that nobody takes
 * them for running. It starts nothing; `recover` does.
 */
import type { JobPorts } from './claim-job.js'
import type { Job, RunningJob, StuckJob } from './job.js'
import { type FoundStuck, markStuck } from './mark-stuck.js'
import { describeOwner, judgeOwner } from './owner.js'

/**
 * T8 for every running job whose owner is certainly dead; returns them, oldest first, for a message. One read
 * when there is none. Safe to call from many processes at once: each job is marked by one of them.
 */
export async function quickLook(ports: JobPorts): Promise<readonly StuckJob[]> {
  const { jobs, judge = (owner) => judgeOwner(owner) } = ports
  const isDead = (job: Job): job is RunningJob => job.status === 'running' && judge(job.lease.owner) === 'dead'
  const dead = [...(await jobs.read()).values()].filter(isDead)
  const asFound = (job: RunningJob): FoundStuck => ({
    job,
    reason: 'owner_dead',
    evidence: `${describeOwner(job.lease.owner)} is gone`,
  })
  return await markStuck(dead.map(asFound), ports)
}
