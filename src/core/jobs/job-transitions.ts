/**
 * Every way from one state of a job to another; there is no other. A transition's parameter type is its
 * guard, so starting a completed job does not compile. Everything is checked at run time as well and throws:
 * the state, the token of a lease, the limits, a start before its time. All functions are pure and return a
 * new job; each leaves one event behind that says what happened.
 */
import { WholesalerError } from '../errors.js'
import type {
  CompletedJob,
  CompleteReason,
  FailedJob,
  FailReason,
  Job,
  JobBase,
  JobCounts,
  JobFailures,
  JobKind,
  JobOptions,
  JobStatus,
  Owner,
  RunningJob,
  ScheduledJob,
  StuckJob,
} from './job.js'
import { noCounts, noFailures } from './job.js'

/** Enough to tell the story of a job, little enough to keep `jobs.json` readable. */
const eventsMax = 100
const errorMessagesMax = 20
/** Characters. A message may quote a feed, which may be of any size. */
const messageLengthMax = 500

/** Milliseconds to wait after the first, second … attempt that ended with a transient error. */
const backoffMs = [30_000, 120_000, 600_000, 1_800_000] as const
/** The attempt after the last back-off is the last one. */
export const transientAttemptsMax = backoffMs.length + 1
/** Crashes without any progress between them: the same thing kills every worker. */
export const crashesInRowMax = 3
/** Crashes in vain in all: bounds a job that gets on a little after every second or third. */
export const crashesInVainMax = 20

/** Milliseconds; the longest back-off. A `notBefore` further away than this is the doing of a clock that was set back. */
const notBeforeAheadMaxMs = Math.max(...backoffMs)

/** True when the job's back-off is over. A wall clock that was set back never keeps a job waiting for longer. */
export function isDue(job: ScheduledJob, now: number): boolean {
  return now >= job.notBefore || job.notBefore - now > notBeforeAheadMaxMs
}

/**
 * The job if `token` still owns it: the check that every write of an owner passes, inside the transaction.
 * Throws `lease_lost` when it was taken over, ended or removed.
 */
export function heldWith(token: number, job: Job | undefined): RunningJob {
  if (job?.status === 'running' && job.lease.token === token) return job
  const state = job === undefined ? 'is gone' : `is ${job.status} with token ${job.token}`
  throw new WholesalerError({
    kind: 'lease_lost',
    message: `This process no longer owns the job: it held token ${token}, the job ${state}`,
    hint: 'Nothing was written. `wholesaler status` shows who has the job now.',
  })
}

/** T1: a request is accepted. `id` from the ledger's sequence; `message` says by whom. */
export function schedule(request: {
  readonly id: number
  readonly options: JobOptions
  readonly now: number
  readonly message?: string
  /** Default: `import`. */
  readonly kind?: JobKind
}): ScheduledJob {
  const { id, options, now, message = 'scheduled', kind = 'import' } = request
  return {
    id,
    kind,
    options,
    createdAt: now,
    scheduledAt: now,
    attempt: 0,
    token: 0,
    counts: noCounts,
    failures: noFailures,
    events: [{ at: now, message }],
    errorMessages: [],
    status: 'scheduled',
    notBefore: 0,
  }
}

/**
 * T2: a process makes the job its own. `token` from the ledger's sequence, above any the job ever had.
 * `ignoreNotBefore` is for a person or `recover`, who do not wait for a back-off.
 */
export function start(
  job: ScheduledJob,
  by: { readonly owner: Owner; readonly token: number; readonly now: number; readonly ignoreNotBefore?: boolean },
): RunningJob {
  mustBe(job, 'start', 'scheduled')
  if (by.token <= job.token) throw illegal(job, `cannot start with token ${by.token}: it already had ${job.token}`)
  if (by.ignoreNotBefore !== true && !isDue(job, by.now)) throw illegal(job, 'cannot start before its back-off is over')
  return {
    ...carried(job, by.now, `started by process ${by.owner.pid} on ${by.owner.host}`),
    attempt: job.attempt + 1,
    token: by.token,
    status: 'running',
    startedAt: by.now,
    lease: { token: by.token, owner: by.owner, acquiredAt: by.now },
    cancelRequested: false,
  }
}

/** What the owner of a running job shows before it may change it. */
interface Held {
  readonly token: number
  readonly now: number
  readonly counts: JobCounts
}

/** T3: the owner notes how far it is. Not for every batch: those are in the ledger and the heartbeat. */
export function checkpoint(job: RunningJob, by: Held & { readonly message: string }): RunningJob {
  return { ...heldWith(by.token, job), ...carried(job, by.now, by.message), counts: by.counts }
}

