/**
 * A process of its own that works on a job store, for tests of several processes and of their death.
 * Arguments: folder, what to do, numbers. Says on stdout, line by line, what it has done.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../../src/core/clock.js'
import { openLock } from '../../../src/core/jobs/lock.js'
import { jobLockName, openJobStore } from '../../../src/core/jobs/lowdb-job-store.js'
import { thisProcess } from '../../../src/core/jobs/owner.js'
import { scheduledJob } from './sample-jobs.js'

const script = fileURLToPath(import.meta.url)

export interface StoreProcess {
  readonly pid: number
  /** Resolves with the first line that starts so. */
  line(start: string): Promise<string>
  kill(signal: NodeJS.Signals): void
  /** Exit code or signal, and all that was said. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null; readonly lines: string[] }>
}

/** Starts this file as a process; `limitKib` bounds the size of the files that it may write. */
export function startStoreProcess(
  args: readonly (string | number)[],
  { limitKib }: { readonly limitKib?: number } = {},
): StoreProcess {
  const node = [process.execPath, '--import', 'tsx', script, ...args.map(String)]
  const limited = ['bash', '-c', `ulimit -f ${limitKib}; exec "$@"`, 'bash', ...node]
  const [command = '', ...rest] = limitKib === undefined ? node : limited
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  const waiting = new Map<string, (line: string) => void>()
  let partial = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const pieces = `${partial}${chunk}`.split('\n')
    partial = pieces.pop() ?? ''
    for (const line of pieces) {
      lines.push(line)
      for (const [start, resolve] of waiting) if (line.startsWith(start)) resolve(line)
    }
  })
  return {
    pid: child.pid ?? 0,
    line: (start) => new Promise((resolve) => waiting.set(start, resolve)),
    kill: (signal) => child.kill(signal),
    ended: new Promise((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal, lines }))
    }),
  }
}

async function main(dir: string, task: string, first: number, count: number): Promise<void> {
  if (task === 'hold') return await holdForEver(dir)
  const store = openJobStore({ dir, clock: systemClock, onWarning: (message) => say(`warning ${message}`) })
  for (let id = first; id < first + count; id += 1) {
    if (task === 'read') {
      say(`read ${(await store.read()).size}`)
      continue
    }
    try {
      await store.transaction(() => ({ put: [scheduledJob(id)], result: undefined }))
      say(`stored ${id}`)
    } catch (error: unknown) {
      say(`refused ${id} ${(error as { kind?: string }).kind}`)
    }
  }
  await store.close()
}

async function holdForEver(dir: string): Promise<void> {
  const lock = openLock({ path: join(dir, jobLockName), owner: thisProcess(), clock: systemClock })
  await lock.hold(async () => {
    say('held')
    const aDayMs = 24 * 3_600_000
    await systemClock.sleep(aDayMs)
  })
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

if (process.argv[1] === script) {
  const [dir = '', task = '', first, count] = process.argv.slice(2)
  await main(dir, task, Number(first), Number(count))
}
