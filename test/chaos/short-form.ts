/** The short form of a goal, for the test that runs with all others. */
import { MissingTool, skipAloud } from './fault-tools.js'
import type { Flags, Goal } from './goal.js'
import { assertKept, type Judged, judge } from './judge.js'

/** The same each time, so that a failure says something about the change; `CHAOS_SEED` for another one. */
const seed = Number(process.env.CHAOS_SEED ?? 1)

/** Runs the goal with some flags set and fails the test, saying how to replay it, when the promise is broken. */
export async function keepsItsPromise<F extends Flags>(
  test: Mocha.Context,
  goal: Goal<F>,
  flags: Partial<F>,
): Promise<Judged> {
  const judged = await inShort(test, goal, flags)
  assertKept(judged)
  return judged
}

/** As `keepsItsPromise`, without a verdict: for a test that expects the promise to be broken. */
export async function inShort<F extends Flags>(test: Mocha.Context, goal: Goal<F>, flags: Partial<F>): Promise<Judged> {
  try {
    return await judge(goal as unknown as Goal, { ...goal.flags, ...flags }, { seed, say: () => {} })
  } catch (error: unknown) {
    if (error instanceof MissingTool) return skipAloud(test, error.tool)
    throw error
  }
}
