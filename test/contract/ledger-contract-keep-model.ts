import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import type { ClaimedBatch, Ledger, StagedCounts, Staging, Writer } from '../../src/core/ledger/ledger.js'
import { missingApartMs } from '../../src/core/missing-policy.js'
import { toStagedChunk } from '../../src/core/product/fingerprint.js'
import { commitOf, newWriter, row, type WithLedger, written } from './ledger-fixture.js'

/** One record of a feed: equal ones have equal text. A rejected one has a key and no product. */
interface FeedRecord {
  readonly key: string
  readonly price: number
  readonly image: boolean
  readonly rejected: boolean
}

type Outcome = 'created' | 'refused' | 'quarantined'

interface Results {
  /** By key; products that are not named are not tried. */
  readonly outcomes: Readonly<Record<string, Outcome>>
}

type Step =
  | {
      readonly kind: 'feed'
      readonly records: readonly FeedRecord[]
      readonly end: 'complete' | 'cut off' | 'aborted'
      /** Products taken before, whose results come when half of the feed is staged, or when all of it is. */
      readonly meanwhile: Results & { readonly when: 'half-way' | 'afterwards' }
    }
  | ({ readonly kind: 'import' } & Results)
  | { readonly kind: 'reopen'; readonly keys: readonly string[] }
  | { readonly kind: 'lift' }
  | { readonly kind: 'retire' }
  | { readonly kind: 'hour' }

const keys = Array.from({ length: 9 }, (_, index) => `k${index}`)
const key = fc.constantFrom(...keys)
const feedRecord: fc.Arbitrary<FeedRecord> = fc.record({
  key,
  price: fc.integer({ min: 1, max: 2 }),
  image: fc.boolean(),
  rejected: fc.nat(9).map((chance) => chance === 0),
})
const outcomesOf = (...kinds: readonly Outcome[]) => fc.dictionary(key, fc.constantFrom(...kinds))
const outcomes = outcomesOf('created', 'created', 'created', 'refused', 'quarantined')
const feed: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('feed' as const),
  records: fc.array(feedRecord, { maxLength: 14 }),
  end: fc.constantFrom(
    'complete' as const,
    'complete' as const,
    'complete' as const,
    'cut off' as const,
    'aborted' as const,
  ),
  meanwhile: fc.oneof(
    // No quarantine half-way: written rows count as pending or not, depending on whether they came before it.
    fc.record({ outcomes: outcomesOf('created', 'created', 'refused'), when: fc.constant('half-way' as const) }),
    fc.record({ outcomes, when: fc.constant('afterwards' as const) }),
  ),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: feed },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('import' as const), outcomes }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('reopen' as const), keys: fc.uniqueArray(key, { maxLength: 3 }) }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'lift' }, { kind: 'retire' }, { kind: 'hour' }) },
)

/** A ledger and the one way in which its feeds are staged. */
interface Staged {
  readonly ledger: Ledger
  readonly wholesaler: string
  readonly keeps: boolean
}

export function keepModelContract(withLedger: WithLedger): void {
  describe('stagings that keep rows', () => {
    it(
      'end as if all had been written anew, whatever happens in between (property)',
      withLedger(async ({ ledger, otherShop, clock }) => {
        let run = 0
        await fc.assert(
          fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 9 }), async (steps) => {
            run += 1
            const wholesaler = `supplier ${run}`
            for (const shop of [ledger, otherShop]) await shop.addWholesaler(wholesaler, null)
            for (const one of steps) {
              const told = []
              for (const staged of [
                { ledger, wholesaler, keeps: true },
                { ledger: otherShop, wholesaler, keeps: false },
              ]) {
                told.push([await take(staged, one), await look(staged)])
              }
              if (one.kind === 'hour') clock.advance(missingApartMs)
              assert.deepEqual(told[0], told[1])
            }
          }),
          { numRuns: 60 },
        )
      }),
    )
  })
}

async function take(staged: Staged, one: Step): Promise<unknown> {
  const { ledger, wholesaler } = staged
  switch (one.kind) {
    case 'feed':
      return await stageFeed(staged, one)
    case 'import':
      return await record(staged, await claimAll(staged), one)
    case 'reopen':
      return await ledger.reopen(wholesaler, one.keys, 'product')
    case 'lift':
      return await ledger.liftQuarantine(wholesaler)
    case 'retire': {
      const retired = (await ledger.dueProducts(wholesaler, { how: 'draft', size: 3 })).map((product) => product.key)
      await ledger.noteRetired(await newWriter(ledger), wholesaler, { how: 'draft', keys: retired })
      return retired
    }
    case 'hour':
      return null
    default:
      return one satisfies never
  }
}

type Taken = readonly (readonly [Writer, ClaimedBatch])[]

