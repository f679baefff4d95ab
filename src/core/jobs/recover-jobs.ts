/**
 * `recover`: finds stuck jobs, says what was seen of each, and brings them to their end. Any number of
 * processes may do so at once: each step is taken by one of them, and the others see it done.
 */
import type { WholesalerError } from '../errors.js'
import { findBusy } from './claim-job.js'
import type { StuckVerdict } from './detect-stuck.js'
import { type Finding, findStuck } from './find-stuck.js'
import { isFinished, type Job, type RunningJob, type ScheduledJob } from './job.js'
import type { JobTable } from './job-store.js'
import { type LookPorts, type LookRequest, lookForStuck } from './look-for-stuck.js'
import { type FoundStuck, markStuck } from './mark-stuck.js'
import { type RestartPorts, restartStuck } from './restart-stuck.js'
import { type WorkedOff, workOff } from './work-off.js'

export interface RecoverRequest extends LookRequest {
  /** Only say what would be done. */
  readonly dryRun: boolean
  /** As `launch`, for a job that has brought its processes down before: so that this one outlives it. */
  readonly apart: (id: number) => Promise<boolean>
}

export interface RecoverPorts extends RestartPorts, Pick<LookPorts, 'watch' | 'onNote'> {
  /** Claims a job, whatever back-off it is in, and works it off. */
  readonly run: (id: number, signal: AbortSignal) => Promise<WorkedOff>
}

export interface RecoveredJob {
  /** As it is at the end. */
  readonly job: Job
  /** What was seen of it first. */
  readonly verdict: StuckVerdict
  readonly action: RecoverAction
  /** What its run here ended with. */
  readonly error: WholesalerError | null
}

export type RecoverAction =
  /** Nothing was to be done, or nothing was to be done yet. */
  | 'none'
  /** Worked off by this process. */
  | 'finished_here'
  /** A worker of its own works it off. */
  | 'worker_started'
  /** Its limits are reached, or it was to be cancelled. */
  | 'gave_up'
  /** Another process was quicker. */
  | 'taken_by_other'

/** Once may be chance. */
const crashesMaxHere = 1
/** Milliseconds between two looks at jobs that others are at work on. */
const lookAgainEveryMs = 1_000

/** Recovers the jobs that need it, then works off what is scheduled. Throws what `workOff` throws. */
export async function recoverJobs(request: RecoverRequest, ports: RecoverPorts): Promise<readonly RecoveredJob[]> {
  if (request.dryRun) return await previewRecovery(request, ports)
  const findings = await lookForStuck(request, ports, (stuck) => restartFound(stuck, ports))
  return await new Recovery(request, ports, findings).finish()
}

/** What `recoverJobs` would begin with. Looks as long as it does, and changes nothing. */
export async function previewRecovery(request: LookRequest, ports: LookPorts): Promise<readonly RecoveredJob[]> {
  const findings = await lookForStuck(request, ports, null)
  return findings.map(({ job, verdict }) => ({ job, verdict, action: 'none', error: null }))
}

/**
 * Marks and restarts what is certainly stuck, and works nothing off: for whoever works jobs off anyway. Returns
 * the jobs that this call restarted.
 */
export async function restartFound(
  findings: readonly Finding[],
  ports: Omit<RecoverPorts, 'run'>,
): Promise<readonly ScheduledJob[]> {
  const stuck = findings.map(asFound).filter((found) => found !== null)
  await markStuck(stuck, ports)
  const restarted: ScheduledJob[] = []
  for (const { job, verdict } of findings) {
    if (verdict.state !== 'stuck') continue
    const done = await restartStuck(job.id, ports)
    if (done?.outcome === 'restarted') {
      ports.onNote(`Job ${job.id} was stuck: ${verdict.evidence}. It is run again; finished batches are kept.`)
      restarted.push(done.job)
    } else if (done?.outcome === 'gave_up') {
      ports.onNote(`Job ${job.id} was stuck: ${verdict.evidence}. It is given up: ${done.job.reason}.`)
    } else if (done?.outcome === 'grace') {
      const seconds = Math.ceil(done.waitMs / 1000)
      ports.onNote(`Job ${job.id}: its process cannot be ended from here; it is run again in ${seconds} s.`)
    }
  }
  return restarted
}

class Recovery {
  readonly #request: RecoverRequest
  readonly #ports: RecoverPorts
  readonly #findings: readonly Finding[]
  /** Those that were stuck, or are asked for by name. */
  readonly #wanted: ReadonlySet<number>
  readonly #ran = new Map<number, WorkedOff>()
  readonly #launched = new Set<number>()
  /** Jobs that are worked off apart, and those for which nothing could be started. */
  readonly #apart = new Set<number>()
  readonly #notApart = new Set<number>()
  #looksAgainAt = 0

  constructor(request: RecoverRequest, ports: RecoverPorts, findings: readonly Finding[]) {
    this.#request = request
    this.#ports = ports
    this.#findings = findings
    const isWanted = ({ job, verdict }: Finding) =>
      verdict.state === 'stuck' || (request.only === job.id && job.status === 'scheduled')
    this.#wanted = new Set(findings.filter(isWanted).map(({ job }) => job.id))
  }

