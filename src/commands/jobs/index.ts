import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.js'
import { styleFor } from '../../cli/color.js'
import { jobsDocument } from '../../cli/documents.js'
import { withEnvironment } from '../../cli/flags.js'
import { jobsText } from '../../cli/job-text.js'
import { readJobFile } from '../../cli/state.js'
import { jobStatuses } from '../../core/jobs/job.js'

export default class Jobs extends BaseCommand {
  static override summary = 'List jobs, newest first, with statistics.'
  static override examples = [
    { description: 'The latest 20 jobs', command: '<%= config.bin %> jobs' },
    { description: 'Jobs that failed', command: '<%= config.bin %> jobs --status failed' },
    {
      description: 'Jobs that were added more than five minutes ago',
      // Fits into 80 columns: longer ones are broken by the help, inside the quotes.
      command: "<%= config.bin %> jobs --json | jq '.jobs[]|select(.created_at<now-300).id'",
    },
    { description: 'Statistics of all jobs', command: "<%= config.bin %> jobs --json | jq '.stats'" },
  ]

  static override flags = withEnvironment({
    status: Flags.option({
      options: ['all', ...jobStatuses] as const,
      default: 'all' as const,
      summary: 'Only jobs in this state.',
    })(),
    limit: Flags.integer({ min: 1, max: 1000, default: 20, summary: 'List at most this many (1-1000).' }),
  })

  async run(): Promise<void> {
    const { flags } = await this.parse(Jobs)
    const { jobs: all, history } = await readJobFile(this.place(flags).stateDir, this.onWarning)
    const matching = all.filter(({ status }) => flags.status === 'all' || status === flags.status)
    const listed = matching.slice(0, flags.limit)
    const nowMs = this.clock.now()
    const document = jobsDocument({ all, history, listed, matching: matching.length, nowMs })
    this.answer(flags, document, () =>
      jobsText(listed, document.stats, nowMs, styleFor(process.stdout), process.stdout.columns),
    )
  }
}
