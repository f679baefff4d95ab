import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.js'
import { reprocessText } from '../../cli/dedupe-text.js'
import { argument, withEnvironment } from '../../cli/flags.js'
import { sourceFlags } from '../../cli/import-flags.js'
import { listenForInterruption } from '../../cli/interruption.js'

export default class ImagesReprocess extends BaseCommand {
  static override summary = 'Process images anew from their originals, which are fetched again.'
  static override description =
    'Those that an older release processed, or that nobody knows how; of the whole store, or of one product.'
  static override examples = [
    { description: 'How many there are', command: '<%= config.bin %> images reprocess --dry-run' },
    { description: 'All of them', command: '<%= config.bin %> images reprocess' },
    {
      description: 'One product, whatever processed its images',
      command: '<%= config.bin %> images reprocess ABC-1 --all',
    },
  ]

  static override args = { product: argument({ description: 'SKU or id of a product; default: the whole store.' }) }
  static override flags = withEnvironment({
    all: Flags.boolean({ summary: 'Also images that this release processed.' }),
    'dry-run': Flags.boolean({ summary: 'Count; fetch and change nothing.' }),
    'allow-private-host': sourceFlags['allow-private-host'],
  })

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ImagesReprocess)
    const interruption = listenForInterruption((message) => this.onWarning(message))
    try {
      const { runReprocess } = await import('../../cli/run-dedupe-command.js')
      const { document, exitCode } = await runReprocess({
        place: this.place(flags),
        product: args.product ?? null,
        all: flags.all,
        dryRun: flags['dry-run'],
        allowPrivateHosts: flags['allow-private-host'] ?? [],
        signal: interruption.signal,
        onWarning: this.onWarning,
      })
      this.endWith(exitCode)
      this.answer(flags, document, () => reprocessText(document))
    } finally {
      interruption.dispose()
    }
  }
}