/** T3: someone asks the owner to stop. Needs no token: it is a wish, the owner ends the job. */
export function requestCancel(job: RunningJob, now: number): RunningJob {
  mustBe(job, 'be asked to stop', 'running')
  return job.cancelRequested ? job : { ...job, ...carried(job, now, 'cancel requested'), cancelRequested: true }
}

/** T4: all was done that was asked for, or the time for it was over. */
export function complete(
  job: RunningJob,
  by: Held & { readonly reason: CompleteReason; readonly exitCode: number; readonly errorMessages: readonly string[] },
): CompletedJob {
  const { startedAt } = heldWith(by.token, job)
  return {
    ...carried(job, by.now, by.reason === 'done' ? 'completed' : 'time limit reached', by.errorMessages),
    counts: by.counts,
    status: 'completed',
    reason: by.reason,
    startedAt,
    completedAt: by.now,
    exitCode: by.exitCode,
  }
}

/** T5: the owner ends the job without having done all of it. Finished batches stay. */
export function fail(
  job: RunningJob,
  by: Held & { readonly reason: FailReason; readonly exitCode: number; readonly message: string },
): FailedJob {
  const { startedAt } = heldWith(by.token, job)
  return { ...failed(job, { ...by, startedAt }), counts: by.counts }
}

/** True when one more transient error may be answered by waiting instead of giving up. */
export function mayReschedule(job: RunningJob): boolean {
  return !job.cancelRequested && job.failures.transient + 1 < transientAttemptsMax
}

/**
 * T6: a worker puts its job back. After a transient error it waits longer each time; a worker that was
 * told to stop gives the attempt back, since nothing was wrong with the job.
 */
export function reschedule(
  job: RunningJob,
  by: Held & { readonly why: 'transient' | 'stopped'; readonly message: string },
): ScheduledJob {
  heldWith(by.token, job)
  if (job.cancelRequested) throw illegal(job, 'cannot be scheduled again: it is to be cancelled')
  const stopped = by.why === 'stopped'
  const waitMs = stopped ? 0 : backoffMs[job.failures.transient]
  if (waitMs === undefined) throw illegal(job, `cannot be scheduled again: ${transientAttemptsMax} attempts are over`)
  return {
    ...carried(job, by.now, by.message, stopped ? [] : [by.message]),
    attempt: stopped ? job.attempt - 1 : job.attempt,
    counts: by.counts,
    failures: stopped ? job.failures : { ...job.failures, transient: job.failures.transient + 1 },
    status: 'scheduled',
    scheduledAt: by.now,
    notBefore: stopped ? 0 : by.now + waitMs,
  }
}

/** T7: nobody started the job although somebody could have. */
export function markNeverStarted(
  job: ScheduledJob,
  found: { readonly now: number; readonly evidence: string },
): StuckJob {
  mustBe(job, 'be found waiting', 'scheduled')
  return {
    ...carried(job, found.now, `stuck: ${found.evidence}`),
    status: 'processing_stuck',
    reason: 'never_started',
    startedAt: null,
    stuckAt: found.now,
    evidence: found.evidence,
    lostOwner: null,
    cancelRequested: false,
  }
}

/**
 * T8: the owner is dead or silent. `token` (from the ledger's sequence) replaces the owner's in the same
 * transaction, so that an owner that wakes up again can write nothing. `counts` as last heard of.
 */
export function markOwnerLost(
  job: RunningJob,
  found: {
    readonly reason: 'owner_dead' | 'owner_silent'
    readonly evidence: string
    readonly token: number
    readonly now: number
    readonly counts?: JobCounts
  },
): StuckJob {
  mustBe(job, 'lose its owner', 'running')
  if (found.token <= job.token) throw illegal(job, `cannot be fenced with token ${found.token}: it has ${job.token}`)
  return {
    ...carried(job, found.now, `stuck: ${found.evidence}`),
    token: found.token,
    counts: found.counts ?? job.counts,
    status: 'processing_stuck',
    reason: found.reason,
    startedAt: job.startedAt,
    stuckAt: found.now,
    evidence: found.evidence,
    lostOwner: job.lease.owner,
    cancelRequested: job.cancelRequested,
  }
}

/**
 * Why a stuck job may not be restarted; null when it may. `checkpoints` are the batches that it finished
 * (ledger), the halvings of a bad one and the images it attached, ever: more than at the last crash = it got further.
 */
export function restartLimit(job: StuckJob, checkpoints: number): 'cancelled' | 'poison' | 'attempts' | null {
  if (job.cancelRequested) return 'cancelled'
  // Only a person knows whether it is still wanted.
  if (job.kind === 'images') return 'attempts'
  const { crashesInVain, crashesInRow } = withCrash(job, checkpoints)
  if (crashesInRow >= crashesInRowMax) return 'poison'
  return crashesInVain >= crashesInVainMax ? 'attempts' : null
}

