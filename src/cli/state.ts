/**
 * Jobs as `status` and `jobs` see them: read from the state folder without a lock, without a database and
 * without writing anything, so that looking never disturbs who works, and works on a read-only disk.
 */
import { join } from 'node:path'
import { WholesalerError } from '../core/errors.js'
import { readJsonFile } from '../core/jobs/durable-json-file.js'
import { readHeartbeat } from '../core/jobs/heartbeat.js'
import type { FailedJob, Job } from '../core/jobs/job.js'
import { type JobHistory, noHistory } from '../core/jobs/job-history.js'
import { lostJobFile } from '../core/jobs/lost-job-file.js'
import { parseJobFile } from '../core/jobs/parse-job.js'
import type { ErrorLike } from './documents/document.js'
import { statusMessage } from './documents/job-document.js'

/**
 * All jobs, newest first; running ones with the counts of their latest heartbeat. Empty when there is no
 * state yet. A damaged file is answered from its backup, which `onWarning` is told. Throws
 * `state_unreadable` when that is no better.
 */
export async function readJobs(stateDir: string, onWarning: (message: string) => void): Promise<readonly Job[]> {
  return (await readJobFile(stateDir, onWarning)).jobs
}

/** The job file: another file whenever a job has changed. */
export function jobFilePath(stateDir: string): string {
  return join(stateDir, 'jobs.json')
}

/** As `readJobs`, with the sums of jobs that are not kept any more. */
export async function readJobFile(
  stateDir: string,
  onWarning: (message: string) => void,
): Promise<{ readonly jobs: readonly Job[]; readonly history: JobHistory }> {
  const { value, problem } = await readJsonFile(jobFilePath(stateDir), (stored) => parseJobFile(stored))
  if (problem !== null) onWarning(`jobs.json ${problem}; its backup was read instead`)
  const loss = value === null ? lostJobFile(stateDir) : null
  if (loss !== null) onWarning(loss)
  const jobs = await Promise.all(Object.values(value?.jobs ?? {}).map((job) => withLiveCounts(job, stateDir)))
  return { jobs: jobs.sort((one, other) => other.id - one.id), history: value?.history ?? noHistory }
}

/** The job with this id, else the latest when `id` is null. Throws `usage` for an id that no job has. */
export function selectJob(jobs: readonly Job[], id: number | null): Job | null {
  if (id === null) return jobs[0] ?? null
  const job = jobs.find((candidate) => candidate.id === id)
  if (job !== undefined) return job
  throw new WholesalerError({
    kind: 'usage',
    message: `there is no job ${id}`,
    hint: jobs.length === 0 ? 'There are no jobs here yet; is --state-dir right?' : 'wholesaler jobs lists them.',
  })
}

/** A job id as typed. Throws `usage`. */
export function parseJobId(text: string): number {
  const id = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(id)) return id
  throw new WholesalerError({
    kind: 'usage',
    message: `"${text}" is not a job id`,
    hint: 'Job ids are whole numbers; wholesaler jobs lists them.',
  })
}

/** A running job is written down now and then only; how far it is stands in its heartbeat. Any other one as it is. */
export async function withLiveCounts(job: Job, stateDir: string): Promise<Job> {
  if (job.status !== 'running') return job
  const heartbeat = await readHeartbeat(stateDir, job.id, job.lease.token)
  return heartbeat === null ? job : { ...job, counts: heartbeat.counts }
}

/** The failure of a job that ended earlier, as an error to report. */
export function jobFailure(job: FailedJob): ErrorLike {
  return {
    kind: job.reason,
    message: job.errorMessages[0] ?? statusMessage(job),
    hint: 'Finished batches are kept: the next wholesaler import goes on with the rest.',
  }
}
