/** A worker that stands still longer than its lease, and wakes up when somebody else has its job. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Failpoint } from '../../../src/core/failpoint.js'
import { csvFeed, skus } from '../../commands/workplace.js'
import { type FastImport, startFastImport } from '../fast-import.js'
import { defineGoal, everyRound } from '../goal.js'
import { appliedProducts, catalogDigest } from '../kill9/catalog-digest.js'
import { isStoppedWithin } from '../process-state.js'
import type { Random } from '../random.js'
import { staleBatches } from './stale-batches.js'

/** Where it may stand still without holding a lock that all others need, and how often it comes by at most. */
const places: readonly (readonly [Failpoint, number])[] = [
  ['batch-claim', 12],
  ['batch-claimed', 12],
  ['apply-product', 500],
  ['batch-applied', 12],
  ['batch-recorded', 12],
  ['job-claimed', 1],
  ['job-ending', 1],
]
/** - `late`: woken when its job is done. - `amid`: woken while another works on it. - `killed`: within reach of
 * whoever takes over, and never woken. - `blocked`: its loop is blocked for so long, and goes on by itself. */
const wakings = ['late', 'amid', 'blocked', 'killed'] as const
type Waking = (typeof wakings)[number]

/** Milliseconds, real ones: a process that has lost its lease ends in that time. */
const endsWithinMs = 5_000
const startsWithinMs = 60_000
/** Fast milliseconds: longer than lease, watch and grace together. */
const blockedMs = 200_000
/** Fast milliseconds: a heartbeat older than this is looked at more closely. */
const youngMs = 25_000
const lookEveryMs = 50
const exitLeaseLost = 75
const products = 600

