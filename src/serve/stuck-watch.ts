/** Which jobs are stuck, judged again now and then for as long as the server lives, so that silence is noticed too. */
import type { Clock } from '../core/clock.js'
import { findStuck } from '../core/jobs/find-stuck.js'
import { isFinished, type StuckReason } from '../core/jobs/job.js'
import { watchHeartbeats } from '../core/jobs/observe-heartbeat.js'
import type { JobBoard } from './job-board.js'

export interface StuckFields {
  readonly job_id: number
  readonly reason: StuckReason
  /** What was seen, for people. */
  readonly evidence: string
}

export interface StuckWatch {
  /** As judged last; looks first when that is long ago. */
  read(): Promise<readonly StuckFields[]>
  close(): void
}

/** Milliseconds between two looks while anybody asks: each is a few small files. */
const lookEveryMs = 2_000
/** Milliseconds between two looks when nobody does: silence is noticed only by who has listened before. */
const lookAnywayMs = 10_000

export interface StuckWatchPorts {
  readonly board: JobBoard
  readonly stateDir: string
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

export function watchStuck({ board, stateDir, clock, onError }: StuckWatchPorts): StuckWatch {
  const watch = watchHeartbeats({ dir: stateDir })
  let found: readonly StuckFields[] = []
  let lookedAtMs = Number.NEGATIVE_INFINITY
  let version = -1
  let underWay: Promise<readonly StuckFields[]> | null = null

  const look = async (): Promise<readonly StuckFields[]> => {
    const { jobs, version: seen } = await board.read()
    const isFresh = seen === version && clock.monotonic() - lookedAtMs < lookEveryMs
    if (isFresh) return found
    lookedAtMs = clock.monotonic()
    version = seen
    if (jobs.every(isFinished)) {
      found = []
      return found
    }
    const table = new Map(jobs.map((job) => [job.id, job]))
    const findings = await findStuck({ jobs: { read: async () => table }, stateDir, clock, watch })
    found = findings.flatMap(({ job, verdict }) =>
      verdict.state === 'stuck' ? [{ job_id: job.id, reason: verdict.reason, evidence: verdict.evidence }] : [],
    )
    return found
  }
  const read = (): Promise<readonly StuckFields[]> => {
    underWay ??= look().finally(() => {
      underWay = null
    })
    return underWay
  }
  const timer = setInterval(() => void read().catch(onError), lookAnywayMs)
  timer.unref()
  return { read, close: () => clearInterval(timer) }
}
