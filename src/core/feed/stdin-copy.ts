/**
 * What came by standard input, kept for as long as its job may need it: `stdin/<sha256>`. It can be read only
 * once, and whoever works the job off may be another process.
 */
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode, WholesalerError } from '../errors.js'
import { isFinished, type Job } from '../jobs/job.js'
import { untilAborted } from './local-file.js'
import { findSnapshot, storeSnapshot } from './snapshot-folder.js'

/** Milliseconds. A copy that no job names is younger than this when its job is just about to be made. */
const unclaimedKeptMs = 3_600_000
/** Milliseconds. Long enough for a person to retry a job that failed; feeds are large. */
const failedKeptMs = 3 * 24 * 3_600_000

/**
 * Reads stdin to its end and returns the sha256 of the bytes. Throws `usage` when stdin is a terminal,
 * `feed_empty`, `disk_full`, the signal's reason; nothing is left behind then.
 */
export async function keepStdin(
  stateDir: string,
  signal: AbortSignal,
  input: AsyncIterable<Buffer> & { readonly isTTY?: boolean; destroy?(): void } = process.stdin,
): Promise<string> {
  if (input.isTTY === true) {
    throw new WholesalerError({
      kind: 'usage',
      message: 'stdin is a terminal, not a feed',
      hint: 'Pipe the feed in: zcat feed.csv.gz | wholesaler import - --as NAME',
    })
  }
  try {
    const kept = await storeSnapshot(untilAborted(input, signal), copyFolder(stateDir), join(stateDir, 'tmp'))
    if (kept !== null) return kept.sha256
  } finally {
    // A pipe that nobody reads any more would keep the process waiting for its writer.
    input.destroy?.()
  }
  throw new WholesalerError({
    kind: 'feed_empty',
    message: 'the feed is empty: it has 0 bytes',
    hint: 'Nothing was imported or deleted. See whether the command before the pipe worked.',
    place: { file: 'stdin' },
  })
}

/** Path of a copy. Throws `feed_missing` when it is gone. */
export async function findStdinCopy(stateDir: string, sha256: string): Promise<string> {
  const kept = await findSnapshot(copyFolder(stateDir), sha256)
  if (kept !== null) return kept.path
  throw new WholesalerError({
    kind: 'feed_missing',
    message: 'the feed came by standard input, and its copy is gone',
    hint: 'Pipe the feed in again: zcat feed.csv.gz | wholesaler import - --as NAME',
    place: { file: join(copyFolder(stateDir), sha256) },
  })
}

/**
 * Removes the copies that no job needs any more: those of completed jobs, and of jobs that failed long ago.
 * Safe to call at any time, from many processes.
 */
export async function dropStdinCopies(stateDir: string, jobs: Iterable<Job>, now: number): Promise<void> {
  const folder = copyFolder(stateDir)
  const names = await namesIn(folder)
  if (names.length === 0) return
  const known = new Map<string, boolean>()
  for (const job of jobs) {
    const { stdinSha256 } = job.options
    if (stdinSha256 !== null) known.set(stdinSha256, known.get(stdinSha256) === true || isNeeded(job, now))
  }
  for (const name of names) {
    const path = join(folder, name)
    const needed = known.get(name) ?? now - (await modifiedAt(path)) <= unclaimedKeptMs
    if (!needed) await rm(path, { force: true })
  }
}

function isNeeded(job: Job, now: number): boolean {
  return !isFinished(job) || (job.status === 'failed' && now - job.completedAt <= failedKeptMs)
}

function copyFolder(stateDir: string): string {
  return join(stateDir, 'stdin')
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error: unknown) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}

/** Infinity for a file that another process has removed meanwhile. */
async function modifiedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs
  } catch (error: unknown) {
    if (hasCode(error, 'ENOENT')) return Number.POSITIVE_INFINITY
    throw error
  }
}
