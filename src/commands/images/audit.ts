import { Flags } from '@oclif/core'
import { auditText } from '../../cli/audit-text.js'
import { BaseCommand } from '../../cli/base-command.js'
import { styleFor } from '../../cli/color.js'
import { exitPartial } from '../../cli/exit-code.js'
import { argument, withEnvironment } from '../../cli/flags.js'
import { listenForInterruption } from '../../cli/interruption.js'

export default class ImagesAudit extends BaseCommand {
  static override summary = 'Find duplicate, missing, damaged, oversized and unused images.'
  static override description =
    'Of the whole store, or of one product. Changes nothing in the store. Ends with 3 when files are missing or damaged.'
  static override examples = [
    { description: 'The whole store', command: '<%= config.bin %> images audit' },
    {
      description: 'As a page with thumbnails, to look at',
      command: '<%= config.bin %> images audit --html audit.html',
    },
    { description: 'One product', command: '<%= config.bin %> images audit ABC-1' },
    {
      description: 'After the ledger was lost: what the store has is known again',
      command: '<%= config.bin %> images audit --rebuild',
    },
    { description: 'Duplicates for a script', command: "<%= config.bin %> images audit --json | jq '.exact'" },
  ]

  static override args = { product: argument({ description: 'SKU or id of a product; default: the whole store.' }) }
  static override flags = withEnvironment({
    html: Flags.string({ summary: 'Write a contact sheet with thumbnails, complete in one file.', helpValue: 'FILE' }),
    rebuild: Flags.boolean({ summary: 'Add to the image library what the store has and it does not know.' }),
  })

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ImagesAudit)
    const interruption = listenForInterruption((message) => this.onWarning(message))
    try {
      const { runAudit } = await import('../../cli/run-audit-command.js')
      const document = await runAudit({
        place: this.place(flags),
        product: args.product ?? null,
        html: flags.html ?? null,
        rebuild: flags.rebuild,
        signal: interruption.signal,
        nowMs: this.clock.now(),
      })
      if (document.missing.length + document.damaged.length > 0) this.endWith(exitPartial)
      this.answer(flags, document, () => auditText(document, styleFor(process.stdout)))
    } finally {
      interruption.dispose()
    }
  }
}
