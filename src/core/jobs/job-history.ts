/** What is kept of jobs that are forgotten: sums, in the job file, so that statistics lose nothing. Pure. */
import type { FinishedJob } from './job.js'

export interface JobHistory {
  readonly completed: number
  readonly failed: number
  readonly processed: number
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly skipped: number
  readonly errors: number
  /** Milliseconds that completed jobs took. */
  readonly completedMs: number
  /** Milliseconds that all of them took. */
  readonly workedMs: number
}

export const noHistory: JobHistory = {
  completed: 0,
  failed: 0,
  processed: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  skipped: 0,
  errors: 0,
  completedMs: 0,
  workedMs: 0,
}

/** The history with these jobs in it; each must be added once, when it is removed. */
export function historyWith(history: JobHistory, forgotten: readonly FinishedJob[]): JobHistory {
  return forgotten.reduce((sums, job) => {
    const { counts } = job
    const tookMs = job.startedAt === null ? 0 : Math.max(0, job.completedAt - job.startedAt)
    const isCompleted = job.status === 'completed'
    return {
      completed: sums.completed + (isCompleted ? 1 : 0),
      failed: sums.failed + (isCompleted ? 0 : 1),
      processed: sums.processed + counts.processed,
      created: sums.created + counts.created,
      updated: sums.updated + counts.updated,
      unchanged: sums.unchanged + counts.unchanged,
      skipped: sums.skipped + counts.skipped,
      errors: sums.errors + counts.errors,
      completedMs: sums.completedMs + (isCompleted ? tookMs : 0),
      workedMs: sums.workedMs + tookMs,
    }
  }, history)
}
