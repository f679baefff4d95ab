/** Looks at every job that has not ended, and judges it: the facts come from here, the rules from `detect-stuck.ts`. */
import { findBusy, type JobPorts } from './claim-job.js'
import { detectStuck, type StuckVerdict } from './detect-stuck.js'
import { heartbeatIntervalMs, leaseMs } from './heartbeat.js'
import { isFinished, type Job } from './job.js'
import type { JobStore, JobTable } from './job-store.js'
import type { HeartbeatObservation, HeartbeatWatch } from './observe-heartbeat.js'
import { judgeOwner } from './owner.js'
import { type LivingWorker, livingWorkers } from './worker-registry.js'

export interface Finding {
  readonly job: Job
  readonly verdict: StuckVerdict
  /** Of a running job whose owner is not certainly dead. */
  readonly observation: HeartbeatObservation | null
}

export interface FindPorts extends Pick<JobPorts, 'clock' | 'stateDir' | 'judge'> {
  readonly jobs: Pick<JobStore, 'read'>
  readonly watch: HeartbeatWatch
}

export interface FindOptions {
  /** Only this job. */
  readonly only?: number | null
  /** Only jobs that wait or run for at least this long; a scheduled one is then stuck after it. */
  readonly olderThanMs?: number | null
}

/** One look at every job that has not ended, oldest first. */
export async function findStuck(ports: FindPorts, options: FindOptions = {}): Promise<readonly Finding[]> {
  const { jobs, clock, stateDir, judge } = ports
  const { only = null, olderThanMs = null } = options
  const table = await jobs.read()
  const workers = await livingWorkers(stateDir, { now: clock.now(), judge })
  const findings: Finding[] = []
  for (const job of [...table.values()].sort((one, other) => one.id - other.id)) {
    if (isFinished(job) || (only !== null && job.id !== only)) continue
    if (olderThanMs !== null && clock.now() - sinceOf(job) < olderThanMs) continue
    findings.push(await judgeJob(job, { table, workers, olderThanMs }, ports))
  }
  return findings
}

interface Around {
  readonly table: JobTable
  readonly workers: readonly LivingWorker[]
  readonly olderThanMs: number | null
}

async function judgeJob(job: Job, { table, workers, olderThanMs }: Around, ports: FindPorts): Promise<Finding> {
  const { clock, watch, judge = (owner) => judgeOwner(owner) } = ports
  const owner = job.status === 'running' ? judge(job.lease.owner) : 'unknown'
  const observation = job.status === 'running' && owner !== 'dead' ? await watch.observe(job) : null
  const verdict = detectStuck(job, {
    now: clock.now(),
    owner,
    observation,
    slots: {
      workerAlive: workers.some((worker) => worker.job === null || worker.job === job.id),
      busyWith: job.status === 'scheduled' ? (findBusy(table, job.options.wholesalers, judge)?.id ?? null) : null,
      busyUntil: busyUntil(job, table, clock.now()),
    },
    ...(olderThanMs === null ? {} : { startWithinMs: olderThanMs }),
  })
  return { job, verdict, observation }
}

/**
 * True when only watching can tell: a heartbeat has stood still for a whole lease as far as others saw. With
 * `patient` also when it is older than it should be by the wall clock, which condemns nobody and may acquit.
 */
export function isUnsure({ job, verdict, observation }: Finding, now: number, patient: boolean): boolean {
  if (job.status !== 'running' || observation === null || verdict.state === 'stuck') return false
  if (observation.silentMs >= leaseMs) return true
  const { heartbeat } = observation
  return patient && (heartbeat === null || Math.abs(now - heartbeat.at) > 2 * heartbeatIntervalMs)
}

/** Unix ms: when the job came into its state. */
function sinceOf(job: Job): number {
  return job.status === 'running' ? job.startedAt : job.scheduledAt
}

/** The end of the last job that kept a wholesaler of this one busy; what a clock that was set back puts into the future does not count. */
function busyUntil(job: Job, table: JobTable, now: number): number {
  let until = 0
  for (const other of table.values()) {
    const endedAt = 'completedAt' in other ? other.completedAt : 'stuckAt' in other ? other.stuckAt : 0
    const shares = other.options.wholesalers.some((name) => job.options.wholesalers.includes(name))
    if (other.id !== job.id && shares && startedAtOf(other) !== null && endedAt <= now) until = Math.max(until, endedAt)
  }
  return until
}

function startedAtOf(job: Job): number | null {
  return 'startedAt' in job ? job.startedAt : null
}
