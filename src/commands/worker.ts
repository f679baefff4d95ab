import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { withEnvironment } from '../cli/flags.js'

/** Each job has a database connection and downloads of its own. */
const concurrencyMax = 16

export default class Worker extends BaseCommand {
  static override summary = 'Work off scheduled jobs, by priority, then age.'
  static override description =
    'One job per wholesaler at a time. Ends with 3 when a job failed, 75 when one was taken over; told to stop, it puts its jobs back.'
  static override examples = [
    { description: 'What waits, and no more: for cron', command: '<%= config.bin %> worker --once' },
    { description: 'For ever, two jobs at a time', command: '<%= config.bin %> worker --concurrency 2' },
    {
      description: 'What was done, as JSON',
      command: "<%= config.bin %> worker --once --json | jq '.jobs[].status'",
    },
  ]

  static override flags = withEnvironment({
    once: Flags.boolean({ summary: 'End when nothing is left that can be started.' }),
    concurrency: Flags.integer({ summary: 'Jobs at a time.', min: 1, max: concurrencyMax, default: 1 }),
    ndjson: Flags.boolean({ summary: 'Print one event per line on stdout instead.', exclusive: ['json'] }),
    // For background imports, which start a worker each.
    job: Flags.integer({ summary: 'Work off this job first, and wait for it.', min: 1, hidden: true }),
  })

  async run(): Promise<void> {
    const { flags } = await this.parse(Worker)
    const { runWorkerCommand } = await import('../cli/run-worker-command.js')
    await runWorkerCommand({
      stateDir: this.place(flags).stateDir,
      flags,
      clock: this.clock,
      answer: (document, text) => this.answer(flags, document, text),
      endWith: (exitCode) => this.endWith(exitCode),
      failWith: (error, document) => this.failWith(error, document),
    })
  }
}
