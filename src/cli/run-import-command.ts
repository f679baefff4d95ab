/** What `import` does between its flags and its answer: builds the parts, runs the job, tells the result. */
import type { Clock } from '../core/clock.js'
import type { Config } from '../core/config/config.js'
import type { StatePlace } from '../core/config/find-state-dir.js'
import { loadConfig } from '../core/config/load-config.js'
import { resolveWholesalers } from '../core/config/resolve-wholesalers.js'
import { withStdinCopy } from '../core/config/stored-wholesalers.js'
import { WholesalerError } from '../core/errors.js'
import type { FeedFormat } from '../core/feed/feed.js'
import { dropStdinCopies, keepStdin } from '../core/feed/stdin-copy.js'
import type { JobOptions } from '../core/jobs/job.js'
import { type FinishedImport, runImport } from '../core/run-import.js'
import type { Wholesaler } from '../core/wholesaler.js'
import { styleFor } from './color.js'
import type { DocumentHead } from './documents/document.js'
import { type ImportDocument, importDocument } from './documents/import-document.js'
import { exitCodeOfEnd, exitPartial, exitTimeLimit } from './exit-code.js'
import { feedFields, type Run, tell, tellGuard } from './import-run.js'
import { listenForInterruption } from './interruption.js'
import { chooseProgress } from './progress/choose-progress.js'
import { importSummary } from './summary.js'
import { openWorkshop, type Workshop } from './wiring.js'

export interface ImportFlags {
  readonly json: boolean
  readonly ndjson: boolean
  readonly as?: string | undefined
  readonly preset?: string | undefined
  readonly format?: FeedFormat | undefined
  readonly batches?: number | undefined
  readonly 'per-batch': number
  readonly images: boolean
  readonly 'retry-images': boolean
  readonly 'refresh-images': boolean
  readonly 'update-existing': boolean
  readonly lenient: boolean
  readonly 'dry-run': boolean
  readonly 'detailed-exitcode': boolean
  readonly verify: boolean
  readonly remap: boolean
  readonly checksum: boolean
  readonly 'max-duration'?: number | undefined
  readonly 'allow-shrink': boolean
  readonly apply?: string | undefined
  readonly 'max-delete'?: number | undefined
  readonly 'allow-private-host'?: readonly string[] | undefined
  readonly background: boolean
  /** Milliseconds to wait for a busy wholesaler; Infinity = as long as it takes. */
  readonly wait?: number | undefined
  readonly priority: number
}

export interface ImportCommand {
  readonly place: StatePlace
  readonly source: string | null
  readonly flags: ImportFlags
  readonly clock: Clock
  readonly answer: (document: object, text: () => string) => void
  readonly endWith: (exitCode: number) => void
  readonly failWith: (error: unknown, document: DocumentHead) => never
}

/** Runs `import`. Throws what ends it before a job is made; a failed job is told as one. */
export async function runImportCommand(command: ImportCommand): Promise<void> {
  const { place, source, flags, clock } = command
  const config = await loadConfig(place.configPath)
  const wholesalers = resolveWholesalers(
    config,
    {
      source,
      as: flags.as ?? null,
      preset: flags.preset ?? null,
      format: flags.format ?? null,
      lenient: flags.lenient,
    },
    { cwd: process.cwd(), env: process.env },
  )
  const options = jobOptions(command, config, wholesalers)
  const display = await chooseProgress(
    {
      tty: process.stderr.isTTY === true,
      json: flags.json,
      ndjson: flags.ndjson,
      quiet: false,
      dryRun: flags['dry-run'],
    },
    clock,
  )
  const interruption = listenForInterruption((message) => display.emit({ type: 'warning', message }))
  const run = { command, config, wholesalers, options, display, signal: interruption.signal }
  try {
    if (flags['dry-run']) await (await import('./run-preview.js')).preview(run)
    else await importNow(await withStdinKept(run))
  } finally {
    interruption.dispose()
    await display.close()
  }
}

function jobOptions(
  { place, source, flags }: ImportCommand,
  config: Config,
  wholesalers: readonly Wholesaler[],
): JobOptions {
  return {
    wholesalers: wholesalers.map(({ name }) => name),
    source: source === null ? null : storedSource(source, flags.as, config, wholesalers),
    stdinSha256: null,
    as: flags.as ?? null,
    configPath: place.configPath,
    preset: flags.preset ?? null,
    format: flags.format ?? null,
    batches: flags.batches ?? null,
    perBatch: flags['per-batch'],
    images: flags.images,
    updateExisting: flags['update-existing'],
    lenient: flags.lenient,
    verify: flags.verify,
    remap: flags.remap,
    checksum: flags.checksum,
    retryImages: flags['retry-images'],
    refreshImages: flags['refresh-images'],
    maxDurationMs: flags['max-duration'] ?? null,
    maxDelete: flags['max-delete'] ?? null,
    allowShrink: flags['allow-shrink'],
    allowPrivateHosts: [...config.network.allowPrivate, ...(flags['allow-private-host'] ?? [])],
    priority: flags.priority,
  }
}