/** T9: a stuck job is to be run again, at once. The old owner must be dead, killed, or past its grace. */
export function restart(job: StuckJob, by: { readonly now: number; readonly checkpoints: number }): ScheduledJob {
  mustBe(job, 'be restarted', 'processing_stuck')
  const limit = restartLimit(job, by.checkpoints)
  if (limit !== null) throw illegal(job, `cannot be restarted: ${limit}`)
  return {
    ...carried(job, by.now, 'scheduled again by recovery'),
    failures: withCrash(job, by.checkpoints),
    status: 'scheduled',
    scheduledAt: by.now,
    notBefore: 0,
  }
}

/** T10: a stuck job has reached its limits. */
export function giveUp(
  job: StuckJob,
  by: { readonly now: number; readonly checkpoints: number; readonly exitCode: number },
): FailedJob {
  mustBe(job, 'be given up', 'processing_stuck')
  const reason = restartLimit(job, by.checkpoints)
  if (reason === null) throw illegal(job, 'cannot be given up: it may be restarted')
  const failures = withCrash(job, by.checkpoints)
  const said = {
    poison: `the last ${failures.crashesInRow} attempts ended the same way: ${job.evidence}`,
    attempts:
      job.kind === 'images'
        ? `it is not run again by itself: ${job.evidence}`
        : `${failures.crashesInVain} attempts crashed without getting further, the last one: ${job.evidence}`,
    cancelled: 'cancelled',
  }
  const { now, exitCode } = by
  return { ...failed(job, { now, reason, exitCode, message: said[reason], startedAt: job.startedAt }), failures }
}

/** T11: a job that nobody runs is cancelled at once. For a running one: `requestCancel`. */
export function cancel(
  job: ScheduledJob | StuckJob,
  by: { readonly now: number; readonly exitCode: number },
): FailedJob {
  mustBe(job, 'be cancelled', 'scheduled', 'processing_stuck')
  const startedAt = job.status === 'processing_stuck' ? job.startedAt : null
  return failed(job, { ...by, reason: 'cancelled', message: 'cancelled', startedAt })
}

/** T12: a person wants a failed job again. Its limits start anew, or it would fail again at once; finished batches stay. */
export function retry(job: FailedJob, now: number): ScheduledJob {
  mustBe(job, 'be retried', 'failed')
  return {
    ...carried(job, now, 'retry requested'),
    failures: noFailures,
    errorMessages: [],
    status: 'scheduled',
    scheduledAt: now,
    notBefore: 0,
  }
}

function failed(
  job: Exclude<Job, CompletedJob | FailedJob>,
  by: {
    readonly now: number
    readonly reason: FailReason
    readonly exitCode: number
    readonly message: string
    readonly startedAt: number | null
  },
): FailedJob {
  return {
    ...carried(job, by.now, `failed: ${by.message}`, [by.message]),
    status: 'failed',
    reason: by.reason,
    startedAt: by.startedAt,
    completedAt: by.now,
    exitCode: by.exitCode,
  }
}

/** A job that was never started did not crash; any other stuck one did. */
function withCrash(job: StuckJob, checkpoints: number): JobFailures {
  if (job.reason === 'never_started') return job.failures
  const progressed = checkpoints > job.failures.checkpoints
  return {
    transient: job.failures.transient,
    crashes: job.failures.crashes + 1,
    crashesInVain: job.failures.crashesInVain + (progressed ? 0 : 1),
    crashesInRow: progressed ? 0 : job.failures.crashesInRow + 1,
    checkpoints: Math.max(checkpoints, job.failures.checkpoints),
  }
}

/** What a job takes along into its next state, named one by one so that nothing of the old state clings to it. */
function carried(job: Job, at: number, message: string, errors: readonly string[] = []): JobBase {
  return {
    id: job.id,
    kind: job.kind,
    options: job.options,
    createdAt: job.createdAt,
    scheduledAt: job.scheduledAt,
    attempt: job.attempt,
    token: job.token,
    counts: job.counts,
    failures: job.failures,
    events: [...job.events, { at, message: short(message) }].slice(-eventsMax),
    errorMessages: [...job.errorMessages, ...errors.map(short)].slice(0, errorMessagesMax),
  }
}

function short(message: string): string {
  return message.length <= messageLengthMax ? message : `${message.slice(0, messageLengthMax - 1)}…`
}

/** What the types promise already, held at run time as well: jobs come from disk, callers from anywhere. */
function mustBe(job: Job, what: string, ...statuses: readonly JobStatus[]): void {
  if (!statuses.includes(job.status)) throw illegal(job, `cannot ${what}: it is not ${statuses.join(' or ')}`)
}

function illegal(job: Job, why: string): WholesalerError {
  return new WholesalerError({ kind: 'unexpected', message: `Job ${job.id} (${job.status}) ${why}` })
}
