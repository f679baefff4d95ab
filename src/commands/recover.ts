import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { argument, durationFlag, withEnvironment } from '../cli/flags.js'
import { parseJobId } from '../cli/state.js'

export default class Recover extends BaseCommand {
  static override summary = 'Find stuck jobs, say what was seen, and finish them here.'
  static override description =
    "Without JOB, all stuck jobs, and then those that wait. With JOB it ends with that job's exit code, else with 3 when one did not end well."
  static override examples = [
    { description: 'Finish what is stuck, and what waits', command: '<%= config.bin %> recover' },
    { description: 'One job', command: '<%= config.bin %> recover 123' },
    { description: 'Each minute from cron', command: '<%= config.bin %> recover --detach' },
    { description: 'Only look: 12 when any is stuck', command: '<%= config.bin %> recover --dry-run --json' },
  ]

  static override args = { job: argument({ description: 'Id of the job; default: all.' }) }
  static override flags = withEnvironment({
    detach: Flags.boolean({ summary: 'Start workers and return; work here only when none can be started.' }),
    'dry-run': Flags.boolean({ summary: 'Say what is stuck and why; end with 12 when any is.' }),
    'older-than': durationFlag({ summary: 'Only jobs that wait or run at least this long (5m).' }),
    wait: Flags.boolean({
      summary: 'Watch owners that may be silent, and wait for jobs others are at work on.',
      default: true,
      allowNo: true,
    }),
    'kill-holder': Flags.boolean({ summary: 'End a stopped process that keeps the job file locked.' }),
    ndjson: Flags.boolean({ summary: 'Print one event per line on stdout instead.', exclusive: ['json'] }),
  })

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Recover)
    const { runRecoverCommand } = await import('../cli/run-recover-command.js')
    await runRecoverCommand({
      stateDir: this.place(flags).stateDir,
      job: args.job === undefined ? null : parseJobId(args.job),
      flags,
      clock: this.clock,
      answer: (document, text) => this.answer(flags, document, text),
      endWith: (exitCode) => this.endWith(exitCode),
      failWith: (error, document) => this.failWith(error, document),
    })
  }
}