/** SOURCE as it is kept with the job: files absolute, so that it means the same from any folder. */
function storedSource(
  source: string,
  as: string | undefined,
  config: Config,
  [wholesaler]: readonly Wholesaler[],
): string {
  const isConfiguredName = as === undefined && Object.hasOwn(config.wholesalers, source)
  return wholesaler?.source.kind === 'file' && !isConfiguredName ? wholesaler.source.path : source
}

/** What comes by stdin can be read only once: the job, and who goes on with it, work from a copy. */
async function withStdinKept(run: Run): Promise<Run> {
  if (run.wholesalers.every(({ source }) => source.kind !== 'stdin')) return run
  const stdinSha256 = await keepStdin(run.command.place.stateDir, run.signal)
  return {
    ...run,
    wholesalers: run.wholesalers.map((wholesaler) => withStdinCopy(wholesaler, stdinSha256)),
    options: { ...run.options, stdinSha256 },
  }
}

async function importNow(run: Run): Promise<void> {
  const { command, config, display } = run
  const onWarning = (message: string) => display.emit({ type: 'warning', message })
  const { apply } = command.flags
  const planned = apply === undefined ? {} : { expected: await expectedBy(run, apply) }
  const workshop = await openWorkshop(command.place.stateDir, config, onWarning, run.signal)
  try {
    if (command.flags.background) {
      const { backgroundText, runInBackground } = await import('./run-in-background.js')
      const document = await runInBackground(run, workshop, { display, clock: command.clock })
      await tell(run, document, () => backgroundText(document))
      return
    }
    const finished = await inTurn(run, () =>
      runImport(run, { ...workshop, progress: display }, { ...planned, signal: run.signal, exitCodeOf: exitCodeOfEnd }),
    )
    const pending = await countPendingImages(workshop, run.wholesalers)
    await dropStdinCopies(workshop.stateDir, (await workshop.jobs.read()).values(), command.clock.now())
    await tellEnd(run, documentOf(finished, pending, command.clock), finished)
  } finally {
    await workshop.close()
  }
}

async function countPendingImages({ ledger }: Workshop, wholesalers: readonly Wholesaler[]): Promise<number> {
  const counts = await Promise.all(wholesalers.map(({ name }) => ledger.countPendingImages(name)))
  return counts.reduce((sum, count) => sum + count, 0)
}

function documentOf(
  { job, report, error, rejectsFile }: FinishedImport,
  imagesPending: number,
  clock: Clock,
): ImportDocument {
  const failure = error ?? report?.guard ?? null
  return importDocument({
    exitCode: job.exitCode,
    job,
    nowMs: clock.now(),
    scheduled: false,
    fallbacks: [],
    message: failure === null ? messageOfEnd(job.exitCode) : failure.message,
    dryRun: false,
    feeds: feedFields(report?.feeds ?? [], rejectsFile),
    pending: report?.pending ?? null,
    imagesPending,
    ...(failure === null ? {} : { error: failure }),
  })
}

function messageOfEnd(exitCode: number): string {
  if (exitCode === exitTimeLimit) return 'Time limit reached; the next import goes on'
  return exitCode === exitPartial ? 'Import finished, with failures' : 'Import finished'
}

/** Milliseconds between two tries of an import that waits for its turn. */
const turnEveryMs = 1_000

/** With `--wait`, an import whose wholesaler is busy is tried again until it has its turn or the time is over. */
async function inTurn<T>({ command, display, signal }: Run, work: () => Promise<T>): Promise<T> {
  const { flags, clock } = command
  const until = clock.monotonic() + (flags.wait ?? 0)
  for (let isTold = false; ; isTold = true) {
    try {
      return await work()
    } catch (error: unknown) {
      const isBusy = error instanceof WholesalerError && error.kind === 'busy'
      if (!isBusy || clock.monotonic() >= until) throw error
      if (!isTold) display.emit({ type: 'warning', message: `Waiting for its turn: ${error.message}.` })
    }
    await clock.sleep(turnEveryMs, signal)
  }
}

async function tellEnd(run: Run, document: ImportDocument, { job, report, error }: FinishedImport): Promise<void> {
  await run.display.close()
  if (error !== null) run.command.failWith(error, document)
  run.command.endWith(job.exitCode)
  await tell(run, document, () => importSummary(document, styleFor(process.stdout)))
  tellGuard(run, report?.guard ?? null)
}

async function expectedBy(run: Run, plan: string) {
  const { checkedPlan } = await import('./run-preview.js')
  return await checkedPlan(run, plan)
}
