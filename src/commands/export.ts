import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { exportDocument } from '../cli/documents.js'
import { argument, withEnvironment } from '../cli/flags.js'
import { pipeOut, writeFileWhole } from '../cli/write-output.js'
import { WholesalerError } from '../core/errors.js'

export default class Export extends BaseCommand {
  static override summary = 'Write the embedded catalog as a WooCommerce product CSV.'
  static override description = 'To FILE, or to stdout without one. Sorted by SKU, a parent before its variations.'
  static override examples = [
    { description: 'To a file', command: '<%= config.bin %> export shop.csv' },
    { description: 'Into a pipeline', command: '<%= config.bin %> export | gzip > shop.csv.gz' },
    {
      description: 'With the images as your web server has them',
      command: '<%= config.bin %> export shop.csv --media-url https://shop.example.com/media',
    },
  ]

  static override args = { file: argument({ description: 'File to write; default: stdout.' }) }
  static override flags = withEnvironment({
    'media-url': Flags.string({ summary: 'Base of the image URLs, instead of the original ones.', helpValue: 'BASE' }),
  })

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Export)
    const { findOwnCatalog } = await import('../cli/wiring.js')
    const { exportCatalog } = await import('../core/store/catalog/export-csv.js')
    const pieces = exportCatalog(await findOwnCatalog(this.place(flags)), { mediaUrl: flags['media-url'] ?? null })
    if (args.file !== undefined) {
      const written = await writeFileWhole(pieces, args.file)
      this.answer(flags, exportDocument(written), () => `Wrote ${written.path}\n`)
      return
    }
    if (flags.json) {
      throw new WholesalerError({
        kind: 'usage',
        message: '--json prints a document about the export, so the export itself needs a file',
        hint: 'wholesaler export shop.csv --json',
      })
    }
    await pipeOut(pieces)
  }
}
