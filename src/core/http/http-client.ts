/**
 * HTTP for everything the core fetches: feeds, images, shops.
 *
 * In: a URL, and whether the operator typed it. Out: status, headers and the body as a stream. Statuses below
 * 500 are data; what stops a request is an `HttpError`. Never: a connection to an address nobody allowed,
 * credentials to another host, more bytes than asked for, a request without an end, a body cut short in silence.
 */
import type { IncomingMessage } from 'node:http'
import { type Clock, systemClock } from '../clock.js'
import { parseUrl } from '../parse-url.js'
import {
  guardedLookup,
  isListed,
  type Resolve,
  refuseLiteral,
  refuseResolved,
  socketLookup,
  systemResolve,
} from './address-guard.js'
import { createDeadline, type Deadline } from './deadline.js'
import { createAgents, type Exchange, exchange, type HttpMethod } from './exchange.js'
import { HttpError } from './http-error.js'
import { firstHop, type Hop, isRedirect, nextHop, notFollowed } from './redirect.js'
import { type BodyLimits, readBody } from './response-body.js'
import { backoffMs, parseRetryAfter } from './retry-timing.js'

export interface HttpClientOptions {
  /** For back-off and Retry-After. Timeouts of sockets run on real time. Default: the system's. */
  readonly clock?: Clock
  /** 0 to 1, for the jitter of the back-off. */
  readonly random?: () => number
  /** Hosts (`name` or `name:port`) that may be on private addresses, for every request. */
  readonly allowPrivateHosts?: readonly string[]
  /**
   * Use the proxy of HTTP_PROXY, HTTPS_PROXY and NO_PROXY. Default false: these variables are ignored, because a
   * proxy resolves names by itself, after and apart from our check of the addresses.
   */
  readonly trustProxy?: boolean
  /** Looks names up; default: the system's resolver. */
  readonly resolve?: Resolve
  readonly userAgent?: string
  /** Certificates (PEM) to accept besides those of the system. Operators name theirs by NODE_EXTRA_CA_CERTS. */
  readonly authorities?: string
  /** Least rate of a body, bytes a second (default 1024), judged over each `rateWindowMs` (default 30 s). */
  readonly bytesPerSecondMin?: number
  readonly rateWindowMs?: number
}

export interface HttpRequest {
  readonly method?: HttpMethod
  /**
   * Sent to the origin of the URL only, never to where it redirects. May be secrets: never logged. A function is
   * called for each try, for what may be used once only.
   */
  readonly headers?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>)
  /** Sent as it is. A request with a body is never redirected, and never tried again unless `tries` says so. */
  readonly body?: Buffer
  /** `refuse` ends with an error that names where the server wants us to go. Default: follow, without a body. */
  readonly redirects?: 'follow' | 'refuse'
  /** Return answers of every status, 5xx and 429 too. Default false: those are failed tries. */
  readonly anyStatus?: boolean
  /** Told of every try that failed, the last too. */
  readonly onFailedTry?: (error: HttpError) => void
  /** Ask for the body only if it has changed; the answer is 304 otherwise. */
  readonly conditional?: { readonly etag: string | null; readonly lastModified: string | null }
  /** The operator typed this URL: its host may be on a private address, also when a redirect comes back to it. */
  readonly trusted?: boolean
  /** More hosts that may be on private addresses, for this request. */
  readonly allowPrivateHosts?: readonly string[]
  /** Most bytes of the body, after removing its Content-Encoding. Default 64 MiB. */
  readonly maxBytes?: number
  /**
   * Wait for one of eight connections to the host: for downloads of which there are many. Default false: a connection of
   * its own.
   */
  readonly inTurn?: boolean
  /** Time for one try, from connecting to the last byte; waiting for a connection is not counted. Default 10 min. */
  readonly deadlineMs?: number
  /** Longest silence: for the head of the answer, and between parts of its body. Default 30 s. */
  readonly idleMs?: number
  /** Tries in all, when it is worth it. Default 5, and 1 for requests that change something. */
  readonly tries?: number
  /** Ends the request; its reason is what is thrown. */
  readonly signal?: AbortSignal
}

