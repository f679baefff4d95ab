/** How a process makes a job its own: under the lock, with a new token, one job per wholesaler at a time. */

import type { Clock } from '../clock.js'
import { WholesalerError } from '../errors.js'
import type { Ledger } from '../ledger/ledger.js'
import type { Job, JobKind, JobOptions, Owner, RunningJob, ScheduledJob } from './job.js'
import type { JobStore, JobTable } from './job-store.js'
import { schedule, start } from './job-transitions.js'
import { describeOwner, judgeOwner, type OwnerJudge, thisProcess } from './owner.js'

/** What working with jobs needs. */
export interface JobPorts {
  readonly jobs: JobStore
  /** Where ids and tokens come from. */
  readonly ledger: Pick<Ledger, 'nextNumber' | 'raiseNumber'>
  readonly clock: Clock
  /** The state folder: heartbeats are in it. */
  readonly stateDir: string
  /** Default: this process. */
  readonly owner?: Owner
  /** Default: `judgeOwner`. */
  readonly judge?: OwnerJudge
}

/**
 * The live job of any of these wholesalers; null when all are free. A job whose owner is certainly dead
 * blocks nobody, nor does a scheduled or stuck one; an owner that cannot be judged from here does. Work on
 * the images of the whole store shares all wholesalers.
 */
export function findBusy(
  jobs: JobTable,
  wholesalers: readonly string[],
  judge: OwnerJudge = (owner) => judgeOwner(owner),
  kind: JobKind = 'import',
): RunningJob | null {
  for (const job of jobs.values()) {
    if (job.status !== 'running') continue
    const isWhole = kind === 'images' || job.kind === 'images'
    const shares = isWhole || job.options.wholesalers.some((name) => wholesalers.includes(name))
    if (shares && judge(job.lease.owner) !== 'dead') return job
  }
  return null
}

/** T1: accepts a request; somebody will run it. */
export async function createJob(options: JobOptions, ports: JobPorts): Promise<ScheduledJob> {
  const id = await numberAbove(await highestNumber(ports.jobs), ports.ledger)
  const job = schedule({ id, options, now: ports.clock.now() })
  return await ports.jobs.transaction(() => ({ put: [job], result: job }))
}

/**
 * T1 and T2 at once: a request that this process works off itself. Throws `busy` when a wholesaler of it
 * has a live job; no job is left behind then.
 */
export async function claimNewJob(options: JobOptions, ports: JobPorts, kind: JobKind = 'import'): Promise<RunningJob> {
  const { jobs, ledger, clock, owner = thisProcess() } = ports
  const id = await numberAbove(await highestNumber(jobs), ledger)
  const token = await ledger.nextNumber()
  return await jobs.transaction((table) => {
    refuseBusy(table, options.wholesalers, ports, kind)
    const now = clock.now()
    const job = start(schedule({ id, options, now, kind }), { owner, token, now })
    return { put: [job], result: job }
  })
}

/**
 * T2: takes a scheduled job. Throws `busy` when somebody has it, or another job of its wholesalers is live;
 * `usage` when there is no such job or it has ended.
 */
export async function claimJob(
  id: number,
  ports: JobPorts,
  { ignoreNotBefore = false }: { readonly ignoreNotBefore?: boolean } = {},
): Promise<RunningJob> {
  const { jobs, ledger, clock, owner = thisProcess() } = ports
  for (let floor = (await jobs.read()).get(id)?.token ?? 0; ; ) {
    const token = await numberAbove(floor, ledger)
    const claimed = await jobs.transaction<RunningJob | number>((table) => {
      const job = claimable(id, table.get(id), owner)
      refuseBusy(table, job.options.wholesalers, ports)
      // Somebody had it and gave it back since it was looked at: a newer token is needed.
      if (token <= job.token) return { put: [], result: job.token }
      const running = start(job, { owner, token, now: clock.now(), ignoreNotBefore })
      return { put: [running], result: running }
    })
    if (typeof claimed !== 'number') return claimed
    floor = claimed
  }
}

/**
 * The next number of the ledger that is above `floor`. A ledger that is younger than the job file (it was
 * lost, or belongs to another shop) is brought up to it first.
 */
export async function numberAbove(floor: number, ledger: JobPorts['ledger']): Promise<number> {
  const number = await ledger.nextNumber()
  if (number > floor) return number
  await ledger.raiseNumber(floor)
  return await ledger.nextNumber()
}

/** The highest id or token that any job has. */
async function highestNumber(jobs: JobStore): Promise<number> {
  let highest = 0
  for (const { id, token } of (await jobs.read()).values()) highest = Math.max(highest, id, token)
  return highest
}

function claimable(id: number, job: Job | undefined, self: Owner): ScheduledJob {
  if (job?.status === 'scheduled') return job
  if (job?.status === 'running') throw busyWith(job, self)
  const state = job === undefined ? 'there is no such job' : `it is ${job.status}`
  const hint = job?.status === 'processing_stuck' ? `To finish it: wholesaler recover ${id}` : 'wholesaler jobs'
  throw new WholesalerError({ kind: 'usage', message: `job ${id} cannot be started: ${state}`, hint })
}

function refuseBusy(
  table: JobTable,
  wholesalers: readonly string[],
  { owner = thisProcess(), judge }: JobPorts,
  kind: JobKind = 'import',
): void {
  const busy = findBusy(table, wholesalers, judge, kind)
  if (busy !== null) throw busyWith(busy, owner)
}

function busyWith({ id, kind, options, lease }: RunningJob, self: Owner): WholesalerError {
  const what = kind === 'images' ? 'the images of the store' : options.wholesalers.join(', ')
  return new WholesalerError({
    kind: 'busy',
    message: `${what}: job ${id} is at work on it (${describeOwner(lease.owner, self)})`,
    hint: `Wait for its end with: wholesaler status ${id} --wait`,
  })
}
