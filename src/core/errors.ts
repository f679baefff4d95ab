/**
 * The errors that stop a run. A bad row or a bad image is not one of them: those are data
 * (`Reject`, `ImageFailure`), counted and kept. What is thrown from the core is a `WholesalerError`;
 * anything else that escapes is a defect and ends as `unexpected`.
 */

/**
 * Why a run stopped. `cli/exit-code.ts` gives each kind its documented exit code; a kind without one
 * does not compile.
 */
export type ErrorKind =
  | 'unexpected'
  | 'disk_full'
  | 'usage'
  | 'config'
  | 'denied'
  | 'temporary'
  | 'guard'
  | 'feed_missing'
  | 'feed_malformed'
  | 'feed_empty'
  | 'state_unreadable'
  | 'busy'
  | 'locked'
  | 'interrupted'
  | 'lease_lost'

/** Where something went wrong. Lines, columns and records count from 1; bytes from 0. */
export interface ErrorPlace {
  readonly file?: string
  readonly url?: string
  readonly line?: number
  readonly column?: number
  readonly byte?: number
  readonly record?: number
  readonly field?: string
  readonly sku?: string
}

export interface ErrorDetails {
  readonly kind: ErrorKind
  /** What happened, in one sentence, without the place and without any secret. */
  readonly message: string
  /** What to do next: a command to type, a setting to change. */
  readonly hint?: string
  readonly place?: ErrorPlace
  readonly cause?: unknown
}

export class WholesalerError extends Error {
  override readonly name = 'WholesalerError'
  readonly kind: ErrorKind
  readonly hint: string | undefined
  readonly place: ErrorPlace
  /** The message without the place. */
  readonly reason: string

  constructor({ kind, message, hint, place = {}, cause }: ErrorDetails) {
    super(withPlace(message, place), cause === undefined ? undefined : { cause })
    this.reason = message
    this.kind = kind
    this.hint = hint
    this.place = place
  }
}

/** True for errors of the operating system, whose `code` is a name like `ENOENT`. */
export function hasCode(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  if (!(error instanceof Error)) return false
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' && (codes.length === 0 || codes.includes(code))
}

/** True when there is no room for what was to be written: on the disk, in a quota, or by a limit on the size of a file. */
export function isDiskFull(error: unknown): error is NodeJS.ErrnoException {
  return hasCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG')
}

/** What the machine has no more of, in words; null for any other error. */
export function asShortage(error: unknown): WholesalerError | null {
  if (isDiskFull(error)) {
    return new WholesalerError({
      kind: 'disk_full',
      message: `the disk is full (${error.code})`,
      hint: 'Free some space and run the same command again.',
      cause: error,
    })
  }
  if (hasCode(error, 'EMFILE', 'ENFILE')) {
    return new WholesalerError({
      kind: 'unexpected',
      message: `too many open files (${error.code})`,
      hint: 'Raise the limit of open files (ulimit -n) and run the same command again.',
      cause: error,
    })
  }
  return null
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function withPlace(message: string, place: ErrorPlace): string {
  const file = place.file ?? (place.url === undefined ? undefined : withoutSecrets(place.url))
  const position = [place.line, place.column].filter((part) => part !== undefined).join(':')
  const where = [file, position].filter((part) => part !== undefined && part !== '').join(':')
  return where === '' ? message : `${where}: ${message}`
}

/** A URL fit for logs: without user, password and query values, which may carry access keys. */
export function withoutSecrets(url: string): string {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    return url.replace(/\?.*$/s, '?…')
  }
  parsed.username = ''
  parsed.password = ''
  if (parsed.search !== '') parsed.search = '?…'
  // Left percent-encoded: decoding fails on what is not UTF-8, and would let control characters into a terminal.
  return parsed.href.replace('?%E2%80%A6', '?…')
}
