/**
 * The lock around every change of the job file. The kernel holds it (as a lock of SQLite's on a file of
 * its own), so it is free the moment its holder dies, however it dies. Nobody ever judges it stale:
 * that is what breaks locks made of files. A holder that is merely stopped is waited for, then named.
 */
import { closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs'
import type { Clock } from '../clock.js'
import { hasCode, WholesalerError } from '../errors.js'
import { type Database, openDatabase } from '../sqlite.js'
import type { Owner } from './job.js'
import { describeOwner } from './owner.js'
import { parseOwner } from './parse-job.js'
import { StoredObject } from './stored-object.js'

export interface Lock {
  /**
   * Runs `body` while no other process and no other call holds the lock. Short work only: others wait.
   * Throws `locked`, naming the holder, when the lock is not free in time.
   */
  hold<T>(body: () => Promise<T>): Promise<T>
  /** Waits for calls under way. Safe to call twice. */
  close(): Promise<void>
}

export interface LockOptions {
  /** The database that is locked, `….lock.db`; holds no data. The holder is named in `….lock.json` beside it. */
  readonly path: string
  readonly owner: Owner
  readonly clock: Clock
  /** How long to wait for another holder. Default 30 s: far beyond the longest wait measured under load. */
  readonly waitMs?: number
}

/** Who holds the lock, or held it last: true only while the lock is taken. */
export interface LockHolder {
  readonly owner: Owner
  /** Unix ms. */
  readonly since: number
}

const waitMsDefault = 30_000
/** Between two tries, at random, so that waiting processes do not move in step. */
const retryMsMin = 2
const retryMsMax = 10
/** Whoever has just released waits this long before it takes the lock again: it would always win otherwise. */
const yieldMs = 5

export function openLock(options: LockOptions): Lock {
  return new KernelLock(options)
}

/** The holder as named beside the lock; null when nobody ever held it or the note is damaged. */
export function readHolder(lockPath: string): LockHolder | null {
  try {
    const note = StoredObject.of(JSON.parse(readFileSync(notePath(lockPath), 'utf8')), 'holder')
    return { owner: parseOwner(note.object('owner')), since: note.time('since') }
  } catch (error: unknown) {
    // Only a name for a message: one that is missing or half written is no reason to fail.
    if (hasCode(error) || error instanceof SyntaxError || error instanceof WholesalerError) return null
    throw error
  }
}

class KernelLock implements Lock {
  readonly #options: LockOptions
  #database: Database | undefined
  #lastCall: Promise<unknown> = Promise.resolve()
  #releasedAt = Number.NEGATIVE_INFINITY

  constructor(options: LockOptions) {
    this.#options = options
  }

  hold<T>(body: () => Promise<T>): Promise<T> {
    // One connection can hold the lock once: calls of this process queue here, in order.
    const call = this.#lastCall.then(() => this.#holdAlone(body))
    this.#lastCall = call.catch(() => undefined)
    return call
  }

  async close(): Promise<void> {
    await this.#lastCall
    this.#database?.close()
    this.#database = undefined
  }

  async #holdAlone<T>(body: () => Promise<T>): Promise<T> {
    const { clock } = this.#options
    const sinceReleaseMs = clock.monotonic() - this.#releasedAt
    if (sinceReleaseMs < yieldMs) await clock.sleep(yieldMs - sinceReleaseMs)

    const database = await this.#acquire()
    try {
      this.#leaveNote()
      return await body()
    } finally {
      database.prepare('ROLLBACK').run()
      this.#releasedAt = clock.monotonic()
    }
  }

  async #acquire(): Promise<Database> {
    const { clock, waitMs = waitMsDefault } = this.#options
    const giveUpAt = clock.monotonic() + waitMs
    for (;;) {
      try {
        // Waiting inside SQLite would stop this process altogether, heartbeats included: no busy timeout.
        this.#database ??= await openDatabase(this.#options.path, { migrations: [], busyTimeoutMs: 0, cacheKib: 16 })
        this.#database.prepare('BEGIN EXCLUSIVE').run()
        return this.#database
      } catch (error: unknown) {
        if (!(error instanceof WholesalerError && error.kind === 'locked')) throw error
        if (clock.monotonic() >= giveUpAt) throw this.#notFree(waitMs, error)
      }
      await clock.sleep(retryMsMin + Math.random() * (retryMsMax - retryMsMin))
    }
  }

  #leaveNote(): void {
    const { path, owner, clock } = this.#options
    const { O_CREAT, O_NOFOLLOW, O_TRUNC, O_WRONLY } = constants
    const note: LockHolder = { owner, since: clock.now() }
    try {
      const file = openSync(notePath(path), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600)
      try {
        writeFileSync(file, `${JSON.stringify(note)}\n`)
      } finally {
        closeSync(file)
      }
    } catch (error: unknown) {
      // A name for messages is not worth a failed transaction; a full disk shows in what is written next.
      if (!hasCode(error)) throw error
    }
  }

  #notFree(waitMs: number, cause: unknown): WholesalerError {
    const { path, clock } = this.#options
    const holder = readHolder(path)
    const heldFor = holder === null ? '' : ` for ${Math.max(0, Math.round((clock.now() - holder.since) / 1000))} s`
    const named = holder === null ? 'another process' : `${describeOwner(holder.owner)}${heldFor}`
    return new WholesalerError({
      kind: 'locked',
      message: `the job file is locked by ${named}; it did not become free within ${Math.round(waitMs / 1000)} s`,
      hint: 'If that process is stopped, let it go on (kill -CONT), or end it (kill).',
      place: { file: path },
      cause,
    })
  }
}

function notePath(lockPath: string): string {
  return lockPath.replace(/(\.db)?$/, '.json')
}