export type { HttpMethod }

export interface HttpResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** URL that answered, after redirects. */
  readonly url: string
  /** To be read once, to its end, or given up by `discard()`. Errors while reading are `HttpError`. */
  readonly body: AsyncIterable<Buffer>
  /** Gives the body up. Safe to call at any time, also after reading. */
  discard(): void
}

export interface HttpClient {
  /**
   * Asks for a URL and returns the answer of any status but 408, 425, 429 and 5xx. Those, and failures before
   * the body, are tried again: up to 5 tries, full jitter 1 s · 2^n up to 60 s, Retry-After up to 300 s. Throws
   * `HttpError` after the last try. A body that breaks off throws while it is read; see `download`.
   */
  get(url: string, request?: HttpRequest): Promise<HttpResponse>
  /**
   * As `get`, with `read` for the answer: a body that breaks off is another failed try, and `read` is called anew
   * with a fresh answer. What `read` returns is returned; what else it throws is thrown. The body is given up when
   * `read` leaves it.
   */
  download<T>(url: string, request: HttpRequest, read: (response: HttpResponse) => Promise<T>): Promise<T>
  /** Closes kept connections. */
  close(): void
}

const defaults = { maxBytes: 64 * 1024 * 1024, deadlineMs: 600_000, idleMs: 30_000, tries: 5 } as const
const defaultRate = { bytesPerSecondMin: 1024, rateWindowMs: 30_000 } as const

/** A body this small is read to its end when given up, so that its connection can be used again. */
const drainBytesMax = 64 * 1024

/** Below 500, and yet worth another try: Request Timeout, Too Early, Too Many Requests. */
const retryStatuses: ReadonlySet<number> = new Set([408, 425, 429])

export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const { clock = systemClock, random = Math.random, resolve = systemResolve, trustProxy = false } = options
  const { authorities } = options
  const trustedAgents = createAgents(socketLookup(resolve), authorities)
  const proxies = trustProxy ? proxyHosts(process.env) : undefined
  const guardedAgents = createAgents(guardedLookup(resolve, proxies), authorities)

  async function send(hop: Hop, request: HttpRequest, trustedHost: string | null, deadline: Deadline) {
    const allowed = [...(options.allowPrivateHosts ?? []), ...(request.allowPrivateHosts ?? [])]
    const isTrusted = hop.url.host === trustedHost || isListed(hop.url, allowed)
    if (!isTrusted) {
      refuseLiteral(hop.url)
      if (trustProxy) await refuseResolved(hop.url, resolve)
    }
    return exchange(hop.url, {
      method: request.method ?? 'GET',
      headers: {
        'user-agent': options.userAgent ?? 'wholesaler',
        ...conditionalHeaders(request),
        ...hop.headers,
      },
      body: request.body,
      agents: (isTrusted ? trustedAgents : guardedAgents)[request.inTurn === true ? 'inTurn' : 'atOnce'],
      useProxy: trustProxy,
      idleMs: request.idleMs ?? defaults.idleMs,
      onBegun: deadline.begin,
      signal: deadline.signal,
    })
  }

  /** One try: from the first hop to an answer that is not a redirect. */
  async function attempt(url: string, request: HttpRequest): Promise<HttpResponse> {
    const { headers = {} } = request
    let hop = firstHop(url, typeof headers === 'function' ? headers() : headers)
    const trustedHost = request.trusted ? hop.url.host : null
    const deadline = createDeadline(hop.url.href, request.deadlineMs ?? defaults.deadlineMs, request.signal)
    try {
      for (;;) {
        const answer = await send(hop, request, trustedHost, deadline)
        const { location } = answer.headers
        if (!isRedirect(answer.status, location)) {
          const response = toResponse(hop, answer, limitsOf(request, options), deadline)
          if (request.anyStatus !== true) refuseStatus(response, clock)
          return response
        }
        giveUp(answer.message)
        if (request.redirects === 'refuse' || request.body !== undefined) throw notFollowed(hop, location)
        hop = nextHop(hop, location)
      }
    } catch (error: unknown) {
      deadline.stop()
      throw error
    }
  }

  const pause: Pause = (failed, { retryAfterMs }, signal) =>
    clock.sleep(retryAfterMs ?? backoffMs(failed, random), signal)

  return {
    get: (url, request = {}) => withRetries(request, pause, () => attempt(url, request)),
    download: (url, request, read) =>
      withRetries(request, pause, async () => {
        const response = await attempt(url, request)
        try {
          return await read(response)
        } finally {
          response.discard()
        }
      }),
    close() {
      for (const { atOnce, inTurn } of [trustedAgents, guardedAgents]) {
        for (const agent of [atOnce.http, atOnce.https, inTurn.http, inTurn.https]) agent.destroy()
      }
    },
  }
}

