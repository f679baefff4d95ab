/**
 * How long a heartbeat has stood still, by the clock of whoever watches it. Watchers are often short-lived
 * (cron, each minute), so what one saw is left beside the heartbeat for the next: `<job>.seen.json`. Wall
 * clocks play no part: a jump of one cannot make a living owner look silent.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { hasCode, WholesalerError } from '../errors.js'
import { type Heartbeat, heartbeatIntervalMs, readHeartbeat, sightingPath } from './heartbeat.js'
import type { RunningJob } from './job.js'
import { thisProcess } from './owner.js'
import { StoredObject } from './stored-object.js'

/** What is known about the signs of life of one running job. */
export interface HeartbeatObservation {
  /** Null when there is none under the job's token. */
  readonly heartbeat: Heartbeat | null
  /** How long the heartbeat has not been written, as far as anybody watched. */
  readonly silentMs: number
  /**
   * The part of that which this process watched itself. A gap between two looks counts for one heartbeat at
   * most: a process that was stopped together with the owner has seen nothing.
   */
  readonly watchedMs: number
  /** How long the work has not got on. */
  readonly noProgressMs: number
}

/** What was seen, and when it was seen first. Times by the monotonic clock of this boot. */
interface Sighting {
  readonly token: number
  readonly hbSeq: number
  readonly hbSeqSince: number
  readonly progress: number
  readonly progressSince: number
}

export interface WatchOptions {
  /** The state folder. */
  readonly dir: string
  /** Monotonic milliseconds, the same for all processes since the machine started. Default: the system's. */
  readonly bootClockMs?: () => number
  /** Which start of which machine the clock belongs to. */
  readonly bootId?: string
}

export interface HeartbeatWatch {
  /** Looks once. Without a folder to write to, only what this process saw counts. */
  observe(job: RunningJob): Promise<HeartbeatObservation>
}

/** Node's clock for durations is the machine's: CLOCK_MONOTONIC, which stands still during suspend. */
function systemBootClockMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n)
}

/** Watches heartbeats for the life of this process, going on from what earlier ones saw. */
export function watchHeartbeats({
  dir,
  bootClockMs = systemBootClockMs,
  bootId = thisProcess().bootId ?? thisProcess().host,
}: WatchOptions): HeartbeatWatch {
  const looks = new Map<number, Look>()
  const sightings = new Map<number, Sighting>()
  return {
    observe: async (job) => {
      const now = bootClockMs()
      const heartbeat = await readHeartbeat(dir, job.id, job.lease.token)
      const look = lookAgain(looks.get(job.id), job, heartbeat, now)
      looks.set(job.id, look)

      const stored = await readSighting(dir, job.id, bootId, now)
      // Where nothing can be left for others, at least this process remembers.
      const known = advance(stored ?? sightings.get(job.id) ?? null, job, heartbeat, now)
      sightings.set(job.id, known)
      if (known !== stored) await leaveSighting(dir, job.id, bootId, known)
      return {
        heartbeat,
        silentMs: now - known.hbSeqSince,
        watchedMs: look.watchedMs,
        noProgressMs: now - known.progressSince,
      }
    },
  }
}

/** What this process itself saw last, and for how long it saw nothing new. */
interface Look {
  readonly token: number
  readonly hbSeq: number
  readonly at: number
  readonly watchedMs: number
}

function lookAgain(before: Look | undefined, job: RunningJob, heartbeat: Heartbeat | null, at: number): Look {
  const { token } = job.lease
  const hbSeq = heartbeat?.hbSeq ?? 0
  const isSame = before !== undefined && before.token === token && before.hbSeq === hbSeq
  const watchedMs = isSame ? before.watchedMs + Math.min(at - before.at, heartbeatIntervalMs) : 0
  return { token, hbSeq, at, watchedMs }
}

/** The sighting itself when nothing has moved, so that its times stay those of the first look. */
function advance(before: Sighting | null, job: RunningJob, heartbeat: Heartbeat | null, now: number): Sighting {
  const { token } = job.lease
  const { hbSeq, progress } = heartbeat ?? { hbSeq: 0, progress: 0 }
  if (before === null || before.token !== token) {
    return { token, hbSeq, hbSeqSince: now, progress, progressSince: now }
  }
  if (before.hbSeq === hbSeq) return before
  const progressSince = before.progress === progress ? before.progressSince : now
  return { token, hbSeq, hbSeqSince: now, progress, progressSince }
}

/** Null when nobody looked yet, or whoever did counted from another start of the machine. */
async function readSighting(dir: string, jobId: number, bootId: string, now: number): Promise<Sighting | null> {
  try {
    const stored = StoredObject.of(JSON.parse(await readFile(sightingPath(dir, jobId), 'utf8')), 'seen')
    if (stored.text('bootId') !== bootId) return null
    const sighting = {
      token: stored.count('token'),
      hbSeq: stored.count('hbSeq'),
      hbSeqSince: stored.time('hbSeqSince'),
      progress: stored.count('progress'),
      progressSince: stored.time('progressSince'),
    }
    return sighting.hbSeqSince <= now && sighting.progressSince <= now ? sighting : null
  } catch (error: unknown) {
    // A note that cannot be read is as good as none: watching starts anew, which condemns nobody.
    if (hasCode(error) || error instanceof SyntaxError || error instanceof WholesalerError) return null
    throw error
  }
}

/** Two watchers may write at once: either note is true, so whichever stays will do. */
async function leaveSighting(dir: string, jobId: number, bootId: string, sighting: Sighting): Promise<void> {
  const path = sightingPath(dir, jobId)
  const temporary = `${path}.${process.pid}.${randomUUID()}.tmp`
  try {
    await makeFolder(dirname(path))
    await writeFile(temporary, `${JSON.stringify({ bootId, ...sighting })}\n`, { flag: 'wx', mode: 0o600 })
    await rename(temporary, path)
  } catch (error: unknown) {
    await rm(temporary, { force: true })
    // No folder, no room, no rights: the next watcher starts anew.
    if (!hasCode(error)) throw error
  }
}

/** An owner that stood still before its first sign of life has not made it. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error: unknown) {
    if (!hasCode(error, 'EEXIST')) throw error
  }
}
