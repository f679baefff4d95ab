/**
 * Signs of life of a running job, in a small file of its own: `heartbeats/<job>.json`. Only the owner
 * writes it, so nobody waits for anybody and an owner under load cannot look dead. Nothing depends on it
 * after a crash: it is not synced, and one with an older token than the job's is ignored.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.js'
import { hasCode, WholesalerError } from '../errors.js'
import { failpoint } from '../failpoint.js'
import type { JobCounts } from './job.js'
import { parseCounts } from './parse-job.js'
import { StoredObject } from './stored-object.js'

export interface Heartbeat {
  readonly jobId: number
  readonly token: number
  /** Counts the writes: another number = the process was alive in between. */
  readonly hbSeq: number
  /** Counts what the work itself reported: unchanged for long = the process lives, the work stands still. */
  readonly progress: number
  readonly counts: JobCounts
  /** Unix ms, for people. Never used to judge: wall clocks jump. */
  readonly at: number
}

/** How long an owner keeps its job without a sign of life, in milliseconds. */
export const leaseMs = 60_000
/** An owner that could not renew its lease for this long stops before its next write: well before others may take over. */
export const selfStopMs = leaseMs - 20_000
/** Milliseconds between two signs of life when nothing else happens. */
export const heartbeatIntervalMs = 10_000
/** Milliseconds; live progress is written at most this often. */
const liveIntervalMs = 1_000

export interface HeartbeatOptions {
  /** The state folder. */
  readonly dir: string
  readonly jobId: number
  readonly token: number
  readonly clock: Clock
  /** Default `heartbeatIntervalMs`. */
  readonly intervalMs?: number
  /** The counts as they are now; what changed since the last write counts as progress. */
  readonly counts: () => JobCounts
  /** Asked before each renewal, at most once per interval: throws when the lease is no longer ours. */
  readonly confirm?: () => Promise<void>
  /** Told of each renewal by the timer that failed. It is tried again a second later, until `stop`. */
  readonly onFailure?: (error: unknown) => void
}

export interface RunningHeartbeat {
  /** The work got on, in a way that no count shows. Cheap: may be called for every record. */
  noteProgress(): void
  /** Confirms the lease and writes at once. Throws what `confirm` throws, and what the disk refuses. */
  renew(): Promise<void>
  /** `clock.monotonic()` of the last renewal that was confirmed and written. */
  lastRenewalMonotonic(): number
  /** Ends it and removes the file. Safe to call twice. */
  stop(): Promise<void>
}

/** Writes the first sign of life and goes on until it is stopped. Throws what that first renewal throws. */
export async function startHeartbeat(options: HeartbeatOptions): Promise<RunningHeartbeat> {
  await mkdir(heartbeatDir(options.dir), { recursive: true, mode: 0o700 })
  const heartbeat = new TimedHeartbeat(options)
  await heartbeat.renew()
  heartbeat.begin()
  return heartbeat
}

/** The heartbeat of a job under this token; null when there is none, it belongs to an earlier owner or is damaged. */
export async function readHeartbeat(dir: string, jobId: number, token: number): Promise<Heartbeat | null> {
  try {
    const stored = StoredObject.of(JSON.parse(await readFile(heartbeatPath(dir, jobId), 'utf8')), 'heartbeat')
    const heartbeat = {
      jobId: stored.count('jobId'),
      token: stored.count('token'),
      hbSeq: stored.count('hbSeq'),
      progress: stored.count('progress'),
      counts: parseCounts(stored.object('counts')),
      at: stored.time('at'),
    }
    return heartbeat.token === token && heartbeat.jobId === jobId ? heartbeat : null
  } catch (error: unknown) {
    // A damaged one is as good as none: the next one replaces it, or nobody writes it any more.
    if (hasCode(error, 'ENOENT') || error instanceof SyntaxError || error instanceof WholesalerError) return null
    throw error
  }
}

