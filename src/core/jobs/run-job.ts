/**
 * One job from its claim to its end: the lease is taken, the work is done under it, and whatever happens
 * the job ends in exactly one state. An owner that has lost its lease writes nothing any more.
 */
import { asShortage, type ErrorKind, hasCode, messageOf, WholesalerError } from '../errors.js'
import { failpoint } from '../failpoint.js'
import type { Writer } from '../ledger/ledger.js'
import { claimJob, claimNewJob, type JobPorts } from './claim-job.js'
import type { FailReason, FinishedJob, JobCounts, JobKind, JobOptions, RunningJob, ScheduledJob } from './job.js'
import { JobLease } from './job-lease.js'
import { complete, fail, heldWith, mayReschedule, reschedule } from './job-transitions.js'

/** How the work ended when nothing stopped it. */
export interface WorkReport {
  readonly counts: JobCounts
  /** A product, an image or a feed failed. */
  readonly partial: boolean
  /** `--max-duration` was reached before all was done. */
  readonly timeLimit: boolean
  /** A guard withheld a part of the work; all else was done. */
  readonly guard?: WholesalerError | null
  /** The first of what failed. */
  readonly errorMessages: readonly string[]
}

/** What the work is given. */
export interface RunContext {
  readonly job: RunningJob
  /** To be shown with every write to ledger and store. */
  readonly writer: Writer
  /** Aborted when the run is interrupted, cancelled, or has lost its lease; the reason is a `WholesalerError`. */
  readonly signal: AbortSignal
  /** For the heartbeat, and the job's record at its end. */
  readonly onCounts: (counts: JobCounts) => void
  /** The work got on in a way that no count shows. Cheap. */
  readonly noteProgress: () => void
  /**
   * To be awaited before every write that no token protects. Throws `lease_lost`. Asks nobody while the
   * last renewal is recent.
   */
  readonly assertLease: () => Promise<void>
}

export interface JobRun<R extends WorkReport> {
  /** A scheduled job by id; or the options of a new one, which is claimed as it is made. */
  readonly job: number | JobOptions
  /** Of a new job. Default: `import`. */
  readonly kind?: JobKind
  readonly work: (context: RunContext) => Promise<R>
  /**
   * Aborted by whoever wants the run to stop, with a `WholesalerError` of kind `interrupted`. The work ends
   * soon after by throwing that reason.
   */
  readonly signal: AbortSignal
  readonly exitCodeOf: (end: WorkReport | WholesalerError) => number
  /**
   * Default `foreground`: somebody waits and is told at once. A `worker` puts a job back that met a transient
   * error, or that it was told to leave.
   */
  readonly role?: 'foreground' | 'worker'
  /** Start a job that is waiting after an error now. Default false. */
  readonly ignoreNotBefore?: boolean
  /** Told when the job has become ours. */
  readonly onStart?: (job: RunningJob) => void
}

/** A job after its run; `scheduled` only when a worker put it back. Exactly one of `report` and `error` is null. */
export interface EndedRun<R> {
  readonly job: FinishedJob | ScheduledJob
  readonly report: R | null
  readonly error: WholesalerError | null
}

/**
 * Claims the job, does the work, records the end. What the work throws ends the job and is returned with it.
 * Throws when there is no end to record: `busy`, `usage` and `locked` before the start, `lease_lost` when
 * the job is somebody else's, and what the disk refuses; recovery then finds the job.
 */
export async function runJob<R extends WorkReport>(run: JobRun<R>, ports: JobPorts): Promise<EndedRun<R>> {
  const { ignoreNotBefore = false } = run
  const job =
    typeof run.job === 'number'
      ? await claimJob(run.job, ports, { ignoreNotBefore })
      : await claimNewJob(run.job, ports, run.kind)
  failpoint('job-claimed', job.id)
  run.onStart?.(job)

  const lease = new JobLease(job, ports)
  const outcome = await work(job, lease, run)
  await lease.end()
  if (outcome.error?.kind === 'lease_lost') throw outcome.error
  failpoint('job-ending', job.id)
  const ended = await ports.jobs.transaction((table) => {
    const held = heldWith(job.lease.token, table.get(job.id))
    const by = { token: job.lease.token, now: ports.clock.now(), counts: outcome.report?.counts ?? lease.counts }
    const next =
      outcome.error === null ? finished(held, outcome.report, run, by) : stopped(held, outcome.error, run, by)
    return { put: [next], result: next }
  })
  failpoint('job-ended', job.id)
  return { job: ended, ...outcome }
}

type Outcome<R> =
  | { readonly report: R; readonly error: null }
  | { readonly report: null; readonly error: WholesalerError }

async function work<R extends WorkReport>(job: RunningJob, lease: JobLease, run: JobRun<R>): Promise<Outcome<R>> {
  const signal = AbortSignal.any([lease.lost, run.signal])
  try {
    await lease.begin()
    const report = await run.work({
      job,
      writer: { jobId: job.id, token: job.lease.token },
      signal,
      onCounts: (counts) => lease.setCounts(counts),
      noteProgress: () => lease.noteProgress(),
      assertLease: () => lease.assert(),
    })
    return { report, error: null }
  } catch (error: unknown) {
    return { report: null, error: whyStopped(error, signal) }
  }
}

/** The reason of the abort stands above whatever it made the work throw. */
function whyStopped(error: unknown, signal: AbortSignal): WholesalerError {
  const why: unknown = signal.aborted ? signal.reason : error
  if (why instanceof WholesalerError) return why
  const details = { message: messageOf(why), cause: why }
  if (signal.aborted) return new WholesalerError({ kind: 'interrupted', ...details })
  return asShortage(why) ?? new WholesalerError({ kind: 'unexpected', ...details })
}

type StopRules = Pick<JobRun<WorkReport>, 'exitCodeOf' | 'role'>

interface By {
  readonly token: number
  readonly now: number
  readonly counts: JobCounts
}

/** T4. */
function finished(held: RunningJob, report: WorkReport, { exitCodeOf }: StopRules, by: By): FinishedJob {
  const { timeLimit, errorMessages } = report
  const reason = timeLimit ? 'time_limit' : 'done'
  return complete(held, { ...by, reason, exitCode: exitCodeOf(report), errorMessages })
}

/** Errors that another try may not meet. */
const transientKinds: readonly ErrorKind[] = ['temporary', 'disk_full', 'locked']
/** What the machine is short of for a while: open files, processes, memory. */
const shortages = ['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM'] as const

function isTransientError({ kind, cause }: WholesalerError): boolean {
  return transientKinds.includes(kind) || (kind === 'unexpected' && hasCode(cause, ...shortages))
}

/** T5 or T6. */
function stopped(held: RunningJob, error: WholesalerError, run: StopRules, by: By): FinishedJob | ScheduledJob {
  const { message } = error
  const failed = (reason: FailReason) => fail(held, { ...by, reason, exitCode: run.exitCodeOf(error), message })
  const isWorker = run.role === 'worker'

  const isInterrupted = error.kind === 'interrupted'
  const isTransient = isTransientError(error)
  if (held.cancelRequested && (isInterrupted || isTransient)) return failed('cancelled')
  if (isInterrupted) {
    return isWorker ? reschedule(held, { ...by, why: 'stopped', message }) : failed('interrupted')
  }
  if (!isTransient) return failed('error')
  if (!isWorker) return failed('transient')
  return mayReschedule(held) ? reschedule(held, { ...by, why: 'transient', message }) : failed('attempts')
}
