/** The machine as the checks see it; tests hand in one that is ill. */
import { execFile } from 'node:child_process'
import { readdir, readFile, statfs } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { promisify } from 'node:util'
import { type Clock, systemClock } from '../clock.js'
import { hasCode } from '../errors.js'

export interface FileSystem {
  /** Magic number of its type, statfs(2); it has a meaning on Linux only. */
  readonly type: number
  /** Bytes that this user may still write. */
  readonly freeBytes: number
}

export interface Machine {
  readonly platform: NodeJS.Platform
  /** Of Node, without the `v`. */
  readonly nodeVersion: string
  /** Null where there are no users by number. */
  readonly uid: number | null
  readonly clock: Clock
  fileSystem(path: string): Promise<FileSystem>
  /** This user's crontab, empty when there is none; null when there is no cron at all. */
  crontab(): Promise<string | null>
  /** Null when that cannot be found out. */
  isCronRunning(): Promise<boolean | null>
}

/** Milliseconds; a look at a crontab reads one small file. */
const crontabTimeoutMs = 5_000

export const thisMachine: Machine = {
  platform: process.platform,
  nodeVersion: process.versions.node,
  uid: userInfo().uid < 0 ? null : userInfo().uid,
  clock: systemClock,
  async fileSystem(path) {
    const { type, bavail, bsize } = await statfs(path)
    return { type, freeBytes: bavail * bsize }
  },
  async crontab() {
    try {
      return (await promisify(execFile)('crontab', ['-l'], { timeout: crontabTimeoutMs })).stdout
    } catch (error: unknown) {
      // It ends with 1 when this user has none.
      return hasCode(error, 'ENOENT') ? null : ''
    }
  },
  async isCronRunning() {
    if (process.platform !== 'linux') return null
    const names = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(programName))
    return names.some((name) => ['cron', 'crond', 'fcron', 'anacron', 'busybox crond'].includes(name))
  },
}

async function programName(pid: string): Promise<string> {
  // Gone meanwhile, or not ours to see.
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
  return name.trim()
}
