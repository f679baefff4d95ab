/**
 * A stand-in for a WordPress with WooCommerce, on the loopback address: answers as the real one was recorded,
 * keeps what was applied apart from what was answered, and goes wrong as a script says. What was never
 * recorded (tags, brands, attributes) follows the shop's documentation.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Applied, RouteContext } from './answer.js'
import { Gatekeeper, type ShopCredentials, shopCredentials } from './credentials.js'
import { type Exchanged, errorPage, type Fault, type Script } from './faults.js'
import { withFields } from './fields.js'
import { addAttachment } from './media-routes.js'
import { Problem } from './problem.js'
import type { Sideload } from './product-input.js'
import { bodyOf, route } from './routes.js'
import { type JsonObject, ShopState } from './shop-state.js'
import { Workers } from './workers.js'

export interface WorkCost {
  readonly requestMs: number
  /** Of a product that is written. */
  readonly itemMs: number
  /** Of a SKU that is looked up. Default: none. */
  readonly lookUpMs?: number
  readonly workers: number
}

export interface ShopOptions {
  /** Key and certificate: the shop speaks https. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Folder of the site: `/shop`. */
  readonly folder?: string
  /** `plain`: only `?rest_route=` works. */
  readonly permalinks?: 'pretty' | 'plain'
  readonly currency?: string
  readonly credentials?: ShopCredentials
  readonly sideload?: Sideload
  /** Time that work takes, and how many PHP workers do it. */
  readonly cost?: WorkCost
  /** Address that answers name instead of the server's own. */
  readonly publicUrl?: string
  /** Port; default: any. */
  readonly port?: number
}

/** PHP was killed in the middle of a request. */
class WorkerDied extends Error {}

/** The time that one request takes, kept by the clock: a timer that comes late does not make the next one later. */
class Work {
  readonly #cost: WorkCost | null
  readonly #lookUps: number
  #endsMs = performance.now()

  constructor(cost: WorkCost | null, query: URLSearchParams, bytes: Buffer) {
    this.#cost = cost
    const inBody = query.get('_method') === 'GET' ? ((parsed(bytes) as { sku?: unknown } | null)?.sku ?? '') : ''
    const skus = query.get('sku') ?? String(inBody)
    this.#lookUps = skus === '' ? 0 : skus.split(',').length
  }

  begin(): Promise<void> {
    return this.#take((this.#cost?.requestMs ?? 0) + this.#lookUps * (this.#cost?.lookUpMs ?? 0))
  }

  item(): Promise<void> {
    return this.#take(this.#cost?.itemMs ?? 0)
  }

  async #take(ms: number): Promise<void> {
    if (ms === 0) return
    this.#endsMs += ms
    await sleep(Math.max(0, this.#endsMs - performance.now()))
  }
}

/** Longest request line that is taken, as nginx has it. */
const urlBytesMax = 8 * 1024

export class ShopServer {
  readonly state = new ShopState()
  /** Writes in the order in which they became true. */
  readonly applied: Applied[] = []
  readonly requests: Exchanged[] = []
  script: Script = () => null
  /** How far its clock is ahead, as its answers say. */
  clockAheadMs = 0
  /** Called before each answer, with the time that it took. */
  onAnswered: (request: Exchanged, ms: number) => void = () => {}
  cost: WorkCost | null
  readonly #options: ShopOptions
  readonly #gate: Gatekeeper
  readonly #workers = new Workers()
  readonly #server: ReturnType<typeof createServer>

  constructor(options: ShopOptions = {}) {
    this.#options = options
    this.cost = options.cost ?? null
    this.#gate = new Gatekeeper(options.credentials ?? shopCredentials)
    const listener = (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response)
    this.#server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener)
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#options.port ?? 0, '127.0.0.1', resolve))
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Address of the site, as an operator would type it. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    const scheme = this.#options.tls === undefined ? 'http' : 'https'
    return `${scheme}://127.0.0.1:${port}${this.#options.folder ?? ''}`
  }

  /** Writes of one sort, as applied. */
  count(what: Applied['what']): number {
    return this.applied.filter((write) => write.what === what).length
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const bytes = await readAll(request)
      await this.#answer(request, bytes, response)
    } catch {
      response.destroy()
    }
  }

