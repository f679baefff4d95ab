/**
 * Which jobs are stuck, from facts alone: no clock, no file, no process is asked here. A job is condemned
 * only for what was seen, never because the wall clock says that it is late.
 */
import { heartbeatIntervalMs, leaseMs } from './heartbeat.js'
import type { Job, RunningJob, ScheduledJob, StuckReason } from './job.js'
import { isDue } from './job-transitions.js'
import type { HeartbeatObservation } from './observe-heartbeat.js'
import { describeOwner, type OwnerVerdict } from './owner.js'

/** A judge must itself have watched the silence for this long: after a suspend everybody looks silent at first. */
export const watchMs = 1.5 * heartbeatIntervalMs
/** A process that lives but whose work reports nothing for so long is looked at by a person. */
export const noProgressMs = 600_000
/** How long a job may wait although it could be started. */
export const startWithinMs = 300_000

export type StuckVerdict =
  /** Nothing to do. */
  | { readonly state: 'healthy' }
  /** Scheduled, and rightly not started yet; `why` for people. */
  | { readonly state: 'waiting'; readonly why: string }
  /** Looks silent, but has not been watched long enough; or lives without getting on. Not to be touched. */
  | { readonly state: 'suspect'; readonly evidence: string }
  | { readonly state: 'stuck'; readonly reason: StuckReason; readonly evidence: string }

export interface StuckFacts {
  /** Unix ms. */
  readonly now: number
  /** Of a running job: what `judgeOwner` says. */
  readonly owner: OwnerVerdict
  /** Of a running job. */
  readonly observation: HeartbeatObservation | null
  /** Of a scheduled job: what stands in its way. */
  readonly slots: {
    /** A worker lives that will take it. */
    readonly workerAlive: boolean
    /** The job that has its wholesaler, for the message; null = free. */
    readonly busyWith: number | null
    /** Unix ms of the last moment its wholesaler was busy; 0 = never. */
    readonly busyUntil: number
  }
  /** How long a job may wait although it could be started. Default `startWithinMs`. */
  readonly startWithinMs?: number
}

/** Judges one job. `suspect` asks for a second look, `stuck` for `markNeverStarted` or `markOwnerLost`. */
export function detectStuck(job: Job, facts: StuckFacts): StuckVerdict {
  switch (job.status) {
    case 'scheduled':
      return judgeScheduled(job, facts)
    case 'running':
      return judgeRunning(job, facts)
    case 'processing_stuck':
      return { state: 'stuck', reason: job.reason, evidence: job.evidence }
    case 'completed':
    case 'failed':
      return { state: 'healthy' }
    default:
      return job satisfies never
  }
}

function judgeScheduled(job: ScheduledJob, facts: StuckFacts): StuckVerdict {
  const { now, slots, startWithinMs: withinMs = startWithinMs } = facts
  if (slots.busyWith !== null) return { state: 'waiting', why: `for job ${slots.busyWith} of the same wholesaler` }
  if (!isDue(job, now)) return { state: 'waiting', why: `for ${seconds(job.notBefore - now)} after an error` }
  const since = Math.max(job.scheduledAt, job.notBefore, slots.busyUntil)
  const waitedMs = now - since
  if (slots.workerAlive) return { state: 'waiting', why: 'for a worker' }
  if (waitedMs <= withinMs) return { state: 'waiting', why: 'to be started' }
  return { state: 'stuck', reason: 'never_started', evidence: `nobody started it for ${seconds(waitedMs)}` }
}

function judgeRunning(job: RunningJob, { owner, observation }: StuckFacts): StuckVerdict {
  const who = describeOwner(job.lease.owner)
  if (owner === 'dead') return { state: 'stuck', reason: 'owner_dead', evidence: `${who} is gone` }
  if (observation === null) return { state: 'healthy' }

  const { silentMs, watchedMs } = observation
  if (silentMs >= leaseMs) {
    const evidence = `${who} gave no sign of life for ${seconds(silentMs)}`
    return watchedMs >= watchMs ? { state: 'stuck', reason: 'owner_silent', evidence } : { state: 'suspect', evidence }
  }
  if (observation.noProgressMs >= noProgressMs) {
    return {
      state: 'suspect',
      evidence: `${who} lives, but its work stands still for ${seconds(observation.noProgressMs)}`,
    }
  }
  return { state: 'healthy' }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}
