import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.js'
import { styleFor } from '../../cli/color.js'
import { diffText } from '../../cli/diff-text.js'
import { diffDocument } from '../../cli/documents.js'
import { argument, withEnvironment } from '../../cli/flags.js'
import { sourceFlags } from '../../cli/import-flags.js'
import { listenForInterruption } from '../../cli/interruption.js'
import { toStderr } from '../../cli/print.js'

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
    const { configPath } = this.place(flags)
    const [{ loadConfig }, { resolveWholesalers }, { diffFeeds }, { withThrowawayState }, { openLookout }, { silent }] =
      await Promise.all([
        import('../../core/config/load-config.js'),
        import('../../core/config/resolve-wholesalers.js'),
        import('../../core/diff-feeds.js'),
        import('../../core/throwaway-state.js'),
        import('../../cli/wiring.js'),
        import('../../core/progress.js'),
      ])
    const config = await loadConfig(configPath)
    const resolve = (source: string) => {
      const { as = null, preset = null, format = null, lenient } = flags
      const around = { cwd: process.cwd(), env: process.env }
      const [wholesaler] = resolveWholesalers(config, { source, as, preset, format, lenient }, around)
      if (wholesaler === undefined) throw new Error('a source always resolves to a wholesaler')
      return wholesaler
    }
    const pair = [resolve(args.old), resolve(args.new)] as const

    const interruption = listenForInterruption(toStderr)
    try {
      const diff = await withThrowawayState(async (stateDir) => {
        const lookout = await openLookout(stateDir, config)
        try {
          return await diffFeeds(
            pair,
            { ...lookout, progress: silent },
            {
              allowPrivateHosts: [...config.network.allowPrivate, ...(flags['allow-private-host'] ?? [])],
              signal: interruption.signal,
              limit: flags.limit ?? (flags.json ? limitDefault.json : limitDefault.text),
            },
          )
        } finally {
          await lookout.close()
        }
      })
      this.answer(flags, diffDocument(diff), () => diffText(diff, styleFor(process.stdout), process.stdout.columns))
    } finally {
      interruption.dispose()
    }
  }
}
