/** What `recover` found, and what it did. */

import type { StuckReason } from '../../core/jobs/job.js'
import type { RecoverAction, RecoveredJob } from '../../core/jobs/recover-jobs.js'
import { isSuccess } from '../exit-code.js'
import { type DocumentHead, documentHead, type ErrorFields, type ErrorLike, errorFields } from './document.js'
import type { FallbackFields } from './import-document.js'
import { type JobFields, jobFields } from './job-document.js'

export interface RecoveredFields {
  readonly job_id: number
  readonly verdict: 'stuck' | 'suspect' | 'waiting' | 'healthy'
  /** Why it is stuck; null when it is not. */
  readonly reason: StuckReason | null
  /** What was seen; null when all is well. */
  readonly evidence: string | null
  /** Which of the ways to get an import done was taken; null when nothing was to be done. */
  readonly fallback: FallbackFields['name'] | null
  readonly action: RecoverAction
  /** What its run here ended with, when it did not end well. */
  readonly error: ErrorFields | null
  /** As it is now. */
  readonly job: JobFields
}

export interface RecoverDocument extends DocumentHead {
  readonly message: string
  readonly dry_run: boolean
  readonly stuck: number
  readonly jobs: readonly RecoveredFields[]
  readonly error?: ErrorFields
}

export interface RecoverReport {
  readonly exitCode: number
  readonly dryRun: boolean
  readonly recovered: readonly RecoveredJob[]
  readonly nowMs: number
  readonly error?: ErrorLike
}

export function recoverDocument({ exitCode, dryRun, recovered, nowMs, error }: RecoverReport): RecoverDocument {
  const stuck = recovered.filter(({ verdict }) => verdict.state === 'stuck').length
  return {
    ...documentHead(isSuccess(exitCode)),
    message: error?.message ?? messageOf(stuck, recovered),
    dry_run: dryRun,
    stuck,
    jobs: recovered.map((found) => recoveredFields(found, nowMs)),
    ...(error === undefined ? {} : { error: errorFields(error) }),
  }
}

function recoveredFields({ job, verdict, action, error }: RecoveredJob, nowMs: number): RecoveredFields {
  return {
    job_id: job.id,
    verdict: verdict.state,
    reason: verdict.state === 'stuck' ? verdict.reason : null,
    evidence:
      verdict.state === 'healthy' ? null : verdict.state === 'waiting' ? `waits ${verdict.why}` : verdict.evidence,
    fallback: fallbackOf(action, verdict.state === 'stuck'),
    action,
    error: error === null ? null : errorFields(error),
    job: jobFields(job, nowMs),
  }
}

/** `recover` itself is the manual way; what merely waited was taken from the queue. */
function fallbackOf(action: RecoverAction, wasStuck: boolean): FallbackFields['name'] | null {
  if (action === 'none') return null
  if (!wasStuck) return 'backup_queue'
  return action === 'finished_here' ? 'manual' : 'stuck_monitor'
}

function messageOf(stuck: number, recovered: readonly RecoveredJob[]): string {
  const done = recovered.filter(({ action }) => action !== 'none').length
  if (recovered.length === 0) return 'No job needs recovery'
  const found = stuck === 1 ? '1 job is stuck' : `${stuck} jobs are stuck`
  if (done === 0) return stuck === 0 ? 'No job needs recovery' : found
  return done === 1 ? '1 job recovered' : `${done} jobs recovered`
}
