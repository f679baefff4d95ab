/** The HTTP server: its socket, its limits, the door before everything, and an end that lets requests finish. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, isIP, type Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { jsonLine } from '../cli/print.js'
import type { Clock } from '../core/clock.js'
import { hasCode, WholesalerError } from '../core/errors.js'
import type { ServeApp } from './app.js'
import { commonHeaders } from './common-headers.js'
import { type DoorRules, type Knock, refuse, wrongToken } from './front-door.js'
import { answerOfRefusal, type Refusal } from './http-error.js'
import type { ServeLimits } from './limits.js'
import { createRateLimiter } from './rate.js'
import { isTooLong, tooLarge } from './read-body.js'
import { isForPerson, refusalPage } from './refusal-page.js'

export interface ServerOptions {
  readonly app: ServeApp
  readonly rules: DoorRules
  readonly limits: ServeLimits
  readonly clock: Clock
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
}

export interface RunningServer {
  /** `http://127.0.0.1:8765` */
  readonly url: string
  /** Takes no more requests, waits for those under way, for a while, and ends all connections. */
  close(): Promise<void>
}

/** Milliseconds for requests that are under way when the server is told to stop. */
const graceMs = 5_000
/** Milliseconds between two looks for connections that are too slow. */
const checkEveryMs = 1_000
/**
 * No limit of their number, only of their bytes: beyond a number, Node leaves headers out without a word, and the door
 * has to see all of them. A stranger could fill up a request so that what its proxy adds at the end is never seen.
 */
const anyNumber = 0

/** Throws `usage` when the address is taken or not one of this machine. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { app, limits, host, port } = options
  const server = createServer({
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: checkEveryMs,
  })
  server.maxConnections = limits.connectionsMax
  server.maxHeadersCount = anyNumber
  server.on('connection', connectionLimit(limits.connectionsPerAddressMax))
  const door = openDoor(options)
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  server.on('request', (request, response) => {
    const refusal = door(request)
    if (refusal === null) void listener(request, response)
    else turnAway(request, response, refusal)
  })
  server.on('clientError', answerBadRequest)
  await listen(server, host, port)
  const { port: bound } = server.address() as AddressInfo
  return { url: `http://${shownHost(host)}:${bound}`, close: () => close(server) }
}

/** Nobody can open the address that stands for all. */
function shownHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return isIP(host) === 6 ? `[${host}]` : host
}

function connectionLimit(max: number): (socket: Socket) => void {
  const open = new Map<string, number>()
  return (socket) => {
    const address = socket.remoteAddress ?? ''
    const count = (open.get(address) ?? 0) + 1
    open.set(address, count)
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1
      if (left === 0) open.delete(address)
      else open.set(address, left)
    })
    if (count > max) socket.destroy()
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(asUsage(error, host, port)))
    server.listen({ host, port, exclusive: true }, resolve)
  })
}

function asUsage(error: Error, host: string, port: number): Error {
  if (!hasCode(error, 'EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN')) return error
  const why = {
    EADDRINUSE: `port ${port} is taken`,
    EACCES: `port ${port} may not be used by this user`,
  }[error.code ?? '']
  return new WholesalerError({
    kind: 'usage',
    message: why ?? `${host} is no address of this machine`,
    hint: why === undefined ? 'Give --host an address of this machine.' : 'Name another one with --port.',
    cause: error,
  })
}

/** All that is decided before a request is looked into. */
function openDoor({ rules, limits, clock }: ServerOptions): (request: IncomingMessage) => Refusal | null {
  const requests = createRateLimiter(limits.requests, clock)
  const changes = createRateLimiter(limits.changes, clock)
  const wrongTokens = createRateLimiter(limits.wrongTokens, clock)
  return (request) => {
    const knock = knockOf(request)
    const { remoteAddress: address, method } = knock
    const waits = requests.take(address)
    if (waits > 0) return tooMany(waits)
    const refusal = refuse(knock, rules)
    // Who shows none guesses none, such as a page that is not signed in any more.
    if (refusal === wrongToken) {
      const waitsLonger = wrongTokens.take(address)
      if (waitsLonger > 0) return tooMany(waitsLonger)
    }
    if (refusal !== null) return refusal
    const isChange = method !== 'GET' && method !== 'HEAD'
    const waitsToChange = isChange ? changes.take(address) : 0
    if (waitsToChange > 0) return tooMany(waitsToChange)
    if (isTooLong(request.headers['content-length'], limits.bodyBytesMax)) return tooLarge(limits.bodyBytesMax).refusal
    return null
  }
}

function knockOf(request: IncomingMessage): Knock {
  const { method = 'GET', url: target = '', headers, rawHeaders, socket } = request
  const names = rawHeaders.filter((_, index) => index % 2 === 0)
  const hostHeaders = names.filter((name) => name.toLowerCase() === 'host').length
  return { method, target, headers, hostHeaders, remoteAddress: socket.remoteAddress ?? '' }
}

function tooMany(seconds: number): Refusal {
  const headers = { 'retry-after': String(seconds) }
  return { code: 'too_many_requests', message: 'that is too often', hint: `Try again in ${seconds} s.`, headers }
}

/** Milliseconds for a client to read why it was turned away while it still sends. */
const readMs = 1_000

/** A body is not read: the connection ends with the answer. */
function turnAway(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const { status, headers, document } = answerOfRefusal(refusal)
  const { method = 'GET', headers: asked } = request
  const page = isForPerson(method, asked.accept) ? refusalPage(document, asked.host ?? '') : null
  const body = page?.body ?? jsonLine(document)
  const isReading = hasBody(request)
  const type = page?.headers ?? { 'content-type': 'application/json; charset=utf-8' }
  const length = { 'content-length': String(Buffer.byteLength(body)) }
  const ending = isReading ? { connection: 'close' } : {}
  response.writeHead(status, { ...commonHeaders, ...type, ...length, ...headers, ...ending })
  response.end(request.method === 'HEAD' ? undefined : body)
  if (isReading) setTimeout(() => request.socket.destroy(), readMs).unref()
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

const parserStatuses: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** What is no HTTP, is too slow or has headers without end. */
function answerBadRequest({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const status = parserStatuses[code ?? ''] ?? '400 Bad Request'
  const { document } = answerOfRefusal({ code: 'bad_request', message: status.slice(4).toLowerCase() })
  const body = jsonLine(document)
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\nconnection: close`
  socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  setTimeout(() => socket.destroy(), readMs).unref()
}

async function close(server: Server): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), graceMs)
  await ended
  clearTimeout(timer)
}
