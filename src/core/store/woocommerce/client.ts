/** `ShopClient` by HTTP. */
import { setMaxListeners } from 'node:events'
import pLimit from 'p-limit'
import type { Clock } from '../../clock.js'
import { WholesalerError } from '../../errors.js'
import type { HttpClient, HttpMethod, HttpRequest, HttpResponse } from '../../http/http-client.js'
import { HttpError } from '../../http/http-error.js'
import { backoffMs, parseRetryAfter } from '../../http/retry-timing.js'
import { parseUrl } from '../../parse-url.js'
import { type Parameters, parseShopAddress, routeUrl, type ShopAddress } from './address.js'
import { bodyWords, readShopBody, type ShopBody } from './answer.js'
import { Circuit } from './circuit.js'
import type { ShopCredentials } from './credentials.js'
import { loginHeaders } from './login.js'
import {
  type Page,
  problemOf,
  type Read,
  type ShopClient,
  type ShopProblem,
  type Upload,
  type Write,
} from './shop-client.js'

/** Longest time for one request that writes: shops end requests after 30 to 120 s, and we wait longer than most. */
export const writeDeadlineMs = 90_000
/** Longest time for one request that reads. */
const readDeadlineMs = 60_000
/** Tries of a read whose answer is no JSON: a passing page is over by then. */
const readTries = 4
/** Nothing that is asked for is larger; a page of 100 products with descriptions is a few MB. */
const answerBytesMax = 64 * 1024 * 1024

export interface ShopClientOptions {
  /** As typed by the operator, who is trusted: it may be on a private address. */
  readonly url: string
  readonly credentials: ShopCredentials
  readonly http: HttpClient
  readonly clock: Clock
  readonly random?: () => number
  /** Default: `writeDeadlineMs`. */
  readonly writeDeadlineMs?: number
  /** Ends waiting and reads. A write under way is seen to its end: half a write would have to be looked for. */
  readonly signal?: AbortSignal
  /** Told once of what is odd but not fatal: PHP warnings in answers. */
  readonly onWarning?: (message: string) => void
}

/** Reads at once: a look-up costs the shop a tenth of a write, and has to leave room for those. */
const readsMax = 4
/** Requests and waits that may depend on one signal. */
const signalListenersMax = 200
/** Longer query strings go into the body: web servers refuse lines of 8 KB. */
const queryLengthMax = 2_000

export function createShopClient(options: ShopClientOptions): ShopClient {
  return new RestClient(options)
}

class RestClient implements ShopClient {
  readonly #options: ShopClientOptions
  readonly #circuit: Circuit
  readonly #reads = pLimit(readsMax)
  #address: ShopAddress
  /** Whether the form of the address is known to work. */
  #settled: boolean
  #warned = false

  constructor(options: ShopClientOptions) {
    this.#options = options
    // As many as may be under way or waited for at once; the default warns from the eleventh on.
    if (options.signal !== undefined) setMaxListeners(signalListenersMax, options.signal)
    this.#address = parseShopAddress(options.url)
    this.#settled = this.#address.permalinks === 'plain'
    this.#circuit = new Circuit(this.#address.site, options.clock)
  }

  get site(): string {
    return this.#address.site
  }

  read(route: string, parameters: Parameters = {}): Promise<Read> {
    return this.#reads(() => this.#readNow(route, parameters))
  }

  async #readNow(route: string, parameters: Parameters): Promise<Read> {
    for (let tried = 1; ; tried += 1) {
      const { response, body } = await this.#exchangeRead(route, parameters)
      if (body.kind === 'prefixed') this.#warn(body.prefix)
      if (body.kind === 'json' || body.kind === 'prefixed') {
        this.#settled = true
        const problem = problemOf(response.status, body.value)
        if (problem !== null) return { ok: false, problem: this.#permitted(problem, route) }
        return { ok: true, page: pageOf(response, body.value) }
      }
      if (!this.#settled && response.status === 404) {
        // Without pretty permalinks there is no /wp-json/, only the parameter.
        this.#address = { ...this.#address, permalinks: 'plain' }
        this.#settled = true
        continue
      }
      this.#refuseStatus(response.status, route)
      this.#circuit.failed(`it answered ${response.status} with ${bodyWords[body.kind]}`)
      if (tried >= readTries) throw this.#noJson(response.status, body)
      await this.#pause(tried)
    }
  }

