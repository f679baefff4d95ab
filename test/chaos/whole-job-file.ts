/** What must hold of a job file after whatever was done to its last writer. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../src/core/clock.js'
import { hasCode } from '../../src/core/errors.js'
import { jobFileName, openJobStore } from '../../src/core/jobs/lowdb-job-store.js'
import { scheduledJob } from '../core/jobs/sample-jobs.js'

export interface FileExpectation {
  /** Jobs that were acknowledged before the fault: all of them must be there. */
  readonly acknowledged: readonly number[]
  /** The change that was disturbed: there or not, as a whole. */
  readonly disturbed: number
}

/** Milliseconds. A lock that outlived its holder would be waited for 30 s; the rest is for a busy machine. */
const nextWithinMs = 10_000
const idOfNext = 1_000

/** Everything that is wrong with the file; empty when it is whole, old or new, and can be changed at once. */
export async function faultsOfJobFile(dir: string, { acknowledged, disturbed }: FileExpectation): Promise<string[]> {
  const faults: string[] = []
  // Before the first change is acknowledged there need not be a file.
  const ids = await idsIn(join(dir, jobFileName))
  if (ids === 'broken' || (ids === 'missing' && acknowledged.length > 0)) faults.push(`the job file is ${ids}`)
  else if (ids !== 'missing') {
    const lost = acknowledged.filter((id) => !ids.includes(id))
    if (lost.length > 0) faults.push(`acknowledged jobs are gone: ${lost.join(', ')}`)
    const strange = ids.filter((id) => id !== disturbed && !acknowledged.includes(id))
    if (strange.length > 0) faults.push(`jobs that nobody made: ${strange.join(', ')}`)
  }
  const backup = await idsIn(join(dir, `${jobFileName}.bak`))
  if (backup === 'broken' || (backup === 'missing' && acknowledged.length > 0)) faults.push(`its backup is ${backup}`)

  const store = openJobStore({ dir, clock: systemClock, onWarning: (message) => faults.push(`warned: ${message}`) })
  const startedAt = performance.now()
  await store.transaction(() => ({ put: [scheduledJob(idOfNext)], result: undefined }))
  const tookMs = performance.now() - startedAt
  if (tookMs > nextWithinMs) faults.push(`the next change took ${tookMs.toFixed(0)} ms`)
  const after = await store.read()
  for (const id of [...acknowledged, idOfNext])
    if (!after.has(id)) faults.push(`job ${id} is gone after the next change`)
  await store.close()
  return faults
}

async function idsIn(path: string): Promise<number[] | 'missing' | 'broken'> {
  try {
    const { jobs }: { jobs: object } = JSON.parse(await readFile(path, 'utf8'))
    return Object.keys(jobs).map(Number)
  } catch (error: unknown) {
    return hasCode(error, 'ENOENT') ? 'missing' : 'broken'
  }
}

/** Temporary files of the job file that are still there. */
export async function leftoversIn(dir: string): Promise<string[]> {
  return (await readdir(dir)).filter((name) => name.endsWith('.tmp'))
}
