/** Many recoveries at once: every job comes to its end, none is started twice, nobody who lives is condemned. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Job } from '../../../src/core/jobs/job.js'
import { fastClock } from '../fast-clock.js'
import { defineGoal, everyRound } from '../goal.js'
import type { Random } from '../random.js'
import { type ScriptProcess, startScript } from '../script-process.js'
import { type JobScene, type Kind, setScene } from './job-scene.js'

const script = fileURLToPath(new URL('recoverer.ts', import.meta.url))

/** Fast milliseconds from the start of recovery until it has found a job. Silence: a lease and two checks by cron. */
const foundWithinMs: Readonly<Partial<Record<Kind, number>>> = { dead: 65_000, old: 65_000, silent: 180_000 }

export const recoverGoal = defineGoal({
  name: 'recover',
  promise: 'recoveries at once start each stuck job once, condemn nobody who lives, and end every job',
  /** `parallel`: recoveries of one state; `lanes`: states at once; `factor`: how much faster than real time. */
  flags: { runs: 100, first: 0, parallel: 8, lanes: 2, factor: 10 },
  async run({ runs, first, parallel, lanes, factor }, { random }) {
    const dir = await mkdtemp(join(tmpdir(), 'wholesaler-recover-'))
    const crews: ScriptProcess[][] = []
    try {
      for (let lane = 0; lane < Math.min(lanes, runs); lane += 1)
        crews.push(Array.from({ length: parallel }, () => startScript(script, [])))
      await Promise.all(crews.flat().map((recoverer) => recoverer.line('ready')))
      const tally = new Tally()
      const free = [...crews]
      const broken = await everyRound({ runs, first, parallel: lanes }, async (run) => {
        const crew = free.pop()
        if (crew === undefined) throw new Error('more rounds at once than crews')
        try {
          return await recoverRound({ dir: join(dir, `run-${run}`), random: random(run), factor, crew, tally })
        } finally {
          free.push(crew)
        }
      })
      return { figures: tally.figures(), broken }
    } finally {
      for (const recoverer of crews.flat()) recoverer.kill('SIGKILL')
      await rm(dir, { recursive: true, force: true })
    }
  },
})

/** Sums over all rounds. */
class Tally {
  readonly #jobs = new Map<Kind, number>()
  readonly #slowestMs = new Map<Kind, number>()
  starts = 0
  doubleStarts = 0
  condemned = 0

  count(kind: Kind): void {
    this.#jobs.set(kind, (this.#jobs.get(kind) ?? 0) + 1)
  }

  found(kind: Kind, ms: number): void {
    this.#slowestMs.set(kind, Math.max(ms, this.#slowestMs.get(kind) ?? 0))
  }

  figures() {
    const found = [...this.#slowestMs].map(([kind, ms]) => `${kind} ${(ms / 1000).toFixed(1)} s`)
    return {
      jobs: [...this.#jobs].map(([kind, count]) => `${count} ${kind}`).join(', '),
      starts: this.starts,
      'double starts': this.doubleStarts,
      'living owners condemned': this.condemned,
      'found after at most (fast time)': found.join(', '),
    }
  }
}

interface Round {
  readonly dir: string
  readonly random: Random
  readonly factor: number
  readonly crew: readonly ScriptProcess[]
  readonly tally: Tally
}

async function recoverRound({ dir, random, factor, crew, tally }: Round): Promise<readonly string[]> {
  const time = { factor, originMs: Date.now() }
  const clock = fastClock(time)
  const log = join(dir, 'starts.log')
  const scene = await setScene(dir, clock, random)
  try {
    const beganAt = clock.now()
    const done = crew.map((recoverer) => recoverer.line(`done ${dir}`))
    for (const recoverer of crew) recoverer.tell(`${dir} ${factor} ${time.originMs} ${log}`)
    const said = await Promise.all(done)
    const failed = said.filter((line) => line !== `done ${dir}`)
    const condemned = await scene.endLiving()
    tally.condemned += condemned.length
    const table = await scene.jobs.read()
    const starts = await readStarts(log)
    const faults = [...failed, ...condemned, ...scene.stoppedAreGone()]
    for (const [id, kind] of scene.kindOf) {
      tally.count(kind)
      faults.push(...wrongJob(table.get(id), { id, kind, starts: starts.get(id) ?? 0, beganAt }, tally))
    }
    return faults.map((fault) => `${describe(scene)}: ${fault}`)
  } finally {
    await scene.close()
    await rm(dir, { recursive: true, force: true })
  }
}

interface Seen {
  readonly id: number
  readonly kind: Kind
  readonly starts: number
  readonly beganAt: number
}

function wrongJob(job: Job | undefined, { id, kind, starts, beganAt }: Seen, tally: Tally): string[] {
  const faults: string[] = []
  const expectedStarts = kind === 'alive' ? 0 : 1
  tally.starts += starts
  if (starts > expectedStarts) tally.doubleStarts += starts - expectedStarts
  if (starts !== expectedStarts) faults.push(`job ${id} (${kind}) was started ${starts} times`)
  if (job?.status !== 'completed') faults.push(`job ${id} (${kind}) is ${job?.status ?? 'gone'}`)
  const found = job?.events.find(({ message }) => message.startsWith('stuck: '))
  const limit = foundWithinMs[kind]
  if (limit === undefined) {
    if (found !== undefined) faults.push(`job ${id} (${kind}) was taken for stuck: ${found.message}`)
    return faults
  }
  if (found === undefined) return [...faults, `job ${id} (${kind}) was not taken for stuck`]
  tally.found(kind, found.at - beganAt)
  if (found.at - beganAt > limit) faults.push(`job ${id} (${kind}) was found after ${found.at - beganAt} ms`)
  return faults
}

/** How often each job was started. */
async function readStarts(log: string): Promise<ReadonlyMap<number, number>> {
  const starts = new Map<number, number>()
  for (const line of (await readFile(log, 'utf8').catch(() => '')).split('\n')) {
    const id = /^start (\d+) /.exec(line)?.[1]
    if (id !== undefined) starts.set(Number(id), (starts.get(Number(id)) ?? 0) + 1)
  }
  return starts
}

function describe({ kindOf }: JobScene): string {
  return [...kindOf].map(([id, kind]) => `${id} ${kind}`).join(', ')
}
