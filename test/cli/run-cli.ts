import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const projectDir = fileURLToPath(new URL('../..', import.meta.url))
export const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Words for Node itself, before the program. */
  readonly nodeArgs?: readonly string[]
  /** File that stdin reads from; default: nothing. */
  readonly stdin?: string
}

/** Runs the built program as a person would, in pipes; resolves when it has ended. Needs `dist/` (`npm run build`). */
export function runCli(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return startCli(args, options).finished
}

export interface Started {
  readonly child: ChildProcess
  readonly finished: Promise<Finished>
  /** Resolves when stdout has had this text; throws when the program ends without it. */
  printed(text: string): Promise<void>
}

/** As `runCli`, for a program that is to be disturbed while it works. */
export function startCli(args: readonly string[], options: RunOptions = {}): Started {
  const { cwd, env = {}, nodeArgs = [], stdin } = options
  const input = stdin === undefined ? ('ignore' as const) : openSync(stdin, 'r')
  try {
    const surroundings = { cwd, env: { ...cleanEnvironment(), ...env } }
    return start(process.execPath, [...nodeArgs, bin, ...args], surroundings, input)
  } finally {
    if (input !== 'ignore') closeSync(input)
  }
}

/** Runs a line of shell in which `$WHOLESALER` is the program. */
export function runShell(line: string, { cwd, env = {} }: RunOptions = {}): Promise<Finished> {
  const program = { WHOLESALER: bin, PATH: process.env.PATH ?? '' }
  const options = { cwd, env: { ...cleanEnvironment(), ...program, ...env } }
  return start('bash', ['-o', 'pipefail', '-c', line], options).finished
}

/** Nothing of the tester's own settings reaches the program. */
function cleanEnvironment(): Record<string, string> {
  const { PATH = '', HOME = '', TMPDIR = '/tmp' } = process.env
  return { PATH, HOME, TMPDIR }
}

function start(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
  stdin: 'ignore' | number = 'ignore',
): Started {
  const child = spawn(command, args, { ...options, stdio: [stdin, 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  const printed = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => stdout.includes(text) && resolve()
      look()
      child.stdout?.on('data', look)
      child.on('close', () => reject(new Error(`ended without printing ${text}: ${stdout} ${stderr}`)))
    })
  return { child, finished, printed }
}
