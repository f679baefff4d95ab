/** The bytes of an answer, watched: silence, dripping, bombs and early ends become errors, never short data. */
import type { IncomingMessage } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { Exchange } from './exchange.js'
import { expansionProblem } from './expansion-limit.js'
import { bodyError, HttpError } from './http-error.js'

export interface BodyLimits {
  /** Most bytes after removing the Content-Encoding. */
  readonly maxBytes: number
  /** Longest wait for the next bytes. */
  readonly idleMs: number
  /** Least rate, judged over each `rateWindowMs` of waiting for the server; the caller's own time does not count. */
  readonly bytesPerSecondMin: number
  readonly rateWindowMs: number
}

type Unpacker = ReturnType<typeof createGunzip>

/** Encodings a server may apply to a body; it is asked for the first and the last. */
const unpackers: Readonly<Record<string, () => Unpacker>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/**
 * The body of `message`, without its Content-Encoding. Throws `HttpError`: `truncated` when the connection ends
 * early or bytes follow the announced length, `too_large`, `timeout`, `too_slow`, `bad_answer`; or the reason of
 * `signal`. Leaving the loop early closes the connection.
 */
export async function* readBody(
  { message, lateError }: Pick<Exchange, 'message' | 'lateError'>,
  url: string,
  limits: BodyLimits,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, void> {
  try {
    refuseAnnounced(message, url, limits)
    const unpacker = unpackerFor(message, url)
    const source: Readable = unpacker === null ? message : pipeline(message, unpacker, () => {})
    let received = 0
    for await (const chunk of watched(source, message, url, limits)) {
      received += chunk.length
      refuseSize(received, unpacker?.bytesWritten ?? received, url, limits)
      yield chunk
    }
    const late = lateError()
    if (late !== undefined) {
      throw new HttpError({ code: 'truncated', message: 'the body is longer than announced', url, cause: late })
    }
  } catch (error: unknown) {
    if (signal.aborted) throw signal.reason
    throw bodyError(error, url)
  } finally {
    if (!message.readableEnded) message.destroy()
  }
}

/** Passes chunks on, and breaks the connection when the server is silent or drips. */
async function* watched(source: Readable, message: IncomingMessage, url: string, limits: BodyLimits) {
  const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let waiting = false
  const idle = setTimeout(() => {
    if (waiting) message.destroy(new HttpError({ code: 'timeout', message: silence(limits.idleMs), url }))
  }, limits.idleMs)
  let windowBytes = 0
  let windowMs = 0
  try {
    for (;;) {
      waiting = true
      idle.refresh()
      const askedAt = performance.now()
      const next = await iterator.next()
      waiting = false
      if (next.done) return
      windowBytes += next.value.length
      windowMs += performance.now() - askedAt
      if (windowMs >= limits.rateWindowMs) {
        if (windowBytes < (limits.bytesPerSecondMin * windowMs) / 1000) {
          const message = `the body comes at less than ${limits.bytesPerSecondMin} bytes a second`
          throw new HttpError({ code: 'too_slow', message, url })
        }
        windowBytes = 0
        windowMs = 0
      }
      yield next.value
    }
  } finally {
    clearTimeout(idle)
    await iterator.return?.()
  }
}

export function silence(idleMs: number): string {
  return `the server was silent for ${idleMs / 1000} s`
}

function unpackerFor(message: IncomingMessage, url: string): Unpacker | null {
  const encoding = message.headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (encoding === '' || encoding === 'identity') return null
  const create = unpackers[encoding]
  if (create !== undefined) return create()
  // A list such as `gzip, gzip` is how nested bombs come; nothing honest needs it.
  throw new HttpError({
    code: 'bad_answer',
    message: 'the body comes in a Content-Encoding that was not asked for',
    url,
  })
}

function refuseAnnounced(message: IncomingMessage, url: string, { maxBytes }: BodyLimits): void {
  const announced = Number(message.headers['content-length'] ?? 0)
  if (announced > maxBytes) throw tooLarge(`the body has more than ${maxBytes} bytes`, url)
}

function refuseSize(received: number, packed: number, url: string, { maxBytes }: BodyLimits): void {
  if (received > maxBytes) throw tooLarge(`the body has more than ${maxBytes} bytes`, url)
  const problem = expansionProblem(packed, received)
  if (problem !== null) throw tooLarge(`the body is not taken: ${problem}`, url)
}

function tooLarge(message: string, url: string): HttpError {
  return new HttpError({ code: 'too_large', message, url })
}