/** Takes all pending products, each in a batch of its own. */
async function claimAll({ ledger, wholesaler }: Staged): Promise<Taken> {
  const writer = await newWriter(ledger)
  const taken: (readonly [Writer, ClaimedBatch])[] = []
  for (;;) {
    const batch = await ledger.claimBatch(writer, { wholesaler, size: 1, updateExisting: true })
    if (batch === null) return taken
    taken.push([writer, batch])
  }
}

/** Records what the store made of those that are named, and gives back the others. */
async function record({ ledger }: Staged, taken: Taken, { outcomes }: Results): Promise<void> {
  for (const [writer, batch] of taken) {
    const [item] = batch.items
    const outcome = outcomes[item?.key ?? '']
    if (item === undefined || outcome === undefined) await ledger.releaseBatch(writer, batch)
    else if (outcome === 'created') await ledger.finishBatch(writer, batch, [written(item.key)])
    else {
      const result = { key: item.key, outcome: 'rejected', code: outcome, reason: 'no' } as const
      await ledger.finishBatch(writer, batch, [result])
    }
  }
}

type FeedStep = Extract<Step, { readonly kind: 'feed' }>

async function stageFeed(staged: Staged, { records, end, meanwhile }: FeedStep): Promise<unknown> {
  const { ledger, wholesaler } = staged
  const taken = await claimAll(staged)
  const current = (await ledger.wholesaler(wholesaler))?.current ?? null
  const marks = staged.keeps ? (current?.marks ?? null) : null
  const staging = await ledger.beginStaging(wholesaler, marks === null ? {} : { onto: current?.id })
  const known = marks === null ? new Map<string, number>() : parseMarks(readFileSync(marks, 'utf8'))
  const replaced: string[] = []
  for (const [index, one] of records.entries()) {
    if (index === records.length >> 1 && meanwhile.when === 'half-way') await record(staged, taken, meanwhile)
    replaced.push(...(await stageRecord(staging, one, known)))
  }
  const preview = await staging.preview()
  const due = await staging.countDue('draft')
  const changed = await staging.changedOffers(1000)
  let counts: StagedCounts | null = null
  if (end === 'aborted') await staging.abort()
  else counts = await staging.commit(commitOf(end === 'complete'))
  // Batches that are given back twice are as they were.
  await record(staged, taken, meanwhile.when === 'afterwards' || records.length === 0 ? meanwhile : { outcomes: {} })
  return {
    replaced,
    preview,
    due,
    counts,
    moved: changed.sample.map(([before, after]) => [before.key, after.key]).sort(),
  }
}

/** Returns the keys that it replaced. */
async function stageRecord(
  staging: Staging,
  one: FeedRecord,
  known: ReadonlyMap<string, number>,
): Promise<readonly string[]> {
  if (one.rejected) {
    await staging.noteRejected([one.key])
    return []
  }
  const text = JSON.stringify(one)
  const keptId = known.get(text)
  if (keptId !== undefined) {
    staging.mark(Buffer.from(`${keptId} ${text}\n`))
    return (await staging.keep([keptId])).map((replaced) => replaced.key)
  }
  const product = row(one.key, { price: one.price, images: one.image ? [`${one.key}.jpg`] : [] })
  const { ids, replaced } = await staging.write(toStagedChunk([product]))
  staging.mark(Buffer.from(`${ids[0]} ${text}\n`))
  return replaced.map((before) => before.key)
}

/** Of several records with one id the last one made the row. */
function parseMarks(text: string): ReadonlyMap<string, number> {
  const byId = new Map<number, string>()
  for (const line of text.split('\n').slice(0, -1)) {
    const at = line.indexOf(' ')
    byId.set(Number(line.slice(0, at)), line.slice(at + 1))
  }
  return new Map([...byId].map(([id, record]) => [record, id]))
}

/** All that can be seen of the ledger. */
async function look(staged: Staged): Promise<unknown> {
  const { ledger, wholesaler } = staged
  const taken = await claimAll(staged)
  const pending = taken.flatMap(([, { items }]) => items).sort((a, b) => (a.key < b.key ? -1 : 1))
  await record(staged, taken, { outcomes: {} })
  const state = await ledger.wholesaler(wholesaler)
  const { id: _, marks: __, ...current } = state?.current ?? { id: 0, marks: null }
  return {
    pending,
    current,
    lastComplete: state?.lastComplete,
    all: await ledger.countPending(wholesaler, { updateExisting: true }),
    new: await ledger.countPending(wholesaler, { updateExisting: false }),
    missing: await ledger.countMissing(wholesaler),
    due: await ledger.countDue(wholesaler, 'draft'),
    dueNext: await ledger.countDue(wholesaler, 'draft', Date.UTC(2100, 0, 1)),
    inSale: await ledger.countInSale(wholesaler),
    quarantined: await ledger.countQuarantined(wholesaler),
    images: await ledger.pendingImages(wholesaler, { size: 100, after: null }),
    imported: [...(await ledger.importedOf(wholesaler, keys))],
    staged: await Promise.all(keys.map((one) => ledger.stagedProduct(wholesaler, one))),
  }
}
