import { BaseCommand } from '../../cli/base-command.js'
import { retryDocument } from '../../cli/documents.js'
import { argument, withEnvironment } from '../../cli/flags.js'
import { parseJobId } from '../../cli/state.js'
import { retryJob } from '../../core/jobs/retry-job.js'

export default class JobsRetry extends BaseCommand {
  static override summary = 'Schedule a failed job again, with its own options.'
  static override description =
    `Finished batches are kept; its limits start anew; products in quarantine are tried again. For a job that
completed with failures a new one is made. wholesaler worker --once works it off, or the next worker does.`
  static override examples = [
    { description: 'Do a failed job again', command: '<%= config.bin %> jobs retry 123' },
    {
      description: 'As JSON, with the job that does it',
      command: '<%= config.bin %> jobs retry 123 --json',
    },
  ]

  static override args = { job: argument({ required: true, description: 'Id of the job.' }) }
  static override flags = withEnvironment({})

  async run(): Promise<void> {
    const { args, flags } = await this.parse(JobsRetry)
    const id = parseJobId(args.job)
    const retried = await this.atDesk(this.place(flags).stateDir, (desk) => retryJob(id, desk))
    const document = retryDocument(id, retried, this.clock.now())
    this.answer(flags, document, () => `${document.message}.\n`)
  }
}