  async write(
    method: 'POST' | 'PUT' | 'DELETE',
    route: string,
    body: unknown,
    parameters: Parameters = {},
  ): Promise<Write> {
    const bytes = Buffer.from(JSON.stringify(body))
    return this.#send(method, route, parameters, bytes, { 'content-type': 'application/json' })
  }

  async upload(route: string, { bytes, type, fileName }: Upload, parameters: Parameters = {}): Promise<Write> {
    return this.#send('POST', route, parameters, bytes, {
      'content-type': type,
      'content-disposition': `attachment; filename="${fileName}"`,
    })
  }

  async download(url: string, maxBytes: number): Promise<Buffer | null> {
    const { http, signal } = this.#options
    // What the shop's own host serves is trusted as the operator's word; a host that an answer names is not.
    const trusted = parseUrl(url)?.host === new URL(this.site).host
    return await this.#reads(() =>
      http.download(
        url,
        {
          method: 'GET',
          trusted,
          maxBytes,
          deadlineMs: readDeadlineMs,
          tries: readTries,
          anyStatus: true,
          ...(signal === undefined ? {} : { signal }),
        },
        async (response) => (response.status === 200 ? await bytesOf(response) : null),
      ),
    )
  }

  async #exchangeRead(route: string, parameters: Parameters) {
    this.#circuit.check()
    const inBody = this.#url(route, parameters).search.length > queryLengthMax
    const request: Request = inBody
      ? { method: 'POST', url: this.#url(route, { _method: 'GET' }), body: Buffer.from(JSON.stringify(parameters)) }
      : { method: 'GET', url: this.#url(route, parameters) }
    const answer = await this.#options.http.download(
      request.url.href,
      {
        ...this.#request(route, request, inBody ? { 'content-type': 'application/json' } : {}, true),
        deadlineMs: readDeadlineMs,
        idleMs: readDeadlineMs,
        tries: 5,
        onFailedTry: (error) => this.#circuit.failed(error.reason),
      },
      async (response) => ({ response, body: readShopBody(await bytesOf(response)) }),
    )
    if (answer.response.status < 500) this.#circuit.succeeded()
    return answer
  }

  async #send(
    method: HttpMethod,
    route: string,
    parameters: Parameters,
    body: Buffer,
    headers: Readonly<Record<string, string>>,
  ): Promise<Write> {
    const { clock, http, signal, writeDeadlineMs: deadlineMs = writeDeadlineMs } = this.#options
    signal?.throwIfAborted()
    this.#circuit.check()
    const startedMs = clock.monotonic()
    const url = this.#url(route, parameters)
    try {
      const { response, parsed } = await http.download(
        url.href,
        {
          ...this.#request(route, { method, url, body }, headers, false),
          deadlineMs,
          idleMs: deadlineMs,
          tries: 1,
          anyStatus: true,
        },
        async (answer) => ({ response: answer, parsed: readShopBody(await bytesOf(answer)) }),
      )
      return this.#judge(response, parsed, route, clock.monotonic() - startedMs)
    } catch (error: unknown) {
      if (!(error instanceof HttpError)) throw error
      // Keys or an address that are wrong will be wrong the next time too.
      if (error.kind === 'denied' || error.kind === 'usage') throw error
      this.#circuit.failed(error.reason)
      if (error.neverSent) return { kind: 'not_sent', reason: error.reason, retryAfterMs: null }
      return { kind: 'unknown', reason: error.reason, retryAfterMs: null, ms: clock.monotonic() - startedMs }
    }
  }

  /** What an answer says about a write. A clean refusal is one; all else that is no clean success is unknown. */
  #judge({ status, headers }: HttpResponse, body: ShopBody, route: string, ms: number): Write {
    const retryAfterMs = parseRetryAfter(headers['retry-after'], this.#options.clock.now()) ?? null
    if (status === 429) {
      this.#circuit.failed('it asked for patience (429)')
      return { kind: 'not_sent', reason: 'the shop asked for patience (429)', retryAfterMs }
    }
    if (body.kind === 'json') {
      const problem = problemOf(status, body.value)
      if (problem === null) {
        this.#circuit.succeeded()
        return { kind: 'done', value: body.value, ms }
      }
      if ((status < 500 && status !== 408) || isRefusedFile(problem)) {
        this.#circuit.succeeded()
        return { kind: 'refused', problem: this.#permitted(problem, route), ms }
      }
    } else {
      this.#refuseStatus(status, route)
    }
    if (body.kind === 'prefixed') this.#warn(body.prefix)
    const what = body.kind === 'json' ? 'an error of its own' : bodyWords[body.kind]
    const reason = `the shop answered ${status} with ${what}`
    if (body.kind !== 'prefixed') this.#circuit.failed(reason)
    return { kind: 'unknown', reason, retryAfterMs, ms }
  }

  #url(route: string, parameters: Parameters): URL {
    return routeUrl(this.#address, route, parameters)
  }

  #request(route: string, request: Request, headers: Readonly<Record<string, string>>, isRead: boolean): HttpRequest {
    const { signal, credentials, clock } = this.#options
    return {
      method: request.method,
      ...(request.body === undefined ? {} : { body: request.body }),
      ...(signal === undefined || !isRead ? {} : { signal }),
      headers: () => ({ accept: 'application/json', ...headers, ...loginHeaders(route, request, credentials, clock) }),
      trusted: true,
      redirects: 'refuse',
      maxBytes: answerBytesMax,
    }
  }

  /** Throws for refused keys and rights: every further request would be refused as well. */
  #permitted(problem: ShopProblem, route: string): ShopProblem {
    this.#refuseStatus(problem.status, route, problem)
    return problem
  }

  #refuseStatus(status: number, route: string, problem?: ShopProblem): void {
    if (status !== 401 && status !== 403) return
    const said = problem === undefined ? '' : `: ${withoutTags(problem.message)} (${problem.code})`
    throw new WholesalerError({
      kind: 'denied',
      message: `the shop refuses ${route} with ${status}${said}`,
      hint: route.startsWith('/wp/')
        ? 'Check user and application password; the user needs the right to upload files. Or say images: "src".'
        : 'Check key and secret, that the key may read and write, and that its user may manage products.',
      place: { url: this.site },
    })
  }

  #noJson(status: number, body: ShopBody): WholesalerError {
    const what = body.kind === 'json' ? 'JSON' : bodyWords[body.kind]
    return new WholesalerError({
      kind: 'temporary',
      message: `the shop answered ${status} with ${what}`,
      hint: 'Open the shop in a browser: maintenance, a firewall, or a plugin may stand before its REST API.',
      place: { url: this.site },
    })
  }

  #warn(prefix: string): void {
    if (this.#warned) return
    this.#warned = true
    const shown = withoutTags(prefix).slice(0, 200)
    this.#options.onWarning?.(`The shop prints something before its answers, which makes them unsafe: ${shown}`)
  }

  #pause(tried: number): Promise<void> {
    const { clock, random = Math.random, signal } = this.#options
    return clock.sleep(backoffMs(tried, random), signal)
  }
}

interface Request {
  readonly method: HttpMethod
  readonly url: URL
  readonly body?: Buffer
}

function pageOf({ headers }: HttpResponse, value: unknown): Page {
  // A cache between us says for how long it has kept the answer.
  const dateMs = Date.parse(headers.date ?? '') + Number(headers.age ?? 0) * 1000
  return { value, pages: Number(headers['x-wp-totalpages'] ?? 1), dateMs: Number.isFinite(dateMs) ? dateMs : null }
}

async function bytesOf({ body }: HttpResponse): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** WordPress says 500 for a file it will not have (recorded); nothing was kept of it. */
function isRefusedFile({ code }: ShopProblem): boolean {
  return code === 'rest_upload_sideload_error'
}

function withoutTags(text: string): string {
  return text
    .replace(/<[^>]*>/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}
