/** Work that this server does not do itself: processes that outlive it, and audits that would keep it from answering. */
import { spawnRecovery, spawnWorker } from '../cli/spawn-worker.js'
import type { StartedWorker } from '../core/jobs/launch-worker.js'

export interface Processes {
  /** A worker for a job. */
  readonly startWorker: (jobId: number) => StartedWorker
  /** `recover --detach` for a job, or for all; none is started while one for the same is at work. */
  startRecovery(jobId: number | null): void
}

export function openProcesses(stateDir: string): Processes {
  const recoveries = new Set<number | null>()
  return {
    startWorker: (jobId) => spawnWorker(stateDir, jobId),
    startRecovery(jobId) {
      if (recoveries.has(jobId)) return
      const { ended } = spawnRecovery(stateDir, jobId)
      recoveries.add(jobId)
      void ended.then(() => recoveries.delete(jobId))
    },
  }
}
