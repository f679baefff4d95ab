/**
 * `npm run chaos -- NAME [--seed S] [--runs N] [--first N] [...]`: puts one goal to the test; without NAME it
 * lists them. Ends with 0 only when the promise was kept, 1 when it was broken, 2 when it could not be tested.
 */
import { parseArgs } from 'node:util'
import { MissingTool } from './fault-tools.js'
import type { Flags, Goal } from './goal.js'
import { goals } from './goals.js'
import { judge, replayCommand, report } from './judge.js'

const exitKept = 0
const exitBroken = 1
const exitUntested = 2

async function main([name, ...args]: readonly string[]): Promise<number> {
  const goal = goals.find((candidate) => candidate.name === name)
  if (goal === undefined) {
    for (const { name: known, promise, flags } of goals) say(`${known.padEnd(14)} ${promise}\n${usage(flags)}`)
    return name === undefined ? exitKept : exitUntested
  }
  const { flags, seed } = read(goal, args)
  say(`chaos ${goal.name}: ${goal.promise}`)
  say(`seed ${seed}; again with: ${replayCommand(goal, flags, seed)}`)
  try {
    const judged = await judge(goal, flags, { seed, say })
    for (const line of report(judged)) say(line)
    return judged.verdict.broken.length === 0 ? exitKept : exitBroken
  } catch (error: unknown) {
    if (!(error instanceof MissingTool)) throw error
    say(`NOT TESTED: ${error.message}`)
    return exitUntested
  }
}

function usage(flags: Flags): string {
  const words = Object.entries(flags).map(([flag, value]) => `--${flag} ${value}`)
  return `${' '.repeat(15)}${words.join(' ')}`
}

function read(goal: Goal, args: readonly string[]): { readonly flags: Flags; readonly seed: number } {
  const names = ['seed', ...Object.keys(goal.flags)]
  const options = Object.fromEntries(names.map((flag) => [flag, { type: 'string' as const }]))
  const { values } = parseArgs({ args: [...args], options })
  const entries = Object.entries(goal.flags).map(([flag, standard]) => {
    const given = values[flag]
    if (given === undefined) return [flag, standard] as const
    return [flag, typeof standard === 'number' ? number(flag, String(given)) : String(given)] as const
  })
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : number('seed', String(values.seed))
  return { flags: Object.fromEntries(entries), seed }
}

function number(flag: string, text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new Error(`--${flag} takes a number, not ${text}`)
  return value
}

function say(line: string): void {
  console.log(line)
}

process.exit(await main(process.argv.slice(2)))
