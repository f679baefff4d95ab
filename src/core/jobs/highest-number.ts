/**
 * How far ids and tokens have come, as far as the job file, its backup and the signs of life tell: for a ledger
 * that is new because the one before was lost.
 */
import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from '../errors.js'
import { heartbeatDir } from './heartbeat.js'
import { jobFileName } from './lowdb-job-store.js'

/** The fields that hold such a number, found also in a file that is cut off; 15 digits are still exact. */
const numberFields = /"(?:id|jobId|token)"\s*:\s*(\d{1,15})\b/g

/** The highest id or token that any of these files names; 0 for none. Damaged ones are read as far as they go. */
export async function highestNumberIn(stateDir: string): Promise<number> {
  const signs = (await namesIn(heartbeatDir(stateDir))).map((name) => join(heartbeatDir(stateDir), name))
  let highest = 0
  for (const path of [join(stateDir, jobFileName), join(stateDir, `${jobFileName}.bak`), ...signs]) {
    for (const [, digits] of (await textOf(path)).matchAll(numberFields)) highest = Math.max(highest, Number(digits))
  }
  return highest
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error: unknown) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}

/** Empty for what is no file: whoever works with it refuses it. */
async function textOf(path: string): Promise<string> {
  try {
    return (await lstat(path)).isFile() ? await readFile(path, 'utf8') : ''
  } catch (error: unknown) {
    if (hasCode(error, 'ENOENT')) return ''
    throw error
  }
}
