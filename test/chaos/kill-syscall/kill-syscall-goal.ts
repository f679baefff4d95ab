/** A change of the job file, killed at each of its system calls in turn: the old file or the new one. */
import { systemClock } from '../../../src/core/clock.js'
import { openJobStore } from '../../../src/core/jobs/lowdb-job-store.js'
import { scheduledJob } from '../../core/jobs/sample-jobs.js'
import { inTempDir } from '../../support/temp-dir.js'
import { needTool } from '../fault-tools.js'
import { type Breach, defineGoal, everyRound } from '../goal.js'
import { addJobUnder, type ThreadName, threads } from '../one-transaction.js'
import { faultsOfJobFile } from '../whole-job-file.js'

/** Calls that change what is on disk or hold a file, and their names on other machines. */
const callGroups: Readonly<Record<string, readonly string[]>> = {
  open: ['open', 'openat'],
  write: ['write', 'pwrite64', 'pwritev', 'writev'],
  fsync: ['fsync', 'fdatasync'],
  link: ['link', 'linkat'],
  rename: ['rename', 'renameat', 'renameat2'],
  unlink: ['unlink', 'unlinkat'],
  close: ['close'],
}

/** A change needs far fewer calls of one kind: more means that the loop will not end. */
const callsMax = 200
/** Jobs that are there when the next one is added: the very first change takes another way. */
const earlierJobs = { first: [], later: [1, 2] } as const
type Change = keyof typeof earlierJobs
const disturbed = 3

interface Point {
  readonly change: Change
  readonly thread: ThreadName
  readonly call: string
}

export const killSyscallGoal = defineGoal({
  name: 'kill-syscall',
  promise: 'a change of the job file that is killed at any system call leaves the old file or the new one',
  /** `calls`: `all`, or some of open,write,fsync,link,rename,unlink,close. */
  flags: { calls: 'all', parallel: 2 },
  async run({ calls, parallel }, { say }) {
    needTool('strace')
    const names = calls === 'all' ? Object.keys(callGroups) : calls.split(',')
    const changes: readonly Change[] = ['first', 'later']
    const points = changes.flatMap((change) =>
      threads.flatMap((thread) => names.map((call): Point => ({ change, thread, call }))),
    )
    const kills = new Map<Point, number>()
    const broken = await everyRound({ runs: points.length, first: 0, parallel }, async (index) => {
      const point = points[index]
      if (point === undefined) return []
      const { killed, faults } = await killAtEach(point)
      kills.set(point, killed)
      say(`${nameOf(point)}: killed at ${killed} calls`)
      return faults
    })
    const total = [...kills.values()].reduce((sum, killed) => sum + killed, 0)
    // The points name themselves: a replay is the same goal again.
    return {
      figures: { 'killed at': `${total} system calls`, 'old or new': `${total - broken.length} of ${total}` },
      broken: [...broken.map(({ what }): Breach => ({ what, run: null })), ...tooFew(total)],
    }
  },
})

function tooFew(total: number): Breach[] {
  return total > 0 ? [] : [{ what: 'no system call was met: the harness is blind', run: null }]
}

function nameOf({ change, thread, call }: Point): string {
  return `${change} change, ${thread} thread, ${call}`
}

/** Kills at the first call, the second and so on, until the change survives. */
async function killAtEach(point: Point): Promise<{ readonly killed: number; readonly faults: string[] }> {
  const { thread, call, change } = point
  const before = earlierJobs[change]
  const faults: string[] = []
  for (let nth = 1; nth <= callsMax; nth += 1) {
    const survived = await inTempDir(async (dir) => {
      await addJobs(dir, before)
      const fault = { thread, calls: callGroups[call] ?? [], fault: 'signal=KILL', when: `${nth}` }
      const { lines } = await addJobUnder(fault, { dir, id: disturbed })
      const acked = lines.includes('acked')
      const acknowledged = acked ? [...before, disturbed] : before
      const found = await faultsOfJobFile(dir, { acknowledged, disturbed })
      for (const what of found) faults.push(`${nameOf(point)} ${nth}: ${what}`)
      return acked
    })
    if (survived) return { killed: nth - 1, faults }
  }
  return { killed: callsMax, faults: [...faults, `${nameOf(point)}: still killed at call ${callsMax}`] }
}

async function addJobs(dir: string, ids: readonly number[]): Promise<void> {
  const store = openJobStore({ dir, clock: systemClock, onWarning: () => {} })
  for (const id of ids) await store.transaction(() => ({ put: [scheduledJob(id)], result: undefined }))
  await store.close()
}
