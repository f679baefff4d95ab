import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { withEnvironment } from '../cli/flags.js'

const portMax = 65_535

export default class Serve extends BaseCommand {
  static override summary = 'Serve the HTTP API, and a page to watch and start jobs on.'
  static override description =
    'Runs until it is told to stop; jobs that it started go on. Scripts of this machine need no token, all others do: WHOLESALER_TOKEN, or the file serve-token of the state folder.'
  static override examples = [
    { description: 'For this machine', command: '<%= config.bin %> serve' },
    { description: 'On a machine that others use too', command: '<%= config.bin %> serve --require-token' },
    {
      description: 'Behind a reverse proxy',
      command: '<%= config.bin %> serve --require-token --allow-host shop.example.com',
    },
  ]

  static override flags = withEnvironment({
    port: Flags.integer({ summary: 'Port; 0 takes any that is free.', min: 0, max: portMax, default: 8765 }),
    host: Flags.string({
      summary: 'Address to listen at; another than this machine needs a token.',
      default: '127.0.0.1',
    }),
    'require-token': Flags.boolean({ summary: 'Ask everybody for the token, also scripts of this machine.' }),
    'allow-host': Flags.string({
      summary: 'Name by which a reverse proxy is reached. Repeatable.',
      helpValue: 'NAME',
      multiple: true,
      delimiter: ',',
    }),
  })

  async run(): Promise<void> {
    const { flags } = await this.parse(Serve)
    const { runServeCommand } = await import('../serve/run-serve-command.js')
    await runServeCommand({
      place: this.place(flags),
      flags,
      clock: this.clock,
      answer: (document, text) => this.answer(flags, document, text),
    })
  }
}
