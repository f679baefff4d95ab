/** The jobs of a workplace, seen and made from outside of the program: what a command would find. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { openJobDesk } from '../../src/cli/wiring.js'
import { createJob } from '../../src/core/jobs/claim-job.js'
import type { Job, JobOptions } from '../../src/core/jobs/job.js'
import { markOwnerLost, restart } from '../../src/core/jobs/job-transitions.js'
import { quickLook } from '../../src/core/jobs/quick-look.js'
import { sampleOptions } from '../core/jobs/sample-jobs.js'

export const stateDirOf = (dir: string) => join(dir, '.wholesaler')

/** A scheduled job for this feed, as `import --background` makes one. */
export async function scheduleJob(dir: string, feed: string, options: Partial<JobOptions> = {}): Promise<number> {
  const desk = await openJobDesk(stateDirOf(dir), () => {})
  try {
    const wholesalers = [feed.replace(/\.\w+$/, '')]
    const source = join(dir, feed)
    return (await createJob({ ...sampleOptions, configPath: null, wholesalers, source, ...options }, desk)).id
  } finally {
    await desk.close()
  }
}

/** All jobs as they are in the job file. */
export async function jobsOf(dir: string): Promise<ReadonlyMap<number, Job>> {
  const desk = await openJobDesk(stateDirOf(dir), () => {})
  try {
    return await desk.jobs.read()
  } finally {
    await desk.close()
  }
}

/** Puts jobs into the job file as they are. */
export async function putJobs(dir: string, ...jobs: readonly Job[]): Promise<void> {
  const desk = await openJobDesk(stateDirOf(dir), () => {})
  try {
    await desk.jobs.transaction(() => ({ put: jobs, result: undefined }))
  } finally {
    await desk.close()
  }
}

/** Takes a running job from its owner, as recovery does on another machine, where the owner cannot be ended. */
export async function takeOver(dir: string, id: number): Promise<void> {
  const job = (await jobsOf(dir)).get(id)
  assert.ok(job?.status === 'running')
  const found = { reason: 'owner_silent', evidence: 'silent', token: job.token + 1, now: Date.now() } as const
  await putJobs(dir, markOwnerLost(job, found))
}

/** Schedules a job again whose worker died, as recovery does. */
export async function restartStuck(dir: string, id: number): Promise<void> {
  const desk = await openJobDesk(stateDirOf(dir), () => {})
  try {
    await quickLook(desk)
    const checkpoints = await desk.ledger.checkpoints(id)
    await desk.jobs.transaction((table) => {
      const job = table.get(id)
      assert.ok(job?.status === 'processing_stuck')
      return { put: [restart(job, { now: Date.now(), checkpoints })], result: undefined }
    })
  } finally {
    await desk.close()
  }
}
