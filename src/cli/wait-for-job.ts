/** Follows a job of another process to its end by looking at the state folder; shows it on stderr when asked. */
import type { Clock } from '../core/clock.js'
import { isFinished, type Job } from '../core/jobs/job.js'
import { jobFigures } from './job-text.js'
import { toStderr } from './print.js'
import { readJobs, selectJob } from './state.js'

/** A look is one or two small files; a second is soon enough for people and scripts. */
const lookEveryMs = 1000
/** In a pipe or in cron. */
const lineEveryMs = 60_000

export interface WaitOptions {
  readonly stateDir: string
  /** Show progress meanwhile. */
  readonly draw: boolean
  readonly clock: Clock
}

/** Resolves with the job when it has ended. Throws `usage` when it is gone. */
export async function waitForJob(id: number, { stateDir, draw, clock }: WaitOptions): Promise<Job> {
  const show = draw ? await display(clock) : noShow
  try {
    for (;;) {
      const job = selectJob(await readJobs(stateDir, () => {}), id)
      if (job === null) throw new Error(`job ${id} is gone`)
      show.job(job)
      if (isFinished(job)) return job
      await clock.sleep(lookEveryMs)
    }
  } finally {
    show.end()
  }
}

interface Show {
  job(job: Job): void
  end(): void
}

const noShow: Show = { job: () => {}, end: () => {} }

async function display(clock: Clock): Promise<Show> {
  if (process.stderr.isTTY !== true) return plainLines(clock)
  const { JobBars } = await import('./progress/job-bars.js')
  const bars = new JobBars(process.stderr)
  return { job: (job) => bars.show(job), end: () => bars.end() }
}

function plainLines(clock: Clock): Show {
  let lineAtMs = clock.monotonic()
  return {
    job(job) {
      if (clock.monotonic() - lineAtMs < lineEveryMs) return
      lineAtMs = clock.monotonic()
      toStderr(`job ${job.id}: ${job.status}, ${jobFigures(job)}\n`)
    },
    end: () => {},
  }
}
