/** Jobs for the page: the news of all, and all that is known of one. */
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { logPath } from '../../cli/spawn-worker.js'
import { rejectsPath } from '../../core/rejects-file.js'
import { commonHeaders } from '../common-headers.js'
import { HttpError, notFound } from '../http-error.js'
import { jobDetails, series } from '../job-details.js'
import { listFields, listJobs } from '../list-jobs.js'
import { jobOf, json, type RequestContext, type Route, type ServePorts } from '../route.js'
import { sendFile } from '../send-file.js'

/** Of a long log, the end: what a browser shows at once. */
const logBytesMax = 1024 * 1024

export const jobRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/events',
    summary: 'News of jobs as server-sent events: all of it at first, and whenever anything changes.',
    answers: { type: 'text/event-stream' },
    refusals: [503],
    handle: sendNews,
  },
  {
    method: 'GET',
    path: '/api/jobs',
    summary: 'Jobs, newest first, with statistics.',
    fields: listFields,
    answers: { schema: 'jobs' },
    handle: listJobs,
  },
  {
    method: 'GET',
    path: '/api/jobs/:id',
    summary: 'One job with its batches.',
    answers: { schema: 'serve-job' },
    refusals: [404],
    handle: async (context, ports) => json(await jobDetails(await jobOf(context, ports), ports)),
  },
  {
    method: 'GET',
    path: '/api/jobs/:id/rejects',
    summary: 'What could not be imported, with place and reason.',
    answers: { type: 'text/csv' },
    refusals: [404],
    async handle(context, ports) {
      const { id } = await jobOf(context, ports)
      const headers = {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="rejects-${id}.csv"`,
      }
      const sent = await sendFile(context, rejectsPath(ports.place.stateDir, id), { headers })
      if (sent === null) throw notFound(`job ${id} has rejected nothing`, 'Its document says what else went wrong.')
      return sent
    },
  },
  {
    method: 'GET',
    path: '/api/jobs/:id/log',
    summary: 'What the worker of a job said, the end of it when it is long.',
    answers: { type: 'text/plain' },
    refusals: [404],
    async handle(context, ports) {
      const { id } = await jobOf(context, ports)
      const headers = { 'content-type': 'text/plain; charset=utf-8' }
      const path = logPath(ports.place.stateDir, id)
      const sent = await sendFile(context, path, { headers, lastBytes: logBytesMax })
      if (sent === null) throw notFound(`job ${id} has no log`, 'Only jobs in the background have one.')
      return sent
    },
  },
  {
    method: 'GET',
    path: '/api/series',
    summary: 'The last 500 finished batches: how much each was, and how long it took.',
    answers: { schema: 'serve-series' },
    handle: async (_context, ports) => json(await series(ports)),
  },
]

/** Written to the socket itself: only there can be seen who takes what is sent, and who does not. */
async function sendNews(context: RequestContext, { news, limits }: ServePorts): Promise<Response> {
  const headers = { ...commonHeaders, 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' }
  if (context.req.method === 'HEAD') return new Response(null, { headers })
  if (news.watchers >= limits.watchersMax) throw tooManyWatchers
  const { outgoing } = context.env
  outgoing.writeHead(200, headers)
  outgoing.flushHeaders()
  // The server may be ending by now.
  if (!(await news.watch(outgoing))) outgoing.end()
  return RESPONSE_ALREADY_SENT
}

const tooManyWatchers = new HttpError({
  code: 'unavailable',
  message: 'too many watch already',
  hint: 'Close a page that nobody looks at.',
  headers: { 'retry-after': '30' },
})
