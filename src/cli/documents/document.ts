/** What every JSON document has in common: its head, and how a failure looks. Nothing heavy is imported here. */
import type { ErrorKind } from '../../core/errors.js'
import type { FailReason } from '../../core/jobs/job.js'

/** Raised when a field is removed or changes its meaning; new fields do not raise it. */
export const schemaVersion = 1

export interface DocumentHead {
  readonly success: boolean
  readonly schema_version: typeof schemaVersion
}

export interface ErrorFields {
  /** Kind of the error; for a job that failed earlier, the reason of its failure. */
  readonly code: ErrorKind | FailReason
  readonly message: string
  /** What to do next. */
  readonly hint: string | null
}

export interface ErrorDocument extends DocumentHead {
  readonly success: false
  readonly error: ErrorFields
}

export function documentHead(success: boolean): DocumentHead {
  return { success, schema_version: schemaVersion }
}

/** What a document needs of an error. */
export interface ErrorLike {
  readonly kind: ErrorKind | FailReason
  readonly message: string
  readonly hint?: string | undefined
}

export function errorFields({ kind, message, hint }: ErrorLike): ErrorFields {
  return { code: kind, message, hint: hint ?? null }
}

export function errorDocument(error: ErrorLike): ErrorDocument {
  return { success: false, schema_version: schemaVersion, error: errorFields(error) }
}

/** Unix milliseconds as ISO 8601, for every `*_iso` field. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
