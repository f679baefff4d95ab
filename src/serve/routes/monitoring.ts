/** For probes and monitoring, and what describes all of this to programs. */
import { packageVersion } from '../../core/package-files.js'
import { HttpError } from '../http-error.js'
import { series } from '../job-details.js'
import { metricsText } from '../metrics.js'
import { openApiDocument } from '../openapi.js'
import { done, json, type Route, type ServePorts } from '../route.js'

/** `routes`: the table that is described. */
export function monitoringRoutes(routes: () => readonly Route[]): readonly Route[] {
  let described: object | null = null
  return [
    {
      method: 'GET',
      path: '/healthz',
      summary: 'Whether the server lives and can read its jobs. Needs no token.',
      answers: { schema: 'serve-done' },
      async handle(_context, { board, report }) {
        try {
          await board.read()
        } catch (error: unknown) {
          // Anybody may ask: where the state is, and what is wrong with it, is for the operator.
          report(error)
          throw new HttpError({ code: 'unavailable', message: 'the jobs cannot be read' })
        }
        return done('ok')
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      summary: 'Figures for Prometheus: jobs by state, stuck ones, products, images, durations, latency of the shop.',
      answers: { type: 'text/plain' },
      handle: sendMetrics,
    },
    {
      method: 'GET',
      path: '/openapi.json',
      summary: 'This description.',
      answers: { type: 'application/json' },
      handle() {
        described ??= openApiDocument(routes(), packageVersion())
        return json(described)
      },
    },
  ]
}

async function sendMetrics(_context: unknown, ports: ServePorts): Promise<Response> {
  const { board, stuck, news, clock } = ports
  const facts = {
    board: await board.read(),
    stuck: (await stuck.read()).length,
    points: (await series(ports)).series,
    watchers: news.watchers,
    nowMs: clock.now(),
  }
  return new Response(metricsText(facts), { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } })
}
