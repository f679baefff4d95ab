/**
 * Exit codes: the one file that knows the numbers. They are part of the command line's contract; scripts
 * and cron lines are built on them.
 */
import { type ErrorKind, WholesalerError } from '../core/errors.js'

/** Done, also when there was nothing to do. */
export const exitDone = 0
/** Finished, but some products, images or feeds failed. */
export const exitPartial = 3
/** `--max-duration` was reached; the next run goes on. */
export const exitTimeLimit = 10
/** Stuck jobs were found (`recover --dry-run`, `status --check`). */
export const exitStuck = 12
/** `import --dry-run --detailed-exitcode` found changes. */
export const exitChanges = 20
/** A worker lost its lease and wrote nothing more. */
export const exitLeaseLost = 75
/** Ended by SIGINT: 128 + 2. */
export const exitInterrupted = 130
/** Ended by SIGTERM: 128 + 15. */
export const exitTerminated = 143

const exitCodes = {
  unexpected: 1,
  disk_full: 1,
  usage: 2,
  config: 2,
  denied: 4,
  temporary: 5,
  guard: 6,
  feed_missing: 7,
  feed_malformed: 7,
  feed_empty: 7,
  state_unreadable: 8,
  busy: 11,
  locked: 11,
  interrupted: exitInterrupted,
  lease_lost: exitLeaseLost,
} as const satisfies Record<ErrorKind, number>

/** Every kind of error, as documents name them in `error.code`. */
export const errorKinds = Object.keys(exitCodes) as readonly ErrorKind[]

export function exitCodeOf(kind: ErrorKind): number {
  return exitCodes[kind]
}

export function exitCodeOfSignal(signal: 'SIGINT' | 'SIGTERM'): number {
  return signal === 'SIGTERM' ? exitTerminated : exitInterrupted
}

/** As `exitCodeOf`; an `interrupted` whose cause is the text `SIGTERM` ends with 143. */
export function exitCodeOfError({ kind, cause }: Pick<WholesalerError, 'kind' | 'cause'>): number {
  return kind === 'interrupted' && cause === 'SIGTERM' ? exitTerminated : exitCodeOf(kind)
}

/** The exit code of a run: of how it ended by itself, or of what stopped it. */
export function exitCodeOfEnd(
  end:
    | { readonly partial: boolean; readonly timeLimit: boolean; readonly guard?: WholesalerError | null }
    | WholesalerError,
): number {
  if (end instanceof WholesalerError) return exitCodeOfError(end)
  // Somebody has to decide: another run alone would withhold the same again.
  if (end.guard != null) return exitCodeOfError(end.guard)
  if (end.timeLimit) return exitTimeLimit
  return end.partial ? exitPartial : exitDone
}

/** What `success` says in every document: the command did what was asked, or told what it was asked for. */
export function isSuccess(exitCode: number): boolean {
  return ([exitDone, exitPartial, exitTimeLimit, exitStuck, exitChanges] as readonly number[]).includes(exitCode)
}
