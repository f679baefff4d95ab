import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.js'
import { styleFor } from '../../cli/color.js'
import { imageStatusDocument } from '../../cli/documents.js'
import { findImages } from '../../cli/find-images.js'
import { argument, withEnvironment } from '../../cli/flags.js'
import { imageText } from '../../cli/image-text.js'

export default class Images extends BaseCommand {
  static override summary = 'Show the images of one product.'
  static override description = 'PRODUCT is an exact SKU, else the id in the store. A variant shows its parent.'
  static override examples = [
    { description: 'By SKU or id', command: '<%= config.bin %> images ABC-1' },
    { description: 'How many images it has', command: "<%= config.bin %> images ABC-1 --json | jq '.total_images'" },
    { description: 'By id, when a SKU looks like one', command: '<%= config.bin %> images --id 123' },
  ]

  static override args = { product: argument({ description: 'SKU or id of the product.', required: true }) }
  static override flags = withEnvironment({
    sku: Flags.boolean({ summary: 'PRODUCT is a SKU.', exclusive: ['id'] }),
    id: Flags.boolean({ summary: 'PRODUCT is an id of the store.', exclusive: ['sku'] }),
  })

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Images)
    const place = this.place(flags)
    const { openStore } = await import('../../cli/wiring.js')
    const store = await openStore(place)
    try {
      const by = flags.sku ? 'sku' : flags.id ? 'id' : 'any'
      const document = imageStatusDocument(await findImages(store, { text: args.product, by }, place.stateDir))
      this.answer(flags, document, () => imageText(document, styleFor(process.stdout)))
    } finally {
      await store.close()
    }
  }
}
