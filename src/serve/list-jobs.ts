/** Lists of jobs, wherever they are asked for. */
import { jobsDocument } from '../cli/documents.js'
import { jobStatuses } from '../core/jobs/job.js'
import { type Fields, readFields } from './fields.js'
import { json, type RequestContext, type ServePorts } from './route.js'

export const listFields = {
  status: { kind: 'choice', options: ['all', ...jobStatuses], default: 'all' },
  limit: { kind: 'integer', min: 1, max: 1000, default: 20 },
} as const satisfies Fields

/** Newest first. */
export async function listJobs(context: RequestContext, { board, clock }: ServePorts): Promise<Response> {
  const { status, limit } = readFields(listFields, context.req.query())
  const { jobs: all, history } = await board.read()
  const matching = all.filter((job) => status === 'all' || job.status === status)
  const listed = matching.slice(0, limit)
  return json(jobsDocument({ all, history, listed, matching: matching.length, nowMs: clock.now() }))
}
