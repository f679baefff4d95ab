/** What a request is refused with: a status, and the error document that every command prints too. */

import { documentHead, type schemaVersion } from '../cli/documents.js'
import type { ErrorKind } from '../core/errors.js'
import { WholesalerError } from '../core/errors.js'

export const httpErrorCodes = [
  'bad_request',
  'unauthorized',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'conflict',
  'too_large',
  'unsupported_media_type',
  'too_many_requests',
  'unavailable',
] as const
export type HttpErrorCode = (typeof httpErrorCodes)[number]

const statuses = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  too_many_requests: 429,
  unavailable: 503,
} as const satisfies Record<HttpErrorCode, number>

/** Statuses of what the core throws. */
const kindStatuses = {
  unexpected: 500,
  disk_full: 507,
  usage: 400,
  config: 500,
  denied: 502,
  temporary: 503,
  guard: 409,
  feed_missing: 502,
  feed_malformed: 502,
  feed_empty: 502,
  state_unreadable: 500,
  busy: 409,
  locked: 503,
  interrupted: 503,
  lease_lost: 503,
} as const satisfies Record<ErrorKind, number>

export interface Refusal {
  readonly code: HttpErrorCode
  readonly message: string
  readonly hint?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Thrown by handlers; becomes the answer. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

export function badRequest(message: string, hint: string): HttpError {
  return new HttpError({ code: 'bad_request', message, hint })
}

export function notFound(message: string, hint: string): HttpError {
  return new HttpError({ code: 'not_found', message, hint })
}

export function conflict(message: string, hint: string): HttpError {
  return new HttpError({ code: 'conflict', message, hint })
}

export interface ErrorAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly document: HttpErrorDocument
}

export function answerOfRefusal({ code, message, hint, headers = {} }: Refusal): ErrorAnswer {
  return { status: statuses[code], headers, document: errorDocumentOf(code, message, hint ?? null) }
}

/** Seconds after which a lock or a server in trouble is worth another try. */
const tryAgainSeconds = 5

/**
 * Anything that was thrown. What nobody foresaw says nothing of itself, for it may hold anything: `report` is
 * told, which writes it where the operator looks.
 */
export function answerOfError(error: unknown, report: (error: unknown) => void): ErrorAnswer {
  if (error instanceof HttpError) return answerOfRefusal(error.refusal)
  if (error instanceof WholesalerError && error.kind !== 'unexpected') {
    const status = kindStatuses[error.kind]
    if (status >= 500) report(error)
    const headers: Record<string, string> = status === 503 ? { 'retry-after': String(tryAgainSeconds) } : {}
    return { status, headers, document: errorDocumentOf(error.kind, error.message, error.hint ?? null) }
  }
  report(error)
  const hint = 'The server says more on its error output.'
  return { status: 500, headers: {}, document: errorDocumentOf('unexpected', 'something unforeseen happened', hint) }
}

export interface HttpErrorDocument {
  readonly success: false
  readonly schema_version: typeof schemaVersion
  readonly error: { readonly code: HttpErrorCode | ErrorKind; readonly message: string; readonly hint: string | null }
}

function errorDocumentOf(code: HttpErrorCode | ErrorKind, message: string, hint: string | null): HttpErrorDocument {
  return { ...documentHead(false), success: false, error: { code, message, hint } }
}
