/**
 * Embedded databases: one way to open them, the same rules for all.
 *
 * In: a path and the migrations of its schema. Out: a database in WAL mode whose errors are the core's.
 * Write-ahead log with `synchronous=NORMAL`: the death of the process loses nothing that was committed. A
 * power loss may lose the last commits, never the consistency. That is safe for the ledger: a batch whose
 * checkpoint is gone is claimed again under its old id, and the store reads an applied batch back instead of
 * repeating it; a staging that is gone is staged again. What must not be lost before the ledger (numbers that
 * were given out, a batch in the store) has to be committed with `durable`. A damaged, foreign or newer file
 * is never written.
 */
import { WholesalerError } from './errors.js'
import { claimFile, type EngineDatabase, type EngineStatement, loadEngine, type SqlValue } from './sqlite-engine.js'
import { asCoreError, unreadable } from './sqlite-error.js'

export type { SqlValue }

export interface DatabaseOptions {
  /**
   * SQL scripts; the n-th brings the schema from version n-1 to n (`PRAGMA user_version`). Only ever
   * appended to. Tables should be STRICT: that is what makes the row types of statements true.
   */
  readonly migrations: readonly string[]
  /**
   * How long a call waits, blocking, for another process's write. Default 5 s: no lock lasts over 100 ms, but for merges
   * into a snapshot, which take half a second (`ledger/merge-snapshot.ts`).
   */
  readonly busyTimeoutMs?: number
  /** Page cache of this connection. Default 16 MiB: the whole process has 256 MB. */
  readonly cacheKib?: number
}

/** A prepared statement. `R` states the columns that the SELECT names. Throws the core's errors. */
export interface Statement<R = unknown> {
  /** Runs it and returns how many rows it changed. */
  run(...values: SqlValue[]): number
  /** Runs an INSERT of one row and returns the row's id: half the time of RETURNING. */
  insert(...values: SqlValue[]): number
  /** The first row, undefined when there is none. */
  get(...values: SqlValue[]): R | undefined
  all(...values: SqlValue[]): R[]
}

export interface Database {
  readonly path: string
  /** Prepared once per text, kept until the database is closed: never build the text from data. */
  prepare<R = unknown>(sql: string): Statement<R>
  /**
   * Runs `body` in a transaction that may write (BEGIN IMMEDIATE) and commits; what it throws rolls all
   * back. The body must be synchronous: a lock is never held across an await. Transactions do not nest.
   * `durable`: it and all before it outlive a power loss as well, at the price of waiting for the disk.
   */
  transaction<T>(body: () => T extends PromiseLike<unknown> ? never : T, options?: { readonly durable?: boolean }): T
  /** Reads all pages that matter and throws `state_unreadable` when they are damaged. Slow on large files. */
  check(): void
  /** Safe to call twice. */
  close(): void
}

const busyTimeoutMsDefault = 5_000
const cacheKibDefault = 16 * 1024
/** The log is cut back to this after a checkpoint, so that one large staging does not keep the disk. */
const walBytesKept = 16 * 1024 * 1024
/** 16 MiB: a page that several transactions change is copied into the file once. Half the time with keys in random order. */
const checkpointPages = 4_000

/**
 * Opens a database, creates it (mode 0600) when there is none, and brings its schema up to date.
 * Throws `state_unreadable` for a damaged or foreign file and for a schema newer than known, without
 * changing it; `locked`, `disk_full`, `unexpected`. Refuses symbolic links.
 */
