/**
 * A process that recovers the jobs of one state folder after another, in fast time. Told `STATE FACTOR ORIGIN LOG`,
 * it recovers and says `done STATE`; each job that it starts is noted in the log, a line at its start and one at
 * its end, so that two starts of one job are seen.
 */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { noCounts } from '../../../src/core/jobs/job.js'
import { openJobStore } from '../../../src/core/jobs/lowdb-job-store.js'
import { watchHeartbeats } from '../../../src/core/jobs/observe-heartbeat.js'
import { recoverJobs } from '../../../src/core/jobs/recover-jobs.js'
import { runJob } from '../../../src/core/jobs/run-job.js'
import { openJobLedger } from '../../../src/core/ledger/sqlite-job-ledger.js'
import { fastBootClock, fastClock } from '../fast-clock.js'
import { say, toldLines } from '../script-process.js'

/** Fast milliseconds that a job takes. */
const workMs = 2_000

interface Task {
  readonly stateDir: string
  readonly factor: number
  readonly originMs: number
  readonly log: string
}

async function recover({ stateDir, log, ...time }: Task): Promise<void> {
  const clock = fastClock(time)
  const jobs = openJobStore({ dir: stateDir, clock, onWarning: (message) => say(`warning ${message}`) })
  const ledger = await openJobLedger(join(stateDir, 'ledger.db'))
  const note = (what: string, id: number, token: number) =>
    appendFileSync(log, `${what} ${id} ${token} ${process.pid} ${clock.now()}\n`)
  const { signal } = new AbortController()
  const ports = { jobs, ledger, clock, stateDir }
  const run = (id: number) =>
    runJob(
      {
        job: id,
        role: 'worker' as const,
        ignoreNotBefore: true,
        signal,
        exitCodeOf: () => 0,
        work: async ({ writer }) => {
          note('start', id, writer.token)
          await clock.sleep(workMs)
          note('end', id, writer.token)
          return { counts: noCounts, partial: false, timeLimit: false, errorMessages: [] }
        },
      },
      ports,
    )
  try {
    await recoverJobs(
      { dryRun: false, wait: true, launch: null, apart: async () => false, signal },
      {
        ...ports,
        watch: watchHeartbeats({ dir: stateDir, bootClockMs: fastBootClock(time) }),
        exitCodes: { gaveUp: 1, cancelled: 130 },
        run,
        onNote: () => {},
      },
    )
  } finally {
    await jobs.close()
    await ledger.close()
  }
}

say('ready')
for await (const line of toldLines()) {
  const [stateDir = '', factor, originMs, log = ''] = line.split(' ')
  try {
    await recover({ stateDir, factor: Number(factor), originMs: Number(originMs), log })
    say(`done ${stateDir}`)
  } catch (error: unknown) {
    say(
      `done ${stateDir} failed: ${error instanceof Error ? (error.stack ?? error.message).replaceAll('\n', ' ') : String(error)}`,
    )
  }
}
process.exit()
