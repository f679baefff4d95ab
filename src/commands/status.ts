import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { styleFor } from '../cli/color.js'
import { statusDocument } from '../cli/documents.js'
import { exitDone, exitStuck } from '../cli/exit-code.js'
import { argument, withEnvironment } from '../cli/flags.js'
import { jobText } from '../cli/job-text.js'
import { jobFailure, parseJobId, readJobs, selectJob } from '../cli/state.js'
import { findStuckJobs } from '../cli/stuck-jobs.js'
import { waitForJob } from '../cli/wait-for-job.js'
import type { Job } from '../core/jobs/job.js'

export default class Status extends BaseCommand {
  static override summary = 'Show one job: the latest, or the one with this id.'
  static override description =
    'Exit code: 0, whatever the job did; with --wait the one the job ended with; with --check 12 when any job is stuck.'
  static override examples = [
    { description: 'The latest job', command: '<%= config.bin %> status' },
    {
      description: 'One job as JSON, for scripts',
      command: "<%= config.bin %> status 123 --json | jq -r '.job.status'",
    },
    { description: 'Wait for a job and end with its exit code', command: '<%= config.bin %> status 123 --wait' },
    { description: 'For monitoring: 12 when a job is stuck', command: '<%= config.bin %> status --check --json' },
  ]

  static override args = { job: argument({ description: 'Id of the job; default: the latest.' }) }
  static override flags = withEnvironment({
    watch: Flags.boolean({ summary: 'Show progress until the job ends.' }),
    wait: Flags.boolean({ summary: "Wait until the job ends, then end with the job's exit code." }),
    check: Flags.boolean({ summary: 'End with 12 when any job is stuck.', exclusive: ['wait', 'watch'] }),
  })

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Status)
    const { stateDir } = this.place(flags)
    const id = args.job === undefined ? null : parseJobId(args.job)

    const jobs = await readJobs(stateDir, this.onWarning)
    const found = selectJob(jobs, id)
    const follow = (flags.wait || flags.watch) && found !== null
    const job = follow ? await waitForJob(found.id, { stateDir, draw: flags.watch, clock: this.clock }) : found

    const stuckJobs = flags.check
      ? (await findStuckJobs(jobs, { stateDir, clock: this.clock })).map(({ id }) => id)
      : undefined
    const exitCode = exitCodeFor(job, { wait: flags.wait, stuck: (stuckJobs ?? []).length > 0 })
    const error = flags.wait && job?.status === 'failed' ? { error: jobFailure(job) } : {}
    const nowMs = this.clock.now()
    const document = statusDocument({ job, nowMs, exitCode, ...(stuckJobs && { stuckJobs }), ...error })
    this.answer(flags, document, () => {
      const stuck = stuckJobs === undefined || stuckJobs.length === 0 ? '' : `Stuck: jobs ${stuckJobs.join(', ')}\n`
      return (job === null ? 'No job yet.\n' : jobText(job, nowMs, styleFor(process.stdout))) + stuck
    })
    this.endWith(exitCode)
  }
}

function exitCodeFor(job: Job | null, { wait, stuck }: { readonly wait: boolean; readonly stuck: boolean }): number {
  if (stuck) return exitStuck
  return wait && job !== null && 'exitCode' in job ? job.exitCode : exitDone
}
