/** `import --dry-run`, which with `--json` is a plan, and the check before `import --apply` executes one. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { messageOf, WholesalerError } from '../core/errors.js'
import { checkPlan, type ExpectedFeed, type ImportPlan, listedChangesMax, optionsMark } from '../core/plan-import.js'
import { type ImportPreview, previewImport } from '../core/preview-import.js'
import { withThrowawayState } from '../core/throwaway-state.js'
import { shownChangesMax } from './change-text.js'
import { styleFor } from './color.js'
import { importDocument } from './documents.js'
import { exitChanges, exitCodeOfError, exitDone, exitPartial } from './exit-code.js'
import { feedFields, type Run, tell, tellGuard } from './import-run.js'
import { toStderr } from './print.js'
import { importSummary } from './summary.js'
import { hasLedger, openWorkshop } from './wiring.js'

export async function preview(run: Run): Promise<void> {
  const { command } = run
  const { flags } = command
  const listed = flags.json ? listedChangesMax : shownChangesMax
  const {
    feeds,
    pending,
    images,
    partial,
    guard,
    plan,
    changes: named,
  } = await look(run, { isPlan: flags.json, listed })
  const due = feeds.reduce((sum, { retired }) => sum + (retired?.due ?? 0), 0)
  const changes = pending + due > 0 && flags['detailed-exitcode']
  const exitCode = guard !== null ? exitCodeOfError(guard) : changes ? exitChanges : partial ? exitPartial : exitDone
  const document = importDocument({
    exitCode,
    job: null,
    nowMs: command.clock.now(),
    scheduled: false,
    fallbacks: [],
    message: guard === null ? previewMessage(pending, due) : guard.message,
    dryRun: true,
    feeds: feedFields(feeds, null),
    pending,
    imagesPending: null,
    imagePlan: images,
    plan,
    ...(guard === null ? {} : { error: guard }),
  })
  command.endWith(exitCode)
  await tell(run, document, () => importSummary(document, styleFor(process.stdout), named))
  tellGuard(run, guard)
}

/**
 * Makes the plan in this file again and compares. Returns what the feeds are to be when they are imported. Throws
 * `guard` when something has moved since, `usage` for what is no plan.
 */
export async function checkedPlan(run: Run, path: string): Promise<ReadonlyMap<string, ExpectedFeed>> {
  const planned = await readPlan(path)
  const { plan: now } = await look(run, { isPlan: true, listed: 0 })
  if (now === null) throw new Error('a plan was asked for')
  checkPlan(planned, now)
  return new Map(now.feeds.map(({ wholesaler, feed, mapping }) => [wholesaler, { feed, mapping }]))
}

type Look = Omit<ImportPreview, 'plan'> & { readonly plan: ImportPlan | null }

interface How {
  readonly isPlan: boolean
  /** Changes to be told field by field. */
  readonly listed: number
}

/** In the state there is, or in one that is thrown away when there is none. */
async function look(run: Run, how: How): Promise<Look> {
  const { stateDir } = run.command.place
  if (hasLedger(stateDir)) return await lookIn(stateDir, run, { ...how, isFirst: false })
  return await withThrowawayState((folder) => lookIn(folder, run, { ...how, isFirst: true }))
}

async function lookIn(
  stateDir: string,
  { config, wholesalers, options, display, signal }: Run,
  { isPlan, listed, isFirst }: How & { readonly isFirst: boolean },
): Promise<Look> {
  const workshop = await openWorkshop(stateDir, config, toStderr)
  try {
    const { ledger, store } = workshop
    const ports = { ...workshop, progress: display, onReject: () => {} }
    const { plan, ...found } = await previewImport(wholesalers, options, ports, signal, { plan: isPlan, listed })
    if (plan === null) return { ...found, plan }
    const mark = isFirst ? null : `${await store.identity()} ${await ledger.lastNumber()}`
    return { ...found, plan: { options: optionsMark(options), ledger: mark, ...plan } }
  } finally {
    await workshop.close()
  }
}

const planFile = z.object({
  success: z.literal(true),
  dry_run: z.literal(true),
  plan: z.object({
    options: z.string(),
    ledger: z.string().nullable(),
    feeds: z.array(
      z.object({
        wholesaler: z.string(),
        feed: z.string(),
        mapping: z.string(),
        products: z.string(),
        store: z.string(),
        creates: z.number(),
        updates: z.number(),
        retires: z.number(),
      }),
    ),
  }),
})

async function readPlan(path: string): Promise<ImportPlan> {
  try {
    const { plan } = planFile.parse(JSON.parse(await readFile(path, 'utf8')))
    return { ...plan, changes: [] }
  } catch (error: unknown) {
    const reason = error instanceof z.ZodError ? 'it is not what a dry run without an error printed' : messageOf(error)
    throw new WholesalerError({
      kind: 'usage',
      message: `this is no plan that could be applied: ${reason}`,
      hint: 'Make one with the same command: wholesaler import … --dry-run --json > plan.json',
      place: { file: path },
      cause: error,
    })
  }
}

function previewMessage(pending: number, due: number): string {
  const parts = [
    pending === 0 ? null : `${pending} products would be written`,
    due === 0 ? null : `${due} taken out of sale`,
  ].filter((part) => part !== null)
  return parts.length === 0 ? 'Nothing would be written' : parts.join(', ')
}
