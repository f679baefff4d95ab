/**
 * The quick look of every writing command: jobs whose owner died are marked stuck, so that nobody takes
 * them for running. It starts nothing; `recover` does.
 */
import { type JobPorts, numberAbove } from './claim-job.js'
import { readHeartbeat, removeHeartbeat } from './heartbeat.js'
import type { Job, JobCounts, RunningJob, StuckJob } from './job.js'
import { markOwnerLost } from './job-transitions.js'
import { describeOwner, judgeOwner } from './owner.js'

/**
 * T8 for every running job whose owner is certainly dead; returns them, oldest first, for a message. One read
 * when there is none. Safe to call from many processes at once: each job is marked by one of them.
 */
export async function quickLook(ports: JobPorts): Promise<readonly StuckJob[]> {
  const { jobs, ledger, clock, stateDir, judge = (owner) => judgeOwner(owner) } = ports
  const isDead = (job: Job | undefined): job is RunningJob =>
    job?.status === 'running' && judge(job.lease.owner) === 'dead'
  const dead = [...(await jobs.read()).values()].filter(isDead)
  if (dead.length === 0) return []

  // A transaction must not wait: tokens and last counts are fetched before it.
  const known = new Map<number, { readonly old: number; readonly token: number; readonly counts?: JobCounts }>()
  for (const { id, token: old, lease } of dead) {
    const counts = (await readHeartbeat(stateDir, id, lease.token))?.counts
    known.set(id, { old, token: await numberAbove(old, ledger), ...(counts && { counts }) })
  }
  const marked = await jobs.transaction((table) => {
    const stuck: StuckJob[] = []
    for (const [id, { old, ...found }] of known) {
      const job = table.get(id)
      // Somebody else was quicker.
      if (!isDead(job) || job.token !== old) continue
      const evidence = `${describeOwner(job.lease.owner)} is gone`
      stuck.push(markOwnerLost(job, { reason: 'owner_dead', evidence, now: clock.now(), ...found }))
    }
    return { put: stuck, result: stuck }
  })
  await Promise.all(marked.map(({ id }) => removeHeartbeat(stateDir, id)))
  return marked
}
