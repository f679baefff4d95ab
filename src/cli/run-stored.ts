/** A stored job worked off by this process, for every command that does so: `worker` and `recover`. */
import { messageOf } from '../core/errors.js'
import type { EndedImport } from '../core/run-import.js'
import { runStoredJob } from '../core/run-stored-job.js'
import { exitCodeOfEnd } from './exit-code.js'
import type { WorkerDisplay } from './progress/worker-display.js'
import { type JobDesk, openWorkshop } from './wiring.js'

export interface StoredRun {
  readonly display: WorkerDisplay
  readonly signal: AbortSignal
  /** Start a job that waits after an error now. Default false. */
  readonly ignoreNotBefore?: boolean
}

/** Throws as `runStoredJob` does. */
export async function runStored(
  id: number,
  { display, signal, ignoreNotBefore = false }: StoredRun,
  desk: JobDesk,
): Promise<EndedImport> {
  const openShop = (config: Parameters<typeof openWorkshop>[1]) =>
    openWorkshop(desk.stateDir, config, (message) => display.warn(message), signal)
  const ended = await runStoredJob(
    id,
    {
      openShop,
      around: { cwd: process.cwd(), env: process.env },
      signal,
      role: 'worker',
      ignoreNotBefore,
      exitCodeOf: exitCodeOfEnd,
      onCounts: (counts) => display.counts(id, counts),
    },
    { ...desk, progress: display.progressOf(id) },
  )
  if (ended.error !== null && ended.job.status === 'scheduled') {
    display.warn(`job ${id} was put back: ${messageOf(ended.error)}`)
  }
  return ended
}
