/**
 * A process that makes one change of the job file of a folder: adds job `ID`. Says `ready MAIN POOL` (its two
 * threads that call the system), waits for `go`, then says `acked` or `refused KIND`.
 */
import { readlink, rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/core/clock.js'
import { WholesalerError } from '../../src/core/errors.js'
import { openJobStore } from '../../src/core/jobs/lowdb-job-store.js'
import { loadEngine } from '../../src/core/sqlite-engine.js'
import { scheduledJob } from '../core/jobs/sample-jobs.js'
import { type EndedScript, say, startScript, toldLines } from './script-process.js'
import { countableCalls, type Injection, inject } from './strace.js'

const script = fileURLToPath(import.meta.url)

export const threads = ['main', 'pool'] as const
export type ThreadName = (typeof threads)[number]

export interface DisturbedChange {
  readonly end: EndedScript
  /** The change was acknowledged. */
  readonly acked: boolean
  /** Why it was refused, for people; null when it was not. */
  readonly refused: string | null
  /** There was such a call to disturb. */
  readonly met: boolean
}

/** Adds a job in a process of its own, of which one thread is disturbed. */
export async function addJobUnder(
  fault: Injection & { readonly thread: ThreadName },
  { dir, id }: { readonly dir: string; readonly id: number },
): Promise<DisturbedChange> {
  const process = startScript(script, [dir, id], { env: countableCalls })
  const [, main, pool] = (await process.line('ready')).split(' ')
  const log = `${dir}-strace.log`
  try {
    const strace = await inject(Number(fault.thread === 'main' ? main : pool), fault, log)
    process.tell('go')
    const end = await process.ended
    const hits = await strace.hits
    const acked = end.lines.includes('acked')
    const refused = end.lines.find((line) => line.startsWith('refused ')) ?? null
    return { end, acked, refused, met: hits > 0 || (!acked && refused === null) }
  } finally {
    await rm(log, { force: true })
  }
}

async function main(dir: string, id: number): Promise<void> {
  const store = openJobStore({ dir, clock: systemClock, onWarning: (message) => say(`warning ${message}`) })
  const told = toldLines()
  // The program's own files are no part of the change.
  await loadEngine()
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
