/** How a person stops a job: at once when nobody runs it, by a wish to its owner when somebody does. */
import { WholesalerError } from '../errors.js'
import type { JobPorts } from './claim-job.js'
import type { FailedJob, Job, RunningJob } from './job.js'
import { isFinished } from './job.js'
import { cancel, requestCancel } from './job-transitions.js'
import { quickLook } from './quick-look.js'
import { type FencePorts, shutOut } from './restart-stuck.js'

/**
 * Ends the job when it is scheduled or stuck, or its owner is dead; otherwise its owner ends it soon, see
 * `JobLease`. Safe to call twice. Throws `usage` when there is no such job or it has ended.
 */
export async function cancelJob(
  id: number,
  { exitCode }: { readonly exitCode: number },
  ports: JobPorts & FencePorts,
): Promise<FailedJob | RunningJob> {
  await quickLook(ports)
  const seen = (await ports.jobs.read()).get(id)
  if (seen?.status === 'processing_stuck') await shutOut(seen, ports)
  return await ports.jobs.transaction((table) => {
    const job = existing(id, table.get(id))
    if (isFinished(job)) {
      throw new WholesalerError({
        kind: 'usage',
        message: `job ${id} has ended: it is ${job.status}`,
        hint: 'What it imported stays. wholesaler jobs lists those that have not ended.',
      })
    }
    const now = ports.clock.now()
    const next = job.status === 'running' ? requestCancel(job, now) : cancel(job, { now, exitCode })
    return { put: next === job ? [] : [next], result: next }
  })
}

/** The job, if there is one. Throws `usage`. */
export function existing(id: number, job: Job | undefined): Job {
  if (job !== undefined) return job
  throw new WholesalerError({ kind: 'usage', message: `there is no job ${id}`, hint: 'wholesaler jobs lists them.' })
}