export const pauseGoal = defineGoal({
  name: 'pause',
  promise: 'a worker that wakes up after its job was taken over writes nothing and ends with 75',
  /** `factor`: how much faster than real time leases and graces pass. */
  flags: { runs: 50, first: 0, parallel: 4, factor: 10 },
  async run(flags, { random, say }) {
    const dir = await mkdtemp(join(tmpdir(), 'wholesaler-pause-'))
    try {
      const feed = join(dir, 'feed.csv')
      await writeFile(feed, csvFeed(skus(products)))
      const undisturbed = await importUndisturbed(dir, feed, flags.factor)
      const ends = new Map<string, number>()
      let slowestMs = 0
      const broken = await everyRound(flags, async (run) => {
        const result = await pauseRound({ dir, feed, run, random: random(run), undisturbed, ...flags })
        ends.set(result.end, (ends.get(result.end) ?? 0) + 1)
        slowestMs = Math.max(slowestMs, result.endedAfterMs)
        say(`run ${run}: ${result.what}: ${result.end}`)
        return result.faults
      })
      const counts = [...ends].map(([end, times]) => `${times} x ${end}`).join(', ')
      return {
        figures: {
          'ends of workers that stood still': counts,
          'slowest end after waking, ms': slowestMs.toFixed(0),
          'stale writes accepted': broken.filter(({ what }) => /stale|catalog/.test(what)).length,
        },
        broken,
      }
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  },
})

interface Round {
  readonly dir: string
  readonly feed: string
  readonly run: number
  readonly random: Random
  readonly factor: number
  readonly undisturbed: string
}

interface RoundResult {
  readonly what: string
  readonly end: string
  readonly endedAfterMs: number
  readonly faults: readonly string[]
}

async function pauseRound({ dir, feed, run, random, factor, undisturbed }: Round): Promise<RoundResult> {
  const waking: Waking = wakings[run % wakings.length] ?? 'late'
  const [place, times] = random.pick(places)
  const nth = random.integer(1, times)
  const how = waking === 'blocked' ? `hang:${Math.round(blockedMs / factor)}` : 'stop'
  const stateDir = join(dir, `run-${run}`)
  const time = { factor, originMs: Date.now() }
  const shared = { stateDir, feed, time, reach: waking === 'killed' ? 'end' : 'leave' } as const

  const env = { WHOLESALER_FAILPOINT: `${place}:${nth}:${how}` }
  const old = startFastImport({ task: 'import', ...shared }, { env })
  if (waking === 'blocked') await isClaimed(stateDir)
  else if (!(await isStoppedWithin(old.pid, startsWithinMs))) throw new Error('it did not stand still')
  // A heartbeat that may still be young says nothing: recovery would rightly find a healthy job.
  await sleep(youngMs / factor)
  const other = startFastImport({ task: 'recover', ...shared })
  if (waking === 'amid') {
    await other.line('claimed')
    await sleep(random.integer(0, 400))
    old.kill('SIGCONT')
  }
  const wokenAt = performance.now()
  const [taken] = await Promise.all([other.ended, waking === 'amid' ? old.ended : null])
  const before = await facts(stateDir)
  const lateAt = performance.now()
  if (waking === 'late') old.kill('SIGCONT')
  const { code, signal, lines } = await old.ended
  const endedAfterMs = waking === 'late' ? performance.now() - lateAt : 0

  const faults = [...(await wrongState(stateDir, undisturbed))]
  const after = await facts(stateDir)
  if (after.jobFile !== before.jobFile) faults.push('a stale write changed the job file')
  if (after.applied !== products) faults.push(`stale: ${after.applied} products were written instead of ${products}`)
  if (taken.code !== 0) faults.push(`who took over ended with ${taken.code}: ${taken.lines.join('; ')} ${taken.stderr}`)
  const expected = waking === 'killed' ? signal === 'SIGKILL' || code === exitLeaseLost : code === exitLeaseLost
  if (!expected) faults.push(`the old worker ended with ${code ?? signal}: ${lines.slice(-3).join('; ')}`)
  if (endedAfterMs > endsWithinMs) faults.push(`it took ${endedAfterMs.toFixed(0)} ms to end, from ${wokenAt}`)
  const what = `${waking} at ${place}:${nth}`
  await rm(stateDir, { recursive: true, force: true })
  return { what, end: `${code ?? signal}`, endedAfterMs, faults: faults.map((fault) => `${what}: ${fault}`) }
}

/** Resolves when the job is somebody's, whether or not that process can still say so. */
async function isClaimed(stateDir: string): Promise<void> {
  for (const until = performance.now() + startsWithinMs; performance.now() < until; await sleep(lookEveryMs)) {
    const text = await readFile(join(stateDir, 'jobs.json'), 'utf8').catch(() => '')
    if (text.includes('"status": "running"')) return
  }
  throw new Error('no job was claimed')
}

async function facts(stateDir: string) {
  const jobFile = await readFile(join(stateDir, 'jobs.json'), 'utf8')
  return { jobFile, applied: await appliedProducts(stateDir) }
}

async function wrongState(stateDir: string, undisturbed: string): Promise<string[]> {
  const { digest, faults } = await catalogDigest(stateDir)
  const wrong = [...faults, ...(await staleBatches(stateDir))]
  if (digest !== undisturbed) wrong.push('the catalog is not that of an undisturbed import')
  const { jobs }: { jobs: Record<string, { status: string; attempt: number }> } = JSON.parse(
    await readFile(join(stateDir, 'jobs.json'), 'utf8'),
  )
  for (const [id, { status }] of Object.entries(jobs)) if (status !== 'completed') wrong.push(`job ${id} is ${status}`)
  return wrong
}

async function importUndisturbed(dir: string, feed: string, factor: number): Promise<string> {
  const stateDir = join(dir, 'undisturbed')
  const time = { factor, originMs: Date.now() }
  const words: FastImport = { task: 'import', stateDir, feed, time, reach: 'end' }
  const { code, lines, stderr } = await startFastImport(words).ended
  if (code !== 0) throw new Error(`an import that nobody disturbed ended with ${code}: ${lines.join('; ')} ${stderr}`)
  return (await catalogDigest(stateDir)).digest
}
