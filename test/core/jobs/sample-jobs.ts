import type { Job, JobOptions, JobStatus, Owner, RunningJob, ScheduledJob } from '../../../src/core/jobs/job.js'
import { cancel, complete, fail, markOwnerLost, schedule, start } from '../../../src/core/jobs/job-transitions.js'

export const startOfTest = Date.UTC(2026, 0, 15, 12)

export const sampleOptions: JobOptions = {
  wholesalers: ['aren'],
  source: null,
  stdinSha256: null,
  as: null,
  configPath: '/srv/shop/wholesaler.config.js',
  preset: null,
  format: null,
  batches: null,
  perBatch: 50,
  images: true,
  updateExisting: true,
  lenient: false,
  verify: false,
  remap: false,
  checksum: false,
  refreshImages: false,
  retryImages: false,
  maxDurationMs: null,
  maxDelete: null,
  allowShrink: false,
  allowPrivateHosts: [],
  priority: 5,
}

export const sampleOwner: Owner = {
  host: 'shop.example',
  bootId: 'boot-1',
  pidNamespace: 'pid:[1]',
  pid: 4711,
  startTicks: '1000',
  nonce: 'nonce-1',
}

export function scheduledJob(id = 1, options: Partial<JobOptions> = {}): ScheduledJob {
  return schedule({ id, options: { ...sampleOptions, ...options }, now: startOfTest })
}

export function runningJob(
  id = 1,
  {
    token = 10,
    owner = sampleOwner,
    options = {},
  }: {
    readonly token?: number
    readonly owner?: Owner
    readonly options?: Partial<JobOptions>
  } = {},
): RunningJob {
  return start(scheduledJob(id, options), { owner, token, now: startOfTest })
}

/** A job of each status, reached the way jobs reach it. */
export function jobIn(status: JobStatus, id = 1, now = startOfTest): Job {
  const scheduled = schedule({ id, options: sampleOptions, now })
  const running = start(scheduled, { owner: sampleOwner, token: 10, now })
  const held = { token: 10, now, counts: running.counts }
  switch (status) {
    case 'scheduled':
      return scheduled
    case 'running':
      return running
    case 'processing_stuck':
      return markOwnerLost(running, { reason: 'owner_dead', evidence: 'process 4711 is gone', token: 11, now })
    case 'completed':
      return complete(running, { ...held, reason: 'done', exitCode: 0, errorMessages: [] })
    case 'failed':
      return fail(running, { ...held, reason: 'error', exitCode: 1, message: 'it broke' })
    default:
      return status satisfies never
  }
}

export function cancelledJob(id: number, now: number): Job {
  return cancel(scheduledJob(id), { now, exitCode: 130 })
}