type Pause = (failed: number, error: HttpError, signal: AbortSignal | undefined) => Promise<void>

/** Runs tries until one succeeds, fails for good, or was the last. */
async function withRetries<T>(request: HttpRequest, pause: Pause, tryOnce: () => Promise<T>): Promise<T> {
  const isSafe = request.method === undefined || request.method === 'GET' || request.method === 'HEAD'
  const tries = request.tries ?? (isSafe ? defaults.tries : 1)
  for (let tried = 1; ; tried += 1) {
    try {
      return await tryOnce()
    } catch (error: unknown) {
      request.signal?.throwIfAborted()
      if (error instanceof HttpError) request.onFailedTry?.(error)
      if (!(error instanceof HttpError) || !error.retryable || tried >= tries) throw error
      await pause(tried, error, request.signal)
    }
  }
}

function toResponse(hop: Hop, answer: Exchange, limits: BodyLimits, deadline: Deadline): HttpResponse {
  const { status, headers, message } = answer
  deadline.watch(message)
  return {
    status,
    headers,
    url: hop.url.href,
    body: readBody(answer, hop.url.href, limits, deadline.signal),
    discard: () => giveUp(message),
  }
}

/** Gives up an answer that may be another one a little later, and throws. */
function refuseStatus({ status, headers, url, discard }: HttpResponse, clock: Clock): void {
  if (status < 500 && !retryStatuses.has(status)) return
  discard()
  throw new HttpError({
    code: 'status',
    message: `the server answered ${status}`,
    url,
    status,
    retryAfterMs: parseRetryAfter(headers['retry-after'], clock.now()),
    hint: 'That is usually over soon: run again later.',
  })
}

function giveUp(message: IncomingMessage): void {
  if (message.readableEnded || message.destroyed) return
  const length = Number(message.headers['content-length'] ?? Number.POSITIVE_INFINITY)
  if (length <= drainBytesMax && message.headers['content-encoding'] === undefined) message.resume()
  else message.destroy()
}

function conditionalHeaders({ conditional }: HttpRequest): Record<string, string> {
  const headers: Record<string, string> = {}
  if (conditional?.etag) headers['if-none-match'] = conditional.etag
  if (conditional?.lastModified) headers['if-modified-since'] = conditional.lastModified
  return headers
}

function limitsOf(request: HttpRequest, client: HttpClientOptions): BodyLimits {
  return {
    maxBytes: request.maxBytes ?? defaults.maxBytes,
    idleMs: request.idleMs ?? defaults.idleMs,
    bytesPerSecondMin: client.bytesPerSecondMin ?? defaultRate.bytesPerSecondMin,
    rateWindowMs: client.rateWindowMs ?? defaultRate.rateWindowMs,
  }
}

/** Names of the operator's proxies, which may well be on private addresses. */
function proxyHosts(env: NodeJS.ProcessEnv): ReadonlySet<string> {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY']
  const values = names.flatMap((name) => [env[name], env[name.toLowerCase()]])
  return new Set(values.flatMap((value) => (value === undefined ? [] : (parseUrl(value)?.hostname ?? []))))
}
