import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.js'
import { cancelDocument } from '../../cli/documents.js'
import { exitInterrupted } from '../../cli/exit-code.js'
import { argument, withEnvironment } from '../../cli/flags.js'
import { parseJobId } from '../../cli/state.js'
import { waitForJob } from '../../cli/wait-for-job.js'
import { cancelJob } from '../../core/jobs/cancel-job.js'

export default class JobsCancel extends BaseCommand {
  static override summary = 'Cancel a job: at once when it waits or is stuck, else by asking its worker to stop.'
  static override description =
    'A worker sees the request with its next sign of life, within seconds, and ends the job; finished batches are kept.'
  static override examples = [
    { description: 'Cancel a job', command: '<%= config.bin %> jobs cancel 123' },
    { description: 'Wait until it has ended', command: '<%= config.bin %> jobs cancel 123 --wait --json' },
  ]

  static override args = { job: argument({ required: true, description: 'Id of the job.' }) }
  static override flags = withEnvironment({
    wait: Flags.boolean({ summary: 'Wait until the job has ended.' }),
  })

  async run(): Promise<void> {
    const { args, flags } = await this.parse(JobsCancel)
    const id = parseJobId(args.job)
    const { stateDir } = this.place(flags)
    const asked = await this.atDesk(stateDir, (desk) => cancelJob(id, { exitCode: exitInterrupted }, desk))
    const waits = flags.wait && asked.status === 'running'
    const job = waits ? await waitForJob(id, { stateDir, draw: false, clock: this.clock }) : asked
    const document = cancelDocument(job, this.clock.now())
    this.answer(flags, document, () => `${document.message}.\n`)
  }
}
