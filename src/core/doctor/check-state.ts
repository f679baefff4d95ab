/** The state folder: whose it is, who may look into it, on what it lies, and whether what is in it is whole. */
import { constants } from 'node:fs'
import { access, lstat, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hasCode } from '../errors.js'
import { readJsonFile } from '../jobs/durable-json-file.js'
import type { Job } from '../jobs/job.js'
import { judgeOwner, type OwnerJudge } from '../jobs/owner.js'
import { parseJobFile } from '../jobs/parse-job.js'
import { checkDatabaseFile } from '../sqlite.js'
import { type Check, type Finding, fail, ok, warn } from './check.js'
import type { Machine } from './machine.js'

const jobFileName = 'jobs.json'

/** Any right of anybody but the owner. */
const othersMask = 0o077
const worldWritable = 0o002
const sticky = 0o1000

/** Below this, an import of a large feed with images may fill it. */
const freeBytesGood = 1024 ** 3
/** Below this, not even the job file is safe to be written for long. */
const freeBytesMin = 64 * 1024 ** 2

/**
 * File systems by their magic numbers, statfs(2), on which locks or the order of writes are not what SQLite
 * needs (sqlite.org/howtocorrupt.html, 2.1). FUSE may be local, so it is only warned of.
 */
const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9P'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
])
const fuse = 0x65735546

/** There, a folder, ours, to be written. */
export function checkStateFolder(machine: Machine, stateDir: string): Check {
  const id = 'state-dir'
  return {
    id,
    async run() {
      const found = await lstat(stateDir).catch((error: unknown) => missing(error))
      if (found === null) return [await checkParent(id, stateDir)]
      if (!(await stat(stateDir)).isDirectory()) {
        return [fail(id, `${stateDir} is not a folder`, 'Move it away, or name another one with --state-dir.')]
      }
      const { uid, mode } = await stat(stateDir)
      if ((mode & worldWritable) !== 0 && (mode & sticky) === 0) {
        return [fail(id, `every user of this machine may change ${stateDir}`, `chmod 700 ${stateDir}`)]
      }
      if (!(await isWritable(stateDir))) {
        return [
          fail(
            id,
            `${stateDir} cannot be written by this user`,
            'Give it to the user who imports: chown -R USER the folder.',
          ),
        ]
      }
      if (machine.uid !== null && uid !== machine.uid && machine.uid !== 0) {
        return [warn(id, `${stateDir} belongs to user ${uid}`, 'Run everything, cron too, as one user.')]
      }
      return [ok(id, stateDir)]
    },
  }
}

async function checkParent(id: string, stateDir: string): Promise<Finding> {
  let parent = dirname(stateDir)
  while ((await stat(parent).catch((error: unknown) => missing(error))) === null) parent = dirname(parent)
  if (await isWritable(parent)) return ok(id, `${stateDir} is made by the first import`)
  return fail(id, `${stateDir} cannot be made: ${parent} cannot be written`, 'Name another one with --state-dir.')
}

/** Prices that a shop pays are nobody else's business. */
export function checkModes(stateDir: string): Check {
  const id = 'modes'
  return {
    id,
    async run() {
      const names = await readdir(stateDir).catch((error: unknown) => missing(error))
      if (names === null) return [ok(id, 'no state yet')]
      const open: string[] = []
      for (const path of [stateDir, ...names.map((name) => join(stateDir, name))]) {
        const found = await lstat(path).catch((error: unknown) => missing(error))
        if (found !== null && !found.isSymbolicLink() && (found.mode & othersMask) !== 0) open.push(path)
      }
      if (open.length === 0) return [ok(id, 'only this user may look into the state folder')]
      const message = `other users may look into ${open.length} files or folders of the state, ${open[0]} first`
      return [warn(id, message, `chmod -R go-rwx ${stateDir}`)]
    },
  }
}

export function checkFileSystem(machine: Machine, stateDir: string): Check {
  const id = 'file-system'
  return {
    id,
    async run() {
      if (machine.platform !== 'linux') return [ok(id, 'its type is not known on this system')]
      const { type } = await machine.fileSystem(await nearest(stateDir))
      const name = networkFileSystems.get(type >>> 0)
      const hint = 'Put the state folder on a disk of this machine, with --state-dir.'
      if (name !== undefined) {
        return [fail(id, `the state folder is on a network file system (${name}): locks do not hold there`, hint)]
      }
      if (type >>> 0 === fuse) {
        return [warn(id, 'the state folder is on FUSE: when that is a network, locks do not hold', hint)]
      }
      return [ok(id, 'a local file system')]
    },
  }
}

export function checkDisk(machine: Machine, stateDir: string): Check {
  const id = 'disk'
  return {
    id,
    async run() {
      const { freeBytes } = await machine.fileSystem(await nearest(stateDir))
      const free = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free`
      const hint = 'Free some space: feeds, images and databases are kept there.'
      if (freeBytes < freeBytesMin) return [fail(id, free, hint)]
      return [freeBytes < freeBytesGood ? warn(id, free, hint) : ok(id, free)]
    },
  }
}

/** A database of the state folder. `known`: newest version of its schema that this program knows. */
export function checkDatabase(id: string, path: string, known: number): Check {
  return {
    id,
    async run() {
      if ((await lstat(path).catch((error: unknown) => missing(error))) === null) return [ok(id, 'not made yet')]
      await checkDatabaseFile(path, known)
      return [ok(id, 'whole')]
    },
  }
}

/** The job file, and what is in it. */
export function checkJobs(stateDir: string, judge: OwnerJudge = (owner) => judgeOwner(owner)): Check {
  const id = 'jobs'
  return {
    id,
    async run() {
      const { value, problem } = await readJsonFile(join(stateDir, jobFileName), (stored) => parseJobFile(stored))
      const jobs = Object.values(value?.jobs ?? {})
      const file =
        problem === null
          ? ok(id, `readable, jobs: ${jobs.length}`)
          : warn(id, `${jobFileName} ${problem}`, 'Its backup is used; the next command that writes restores it.')
      const stuck = jobs.filter((job) => isStuck(job, judge)).map((job) => job.id)
      if (stuck.length === 0) return [file, ok('stuck-jobs', 'none')]
      const message = `jobs ${stuck.join(', ')} are stuck`
      return [file, warn('stuck-jobs', message, 'Finish them: wholesaler recover')]
    },
  }
}

function isStuck(job: Job, judge: OwnerJudge): boolean {
  return job.status === 'processing_stuck' || (job.status === 'running' && judge(job.lease.owner) === 'dead')
}

/** The folder, or the nearest one above it that is there. */
async function nearest(path: string): Promise<string> {
  let folder = path
  while ((await stat(folder).catch((error: unknown) => missing(error))) === null) folder = dirname(folder)
  return folder
}

async function isWritable(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return true
  } catch (error: unknown) {
    if (hasCode(error)) return false
    throw error
  }
}

/** Null for what is not there; throws anything else. */
function missing(error: unknown): null {
  if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null
  throw error
}
