import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { argument, durationFlag, optionalDurationFlag, withEnvironment } from '../cli/flags.js'
import { sourceFlags } from '../cli/import-flags.js'

/** Most products of one batch: what a shop takes in one request. */
const perBatchMax = 100

export default class Import extends BaseCommand {
  static override summary = 'Import feeds into the store: fetch, stage, import in batches, attach images.'
  static override description =
    'SOURCE is a configured wholesaler, a file, an http(s) URL, or - for stdin; without it, all configured wholesalers.'
  static override examples = [
    { description: 'A file into the embedded catalog', command: '<%= config.bin %> import products.csv' },
    {
      description: 'At most 500 products; the next run goes on',
      command: '<%= config.bin %> import products.csv --batches 5 --per-batch 100',
    },
    { description: 'In the background', command: '<%= config.bin %> import products.csv --background' },
    { description: 'What would change', command: '<%= config.bin %> import products.csv --dry-run' },
    {
      description: 'The same as a plan',
      command: '<%= config.bin %> import products.csv --dry-run --json > plan.json',
    },
    { description: 'Execute it, or refuse', command: '<%= config.bin %> import products.csv --apply plan.json' },
    {
      description: 'From a pipe, as a document',
      command: "zcat feed.csv.gz | <%= config.bin %> import - --as acme --json | jq '.job.total_created'",
    },
  ]

  static override readonly optionalValues = ['wait']

  static override args = {
    source: argument({ description: 'Wholesaler, file, URL or -; default: all configured wholesalers.' }),
  }
  static override flags = withEnvironment({
    ...sourceFlags,
    as: Flags.string({ summary: 'Name of the wholesaler; takes its mapping from the config.', helpValue: 'NAME' }),
    batches: Flags.integer({ summary: 'Most batches of this run; default: all that is pending.', min: 1 }),
    'per-batch': Flags.integer({ summary: 'Products of one batch.', min: 1, max: perBatchMax, default: 50 }),
    images: Flags.boolean({
      summary: 'Attach images; with --no-images they stay pending.',
      default: true,
      allowNo: true,
    }),
    'retry-images': Flags.boolean({ summary: 'Ask again also for images that failed lately.' }),
    'refresh-images': Flags.boolean({ summary: 'Ask for known images again, and replace those that have changed.' }),
    'update-existing': Flags.boolean({
      summary: 'Update products the store has; with --no-update-existing only create new ones.',
      default: true,
      allowNo: true,
    }),
    'dry-run': Flags.boolean({ summary: 'Read and compare; write nothing.' }),
    apply: Flags.string({
      summary: 'Execute the plan that --dry-run --json printed, or refuse when anything has moved since.',
      helpValue: 'PLAN',
      exclusive: ['dry-run', 'background', 'verify'],
    }),
    'detailed-exitcode': Flags.boolean({
      summary: 'With --dry-run: end with 20 when there are changes.',
      dependsOn: ['dry-run'],
    }),
    verify: Flags.boolean({ summary: 'Compare the store with what was imported, and repair what differs.' }),
    remap: Flags.boolean({ summary: 'Read and map also what has not changed.' }),
    checksum: Flags.boolean({ summary: 'Read a file also when its times say it has not changed.' }),
    'max-duration': durationFlag({ summary: 'Stop after this time (90s, 2h); the next run goes on, exit 10.' }),
    'allow-shrink': Flags.boolean({ summary: 'Import a feed although a guard says that it lost or changed too much.' }),
    'max-delete': Flags.integer({
      summary: 'Most products that left a feed to take out of sale; default: as the config says, else 10 or a fifth.',
      min: 0,
      helpValue: 'N',
    }),
    background: Flags.boolean({
      summary: 'Answer at once; a process of its own does the job, and survives the terminal.',
      exclusive: ['dry-run', 'wait'],
    }),
    wait: optionalDurationFlag({
      summary: 'While the wholesaler is busy, wait for the turn (at most DURATION) instead of 11.',
    }),
    priority: Flags.integer({ summary: 'For background jobs that wait: 1 is first.', min: 1, max: 10, default: 5 }),
    ndjson: Flags.boolean({ summary: 'Print one event per line on stdout instead.', exclusive: ['json'] }),
  })

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Import)
    const { runImportCommand } = await import('../cli/run-import-command.js')
    await runImportCommand({
      place: this.place(flags),
      source: args.source ?? null,
      flags,
      clock: this.clock,
      answer: (document, text) => this.answer(flags, document, text),
      endWith: (exitCode) => this.endWith(exitCode),
      failWith: (error, document) => this.failWith(error, document),
    })
  }
}
