/** A change of the job file in a process of its own, disturbed at each of its system calls of one kind in turn. */
import { systemClock } from '../../src/core/clock.js'
import { openJobStore } from '../../src/core/jobs/lowdb-job-store.js'
import { scheduledJob } from '../core/jobs/sample-jobs.js'
import { inTempDir } from '../support/temp-dir.js'
import { addJobUnder, type DisturbedChange, type ThreadName, threads } from './one-transaction.js'
import { faultsOfJobFile } from './whole-job-file.js'

/** Calls that read or change what is on disk or hold a file, and their names on other machines. */
const callGroups = {
  open: ['open', 'openat'],
  read: ['read', 'pread64'],
  write: ['write', 'pwrite64', 'pwritev', 'writev'],
  fsync: ['fsync', 'fdatasync'],
  link: ['link', 'linkat'],
  rename: ['rename', 'renameat', 'renameat2'],
  unlink: ['unlink', 'unlinkat'],
  close: ['close'],
} as const
export type CallGroup = keyof typeof callGroups

/** A change needs far fewer calls of one kind: more means that the loop will not end. */
const callsMax = 200
/** Jobs that are there when the next one is added: the very first change takes another way. */
const earlierJobs = { first: [], later: [1, 2] } as const
export type Change = keyof typeof earlierJobs
const disturbed = 3

export interface Point {
  readonly change: Change
  readonly thread: ThreadName
  readonly call: CallGroup
}

export function pointsOf(calls: readonly CallGroup[], changes: readonly Change[]): Point[] {
  return changes.flatMap((change) => threads.flatMap((thread) => calls.map((call) => ({ change, thread, call }))))
}

/** Some of the groups by name, with commas. */
export function callGroupsOf(text: string): CallGroup[] {
  return text.split(',').map((name) => {
    if (name in callGroups) return name as CallGroup
    throw new Error(`--calls takes some of ${Object.keys(callGroups).join(',')}`)
  })
}

export function nameOf({ change, thread, call }: Point): string {
  return `${change} change, ${thread} thread, ${call}`
}

export interface DisturbOptions {
  /** As for strace: `signal=KILL`, `error=EIO`. */
  readonly fault: string
  /** What is wrong with how the process ended; what became of the file is looked at anyway. */
  readonly judge: (change: DisturbedChange) => readonly string[]
}

/** Disturbs the first call, the second and so on, until there is none to disturb; says how many there were. */
export async function disturbEach(
  point: Point,
  { fault, judge }: DisturbOptions,
): Promise<{ readonly met: number; readonly faults: readonly string[] }> {
  const { thread, call, change } = point
  const before = earlierJobs[change]
  const faults: string[] = []
  for (let nth = 1; nth <= callsMax; nth += 1) {
    const met = await inTempDir(async (dir) => {
      await addJobs(dir, before)
      const injection = { thread, calls: callGroups[call], fault, when: `${nth}` }
      const end = await addJobUnder(injection, { dir, id: disturbed })
      const acknowledged = end.acked ? [...before, disturbed] : before
      const found = [...judge(end), ...(await faultsOfJobFile(dir, { acknowledged, disturbed }))]
      for (const what of found) faults.push(`${nameOf(point)} ${nth}: ${what}`)
      return end.met
    })
    if (!met) return { met: nth - 1, faults }
  }
  return { met: callsMax, faults: [...faults, `${nameOf(point)}: still disturbed at call ${callsMax}`] }
}

async function addJobs(dir: string, ids: readonly number[]): Promise<void> {
  const store = openJobStore({ dir, clock: systemClock, onWarning: () => {} })
  for (const id of ids) await store.transaction(() => ({ put: [scheduledJob(id)], result: undefined }))
  await store.close()
}
