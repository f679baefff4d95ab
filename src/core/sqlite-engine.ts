/** The SQLite that is at hand, and the file it works on. */
import { closeSync, constants, fchmodSync, lstatSync, openSync } from 'node:fs'
import { hasCode, WholesalerError } from './errors.js'
import { unreadable } from './sqlite-error.js'

/** What a column may hold. Numbers are safe integers or doubles. */
export type SqlValue = string | number | null | Uint8Array

const ownerOnly = 0o600
/** First Node whose own `node:sqlite` prints no warning (22 does). */
const nodeMajorWithSqlite = 24

/** The part of `node:sqlite` in use; `@photostructure/sqlite` has the same. */
export interface EngineStatement {
  run(...values: SqlValue[]): { changes: number | bigint; lastInsertRowid: number | bigint }
  get(...values: SqlValue[]): unknown
  all(...values: SqlValue[]): unknown[]
}
export interface EngineDatabase {
  readonly isTransaction: boolean
  exec(sql: string): void
  prepare(sql: string): EngineStatement
  close(): void
}
export interface Engine {
  readonly DatabaseSync: new (path: string, options: { timeout: number; readOnly?: boolean }) => EngineDatabase
}

/** Loaded when the first database is opened, so that start-up does not pay for it. */
export async function loadEngine(): Promise<Engine> {
  const major = Number.parseInt(process.versions.node, 10)
  // A variable, because the oldest supported Node's types do not know the module.
  const specifier = 'node:sqlite' as string
  return major >= nodeMajorWithSqlite ? ((await import(specifier)) as Engine) : await import('@photostructure/sqlite')
}

/**
 * Creates the file for its owner only, whatever the umask; SQLite gives its log the same mode. An existing
 * file is looked at by name only: opening and closing it here would drop the locks that another
 * connection of this process holds on it (https://sqlite.org/howtocorrupt.html, 2.2).
 */
export function claimFile(path: string): void {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants
  try {
    const handle = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, ownerOnly)
    fchmodSync(handle, ownerOnly)
    closeSync(handle)
  } catch (error: unknown) {
    if (!hasCode(error, 'EEXIST')) throw fileError(path, error)
    if (lstatSync(path).isFile()) return
    throw unreadable(path, 'this is not a regular file; databases behind links are refused', error)
  }
}

function fileError(path: string, cause: unknown): unknown {
  const place = { file: path }
  if (hasCode(cause, 'ENOSPC', 'EDQUOT')) {
    return new WholesalerError({ kind: 'disk_full', message: 'there is no room left on the disk', place, cause })
  }
  if (!hasCode(cause)) return cause
  return new WholesalerError({
    kind: 'unexpected',
    message: `the database cannot be created (${cause.code})`,
    hint: 'Check that the folder exists and that this user may write to it.',
    place,
    cause,
  })
}
