/** Jobs in every state that recovery meets: of dead owners, silent ones and living ones, old and fresh ones that wait. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../src/core/clock.js'
import { startHeartbeat } from '../../../src/core/jobs/heartbeat.js'
import { type Job, noCounts, type Owner, type RunningJob } from '../../../src/core/jobs/job.js'
import type { JobStore } from '../../../src/core/jobs/job-store.js'
import { complete, schedule, start } from '../../../src/core/jobs/job-transitions.js'
import { openJobStore } from '../../../src/core/jobs/lowdb-job-store.js'
import { thisProcess } from '../../../src/core/jobs/owner.js'
import { openJobLedger } from '../../../src/core/ledger/sqlite-job-ledger.js'
import { sampleOptions } from '../../core/jobs/sample-jobs.js'
import { isStoppedWithin } from '../process-state.js'
import type { Random } from '../random.js'

export const kinds = ['dead', 'silent', 'alive', 'old', 'fresh'] as const
export type Kind = (typeof kinds)[number]

export interface JobScene {
  readonly kindOf: ReadonlyMap<number, Kind>
  readonly jobs: JobStore
  /** Ends the jobs of living owners; says what is wrong when one cannot. */
  endLiving(): Promise<readonly string[]>
  /** Whether each stopped process was ended by whoever took its job. */
  stoppedAreGone(): readonly string[]
  close(): Promise<void>
}

/** Milliseconds before now that a job was scheduled: too long, and not too long. */
const ageMs = { old: 301_000, fresh: 200_000 }
/** Milliseconds. */
const stopsWithinMs = 10_000

export async function setScene(stateDir: string, clock: Clock, random: Random): Promise<JobScene> {
  await mkdir(stateDir, { recursive: true })
  const jobs = openJobStore({ dir: stateDir, clock, onWarning: () => {} })
  const ledger = await openJobLedger(join(stateDir, 'ledger.db'))
  const kindOf = new Map<number, Kind>()
  const stopped: ChildProcess[] = []
  const living: { readonly job: RunningJob; readonly stop: () => Promise<void> }[] = []

  const add = async (kind: Kind): Promise<void> => {
    const id = await ledger.nextNumber()
    const options = { ...sampleOptions, wholesalers: [`w${id}`] }
    const now = clock.now()
    const age = kind === 'old' || kind === 'fresh' ? ageMs[kind] : 0
    let job: Job = schedule({ id, options, now: now - age })
    if (kind === 'dead' || kind === 'silent' || kind === 'alive') {
      const owner = kind === 'dead' ? deadOwner() : kind === 'alive' ? thisProcess() : await stoppedOwner(stopped)
      job = start(job, { owner, token: await ledger.nextNumber(), now })
    }
    await jobs.transaction(() => ({ put: [job], result: undefined }))
    if (kind === 'alive' && job.status === 'running') {
      const { token } = job
      const heartbeat = await startHeartbeat({ dir: stateDir, jobId: id, token, clock, counts: () => noCounts })
      living.push({ job, stop: () => heartbeat.stop() })
    }
    kindOf.set(id, kind)
  }
  for (const kind of kinds) {
    const least = kind === 'dead' ? 1 : 0
    for (let count = random.integer(least, 2); count > 0; count -= 1) await add(kind)
  }
  await ledger.close()
  return {
    kindOf,
    jobs,
    endLiving: async () => {
      const faults: string[] = []
      for (const { job, stop } of living) {
        await stop()
        faults.push(...(await endJob(jobs, job, clock)))
      }
      return faults
    },
    stoppedAreGone: () =>
      stopped.filter((child) => child.signalCode === null).map(({ pid }) => `process ${pid} was left standing`),
    close: async () => {
      for (const child of stopped) child.kill('SIGKILL')
      for (const { stop } of living) await stop()
      await jobs.close()
    },
  }
}

async function endJob(jobs: JobStore, { id, token }: RunningJob, clock: Clock): Promise<string[]> {
  return await jobs.transaction((table) => {
    const job = table.get(id)
    if (job?.status !== 'running' || job.token !== token) {
      return { put: [], result: [`the living owner of job ${id} was condemned: it is ${job?.status}`] }
    }
    const by = { token, now: clock.now(), counts: noCounts, reason: 'done', exitCode: 0, errorMessages: [] } as const
    return { put: [complete(job, by)], result: [] }
  })
}

/** This very machine, a pid that nobody has: above the highest that Linux gives. */
function deadOwner(): Owner {
  return { ...thisProcess(), pid: 2 ** 22 + 1, startTicks: '1', nonce: 'dead' }
}

/** A process that stands still, and gives no sign of life. */
async function stoppedOwner(stopped: ChildProcess[]): Promise<Owner> {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' })
  stopped.push(child)
  const { pid = 0 } = child
  child.kill('SIGSTOP')
  if (!(await isStoppedWithin(pid, stopsWithinMs))) throw new Error('it could not be stopped')
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  return { ...thisProcess(), pid, startTicks, nonce: `stopped-${pid}` }
}
