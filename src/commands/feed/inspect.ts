import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.js'
import { styleFor } from '../../cli/color.js'
import { inspectDocument } from '../../cli/documents.js'
import { argument, withEnvironment } from '../../cli/flags.js'
import { sourceFlags } from '../../cli/import-flags.js'
import { inspectText } from '../../cli/inspect-text.js'

export default class FeedInspect extends BaseCommand {
  static override summary = 'Show what is in a feed and how it would be mapped; imports nothing.'
  static override examples = [
    { description: 'A file', command: '<%= config.bin %> feed inspect products.csv' },
    {
      description: 'A URL, as JSON',
      command: "<%= config.bin %> feed inspect https://example.com/feed.xml --json | jq '.feed'",
    },
    {
      description: 'A broken feed, as far as it can be read',
      command: '<%= config.bin %> feed inspect feed.xml --lenient',
    },
  ]

  static override args = {
    source: argument({ description: 'File, http(s) URL, - for stdin, or a configured wholesaler.', required: true }),
  }
  static override flags = withEnvironment({
    ...sourceFlags,
    as: Flags.string({ summary: 'Name of the wholesaler; takes its mapping from the config.', helpValue: 'NAME' }),
  })

  async run(): Promise<void> {
    const { args, flags } = await this.parse(FeedInspect)
    const [{ lookAtFeeds }, { inspectFeed }, { silent }] = await Promise.all([
      import('../../cli/look-at-feeds.js'),
      import('../../core/inspect-feed.js'),
      import('../../core/progress.js'),
    ])
    const { source } = args
    const as = flags.as ?? (source === '-' ? 'stdin' : null)
    const inspection = await lookAtFeeds(this.place(flags).configPath, flags, ({ ports, options, resolve }) =>
      inspectFeed(resolve({ source, as }), { ...ports, progress: silent }, options),
    )
    const document = inspectDocument(inspection)
    this.answer(flags, document, () => inspectText(inspection, styleFor(process.stdout), process.stdout.columns))
  }
}
