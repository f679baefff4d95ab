import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.js'
import { styleFor } from '../../cli/color.js'
import { inspectDocument } from '../../cli/documents.js'
import { argument, withEnvironment } from '../../cli/flags.js'
import { sourceFlags } from '../../cli/import-flags.js'
import { inspectText } from '../../cli/inspect-text.js'
import { listenForInterruption } from '../../cli/interruption.js'
import { toStderr } from '../../cli/print.js'

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
    const { configPath } = this.place(flags)
    const [
      { loadConfig },
      { resolveWholesalers },
      { inspectFeed },
      { withThrowawayState },
      { openLookout },
      { silent },
    ] = await Promise.all([
      import('../../core/config/load-config.js'),
      import('../../core/config/resolve-wholesalers.js'),
      import('../../core/inspect-feed.js'),
      import('../../core/throwaway-state.js'),
      import('../../cli/wiring.js'),
      import('../../core/progress.js'),
    ])
    const config = await loadConfig(configPath)
    const [wholesaler] = resolveWholesalers(
      config,
      {
        source: args.source,
        as: flags.as ?? (args.source === '-' ? 'stdin' : null),
        preset: flags.preset ?? null,
        format: flags.format ?? null,
        lenient: flags.lenient,
      },
      { cwd: process.cwd(), env: process.env },
    )
    if (wholesaler === undefined) throw new Error('a source always resolves to a wholesaler')

    const interruption = listenForInterruption(toStderr)
    try {
      const inspection = await withThrowawayState(async (stateDir) => {
        const lookout = await openLookout(stateDir, config)
        try {
          const allowPrivateHosts = [...config.network.allowPrivate, ...(flags['allow-private-host'] ?? [])]
          return await inspectFeed(
            wholesaler,
            { ...lookout, progress: silent },
            { allowPrivateHosts, signal: interruption.signal },
          )
        } finally {
          await lookout.close()
        }
      })
      const document = inspectDocument(inspection)
      this.answer(flags, document, () => inspectText(inspection, styleFor(process.stdout), process.stdout.columns))
    } finally {
      interruption.dispose()
    }
  }
}
