import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.js'
import { styleFor } from '../../cli/color.js'
import { diffText } from '../../cli/diff-text.js'
import { diffDocument } from '../../cli/documents.js'
import { argument, withEnvironment } from '../../cli/flags.js'
import { sourceFlags } from '../../cli/import-flags.js'

/** Differences told in full where nobody says how many: some screens for a person, enough for a program. */
const limitDefault = { text: 50, json: 1_000 } as const

export default class FeedDiff extends BaseCommand {
  static override summary = 'Show which products two feeds differ in, and in what; imports nothing.'
  static override examples = [
    { description: 'Last night and tonight', command: '<%= config.bin %> feed diff old.xml new.xml' },
    {
      description: 'With the mapping of a configured wholesaler',
      command: '<%= config.bin %> feed diff old.csv new.csv --as aren',
    },
    {
      description: 'In how many products each field changed',
      command: "<%= config.bin %> feed diff old.xml new.xml --json | jq '.changed_fields'",
    },
  ]

  static override args = {
    old: argument({ description: 'File, http(s) URL or configured wholesaler.', required: true }),
    new: argument({ description: 'The same, as it is now.', required: true }),
  }
  static override flags = withEnvironment({
    ...sourceFlags,
    as: Flags.string({ summary: 'Name of the wholesaler; takes its mapping from the config.', helpValue: 'NAME' }),
    limit: Flags.integer({ summary: 'Most products to show; default: 50, with --json 1000.', min: 0, helpValue: 'N' }),
  })

  async run(): Promise<void> {
    const { args, flags } = await this.parse(FeedDiff)
    const [{ lookAtFeeds }, { diffFeeds }, { silent }] = await Promise.all([
      import('../../cli/look-at-feeds.js'),
      import('../../core/diff-feeds.js'),
      import('../../core/progress.js'),
    ])
    const limit = flags.limit ?? (flags.json ? limitDefault.json : limitDefault.text)
    const diff = await lookAtFeeds(this.place(flags).configPath, flags, async ({ ports, options, resolve }) => {
      const { as = null } = flags
      const pair = [resolve({ source: args.old, as }), resolve({ source: args.new, as })] as const
      return await diffFeeds(pair, { ...ports, progress: silent }, { ...options, limit })
    })
    this.answer(flags, diffDocument(diff), () => diffText(diff, styleFor(process.stdout), process.stdout.columns))
  }
}
