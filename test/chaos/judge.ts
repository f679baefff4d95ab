/** Runs a goal once and says what came of it, with the command that does the same again. */
import type { Breach, Flags, Goal, Verdict } from './goal.js'
import { seededRandom } from './random.js'

export interface Judged {
  readonly goal: Goal
  readonly flags: Flags
  readonly seed: number
  readonly seconds: number
  readonly verdict: Verdict
}

/** Breaches shown in full; the rest is counted. */
const shownMax = 10

export async function judge(
  goal: Goal,
  flags: Flags,
  { seed, say }: { readonly seed: number; readonly say: (line: string) => void },
): Promise<Judged> {
  const startedAt = performance.now()
  const verdict = await goal.run(flags, { seed, say, random: (run) => seededRandom(seed, run) })
  return { goal, flags, seed, seconds: (performance.now() - startedAt) / 1000, verdict }
}

/** What to type to have the same again; with `run` for that one round. */
export function replayCommand(goal: Goal, flags: Flags, seed: number, run: number | null = null): string {
  const only: Flags = run !== null && 'first' in goal.flags ? { ...flags, first: run, runs: 1 } : flags
  const words = Object.entries(only)
    .filter(([flag, value]) => goal.flags[flag] !== value)
    .map(([flag, value]) => ` --${flag} ${value}`)
  return `npm run chaos -- ${goal.name} --seed ${seed}${words.join('')}`
}

export function report(judged: Judged): string[] {
  const { verdict, seconds } = judged
  const figures = { ...verdict.figures, seconds: seconds.toFixed(1) }
  const width = Math.max(...Object.keys(figures).map((name) => name.length))
  const lines = Object.entries(figures).map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
  const breaches = verdict.broken.slice(0, shownMax).map((breach) => breachText(judged, breach))
  const more = verdict.broken.length - shownMax
  if (more > 0) breaches.push(`  and ${more} more`)
  return [...lines, ...breaches, verdict.broken.length === 0 ? 'KEPT' : 'BROKEN']
}

/** For a test: fails with everything that is needed to see it again. */
export function assertKept(judged: Judged): void {
  if (judged.verdict.broken.length > 0) throw new Error(`${judged.goal.promise}\n${report(judged).join('\n')}`)
}

function breachText({ goal, flags, seed }: Judged, { what, run }: Breach): string {
  const where = run === null ? '' : ` in run ${run}`
  return `  BROKEN${where}: ${what}\n    again with: ${replayCommand(goal, flags, seed, run)}`
}