  async #answer(request: IncomingMessage, bytes: Buffer, response: ServerResponse): Promise<void> {
    const address = new URL(request.url ?? '/', this.url)
    const path = this.#restPath(address)
    if ((request.url ?? '').length > urlBytesMax) return page(response, 414, errorPage)
    const file = decodeURIComponent(address.pathname).split('/wp-content/uploads/')[1]
    if (file !== undefined) return this.#sendFile(file, response)
    if (path === null) return page(response, 404, errorPage)
    const method = address.searchParams.get('_method') ?? request.method ?? 'GET'
    const arrivedMs = performance.now()
    const seen = this.#note(request, method, path, address, bytes)
    const { fault } = seen
    if (fault?.kind === 'refuse') {
      seen.log.status = fault.status
      const headers = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter }
      return page(response, fault.status, errorPage, headers)
    }
    if (fault?.kind === 'late') await new Promise((resolve) => response.once('close', resolve))
    const { answer, failed } = await this.#workers.run(this.cost?.workers ?? Number.POSITIVE_INFINITY, () =>
      this.#work(request, method, path, address, bytes, fault),
    )
    if (failed) {
      seen.log.status = 502
      return page(response, 502, errorPage)
    }
    if (fault?.kind === 'lose') return void response.destroy()
    if (this.clockAheadMs !== 0) response.setHeader('date', new Date(Date.now() + this.clockAheadMs).toUTCString())
    if (fault?.kind === 'stall') fault.onApplied?.()
    if (fault?.kind === 'stall' || fault?.kind === 'late') return
    seen.log.status = answer.status
    this.onAnswered(seen.log, performance.now() - arrivedMs)
    send(response, answer, fault, this.#base)
  }

  #sendFile(file: string, response: ServerResponse): void {
    const data = [...this.state.attachments.values()].find((attachment) => attachment.file === file)?.data
    if (data === undefined) page(response, 404, errorPage)
    else response.writeHead(200, { 'content-type': 'image/jpeg' }).end(data)
  }

  #note(request: IncomingMessage, method: string, path: string, address: URL, bytes: Buffer) {
    const log = {
      number: this.requests.length + 1,
      method,
      path,
      query: address.searchParams,
      body: parsed(bytes),
      isWrite: method !== 'GET',
      url: request.url ?? '',
      status: null,
    }
    const fault = this.script(log) ?? null
    const exchanged: Exchanged = { ...log, fault: fault?.kind ?? null }
    this.requests.push(exchanged)
    return { log: exchanged, fault }
  }

  async #work(
    request: IncomingMessage,
    method: string,
    path: string,
    address: URL,
    bytes: Buffer,
    fault: Fault | null,
  ): Promise<{ answer: Answer; failed: boolean }> {
    const work = new Work(this.cost, address.searchParams, bytes)
    await work.begin()
    let left = fault?.kind === 'die' ? fault.afterItems : Number.POSITIVE_INFINITY
    const context = this.#context(work, async (write) => {
      this.applied.push(write)
      left -= 1
      if (left <= 0) throw new WorkerDied()
    })
    try {
      this.#gate.check({
        method,
        secure: this.#options.tls !== undefined,
        authorization: request.headers.authorization,
        url: `${this.url.replace(this.#options.folder ?? '', '')}${address.pathname}`,
        query: address.searchParams,
        api: path.startsWith('/wp/') ? 'wp' : 'wc',
        realMethod: request.method ?? 'GET',
      })
      if (fault?.kind === 'die' && fault.afterItems === 0) throw new WorkerDied()
      const body = bodyOf(bytes, request.headers['content-type'] ?? '')
      const query = method === request.method ? address.searchParams : withBody(address.searchParams, body)
      const disposition = request.headers['content-disposition'] ?? ''
      const answer = await route({ method, path, query, body, bytes, disposition }, context)
      const kind = path.endsWith('/batch') ? 'batch' : Array.isArray(answer.body) ? 'list' : 'one'
      return { answer: { ...answer, body: withFields(answer.body, query.get('_fields'), kind) }, failed: false }
    } catch (error: unknown) {
      if (error instanceof Problem) {
        return { answer: { status: error.status, body: error.json, allow: 'GET, POST' }, failed: false }
      }
      if (error instanceof WorkerDied) return { answer: { status: 502, body: null }, failed: true }
      throw error
    }
  }

  #context(work: Work, applied: RouteContext['applied']): RouteContext {
    const { state } = this
    const now = () => Date.now()
    const sideload = this.#options.sideload ?? (async () => ({ bytes: 1000 }))
    return {
      state,
      base: this.#base,
      currency: this.#options.currency ?? 'EUR',
      now,
      applied,
      itemCost: () => work.item(),
      write: () => ({
        state,
        sideload,
        now: now(),
        addAttachment: (src, bytes) => {
          const file = new URL(src).pathname.split('/').at(-1) ?? 'image.jpg'
          const { id } = addAttachment(state, { file, slug: file.replace(/\.\w+$/, ''), bytes, now: now() })
          this.applied.push({ what: 'upload', id, name: src })
          return id
        },
      }),
    }
  }

  get #base(): string {
    return this.#options.publicUrl ?? this.url
  }

  /** `/wc/v3/products` of either form of address; null for what is no REST route here. */
  #restPath(address: URL): string | null {
    const { folder = '', permalinks = 'pretty' } = this.#options
    const path = decodeURIComponent(address.pathname)
    const route = address.searchParams.get('rest_route')
    if (route !== null && path.replace(/index\.php$/, '').replace(/\/$/, '') === folder) return route
    const root = `${folder}/wp-json`
    return permalinks === 'pretty' && path.startsWith(`${root}/`) ? path.slice(root.length) : null
  }
}

/** Runs `body` with a shop that is closed afterwards. */
export async function withShop<T>(options: ShopOptions, body: (shop: ShopServer) => Promise<T>): Promise<T> {
  const shop = new ShopServer(options)
  await shop.listen()
  try {
    return await body(shop)
  } finally {
    await shop.close()
  }
}

function send(response: ServerResponse, answer: Answer, fault: Fault | null, base: string): void {
  const { allow, location, total, pages } = answer
  response.statusCode = answer.status
  response.setHeader('content-type', 'application/json; charset=UTF-8')
  response.setHeader('link', `<${base}/wp-json/>; rel="https://api.w.org/"`)
  if (allow !== undefined) response.setHeader('allow', allow)
  if (location !== undefined) response.setHeader('location', location)
  if (total !== undefined) response.setHeader('x-wp-total', String(total))
  if (pages !== undefined) response.setHeader('x-wp-totalpages', String(pages))
  const json = JSON.stringify(answer.body)
  if (fault?.kind === 'prefix') return void response.end(fault.text + json)
  if (fault?.kind !== 'replace') return void response.end(json)
  response.statusCode = fault.status ?? answer.status
  if (fault.type !== undefined) response.setHeader('content-type', fault.type)
  response.end(fault.with(json))
}

function page(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(body)
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return null
  }
}

function withBody(query: URLSearchParams, body: JsonObject): URLSearchParams {
  const all = new URLSearchParams(query)
  for (const [name, value] of Object.entries(body)) {
    all.set(name, Array.isArray(value) ? value.join(',') : String(value))
  }
  return all
}
