import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { styleFor } from '../cli/color.js'
import { exitCodeOf, exitDone } from '../cli/exit-code.js'
import { withEnvironment } from '../cli/flags.js'

export default class Doctor extends BaseCommand {
  static override summary = 'Check what imports depend on, and say what to do about what is wrong.'
  static override description =
    'State folder, disk, clock, cron, databases, jobs, config and feeds. Changes nothing. Ends with 1 when a check failed; warnings end with 0.'
  static override examples = [
    { description: 'Check everything', command: '<%= config.bin %> doctor' },
    { description: 'Ask no server', command: '<%= config.bin %> doctor --offline' },
    {
      description: 'What is not well, for scripts',
      command: `<%= config.bin %> doctor --json | jq '.checks[]|select(.status!="ok")'`,
    },
  ]

  static override flags = withEnvironment({
    offline: Flags.boolean({ summary: 'Ask no server whether its feed is there.' }),
  })

  async run(): Promise<void> {
    const { flags } = await this.parse(Doctor)
    const { doctorText, runDoctor } = await import('../cli/run-doctor-command.js')
    const document = await runDoctor({ place: this.place(flags), offline: flags.offline })
    this.answer(flags, document, () => doctorText(document, styleFor(process.stdout)))
    this.endWith(document.success ? exitDone : exitCodeOf('unexpected'))
  }
}
