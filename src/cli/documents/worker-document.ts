/** What a worker did before it ended. */
import type { Job } from '../../core/jobs/job.js'
import { isSuccess } from '../exit-code.js'
import { type DocumentHead, documentHead, type ErrorFields, type ErrorLike, errorFields } from './document.js'
import { type JobFields, jobFields } from './job-document.js'

export interface WorkerDocument extends DocumentHead {
  readonly message: string
  /** Those it worked off, in the order in which they ended; `scheduled` when it put one back. */
  readonly jobs: readonly JobFields[]
  readonly error?: ErrorFields
}

export interface WorkerReport {
  readonly exitCode: number
  readonly jobs: readonly Job[]
  readonly nowMs: number
  readonly error?: ErrorLike
}

export function workerDocument({ exitCode, jobs, nowMs, error }: WorkerReport): WorkerDocument {
  const done = jobs.length === 1 ? '1 job worked off' : `${jobs.length} jobs worked off`
  return {
    ...documentHead(isSuccess(exitCode)),
    message: error?.message ?? (jobs.length === 0 ? 'Nothing to do' : done),
    jobs: jobs.map((job) => jobFields(job, nowMs)),
    ...(error === undefined ? {} : { error: errorFields(error) }),
  }
}
