/**
 * Which workers live: a small file each, `workers/<nonce>.json`, touched every few seconds. Nothing is decided
 * by it but whether a scheduled job is waiting or forgotten; who has a job stands in the job file.
 */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.js'
import { hasCode, WholesalerError } from '../errors.js'
import { heartbeatIntervalMs, leaseMs } from './heartbeat.js'
import type { Owner } from './job.js'
import { judgeOwner, type OwnerJudge, thisProcess } from './owner.js'
import { parseOwner } from './parse-job.js'
import { StoredObject } from './stored-object.js'

export interface LivingWorker {
  readonly owner: Owner
  /** The only job it takes for now; null = any. */
  readonly job: number | null
}

export interface RegisteredWorker {
  /** From now on it takes any job. */
  takeAny(): Promise<void>
  /** Safe to call twice. */
  stop(): Promise<void>
}

export interface RegistryOptions {
  /** The state folder. */
  readonly dir: string
  readonly clock: Clock
  readonly job: number | null
  /** Default: this process. */
  readonly owner?: Owner
}

/** Says that this process works off jobs, until `stop`. Throws what the disk refuses. */
export async function registerWorker(options: RegistryOptions): Promise<RegisteredWorker> {
  const { dir, owner = thisProcess() } = options
  await mkdir(registryDir(dir), { recursive: true, mode: 0o700 })
  await dropDead(dir)
  const path = join(registryDir(dir), `${owner.nonce}.json`)
  let job = options.job
  const write = async () => {
    const temporary = `${path}.tmp`
    await writeFile(temporary, `${JSON.stringify({ owner, job })}\n`, { mode: 0o600 })
    await rename(temporary, path)
  }
  await write()
  let writing = Promise.resolve()
  // A note that cannot be renewed (a full disk) makes the worker look gone: its next job is then claimed by whoever
  // is first, it or another.
  const touch = () => {
    writing = writing.then(write).catch(() => {})
    return writing
  }
  const timer = setInterval(touch, heartbeatIntervalMs)
  timer.unref()
  return {
    takeAny: async () => {
      job = null
      await touch()
    },
    stop: async () => {
      clearInterval(timer)
      await writing
      await rm(path, { force: true })
    },
  }
}

/**
 * The workers that live. One that is certainly dead does not, nor does one that has said nothing for a whole
 * lease: it is stopped, or out of reach. Writes nothing.
 */
export async function livingWorkers(
  dir: string,
  { now, judge = (owner) => judgeOwner(owner) }: { readonly now: number; readonly judge?: OwnerJudge | undefined },
): Promise<readonly LivingWorker[]> {
  const notes = await Promise.all((await noteNames(dir)).map((name) => readNote(join(registryDir(dir), name))))
  return notes
    .filter((note): note is Note => note !== null)
    .filter(({ owner, touchedAt }) => judge(owner) !== 'dead' && Math.abs(now - touchedAt) < leaseMs)
    .map(({ owner, job }) => ({ owner, job }))
}

interface Note extends LivingWorker {
  /** Unix ms. */
  readonly touchedAt: number
}

async function readNote(path: string): Promise<Note | null> {
  try {
    const { mtimeMs } = await stat(path)
    const stored = StoredObject.of(JSON.parse(await readFile(path, 'utf8')), 'worker')
    const job = stored.countOrNull('job')
    return { owner: parseOwner(stored.object('owner')), job, touchedAt: mtimeMs }
  } catch (error: unknown) {
    // Gone meanwhile, or damaged: nobody lives by it.
    if (hasCode(error, 'ENOENT') || error instanceof SyntaxError || error instanceof WholesalerError) return null
    throw error
  }
}

/** What a killed worker left. */
async function dropDead(dir: string): Promise<void> {
  for (const name of await noteNames(dir)) {
    const path = join(registryDir(dir), name)
    const note = await readNote(path)
    if (note !== null && judgeOwner(note.owner) === 'dead') await rm(path, { force: true })
  }
}

async function noteNames(dir: string): Promise<readonly string[]> {
  try {
    return (await readdir(registryDir(dir))).filter((name) => name.endsWith('.json'))
  } catch (error: unknown) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}

function registryDir(dir: string): string {
  return join(dir, 'workers')
}
