import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.js'
import { pruneDocument } from '../../cli/documents.js'
import { durationFlag, withEnvironment } from '../../cli/flags.js'
import { finishedKept } from '../../core/jobs/job-table.js'
import { prunable, pruneJobs } from '../../core/jobs/prune-jobs.js'
import { tidyState } from '../../core/jobs/tidy-state.js'

export default class JobsPrune extends BaseCommand {
  static override summary = 'Forget finished jobs, with their rejects files and logs.'
  static override description =
    'Statistics keep their sums. Without this the newest 200 finished jobs are kept, and failed ones for 30 days.'
  static override examples = [
    { description: 'All that ended more than 30 days ago', command: '<%= config.bin %> jobs prune --older-than 30d' },
    { description: 'All but the newest 20', command: '<%= config.bin %> jobs prune --keep 20' },
    { description: 'Only look', command: '<%= config.bin %> jobs prune --keep 20 --dry-run --json' },
  ]

  static override flags = withEnvironment({
    keep: Flags.integer({
      summary: `Keep this many finished jobs, the newest. Default: ${finishedKept}; with --older-than: 0.`,
      min: 0,
    }),
    'older-than': durationFlag({ summary: 'Only jobs that ended longer ago.' }),
    'dry-run': Flags.boolean({ summary: 'Only say which.' }),
  })

  async run(): Promise<void> {
    const { flags } = await this.parse(JobsPrune)
    const olderThan = flags['older-than']
    const rules = {
      keep: flags.keep ?? (olderThan === undefined ? finishedKept : 0),
      olderThanMs: olderThan ?? 0,
      now: this.clock.now(),
    }
    const report = await this.atDesk(this.place(flags).stateDir, async (desk) => {
      const { jobs } = desk
      const isDry = flags['dry-run']
      const pruned = isDry ? prunable((await jobs.read()).values(), rules) : await pruneJobs(jobs, rules)
      const removedFiles = isDry ? null : await tidyState(desk)
      const left = (await jobs.read()).size
      return { pruned, removedFiles, kept: isDry ? left - pruned.length : left }
    })
    const document = pruneDocument(report)
    this.answer(flags, document, () => `${document.message}.\n`)
  }
}
