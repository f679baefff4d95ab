/** What becomes of stuck jobs (T9, T10): run again, or given up when they have reached their limits. */
import type { JobPorts } from './claim-job.js'
import { type EndedOwner, endOwner } from './end-owner.js'
import type { FailedJob, Owner, ScheduledJob, StuckJob } from './job.js'
import { giveUp, restart, restartLimit } from './job-transitions.js'

/**
 * Milliseconds. A lost owner that cannot be ended from here may have one request on its way, and stops by
 * itself before the next: so long after it was condemned, nothing of it can arrive any more.
 */
export const unreachableGraceMs = 60_000

/** What holds off owners that have lost their job. */
export interface FencePorts {
  readonly ledger: {
    /** From now on no owner with a lower token writes anything for the job, to the ledger or the embedded catalog. */
    raiseFence(writer: { readonly jobId: number; readonly token: number }): Promise<void>
  }
}

export interface RestartPorts extends JobPorts {
  readonly ledger: JobPorts['ledger'] &
    FencePorts['ledger'] & {
      /** Finished batches, and halvings of a bad one, ever. */
      checkpoints(jobId: number): Promise<number>
    }
  /** Ends a lost owner that lives. Default: `endOwner`. */
  readonly endOwner?: (owner: Owner) => Promise<EndedOwner>
  /** For jobs that are given up. */
  readonly exitCodes: { readonly gaveUp: number; readonly cancelled: number }
}

export type Restarted =
  | { readonly outcome: 'restarted'; readonly job: ScheduledJob }
  | { readonly outcome: 'gave_up'; readonly job: FailedJob }
  /** Its owner may still live somewhere else: to be asked again after `waitMs`. */
  | { readonly outcome: 'grace'; readonly job: StuckJob; readonly waitMs: number }

/**
 * Brings a stuck job out of its state; null when somebody else was quicker, or it is not stuck. A lost owner
 * on this host is ended first. Safe to call from many processes at once: one of them restarts the job.
 */
export async function restartStuck(id: number, ports: RestartPorts): Promise<Restarted | null> {
  const { jobs, ledger, clock, judge, exitCodes } = ports
  const seen = (await jobs.read()).get(id)
  if (seen?.status !== 'processing_stuck') return null
  await shutOut(seen, ports)
  const { endOwner: end = (owner) => endOwner(owner, { clock, judge }) } = ports
  if (seen.lostOwner !== null && (await end(seen.lostOwner)) === 'unknown') {
    const waitMs = graceLeft(seen, clock.now())
    if (waitMs > 0) return { outcome: 'grace', job: seen, waitMs }
  }

  // Images have no batches. Only new links count: what is looked at again in every attempt is no progress.
  const checkpoints = (await ledger.checkpoints(id)) + seen.counts.images.attached
  return await jobs.transaction<Restarted | null>((table) => {
    const job = table.get(id)
    if (job?.status !== 'processing_stuck' || job.token !== seen.token || job.stuckAt !== seen.stuckAt) {
      return { put: [], result: null }
    }
    const now = clock.now()
    const limit = restartLimit(job, checkpoints)
    if (limit === null) {
      const restarted = restart(job, { now, checkpoints })
      return { put: [restarted], result: { outcome: 'restarted', job: restarted } }
    }
    const exitCode = limit === 'cancelled' ? exitCodes.cancelled : exitCodes.gaveUp
    const failed = giveUp(job, { now, checkpoints, exitCode })
    return { put: [failed], result: { outcome: 'gave_up', job: failed } }
  })
}

/**
 * Makes sure that a lost owner writes nothing any more, whether or not it can be ended: to be called before the
 * job leaves its state, since its products may then be taken by anybody. Safe to call twice, and late.
 */
export async function shutOut({ id, token, lostOwner }: StuckJob, { ledger }: FencePorts): Promise<void> {
  if (lostOwner !== null) await ledger.raiseFence({ jobId: id, token })
}

/** By the wall clock, since the process that marked it may be gone; a clock that was set back waits once more at most. */
function graceLeft({ stuckAt }: StuckJob, now: number): number {
  const passedMs = now - stuckAt
  return passedMs < 0 ? unreachableGraceMs : unreachableGraceMs - passedMs
}