  async finish(): Promise<readonly RecoveredJob[]> {
    const { launch, only = null, signal } = this.#request
    await restartFound(this.#findings, this.#ports)
    if (launch !== null) await this.#launchAll(launch)
    await this.#startApart()
    await this.#workOff(
      (id) => this.#wanted.has(id),
      (table) => this.#isOver(table),
    )
    // Those that only wait: of any age, since somebody is here now to do them.
    if (only === null && launch === null && !signal.aborted)
      await this.#workOff(
        () => true,
        () => true,
      )
    return await this.#report()
  }

  /** A worker each for what was stuck, one for all that only waits; what cannot be started is done here. */
  async #launchAll(launch: (id: number) => Promise<boolean>): Promise<void> {
    const { only = null } = this.#request
    const table = await this.#ports.jobs.read()
    const waits = this.#findings.find(
      ({ job, verdict }) =>
        job.status === 'scheduled' && verdict.state === 'waiting' && verdict.why === 'to be started',
    )
    const others = only === null && waits !== undefined ? [waits.job.id] : []
    for (const id of new Set([...this.#wanted, ...others])) {
      if (table.get(id)?.status !== 'scheduled') continue
      if (await launch(id)) this.#launched.add(id)
      else this.#ports.onNote(`Job ${id}: no worker could be started; it is worked off here.`)
    }
  }

  async #workOff(takes: (id: number) => boolean, isDone: (table: JobTable) => boolean): Promise<void> {
    const { signal } = this.#request
    const mayTake = (job: ScheduledJob) =>
      takes(job.id) && !this.#ran.has(job.id) && !this.#launched.has(job.id) && !this.#isForApart(job)
    await workOff(
      {
        run: this.#ports.run,
        concurrency: 1,
        signal,
        choice: { ignoreNotBefore: true, takes: mayTake },
        isDone,
        onLook: () => this.#lookAgain(),
        onEnded: (ended) => this.#ran.set(ended.job.id, ended),
      },
      this.#ports,
    )
  }

  /** Over when every wanted job is at its end, was run here, or has a worker; others' work is waited for. */
  #isOver(table: JobTable): boolean {
    const { wait, launch } = this.#request
    const isOver = (id: number) => {
      const job = table.get(id)
      if (job === undefined || isFinished(job) || this.#ran.has(id) || this.#launched.has(id)) return true
      return !wait || launch !== null
    }
    return [...this.#wanted].every(isOver)
  }

  /** Who took a job over from us may die of it as well. */
  async #lookAgain(): Promise<void> {
    const { clock } = this.#ports
    if (clock.monotonic() < this.#looksAgainAt) return
    this.#looksAgainAt = clock.monotonic() + lookAgainEveryMs
    const findings = await findStuck(this.#ports)
    await restartFound(
      findings.filter(({ job }) => this.#wanted.has(job.id)),
      this.#ports,
    )
    await this.#startApart()
  }

  async #startApart(): Promise<void> {
    const table = await this.#ports.jobs.read()
    for (const id of this.#wanted) {
      const job = table.get(id)
      if (job?.status !== 'scheduled' || this.#launched.has(id) || !this.#isForApart(job)) continue
      if (findBusy(table, job.options.wholesalers, this.#ports.judge) !== null) continue
      if (await this.#request.apart(id)) this.#apart.add(id)
      else this.#notApart.add(id)
    }
  }

  #isForApart({ id, failures }: ScheduledJob): boolean {
    return failures.crashes > crashesMaxHere && !this.#notApart.has(id)
  }

  async #report(): Promise<readonly RecoveredJob[]> {
    const table = await this.#ports.jobs.read()
    const found = this.#findings.map(({ job, verdict }) => ({ id: job.id, first: job, verdict }))
    const known = new Set(found.map(({ id }) => id))
    for (const [id, { job }] of this.#ran) {
      if (!known.has(id)) found.push({ id, first: job, verdict: { state: 'waiting', why: 'to be started' } })
    }
    return found.map(({ id, first, verdict }) => {
      const job = table.get(id) ?? this.#ran.get(id)?.job ?? first
      return { job, verdict, action: this.#actionOf(job), error: this.#ran.get(id)?.error ?? null }
    })
  }

  #actionOf(job: Job): RecoverAction {
    if (this.#ran.has(job.id)) return 'finished_here'
    if (this.#launched.has(job.id)) return 'worker_started'
    if (!this.#wanted.has(job.id) || job.status === 'processing_stuck') return 'none'
    const gaveUp = job.status === 'failed' && ['poison', 'attempts', 'cancelled'].includes(job.reason)
    if (gaveUp) return 'gave_up'
    if (this.#apart.has(job.id)) return 'worker_started'
    return job.status === 'scheduled' ? 'none' : 'taken_by_other'
  }
}

/** What `markStuck` is to mark; null for one that is not stuck, or is marked already. */
function asFound({ job, verdict }: Finding): FoundStuck | null {
  if (verdict.state !== 'stuck') return null
  const { reason, evidence } = verdict
  if (job.status === 'scheduled' && reason === 'never_started') return { job, reason, evidence }
  if (job.status === 'running' && reason !== 'never_started') return { job: job satisfies RunningJob, reason, evidence }
  return null
}