/** Removes the signs of life of a job that nobody runs any more, and what watchers noted about them. */
export async function removeHeartbeat(dir: string, jobId: number): Promise<void> {
  await rm(heartbeatPath(dir, jobId), { force: true })
  await rm(sightingPath(dir, jobId), { force: true })
}

class TimedHeartbeat implements RunningHeartbeat {
  readonly #options: HeartbeatOptions
  readonly #intervalMs: number
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #hbSeq = 0
  #progress = 0
  #isNoted = false
  #writtenCounts = ''
  #writtenAt = Number.NEGATIVE_INFINITY
  #renewedAt = Number.NEGATIVE_INFINITY
  #underWay: Promise<void> | null = null

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#intervalMs = options.intervalMs ?? heartbeatIntervalMs
    this.#writtenCounts = JSON.stringify(options.counts())
  }

  /** The timer lives in the loop that does the work: a loop that stands still gives no sign of life. */
  begin(): void {
    this.#timer = setInterval(() => this.#tick(), Math.min(this.#intervalMs, liveIntervalMs))
    this.#timer.unref()
  }

  noteProgress(): void {
    this.#isNoted = true
  }

  lastRenewalMonotonic(): number {
    return this.#renewedAt
  }

  renew(): Promise<void> {
    return this.#afterOthers(async () => {
      const { clock, confirm } = this.#options
      const asked = clock.monotonic()
      await confirm?.()
      await this.#write()
      // From before the question on: the answer may have been old when it came.
      this.#renewedAt = asked
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    const { dir, jobId, token } = this.#options
    await this.#afterOthers(async () => {
      if ((await readHeartbeat(dir, jobId, token)) !== null) await removeHeartbeat(dir, jobId)
    })
  }

  #tick(): void {
    if (this.#underWay !== null || this.#stopped) return
    const now = this.#options.clock.monotonic()
    const isDue = now - this.#renewedAt >= this.#intervalMs
    const isNews = now - this.#writtenAt >= liveIntervalMs && this.#hasNews()
    const step = isDue ? this.renew() : isNews ? this.#afterOthers(() => this.#write()) : null
    step?.catch((error: unknown) => this.#options.onFailure?.(error))
  }

  /** One write at a time, so that an older sign of life never replaces a newer one. */
  #afterOthers(step: () => Promise<void>): Promise<void> {
    const before = this.#underWay ?? Promise.resolve()
    const done = before.then(step, step).finally(() => {
      if (this.#underWay === done) this.#underWay = null
    })
    this.#underWay = done
    return done
  }

  #hasNews(): boolean {
    return this.#isNoted || JSON.stringify(this.#options.counts()) !== this.#writtenCounts
  }

  async #write(): Promise<void> {
    const { dir, jobId, token, clock, counts } = this.#options
    failpoint('heartbeat', jobId)
    const next: Heartbeat = {
      jobId,
      token,
      hbSeq: this.#hbSeq + 1,
      progress: this.#hasNews() ? this.#progress + 1 : this.#progress,
      counts: counts(),
      at: clock.now(),
    }
    this.#isNoted = false
    this.#writtenAt = clock.monotonic()
    await replaceUnsynced(heartbeatPath(dir, jobId), `${JSON.stringify(next)}\n`)
    this.#hbSeq = next.hbSeq
    this.#progress = next.progress
    this.#writtenCounts = JSON.stringify(next.counts)
  }
}

async function replaceUnsynced(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.${randomUUID()}.tmp`
  try {
    await writeFile(temporary, text, { flag: 'wx', mode: 0o600 })
    await rename(temporary, path)
  } catch (error: unknown) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Where watchers note what they saw, see `observe-heartbeat.ts`. */
export function sightingPath(dir: string, jobId: number): string {
  return join(heartbeatDir(dir), `${jobId}.seen.json`)
}

/** Where all signs of life are. */
export function heartbeatDir(dir: string): string {
  return join(dir, 'heartbeats')
}

function heartbeatPath(dir: string, jobId: number): string {
  return join(heartbeatDir(dir), `${jobId}.json`)
}
