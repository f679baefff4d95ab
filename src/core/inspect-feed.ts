/** Reads a whole feed as an import would, without importing it: what is in it, and what would be rejected. */
import type { FeedShape, Reject, Repair } from './feed/feed.js'
import { openFeed } from './feed/open-feed.js'
import { openText } from './feed/open-text.js'
import { type ColumnProfile, profileFeed } from './feed/profile.js'
import type { FeedSummary } from './ledger/ledger.js'
import { type FeedFacts, type MapFeedPlan, openMappedFeed } from './map-feed.js'
import { pasteConfig } from './paste-config.js'
import { productsOf } from './product/fingerprint.js'
import type { Product } from './product/product.js'
import type { ReadField } from './product/read-fields.js'
import { type StagePorts, stageFeed } from './stage-feed.js'
import type { Wholesaler } from './wholesaler.js'

export interface Inspection {
  readonly feed: FeedSummary
  readonly shape: FeedShape
  /** The preset's name, and why it was chosen; what else would have fitted. */
  readonly preset: { readonly name: string; readonly reason: string; readonly others: readonly string[] }
  /** What a record can have, in the order in which it was met. */
  readonly columns: readonly InspectedColumn[]
  /** There were too many of them to be told. */
  readonly columnsCut: boolean
  /** The first products, as mapped. */
  readonly sample: readonly Product[]
  /** The first rejects and repairs; `feed` has their numbers. */
  readonly rejects: readonly Reject[]
  readonly repairs: readonly Repair[]
  /** All of them, by code. */
  readonly rejectCodes: ReadonlyMap<string, number>
  readonly repairCodes: ReadonlyMap<string, number>
  /** A `wholesaler.config.js` that imports this feed. */
  readonly config: string
}

export interface InspectedColumn extends ColumnProfile {
  /** Share of the records that have a value there, of 1. */
  readonly share: number
  /** Fields of the products that are read from it. */
  readonly readAs: readonly string[]
}

/** Products shown as examples: a screenful. */
const sampleSize = 5

/** Rejects and repairs shown; an import keeps all rejects in a file. */
const examplesMax = 20

/** `ports.ledger` and `ports.stateDir` are thrown away afterwards; nothing of them is kept. */
export async function inspectFeed(
  wholesaler: Wholesaler,
  ports: Omit<StagePorts, 'onReject' | 'onRepair'>,
  options: { readonly allowPrivateHosts: readonly string[]; readonly signal: AbortSignal },
): Promise<Inspection> {
  const sample: Product[] = []
  const rejects = new Examples<Reject>()
  const repairs = new Examples<Repair>()
  let opened: { readonly plan: MapFeedPlan; readonly facts: FeedFacts } | null = null
  const { openMapped = openMappedFeed } = ports
  const { feed, shape } = await stageFeed(
    wholesaler,
    {
      ...ports,
      onReject: (_name, reject) => rejects.add(reject),
      onRepair: (repair) => repairs.add(repair),
      openMapped: async (plan, signal) => {
        const mapped = await openMapped(plan, signal)
        opened = { plan, facts: mapped.facts }
        return mapped
      },
    },
    {
      ...options,
      remap: true,
      checksum: true,
      allowShrink: true,
      dryRun: true,
      onProducts: (chunk) => {
        if (sample.length === sampleSize) return
        for (const { product } of productsOf(chunk)) if (sample.push(product) === sampleSize) return
      },
    },
  )
  if (shape === null || opened === null) throw new Error('a feed that is read always has a shape')
  const { plan, facts } = opened as { readonly plan: MapFeedPlan; readonly facts: FeedFacts }
  const { path, source, hints } = plan
  const profile = await profileFeed(
    await openFeed(await openText(path, hints, source), hints, { file: source }),
    options.signal,
  )
  return {
    feed,
    shape,
    preset: { name: facts.preset, reason: facts.presetReason, others: facts.otherPresets },
    columns: profile.columns.filter(withoutShells).map((column) => ({
      ...column,
      share: profile.records === 0 ? 0 : column.filled / profile.records,
      readAs: readAs(column.path, facts),
    })),
    columnsCut: profile.isCut,
    sample,
    rejects: rejects.first,
    repairs: repairs.first,
    rejectCodes: rejects.codes,
    repairCodes: repairs.codes,
    config: pasteConfig(wholesaler, facts),
  }
}

/** An element that is never filled itself holds others. */
function withoutShells({ path, kind }: ColumnProfile, _index: number, all: readonly ColumnProfile[]): boolean {
  return kind !== 'empty' || !all.some((other) => other.path.startsWith(`${path}/`))
}

function readAs(path: string, { fields, shape }: FeedFacts): readonly string[] {
  const reads = fields.filter((field) => (shape.format === 'csv' ? field.path === path : plainPath(field) === path))
  return [...new Set(reads.map(({ field }) => field))]
}

/** The path of a mapping as a record has it: without conditions and prefixes, from the record on. */
function plainPath({ path, each }: ReadField): string {
  const steps = `${each === null ? '' : `${each}/`}${path}`.replace(/\[[^\]]*\]/g, '').split('/')
  const walked: string[] = []
  for (const step of steps) {
    if (step === '..') walked.pop()
    else if (step !== '.' && step !== '') walked.push(step.replace(/^(@?)[^:@]*:/, '$1'))
  }
  return walked.join('/')
}

/** The first of many, and how many there are of each code. */
class Examples<T extends { readonly code: string }> {
  readonly first: T[] = []
  readonly codes = new Map<string, number>()

  add(one: T): void {
    this.codes.set(one.code, (this.codes.get(one.code) ?? 0) + 1)
    if (this.first.length < examplesMax) this.first.push(one)
  }
}
