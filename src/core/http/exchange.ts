/** One request and the head of its answer, by axios, which is loaded when it is first needed. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { rootCertificates } from 'node:tls'
import type { Axios, AxiosRequestConfig } from 'axios'
import { HttpError, requestError } from './http-error.js'
import { silence } from './response-body.js'

/**
 * Connections to one host for requests that wait their turn: what browsers allow themselves, and servers therefore
 * expect. Further requests wait, ready to be sent, for one that comes free.
 */
export const connectionsPerHostMax = 8
/** Connections kept for the next request to the same host. */
const freeSocketsMax = 16

/** Connections of one degree of trust. Pools are never shared, or a trusted one could serve what is not. */
export interface AgentPair {
  readonly http: HttpAgent
  readonly https: HttpsAgent
}

/** Of one degree of trust: for requests that go out at once, and for those that wait their turn. */
export interface Agents {
  readonly atOnce: AgentPair
  readonly inTurn: AgentPair
}

/** `authorities` are certificates (PEM) to accept besides those of the system. */
export function createAgents(lookup: LookupFunction, authorities?: string): Agents {
  return {
    atOnce: createPair(lookup, Number.POSITIVE_INFINITY, authorities),
    inTurn: createPair(lookup, connectionsPerHostMax, authorities),
  }
}

function createPair(lookup: LookupFunction, maxSockets: number, authorities: string | undefined): AgentPair {
  const options = { keepAlive: true, maxSockets, maxFreeSockets: freeSocketsMax, lookup }
  const ca = authorities === undefined ? {} : { ca: [...rootCertificates, authorities] }
  // Said aloud, or NODE_TLS_REJECT_UNAUTHORIZED would skip the checks for all that this process fetches.
  return { http: new HttpAgent(options), https: new HttpsAgent({ ...options, ...ca, rejectUnauthorized: true }) }
}

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'

export interface ExchangeOptions {
  readonly method: HttpMethod
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer | undefined
  readonly agents: AgentPair
  /** Let HTTP_PROXY, HTTPS_PROXY and NO_PROXY apply. */
  readonly useProxy: boolean
  readonly idleMs: number
  /** Called when the request has its connection, new or kept: until then it waits for those before it. */
  readonly onBegun: () => void
  /** Ends the request, and its body later on. The reason is what is thrown. */
  readonly signal: AbortSignal
}

export interface Exchange {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly message: IncomingMessage
  /** What the connection met after the head: bytes beyond the announced length make a bad next answer. */
  lateError(): Error | undefined
}

let loading: Promise<Axios> | undefined

/**
 * Sends a request and waits for the head of its answer, whatever its status. Throws `HttpError`, or the reason of
 * `signal`.
 */
export async function exchange(url: URL, options: ExchangeOptions): Promise<Exchange> {
  const axios = await loadAxios()
  options.signal.throwIfAborted()
  let lateError: Error | undefined
  let timer: NodeJS.Timeout | undefined
  const silent = new AbortController()
  const onAbort = () => silent.abort()
  const onBegun = () => {
    timer = setTimeout(onAbort, options.idleMs)
    options.onBegun()
  }
  // Listening starts here because the error may come in the same packet as the head, before axios answers.
  const transport = {
    request(settings: RequestOptions, onResponse: (message: IncomingMessage) => void) {
      const request = settings.protocol === 'https:' ? httpsRequest : httpRequest
      return request(settings, onResponse)
        .once('socket', onBegun)
        .on('error', (error) => {
          lateError = error
        })
    },
  }
  options.signal.addEventListener('abort', onAbort, { once: true })
  try {
    const response = await axios.request<IncomingMessage>({
      ...axiosConfig(url, options),
      transport,
      signal: silent.signal,
    })
    return {
      status: response.status,
      headers: plainHeaders(response.data),
      message: response.data,
      lateError: () => lateError,
    }
  } catch (error: unknown) {
    options.signal.throwIfAborted()
    if (silent.signal.aborted) throw new HttpError({ code: 'timeout', message: silence(options.idleMs), url: url.href })
    throw requestError(error, url.href)
  } finally {
    clearTimeout(timer)
    options.signal.removeEventListener('abort', onAbort)
  }
}

/** Without the usual defaults: merging them into each request, to be told not to use them, took a quarter of its time. */
function loadAxios(): Promise<Axios> {
  loading ??= import('axios').then(({ Axios }) => new Axios({}))
  return loading
}

/** Redirects, unpacking, limits and statuses are settled by our own code, so axios is told to leave them alone. */
function axiosConfig(url: URL, options: ExchangeOptions): AxiosRequestConfig {
  return {
    url: url.href,
    method: options.method,
    ...(options.body === undefined ? {} : { data: options.body, maxBodyLength: Number.POSITIVE_INFINITY }),
    headers: { 'accept-encoding': 'gzip, br', accept: '*/*', ...options.headers },
    responseType: 'stream',
    adapter: 'http',
    decompress: false,
    maxRedirects: 0,
    validateStatus: null,
    httpAgent: options.agents.http,
    httpsAgent: options.agents.https,
    // Without this line axios takes its proxy from the environment by itself.
    ...(options.useProxy ? {} : { proxy: false as const }),
  }
}

function plainHeaders(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}
