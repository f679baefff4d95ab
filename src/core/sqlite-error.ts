/** What SQLite says went wrong, in the words of the core. */
import { constants } from 'node:os'
import { hasCode, messageOf, WholesalerError } from './errors.js'

/** Primary result codes, https://sqlite.org/rescode.html; extended ones carry them in the low byte. */
const result = {
  permission: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  protocol: 15,
  notDatabase: 26,
} as const

const primaryCodeMask = 0xff

/**
 * What `sqlite3_errstr` says for a code. `@photostructure/sqlite` 1.2 leaves the code out of errors that occur
 * while rows are read, and keeps this text.
 */
const codesByText: Readonly<Record<string, number>> = {
  'database is locked': result.busy,
  'disk I/O error': result.ioError,
  'database disk image is malformed': result.corrupt,
  'database or disk is full': result.full,
  'file is not a database': result.notDatabase,
}

/** This process, or the machine, has too many files open: another time there is room. */
const shortageErrnos: readonly number[] = [constants.errno.EMFILE, constants.errno.ENFILE]

/** A write that the operating system refused for want of room: disk, quota, file size limit. */
const noRoomErrnos: readonly number[] = [constants.errno.ENOSPC, constants.errno.EDQUOT, constants.errno.EFBIG]

/**
 * The error to throw for one that a database call gave. Errors that are defects of the caller (broken SQL,
 * a violated constraint, a closed database) come back as they are.
 */
export function asCoreError(error: unknown, path: string): unknown {
  if (!hasCode(error, 'ERR_SQLITE_ERROR')) return error
  const { errcode, systemErrno = 0 } = error as EngineError
  const place = { file: path }
  const cause = error
  const says = messageOf(error)
  if (noRoomErrnos.includes(systemErrno)) return diskFull(path, error)
  if (shortageErrnos.includes(systemErrno)) {
    const message = 'the database cannot be opened: too many files are open'
    return new WholesalerError({ kind: 'temporary', message, hint: 'Raise the limit: ulimit -n.', place, cause })
  }

  switch (errcode === undefined ? codesByText[error.message] : errcode & primaryCodeMask) {
    case result.full:
      return diskFull(path, error)
    case result.busy:
    case result.locked:
    case result.protocol:
      return new WholesalerError({
        kind: 'locked',
        message: 'the database is in use by another process',
        hint: 'Wait for the other run to end; `wholesaler jobs` lists what is running.',
        place,
        cause,
      })
    case result.corrupt:
    case result.notDatabase:
      return unreadable(path, `the database is damaged (${says})`, cause)
    case result.cannotOpen:
    case result.permission:
    case result.readOnly:
      return new WholesalerError({
        kind: 'unexpected',
        message: `the database cannot be opened for writing (${says})`,
        hint: 'Check that the folder exists and that this user may write to it and to the file.',
        place,
        cause,
      })
    case result.ioError:
      return new WholesalerError({
        kind: 'unexpected',
        message: `the disk failed while reading or writing the database (${says})`,
        hint: 'Check the disk and the system log; what was committed before is kept.',
        place,
        cause,
      })
    default:
      return error
  }
}

/** A database that must not be used as it is, and was left as it is. */
export function unreadable(path: string, message: string, cause?: unknown): WholesalerError {
  return new WholesalerError({
    kind: 'state_unreadable',
    message,
    hint: 'Nothing was changed. Restore the file from a backup, or move it away to start anew.',
    place: { file: path },
    cause,
  })
}

function diskFull(path: string, cause: unknown): WholesalerError {
  return new WholesalerError({
    kind: 'disk_full',
    message: 'there is no room left on the disk',
    hint: 'Free some space and run the same command again: what was committed before is kept.',
    place: { file: path },
    cause,
  })
}

/** What the engines add to their errors. */
interface EngineError extends Error {
  readonly errcode?: number
  /** `errno` of the system call; only `@photostructure/sqlite` tells. */
  readonly systemErrno?: number
}
