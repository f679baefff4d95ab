import { type ErrorKind, WholesalerError } from '../errors.js'

/** Why a request has no usable answer. Stable words, for failure records and counters. */
export type HttpErrorCode =
  /** Not a URL, or neither http nor https. */
  | 'bad_url'
  /** The target is on a private or special address that nobody allowed. */
  | 'address_refused'
  /** Refused, unreachable, unknown name, or reset before the answer. */
  | 'connect'
  /** Certificate or protocol version not accepted. */
  | 'tls'
  /** Silence for too long, or the deadline passed. */
  | 'timeout'
  /** Answering, but below the least rate. */
  | 'too_slow'
  /** More bytes than the caller takes, packed or unpacked. */
  | 'too_large'
  /** The body ended early, or its length is not the announced one. */
  | 'truncated'
  /** Not HTTP, or an encoding that was not asked for. */
  | 'bad_answer'
  /** Too many redirects, or one that must not be followed. */
  | 'redirect'
  /** 408, 425, 429 or 5xx on every try. */
  | 'status'

const kindOf: Readonly<Record<HttpErrorCode, ErrorKind>> = {
  bad_url: 'usage',
  address_refused: 'denied',
  connect: 'temporary',
  tls: 'denied',
  timeout: 'temporary',
  too_slow: 'temporary',
  too_large: 'denied',
  truncated: 'temporary',
  bad_answer: 'temporary',
  redirect: 'denied',
  status: 'temporary',
}

const neverSent: ReadonlySet<HttpErrorCode> = new Set(['bad_url', 'address_refused', 'tls'])
const noConnection: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

const worthAnotherTry: ReadonlySet<HttpErrorCode> = new Set(['connect', 'timeout', 'too_slow', 'truncated', 'status'])

export interface HttpErrorDetails {
  readonly code: HttpErrorCode
  readonly message: string
  readonly url: string
  readonly hint?: string
  /** Status of the last answer, when there was one. */
  readonly status?: number
  /** What the server asked for in Retry-After, milliseconds. */
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/**
 * A request that failed. The URL is shown without user, password and query. The cause is at most the error of
 * the operating system, never one that carries request headers.
 */
export class HttpError extends WholesalerError {
  readonly code: HttpErrorCode
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined

  constructor({ code, message, url, hint, status, retryAfterMs, cause }: HttpErrorDetails) {
    super({
      kind: kindOf[code],
      message,
      place: { url },
      ...(hint === undefined ? {} : { hint }),
      ...(cause === undefined ? {} : { cause }),
    })
    this.code = code
    this.status = status
    this.retryAfterMs = retryAfterMs
  }

  /** True when nothing can have reached the server: whatever was asked for has certainly not been done. */
  get neverSent(): boolean {
    return neverSent.has(this.code) || (this.code === 'connect' && noConnection.has(codeOf(this.cause) ?? ''))
  }

  /** True when the same request may succeed a little later. */
  get retryable(): boolean {
    return worthAnotherTry.has(this.code)
  }
}

/** Codes of Node and OpenSSL for certificates and handshakes that are not accepted. */
const tlsCode = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/

const connectMessages: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up just now',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'the connection timed out',
}

/** Turns whatever a request threw before its answer into an `HttpError`. */
export function requestError(error: unknown, url: string): HttpError {
  if (error instanceof HttpError) return error
  const cause = rootCause(error)
  if (cause instanceof HttpError) return cause
  const code = codeOf(error) ?? codeOf(cause) ?? ''
  if (tlsCode.test(code)) {
    return new HttpError({
      code: 'tls',
      message: `the secure connection was not accepted (${code})`,
      url,
      hint: 'Renew the certificate of the server; a private authority is named by NODE_EXTRA_CA_CERTS.',
      cause,
    })
  }
  if (code.startsWith('HPE_')) {
    return new HttpError({ code: 'truncated', message: `the answer is not valid HTTP (${code})`, url, cause })
  }
  const reason = connectMessages[code] ?? `the request failed (${code === '' ? 'no reason given' : code})`
  return new HttpError({ code: 'connect', message: reason, url, cause })
}

/** Turns whatever ended a body early into an `HttpError`. */
export function bodyError(error: unknown, url: string): HttpError {
  if (error instanceof HttpError) return error
  const code = codeOf(error) ?? ''
  // Node names the errors of brotli after those of its library: ERR__ERROR_FORMAT_…
  if (code === 'Z_DATA_ERROR' || code.startsWith('ERR__ERROR_')) {
    return new HttpError({
      code: 'bad_answer',
      message: 'the body is not packed as its header says',
      url,
      cause: error,
    })
  }
  return new HttpError({ code: 'truncated', message: 'the body ended early', url, cause: error })
}

/** The error of the operating system below the client library's, which carries headers and stays out of logs. */
function rootCause(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : undefined
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' ? code : undefined
}
