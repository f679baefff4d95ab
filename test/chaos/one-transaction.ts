/**
 * A process that makes one change of the job file of a folder: adds job `ID`. Says `ready MAIN POOL` (its two
 * threads that call the system), waits for `go`, then says `acked` or `refused KIND`.
 */
import { readlink } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/core/clock.js'
import { WholesalerError } from '../../src/core/errors.js'
import { openJobStore } from '../../src/core/jobs/lowdb-job-store.js'
import { scheduledJob } from '../core/jobs/sample-jobs.js'
import { type EndedScript, type ScriptProcess, say, startScript, toldLines } from './script-process.js'
import { countableCalls, type Injection, inject } from './strace.js'

const script = fileURLToPath(import.meta.url)

export const threads = ['main', 'pool'] as const
export type ThreadName = (typeof threads)[number]

/** Adds a job in a process of its own, of which one thread is disturbed. */
export async function addJobUnder(
  fault: Injection & { readonly thread: ThreadName },
  { dir, id }: { readonly dir: string; readonly id: number },
): Promise<EndedScript> {
  const process = startScript(script, [dir, id], { env: countableCalls })
  const [, main, pool] = (await process.line('ready')).split(' ')
  const strace = await inject(Number(fault.thread === 'main' ? main : pool), fault)
  process.tell('go')
  const end = await process.ended
  await strace.ended
  return end
}

/** Adds a job in a process that is started as it is told, without a fault of strace's. */
export async function addJobIn(
  { dir, id }: { readonly dir: string; readonly id: number },
  options: Parameters<typeof startScript>[2] = {},
): Promise<EndedScript> {
  const process: ScriptProcess = startScript(script, [dir, id], options)
  process.tell('go')
  return await process.ended
}

async function main(dir: string, id: number): Promise<void> {
  const store = openJobStore({ dir, clock: systemClock, onWarning: (message) => say(`warning ${message}`) })
  const told = toldLines()
  // This link is read by the thread that does all file work.
  say(`ready ${process.pid} ${basename(await readlink('/proc/thread-self'))}`)
  await told.next()
  try {
    await store.transaction(() => ({ put: [scheduledJob(id)], result: undefined }))
    say('acked')
  } catch (error: unknown) {
    say(error instanceof WholesalerError ? `refused ${error.kind} ${error.message}` : `failed ${String(error)}`)
  }
  // Nothing after this is part of the change.
  process.kill(process.pid, 'SIGKILL')
}

if (process.argv[1] === script) await main(process.argv[2] ?? '', Number(process.argv[3]))
