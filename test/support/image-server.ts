/** A server of pictures on the loopback address that counts what it is asked for, and misbehaves on request. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { withServer } from './local-server.js'

/** What a path answers with; a function is called with the number of the request to that path, from 1. */
export type ImageAnswer = Buffer | Misbehaviour | ((times: number) => Buffer | Misbehaviour)

export type Misbehaviour =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'body'; readonly type: string; readonly body: string | Buffer }
  /** In a Content-Encoding of gzip. */
  | { readonly kind: 'packed'; readonly body: Buffer }
  /** Says what to ask it by the next time, and answers 304 when that is right. */
  | { readonly kind: 'tagged'; readonly body: Buffer; readonly etag?: string; readonly lastModified?: string }
  /** Announces all of it, sends half, and hangs up. */
  | { readonly kind: 'truncated'; readonly body: Buffer }
  | { readonly kind: 'redirect'; readonly to: string }
  /** Sends and sends. */
  | { readonly kind: 'endless' }
  /** Sends its head, and nothing more. */
  | { readonly kind: 'silent' }

export interface ImageServer {
  /** `127.0.0.1:PORT`. */
  readonly host: string
  url(path: string): string
  /** Answers this path so from now on; unknown paths answer 404. */
  serve(path: string, answer: ImageAnswer): void
  /** Requests to one path, with its query, or to all. */
  requests(path?: string): number
  /** Answers that said "not modified". */
  notModified(): number
  /** Bytes of bodies sent. */
  bytesSent(): number
}

/** Sends a body, or with `more` a part of it. */
type Send = (response: ServerResponse, data: Buffer, more?: () => void) => void

export async function withImageServer<T>(body: (server: ImageServer) => Promise<T>): Promise<T> {
  const answers = new Map<string, ImageAnswer>()
  const asked = new Map<string, number>()
  let bytes = 0
  let unchanged = 0

  const send: Send = (response, data, more) => {
    bytes += data.length
    if (more === undefined) response.end(data)
    else response.write(data, more)
  }
  return withServer(
    (request, response) => {
      const { url: path = '/' } = request
      const times = (asked.get(path) ?? 0) + 1
      asked.set(path, times)
      const given = answers.get(path) ?? answers.get(path.replace(/\?.*$/, ''))
      const answer = typeof given === 'function' ? given(times) : given
      if (answer === undefined) response.writeHead(404).end('not here')
      else if (Buffer.isBuffer(answer)) send(response.writeHead(200, { 'content-type': 'image/jpeg' }), answer)
      else if (answer.kind === 'tagged') unchanged += answerTagged(answer, request, response, send) ? 1 : 0
      else misbehave(answer, response, send)
    },
    ({ host, requests }) =>
      body({
        host,
        url: (path) => `http://${host}${path}`,
        serve: (path, answer) => void answers.set(path, answer),
        requests: (path) => (path === undefined ? requests.length : (asked.get(path) ?? 0)),
        notModified: () => unchanged,
        bytesSent: () => bytes,
      }),
  )
}

/** True when it was not modified. */
function answerTagged(
  { body, etag, lastModified }: Extract<Misbehaviour, { kind: 'tagged' }>,
  { headers }: IncomingMessage,
  response: ServerResponse,
  send: Send,
): boolean {
  if (etag !== undefined) response.setHeader('etag', etag)
  if (lastModified !== undefined) response.setHeader('last-modified', lastModified)
  // The tag counts when there is one (RFC 9110, 13.2.2).
  const asked = headers['if-none-match'] ?? headers['if-modified-since']
  const isSame = asked !== undefined && asked === (headers['if-none-match'] === undefined ? lastModified : etag)
  if (isSame) response.writeHead(304).end()
  else send(response.writeHead(200), body)
  return isSame
}

function misbehave(answer: Exclude<Misbehaviour, { kind: 'tagged' }>, response: ServerResponse, send: Send): void {
  switch (answer.kind) {
    case 'status':
      response.writeHead(answer.status).end('no')
      return
    case 'body':
      send(response.writeHead(200, { 'content-type': answer.type }), Buffer.from(answer.body))
      return
    case 'packed':
      send(response.writeHead(200, { 'content-encoding': 'gzip' }), answer.body)
      return
    case 'truncated':
      response.writeHead(200, { 'content-length': answer.body.length })
      response.write(answer.body.subarray(0, answer.body.length / 2), () => response.destroy())
      return
    case 'redirect':
      response.writeHead(302, { location: answer.to }).end()
      return
    case 'silent':
      response.writeHead(200, { 'content-length': 1000 }).flushHeaders()
      return
    case 'endless': {
      response.writeHead(200)
      const chunk = Buffer.alloc(64 * 1024, 1)
      const more = (): void => {
        if (!response.destroyed) send(response, chunk, more)
      }
      more()
      return
    }
  }
  answer satisfies never
}
