import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { styleFor } from '../cli/color.js'
import { exitCodeOf, exitDone } from '../cli/exit-code.js'
import { withEnvironment } from '../cli/flags.js'

export default class Init extends BaseCommand {
  static override summary = 'Write a config to begin with, and check the shop and the feed.'
  static override description =
    'Asks for what is missing when there is a terminal, else takes flags and variables only. Credentials are typed unseen, or taken from the environment; never given as flags. They are written to wholesaler.env, readable by you only. Ends with 1 when a check failed.'
  static override examples = [
    { description: 'Answer questions', command: '<%= config.bin %> init' },
    {
      description: 'In a script, credentials in the environment',
      command: '<%= config.bin %> init --shop https://shop.example.com --feed https://example.com/offer.xml --as aren',
    },
    { description: 'The embedded catalog', command: '<%= config.bin %> init --feed products.csv' },
  ]

  static override flags = withEnvironment({
    shop: Flags.string({
      summary: 'Front page of the WooCommerce shop. Default: the embedded catalog.',
      helpValue: 'URL',
    }),
    feed: Flags.string({ summary: 'Feed of the first wholesaler: a file or URL.', helpValue: 'SOURCE' }),
    as: Flags.string({ summary: 'Name of the wholesaler.', helpValue: 'NAME' }),
    'shop-images': Flags.string({
      summary: 'How images get into the shop. Default: upload where there is an application password.',
      options: ['upload', 'src'],
    }),
    force: Flags.boolean({ summary: 'Replace a config that is there.' }),
    offline: Flags.boolean({ summary: 'Ask no server.' }),
  })

  async run(): Promise<void> {
    const { flags } = await this.parse(Init)
    const [{ runInit }, { doctorText }, { initText }] = await Promise.all([
      import('../cli/run-init-command.js'),
      import('../cli/run-doctor-command.js'),
      import('../cli/init-text.js'),
    ])
    const isAsked = process.stdin.isTTY === true && process.stderr.isTTY === true && !flags.json
    const asker = isAsked ? (await import('../cli/ask.js')).openAsker() : null
    try {
      const document = await runInit({ flags, cwd: process.cwd(), env: process.env, asker })
      const style = styleFor(process.stdout)
      this.answer(flags, document, () => `${doctorText(document, style)}${initText(document)}`)
      this.endWith(document.success ? exitDone : exitCodeOf('unexpected'))
    } finally {
      asker?.close()
    }
  }
}
