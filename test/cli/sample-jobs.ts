import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type CompletedJob,
  type FailedJob,
  type Job,
  type JobBase,
  type JobOptions,
  noCounts,
  noFailures,
  type RunningJob,
  type ScheduledJob,
  type StuckJob,
} from '../../src/core/jobs/job.js'
import { jobSchemaVersion } from '../../src/core/jobs/parse-job.js'
import { sampleOptions, sampleOwner } from '../core/jobs/sample-jobs.js'

/** 2026-01-15 12:00:00 UTC, with milliseconds that Unix seconds must drop. */
export const noon = Date.UTC(2026, 0, 15, 12) + 345

const options: JobOptions = { ...sampleOptions, batches: 5, perBatch: 100 }

type Change = Partial<Omit<JobBase, 'options'>> & { readonly options?: Partial<JobOptions> }

function base(id: number, { options: changed, ...change }: Change): JobBase {
  return {
    id,
    kind: 'import',
    createdAt: noon,
    scheduledAt: noon,
    attempt: 1,
    token: id * 10,
    counts: { ...noCounts, processed: 120, created: 100, updated: 20, batches: 2, estimatedTotal: 500 },
    failures: noFailures,
    events: [{ at: noon, message: 'accepted from the command line' }],
    errorMessages: [],
    ...change,
    options: { ...options, ...changed },
  }
}

export function scheduledJob(id: number, change: Change = {}): ScheduledJob {
  return { ...base(id, { attempt: 0, counts: noCounts, ...change }), status: 'scheduled', notBefore: 0 }
}

/** Its owner is on a host that does not exist: nobody can judge whether it lives. */
export function runningJob(id: number, change: Change = {}): RunningJob {
  return {
    ...base(id, change),
    status: 'running',
    startedAt: noon + 1000,
    lease: { token: id * 10, owner: sampleOwner, acquiredAt: noon + 1000 },
    cancelRequested: false,
  }
}

export function stuckJob(id: number, change: Change = {}): StuckJob {
  return {
    ...base(id, change),
    status: 'processing_stuck',
    reason: 'owner_dead',
    startedAt: noon + 1000,
    stuckAt: noon + 61_000,
    lostOwner: sampleOwner,
    evidence: 'process 4711 is gone',
    cancelRequested: false,
  }
}

export function completedJob(
  id: number,
  change: Change & { readonly reason?: 'done' | 'time_limit' } = {},
): CompletedJob {
  const { reason = 'done', ...rest } = change
  const ends = { startedAt: noon + 1000, completedAt: noon + 21_000 }
  return { ...base(id, rest), status: 'completed', reason, ...ends, exitCode: reason === 'done' ? 0 : 10 }
}

export function failedJob(id: number, change: Change = {}): FailedJob {
  return {
    ...base(id, { errorMessages: ['https://shop.example/feed.xml answered 503'], ...change }),
    status: 'failed',
    reason: 'transient',
    startedAt: noon + 1000,
    completedAt: noon + 11_000,
    exitCode: 5,
  }
}

export const oneOfEach: readonly Job[] = [completedJob(1), failedJob(2), stuckJob(3), runningJob(4), scheduledJob(5)]

/** Writes `jobs.json` into a state folder, as the job store does. */
export function writeJobs(stateDir: string, jobs: readonly Job[]): void {
  mkdirSync(stateDir, { recursive: true })
  const byId = Object.fromEntries(jobs.map((job) => [String(job.id), job]))
  writeFileSync(join(stateDir, 'jobs.json'), JSON.stringify({ schema_version: jobSchemaVersion, rev: 1, jobs: byId }))
}
