import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.js'
import { styleFor } from '../../cli/color.js'
import { imageStatusDocument } from '../../cli/documents.js'
import { findImages } from '../../cli/find-images.js'
import { argument, withEnvironment } from '../../cli/flags.js'
import { imageText } from '../../cli/image-text.js'
import { planImagesOf } from '../../cli/plan-images-of.js'

export default class Images extends BaseCommand {
  static override summary = 'Show the images of one product.'
  static override description = 'PRODUCT is an exact SKU, else the id in the store. A variant shows its parent.'
  static override examples = [
    { description: 'By SKU or id', command: '<%= config.bin %> images ABC-1' },
    { description: 'How many images it has', command: "<%= config.bin %> images ABC-1 --json | jq '.total_images'" },
    { description: 'What the next import would do about them', command: '<%= config.bin %> images ABC-1 --plan' },
    { description: 'By id, when a SKU looks like one', command: '<%= config.bin %> images --id 123' },
  ]

  static override args = { product: argument({ description: 'SKU or id of the product.', required: true }) }
  static override flags = withEnvironment({
    sku: Flags.boolean({ summary: 'PRODUCT is a SKU.', exclusive: ['id'] }),
    id: Flags.boolean({ summary: 'PRODUCT is an id of the store.', exclusive: ['sku'] }),
    plan: Flags.boolean({ summary: 'Show what an import would do about each image, and why. Asks no server.' }),
  })

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Images)
    const place = this.place(flags)
    const question = { text: args.product, by: flags.sku ? 'sku' : flags.id ? 'id' : 'any' } as const
    const { openShop, openStore } = await import('../../cli/wiring.js')
    const shop = flags.plan ? await openShop(place) : { store: await openStore(place), ledger: null }
    const { store, ledger } = shop
    try {
      const status = await findImages(store, question, place.stateDir)
      const ports = ledger === null ? null : { ledger, store, clock: this.clock }
      const plan = ports === null ? undefined : await planImagesOf(status.product, place, ports)
      const document = imageStatusDocument({ ...status, ...(plan === undefined ? {} : { plan }) })
      this.answer(flags, document, () => imageText(document, styleFor(process.stdout)))
    } finally {
      await ledger?.close()
      await store.close()
    }
  }
}
