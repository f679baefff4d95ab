/** For probes and monitoring. */
import { done, type Route } from '../route.js'

export const monitoringRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/healthz',
    summary: 'Whether the server lives and can read its jobs. Needs no token.',
    answers: { schema: 'serve-done' },
    async handle(_context, { board }) {
      await board.read()
      return done('ok')
    },
  },
]
