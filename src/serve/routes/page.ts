/** The page, and the way into it. */
import { type DocumentHead, documentHead } from '../../cli/documents.js'
import { readGiven } from '../given.js'
import { HttpError, notFound } from '../http-error.js'
import { pageFile } from '../page/page-files.js'
import { addressOf, json, type RequestContext, type Route, type ServePorts } from '../route.js'

/** Nothing but the page's own files, and nothing inline; nobody may put it into a frame. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export interface LoginDocument extends DocumentHead {
  readonly message: string
  readonly login_url: string
}

export const pageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/',
    summary: 'The page.',
    answers: { type: 'text/html' },
    handle: (context) => sendPageFile(context),
  },
  {
    method: 'GET',
    path: '/assets/*',
    summary: 'What the page is made of.',
    answers: { type: '*/*' },
    refusals: [404],
    handle: (context) => sendPageFile(context),
  },
  {
    method: 'GET',
    path: '/login',
    summary: 'Signs a browser in with the code of the link that serve printed, once.',
    answers: { type: 'text/html' },
    success: 303,
    handle: signIn,
  },
  {
    method: 'POST',
    path: '/api/login-link',
    summary: 'Another link that signs a browser in, once.',
    fields: {},
    answers: { schema: 'serve-login' },
    async handle(context, ports) {
      await readGiven(context, ports)
      const document: LoginDocument = {
        ...documentHead(true),
        message: 'Open it in a browser within 15 minutes: it works once',
        login_url: `${addressOf(context)}/login?code=${ports.passes.newCode()}`,
      }
      return json(document)
    },
  },
]

function sendPageFile(context: RequestContext): Response {
  const file = pageFile(context.req.path)
  if (file === null) throw notFound('the page has no such file', 'The page is at /.')
  const { type, body } = file
  return new Response(new Uint8Array(body), {
    headers: { 'content-type': type, 'content-security-policy': pagePolicy, 'cache-control': 'no-cache' },
  })
}

function signIn(context: RequestContext, { passes }: ServePorts): Response {
  const code = context.req.query('code') ?? ''
  // Whoever only looks at where a link leads must not use it up.
  if (context.req.method !== 'GET' || !passes.takeCode(code)) {
    throw new HttpError({
      code: 'unauthorized',
      message: 'this link was used before, or is too old',
      hint: 'On the machine of the server: curl -X POST http://127.0.0.1:PORT/api/login-link makes another one.',
    })
  }
  const isSecure = context.req.header('x-forwarded-proto') === 'https'
  const rules = `Path=/; Max-Age=${passes.seconds}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
  const cookie = `${passes.cookieName}=${passes.newPass()}; ${rules}`
  return new Response(null, { status: 303, headers: { location: '/', 'set-cookie': cookie } })
}
