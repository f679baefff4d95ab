/** The routes as an application: which of them answers, and what all answers have in common. */
import type { HttpBindings } from '@hono/node-server'
import { Hono, type HonoRequest } from 'hono'
import { commonHeaders } from './common-headers.js'
import { answerOfError, type ErrorAnswer, HttpError } from './http-error.js'
import { isForPerson, refusalPage } from './refusal-page.js'
import { json, type ServePorts } from './route.js'
import { routes } from './routes.js'

export type ServeApp = Hono<{ Bindings: HttpBindings }>

export function createApp(ports: ServePorts): ServeApp {
  const app: ServeApp = new Hono<{ Bindings: HttpBindings }>()
  app.use(async (context, next) => {
    await next()
    // News are on their way already.
    if (context.env.outgoing.headersSent) return
    for (const [name, value] of Object.entries(commonHeaders)) {
      if (!context.res.headers.has(name)) context.res.headers.set(name, value)
    }
  })
  for (const { method, path, handle } of routes) app.on(method, path, (context) => handle(context, ports))
  for (const path of new Set(routes.map((route) => route.path))) {
    const allowed = routes.filter((route) => route.path === path).map(({ method }) => method)
    app.all(path, () => {
      throw methodNotAllowed(allowed)
    })
  }
  app.notFound((context) => errorResponse(answerOfError(noSuchPath, ports.report), context.req))
  app.onError((error, context) => errorResponse(answerOfError(error, ports.report), context.req))
  return app
}

const noSuchPath = new HttpError({
  code: 'not_found',
  message: 'there is nothing at this path',
  hint: '/openapi.json lists all there is.',
})

function methodNotAllowed(allowed: readonly string[]): HttpError {
  const headers = { allow: allowed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ') }
  return new HttpError({ code: 'method_not_allowed', message: 'this path has no such method', headers })
}

function errorResponse({ status, headers, document }: ErrorAnswer, request: HonoRequest): Response {
  if (!isForPerson(request.method, request.header('accept'))) return json(document, status, headers)
  const page = refusalPage(document, request.header('host') ?? '')
  return new Response(page.body, { status, headers: { ...headers, ...page.headers } })
}
