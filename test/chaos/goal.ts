/**
 * A goal: one promise of reliability, put to the test with faults as often as is asked for. `run.ts` runs goals
 * in their long form, the tests beside them in a short one.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from './random.js'

/** Options of a goal with their defaults; `--name VALUE` on the command line. */
export type Flags = Readonly<Record<string, string | number>>

export interface GoalContext {
  /** All that is left to chance follows from it. */
  readonly seed: number
  /** The chance of one numbered run: the same numbers each time that the seed is the same. */
  readonly random: (run: number) => Random
  /** A line for whoever watches. */
  readonly say: (line: string) => void
}

export interface Verdict {
  /** What was measured, by name, in the order to be shown. */
  readonly figures: Readonly<Record<string, string | number>>
  /** Every way in which the promise was broken; empty = it was kept. */
  readonly broken: readonly Breach[]
}

export interface Breach {
  readonly what: string
  /** The run it happened in; null when it concerns all of them. */
  readonly run: number | null
}

export interface Goal<F extends Flags = Flags> {
  readonly name: string
  /** What holds when the goal is met, in one sentence. */
  readonly promise: string
  /** Defaults: those of the long form. */
  readonly flags: F
  readonly run: (flags: F, context: GoalContext) => Promise<Verdict>
}

/** Flags as they are used: `--procs 16` is some number, not always the default. */
type Wide<F extends Flags> = { readonly [K in keyof F]: F[K] extends number ? number : string }

export function defineGoal<const F extends Flags>(goal: Omit<Goal<Wide<F>>, 'flags'> & { readonly flags: F }) {
  return goal as unknown as Goal<Wide<F>>
}

export interface Rounds {
  /** How many. */
  readonly runs: number
  /** Number of the first: `--first 17 --runs 1` repeats the 17th. */
  readonly first: number
  /** How many at the same time. Default 1. */
  readonly parallel?: number
}

/** Does `round` for each number. What a round throws is a breach of that round; the others go on. */
export async function everyRound(
  { runs, first, parallel = 1 }: Rounds,
  round: (run: number) => Promise<readonly string[]>,
): Promise<Breach[]> {
  const broken: Breach[] = []
  let next = first
  const lane = async () => {
    while (next < first + runs) {
      const run = next++
      try {
        for (const what of await inTime(round(run))) broken.push({ what, run })
      } catch (error: unknown) {
        broken.push({ what: error instanceof Error ? (error.stack ?? error.message) : String(error), run })
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, runs) }, lane))
  return broken.sort((a, b) => (a.run ?? 0) - (b.run ?? 0))
}

/** Milliseconds that a round may take: one that hangs is a finding, not a reason to wait for ever. */
const roundMsMax = 300_000

async function inTime<T>(work: Promise<T>): Promise<T> {
  const over = new AbortController()
  const late = sleep(roundMsMax, undefined, { signal: over.signal }).then(() => {
    throw new Error(`the round did not end within ${roundMsMax / 1000} s`)
  })
  // Once the round has ended nobody waits for this any more.
  late.catch(() => {})
  try {
    return await Promise.race([work, late])
  } finally {
    over.abort()
  }
}
