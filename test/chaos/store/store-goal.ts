/** Many processes change one job file: nothing is lost, nobody sees a broken file, a dead holder holds nothing. */
import { MissingTool } from '../fault-tools.js'
import { type Breach, defineGoal, type GoalContext, type Verdict } from '../goal.js'
import { percentile } from '../percentile.js'
import { runWriters, type WritersOptions, type WritersResult } from './run-writers.js'
import { type SubjectName, subjectNames } from './subject.js'

/** Milliseconds. A dead holder's lock is free in that time. */
const freeWithinMs = 1_000

export const storeGoal = defineGoal({
  name: 'store',
  promise: 'every acknowledged change of the job file is kept, and no reader ever sees a broken file',
  /** `store`: a subject, or several with commas, or `all`: then only ours decides, and a table compares them. */
  flags: { store: 'ours', procs: 16, updates: 500, readers: 4, jobs: 100, 'every-ms': 0, kill: 0 },
  async run(flags, context) {
    const names = flags.store === 'all' ? subjectNames : flags.store.split(',').map(subjectName)
    const results = new Map<SubjectName, WritersResult | null>()
    for (const name of names) results.set(name, await tryOne(name, flags, context, names.length > 1))
    if (names.length > 1) for (const line of table(results, flags.procs * flags.updates)) context.say(line)
    const decides: SubjectName = names.length > 1 ? 'ours' : (names[0] ?? 'ours')
    return verdictOf(results.get(decides) ?? null, flags)
  },
})

interface StoreFlags {
  readonly procs: number
  readonly updates: number
  readonly readers: number
  readonly jobs: number
  readonly 'every-ms': number
  readonly kill: number
}

async function tryOne(subject: SubjectName, flags: StoreFlags, { random, say }: GoalContext, others: boolean) {
  const { kill, 'every-ms': everyMs } = flags
  const options: WritersOptions = { ...flags, subject, everyMs, kills: kill, random: random(0) }
  try {
    return await runWriters(options)
  } catch (error: unknown) {
    if (!(error instanceof MissingTool) || !others) throw error
    say(`${subject}: not tested, ${error.message} (npm install --no-save proper-lockfile)`)
    return null
  }
}

function verdictOf(result: WritersResult | null, { procs, updates, kill, jobs }: StoreFlags): Verdict {
  if (result === null) return { figures: {}, broken: [{ what: 'our own store was not tested', run: null }] }
  const { acked, stored, writerErrors, readerErrors, reads, heldMs, tookMs, freeAfterMs } = result
  const broken: string[] = []
  if (stored === null) broken.push('the file is broken')
  else {
    const ownSum = stored.own.slice(0, procs).reduce((sum, own) => sum + own, 0)
    if (stored.all !== ownSum) broken.push(`torn: ${stored.all} updates of all, ${ownSum} of the single writers`)
    const extra = stored.all - acked
    if (extra < 0 || extra > kill) broken.push(`${stored.all} stored of ${acked} acknowledged, ${kill} kills`)
    if (stored.jobs !== Math.max(jobs, procs + 1)) broken.push(`${stored.jobs} jobs are left`)
  }
  const asked = procs * updates
  if (acked + kill < asked || acked > asked) broken.push(`${acked} of ${asked} acknowledged`)
  for (const error of [...writerErrors, ...readerErrors]) broken.push(error)
  const slowest = Math.max(0, ...freeAfterMs)
  if (slowest > freeWithinMs) broken.push(`the lock was free only ${slowest.toFixed(0)} ms after its holder was killed`)
  return {
    figures: {
      acknowledged: acked,
      stored: stored?.all ?? 'file broken',
      'reads by readers': reads,
      'errors of readers': readerErrors.length,
      'lock held, ms p50/p99/max': quantiles(heldMs),
      'update took, ms p50/p99/max': quantiles(tookMs),
      ...(kill > 0 && {
        kills: freeAfterMs.length,
        'written again after a kill, ms p50/p99/max': quantiles(freeAfterMs),
      }),
    },
    broken: broken.map((what): Breach => ({ what, run: null })),
  }
}

function table(results: ReadonlyMap<SubjectName, WritersResult | null>, asked: number): string[] {
  const rows = [['store', 'asked', 'acknowledged', 'stored', 'lost', 'writer errors', 'reads', 'broken reads']]
  for (const [name, result] of results) {
    if (result === null) {
      rows.push([name, `${asked}`, 'not tested'])
      continue
    }
    const { acked, stored, writerErrors, readerErrors, reads } = result
    const lost = stored === null ? 'all: file broken' : `${Math.max(0, acked - stored.all)}`
    const counts = [acked, stored?.all ?? '-', lost, writerErrors.length, reads, readerErrors.length]
    rows.push([name, `${asked}`, ...counts.map(String)])
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length))) ?? []
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function quantiles(values: readonly number[]): string {
  if (values.length === 0) return '-'
  return [50, 99, 100].map((percent) => percentile(values, percent).toFixed(1)).join(' / ')
}

function subjectName(name: string): SubjectName {
  const found = subjectNames.find((candidate) => candidate === name)
  if (found === undefined) throw new Error(`--store takes all, or some of ${subjectNames.join(', ')}`)
  return found
}
