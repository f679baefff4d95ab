/** What people do about jobs: start one, and recover, cancel or retry one. */
import { cancelDocument, documentHead, type JobCommandDocument, jobFields, retryDocument } from '../../cli/documents.js'
import { exitInterrupted } from '../../cli/exit-code.js'
import { type JobDesk, openJobDesk } from '../../cli/wiring.js'
import { WholesalerError } from '../../core/errors.js'
import { cancelJob } from '../../core/jobs/cancel-job.js'
import { isFinished, type Job } from '../../core/jobs/job.js'
import { launchWorker } from '../../core/jobs/launch-worker.js'
import { retryJob } from '../../core/jobs/retry-job.js'
import { startImport } from '../background-import.js'
import { type Fields, readFields, refuseUnknown } from '../fields.js'
import { readGiven } from '../given.js'
import { conflict } from '../http-error.js'
import { jobOf, json, type RequestContext, type Route, type ServePorts } from '../route.js'

const importFields = {
  wholesaler: { kind: 'names' },
  batches: { kind: 'integer', min: 1, max: 1_000_000, default: null },
  per_batch: { kind: 'integer', min: 1, max: 100, default: 50 },
  images: { kind: 'boolean', default: true },
  update_existing: { kind: 'boolean', default: true },
} as const satisfies Fields

export const actRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/api/import',
    summary: 'Import configured wholesalers in the background: those that are named, or all.',
    fields: importFields,
    answers: { schema: 'import' },
    async handle(context, ports) {
      const given = await readGiven(context, ports)
      refuseUnknown(importFields, given)
      const { wholesaler, batches, per_batch: perBatch, images, update_existing } = readFields(importFields, given)
      const wish = { wholesalers: wholesaler, batches, perBatch, images, updateExisting: update_existing }
      return json(await startImport(wish, ports))
    },
  },
  {
    method: 'POST',
    path: '/api/jobs/:id/recover',
    summary: 'Find out whether a job is stuck, and finish it; answers at once.',
    fields: {},
    answers: { schema: 'serve-recover' },
    refusals: [404, 409],
    handle: act(async (job, ports) => {
      if (isFinished(job)) throw conflict(`job ${job.id} has ended: it is ${job.status}`, 'retry does it again.')
      ports.processes.startRecovery(job.id)
      const message = `Job ${job.id} is looked at, and finished when it is stuck`
      const document: JobCommandDocument = { ...documentHead(true), message, job: jobFields(job, ports.clock.now()) }
      return document
    }),
  },
  {
    method: 'POST',
    path: '/api/jobs/:id/cancel',
    summary: 'Cancel a job: at once, or as soon as its worker sees it.',
    fields: {},
    answers: { schema: 'jobs-cancel' },
    refusals: [404, 409],
    handle: act(async ({ id }, ports) => {
      const job = await atDesk(ports, (desk) => cancelJob(id, { exitCode: exitInterrupted }, desk))
      return cancelDocument(job, ports.clock.now())
    }),
  },
  {
    method: 'POST',
    path: '/api/jobs/:id/retry',
    summary: 'Do a failed job again, in a worker of its own.',
    fields: {},
    answers: { schema: 'jobs-retry' },
    refusals: [404, 409],
    handle: act(async ({ id }, ports) =>
      atDesk(ports, async (desk) => {
        const retried = await retryJob(id, desk)
        // When none comes up, the job waits in the queue.
        await launchWorker(retried.job.id, { ...desk, spawn: ports.processes.startWorker })
        return retryDocument(id, retried, ports.clock.now())
      }),
    ),
  },
]

/** A job that the path names, and what is done about it. What cannot be done in its state is a conflict. */
function act(body: (job: Job, ports: ServePorts) => Promise<object>): Route['handle'] {
  return async (context: RequestContext, ports: ServePorts) => {
    await readGiven(context, ports)
    const job = await jobOf(context, ports)
    try {
      return json(await body(job, ports))
    } catch (error: unknown) {
      if (!(error instanceof WholesalerError && error.kind === 'usage')) throw error
      throw conflict(error.message, error.hint ?? 'Look at the job.')
    }
  }
}

async function atDesk<T>({ place, report }: ServePorts, body: (desk: JobDesk) => Promise<T>): Promise<T> {
  const desk = await openJobDesk(place.stateDir, report)
  try {
    return await body(desk)
  } finally {
    await desk.close()
  }
}