export async function openDatabase(path: string, options: DatabaseOptions): Promise<Database> {
  const { DatabaseSync } = await loadEngine()
  const timeout = options.busyTimeoutMs ?? busyTimeoutMsDefault
  let engine: EngineDatabase | null = null
  try {
    claimFile(path)
    engine = new DatabaseSync(path, { timeout })
    refuseForeignSchema(engine, path, options.migrations.length)
    engine.exec('PRAGMA journal_mode = WAL')
    engine.exec('PRAGMA synchronous = NORMAL')
    engine.exec('PRAGMA foreign_keys = ON')
    engine.exec(`PRAGMA cache_size = -${options.cacheKib ?? cacheKibDefault}`)
    engine.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`)
    engine.exec(`PRAGMA journal_size_limit = ${walBytesKept}`)
    const database = new SqliteDatabase(path, engine)
    migrate(database, engine, options.migrations)
    return database
  } catch (error: unknown) {
    engine?.close()
    throw asCoreError(error, path)
  }
}

/**
 * Looks whether the file is a database that this program knows (schema up to version `known`) and whole, and
 * changes nothing. Throws `state_unreadable` when it is not. Slow on large files.
 */
export async function checkDatabaseFile(path: string, known: number): Promise<void> {
  const { DatabaseSync } = await loadEngine()
  let engine: EngineDatabase | null = null
  try {
    engine = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMsDefault })
    refuseForeignSchema(engine, path, known)
    new SqliteDatabase(path, engine).check()
  } catch (error: unknown) {
    throw asCoreError(error, path)
  } finally {
    engine?.close()
  }
}

/** Reads the header before anything is written. SQLite notices here what is damaged or cut short. */
function refuseForeignSchema(engine: EngineDatabase, path: string, known: number): void {
  const version = userVersion(engine)
  if (version > known) {
    throw new WholesalerError({
      kind: 'state_unreadable',
      message: `the database has version ${version}, this program knows versions up to ${known}`,
      hint: 'Use the newer release of wholesaler that wrote it. Nothing was changed.',
      place: { file: path },
    })
  }
  const tables = readNumber(engine, 'SELECT count(*) FROM sqlite_schema')
  if (version === 0 && tables > 0) throw unreadable(path, 'this is a database of another program')
}

function migrate(database: SqliteDatabase, engine: EngineDatabase, migrations: readonly string[]): void {
  if (userVersion(engine) === migrations.length) return
  database.transaction(() => {
    // Another process may have migrated it while this one waited for the lock.
    for (const script of migrations.slice(userVersion(engine))) engine.exec(script)
    engine.exec(`PRAGMA user_version = ${migrations.length}`)
  })
}

function userVersion(engine: EngineDatabase): number {
  return readNumber(engine, 'PRAGMA user_version')
}

/** The one number that a query gives. */
function readNumber(engine: EngineDatabase, sql: string): number {
  return Number(Object.values(engine.prepare(sql).get() as Record<string, unknown>)[0])
}

class SqliteDatabase implements Database {
  readonly path: string
  readonly #engine: EngineDatabase
  readonly #statements = new Map<string, Statement<never>>()
  #open = true

  constructor(path: string, engine: EngineDatabase) {
    this.path = path
    this.#engine = engine
  }

  prepare<R>(sql: string): Statement<R> {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = new SqliteStatement<never>(
      this.path,
      this.#guard(() => this.#engine.prepare(sql)),
    )
    this.#statements.set(sql, statement)
    return statement
  }

  transaction<T>(
    body: () => T extends PromiseLike<unknown> ? never : T,
    { durable = false }: { readonly durable?: boolean } = {},
  ): T {
    return this.#guard(() => {
      if (durable) this.#engine.exec('PRAGMA synchronous = FULL')
      try {
        this.#engine.exec('BEGIN IMMEDIATE')
        const result = body()
        this.#engine.exec('COMMIT')
        return result
      } catch (error: unknown) {
        // A full disk has rolled back already.
        if (this.#engine.isTransaction) this.#engine.exec('ROLLBACK')
        throw error
      } finally {
        if (durable) this.#engine.exec('PRAGMA synchronous = NORMAL')
      }
    })
  }

  check(): void {
    const rows = this.prepare<{ quick_check: string }>('PRAGMA quick_check(1)').all()
    const problem = rows[0]?.quick_check
    if (problem !== 'ok') throw unreadable(this.path, `the database is damaged (${problem})`)
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#statements.clear()
    try {
      // The engine may close the file only when the last statement is collected as garbage; what is in the
      // log goes into the file now, unless another connection is at work.
      this.#engine.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // Nothing is lost: the next one to open the file finds the log.
    }
    this.#guard(() => this.#engine.close())
  }

  #guard<T>(call: () => T): T {
    try {
      return call()
    } catch (error: unknown) {
      throw asCoreError(error, this.path)
    }
  }
}

class SqliteStatement<R> implements Statement<R> {
  readonly #path: string
  readonly #statement: EngineStatement

  constructor(path: string, statement: EngineStatement) {
    this.#path = path
    this.#statement = statement
  }

  run(...values: SqlValue[]): number {
    try {
      return Number(this.#statement.run(...values).changes)
    } catch (error: unknown) {
      throw asCoreError(error, this.#path)
    }
  }

  insert(...values: SqlValue[]): number {
    try {
      return Number(this.#statement.run(...values).lastInsertRowid)
    } catch (error: unknown) {
      throw asCoreError(error, this.#path)
    }
  }

  get(...values: SqlValue[]): R | undefined {
    try {
      return this.#statement.get(...values) as R | undefined
    } catch (error: unknown) {
      throw asCoreError(error, this.#path)
    }
  }

  all(...values: SqlValue[]): R[] {
    try {
      return this.#statement.all(...values) as R[]
    } catch (error: unknown) {
      throw asCoreError(error, this.#path)
    }
  }
}
