/** How a person has a job done again that did not do all of its work. */
import { WholesalerError } from '../errors.js'
import type { Ledger } from '../ledger/ledger.js'
import { existing } from './cancel-job.js'
import { createJob, type JobPorts } from './claim-job.js'
import type { CompletedJob, Job, ScheduledJob } from './job.js'
import { retry } from './job-transitions.js'

export interface Retried {
  readonly job: ScheduledJob
  /** True when the job was completed, which is final: this is a new one with its options. */
  readonly isNew: boolean
  /** Products that were in quarantine and are tried again. */
  readonly lifted: number
}

export type RetryPorts = JobPorts & { readonly ledger: Pick<Ledger, 'liftQuarantine'> }

/**
 * Schedules a failed job again, with its limits as if it were new and its finished batches kept; for one that
 * completed with failures, a new job. Products of its wholesalers leave their quarantine. Throws `usage` when
 * there is nothing to try again.
 */
export async function retryJob(id: number, ports: RetryPorts): Promise<Retried> {
  const { jobs, ledger, clock } = ports
  const found = existing(id, (await jobs.read()).get(id))
  refuse(found)
  // Before the job can be claimed: it would find them in quarantine.
  let lifted = 0
  for (const name of found.options.wholesalers) lifted += await ledger.liftQuarantine(name)
  if (found.status === 'completed') return { job: await createJob(found.options, ports), isNew: true, lifted }

  const job = await jobs.transaction((table) => {
    const failed = existing(id, table.get(id))
    refuse(failed)
    if (failed.status === 'completed') throw new Error(`job ${id} failed and is now completed`)
    const next = retry(failed, clock.now())
    return { put: [next], result: next }
  })
  return { job, isNew: false, lifted }
}

type Retryable = Extract<Job, { status: 'failed' }> | CompletedJob

function refuse(job: Job): asserts job is Retryable {
  const { id } = job
  if (job.kind === 'images') throw refusal(`job ${id} changed images`, 'Run its command again.')
  switch (job.status) {
    case 'failed':
      return
    case 'completed':
      if (job.exitCode !== 0) return
      throw refusal(`job ${id} is completed, and nothing failed`, 'To import again, run wholesaler import.')
    case 'scheduled':
      throw refusal(`job ${id} is scheduled already`, 'wholesaler worker --once works it off.')
    case 'running':
      throw refusal(`job ${id} is running`, `Wait for its end with: wholesaler status ${id} --wait`)
    case 'processing_stuck':
      throw refusal(`job ${id} is stuck, and not given up`, `Finish it with: wholesaler recover ${id}`)
    default:
      job satisfies never
  }
}

function refusal(message: string, hint: string): WholesalerError {
  return new WholesalerError({ kind: 'usage', message, hint })
}
