import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.js'
import { styleFor } from '../../cli/color.js'
import { dedupeText } from '../../cli/dedupe-text.js'
import { withEnvironment } from '../../cli/flags.js'
import { listenForInterruption } from '../../cli/interruption.js'

export default class ImagesDedupe extends BaseCommand {
  static override summary = 'Merge duplicate images: products show one image instead of copies of it.'
  static override description =
    'Exact duplicates only; near ones when you name them. What it does is written to an undo file first.'
  static override examples = [
    { description: 'What would change', command: '<%= config.bin %> images dedupe --dry-run' },
    {
      description: 'Merge, and delete what nothing shows any more',
      command: '<%= config.bin %> images dedupe --delete',
    },
    {
      description: 'Merge also the near duplicates of images 17 and 23, after a look at the audit',
      command: '<%= config.bin %> images dedupe --near 17 --near 23',
    },
    { description: 'Take it back', command: '<%= config.bin %> images dedupe --undo .wholesaler/undo/dedupe-7.json' },
  ]

  static override flags = withEnvironment({
    'dry-run': Flags.boolean({ summary: 'Find and count; change nothing.' }),
    near: Flags.string({
      summary: 'Merge also the group of near duplicates that holds this image. Repeatable.',
      helpValue: 'ID',
      multiple: true,
      delimiter: ',',
    }),
    delete: Flags.boolean({ summary: 'Delete the spare images; the undo keeps copies of them.' }),
    undo: Flags.string({
      summary: 'Take a merge back, by its undo file.',
      helpValue: 'FILE',
      exclusive: ['near', 'delete', 'dry-run'],
    }),
  })

  async run(): Promise<void> {
    const { flags } = await this.parse(ImagesDedupe)
    const interruption = listenForInterruption((message) => this.onWarning(message))
    try {
      const { runDedupe } = await import('../../cli/run-dedupe-command.js')
      const { document, exitCode } = await runDedupe({
        place: this.place(flags),
        near: flags.near ?? [],
        remove: flags.delete,
        dryRun: flags['dry-run'],
        undo: flags.undo ?? null,
        signal: interruption.signal,
        onWarning: this.onWarning,
      })
      this.endWith(exitCode)
      this.answer(flags, document, () => dedupeText(document, styleFor(process.stdout)))
    } finally {
      interruption.dispose()
    }
  }
}
