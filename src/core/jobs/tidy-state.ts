/**
 * What jobs leave in the state folder, removed when the job is forgotten: rejects files, logs, signs of life.
 * And what the dead leave anywhere in it: unfinished files.
 */
import { lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.js'
import { hasCode } from '../errors.js'
import type { JobStore } from './job-store.js'

/** Folders of files that belong to one job each, and begin with its id: `12.csv`, `12.log`, `12.seen.json`. */
const jobFolders = ['rejects', 'logs', 'heartbeats'] as const
/** Milliseconds. Logs that belong to no job, of workers and cron lines, are kept this long. */
const logKeptMs = 30 * 24 * 3_600_000
/** Milliseconds. Nobody works on one file in `tmp/` for so long. */
const temporaryKeptMs = 24 * 3_600_000

export interface TidyPorts {
  readonly jobs: Pick<JobStore, 'read'>
  readonly stateDir: string
  readonly clock: Clock
}

/** Removes what belongs to nobody any more; returns how many files. What cannot be removed is left for the next time. */
export async function tidyState({ jobs, stateDir, clock }: TidyPorts): Promise<number> {
  const now = clock.now()
  const found: { readonly path: string; readonly job: number | null; readonly folder: string }[] = []
  for (const folder of [...jobFolders, 'tmp']) {
    for (const name of await namesIn(join(stateDir, folder))) {
      const job = folder === 'tmp' ? null : jobOf(name)
      found.push({ path: join(stateDir, folder, name), job, folder })
    }
  }
  // After the folders: a job is in the table before its first file is there.
  const known = await jobs.read()
  let removed = 0
  for (const { path, job, folder } of found) {
    // No job at all: the job file was lost, and this may be all that is left to tell what happened.
    const isLeft = job === null ? await isOld(path, now, folder) : known.size > 0 && !known.has(job)
    if (isLeft && (await tryToRemove(path))) removed += 1
  }
  return removed
}

/** Which job a file belongs to; null for none. */
function jobOf(name: string): number | null {
  const digits = /^(\d+)\./.exec(name)?.[1]
  return digits === undefined ? null : Number(digits)
}

async function isOld(path: string, now: number, folder: string): Promise<boolean> {
  const keptMs = folder === 'tmp' ? temporaryKeptMs : folder === 'logs' ? logKeptMs : Number.POSITIVE_INFINITY
  const mtimeMs = await lstat(path).then(
    (stats) => (stats.isFile() ? stats.mtimeMs : now),
    () => now, // Gone meanwhile.
  )
  return now - mtimeMs > keptMs
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error: unknown) {
    if (hasCode(error)) return []
    throw error
  }
}

async function tryToRemove(path: string): Promise<boolean> {
  try {
    await rm(path)
    return true
  } catch (error: unknown) {
    if (hasCode(error)) return false
    throw error
  }
}
