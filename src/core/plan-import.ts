/**
 * The plan of an import: what a dry run found, firm enough to be executed later or not at all.
 *
 * A plan holds marks of everything it was made of: options, feeds, mapping, ledger, and the products in the store
 * that it is about. `import --apply` makes the plan again and compares; one mark that differs and nothing is written.
 */
import { createHash, type Hash } from 'node:crypto'
import { WholesalerError } from './errors.js'
import type { JobOptions } from './jobs/job.js'
import type { Ledger, StagedChunk } from './ledger/ledger.js'
import { productsOf } from './product/fingerprint.js'
import { foldSku, type Product } from './product/product.js'
import type { FieldChange } from './store/field-change.js'
import type { Store } from './store/store.js'

/** Changes that a plan lists by name; the marks are about all of them. */
export const listedChangesMax = 1_000

export interface ImportPlan {
  /** Of the options that shape what is written. */
  readonly options: string
  /** Of the ledger: who writes by it moves it on. Null: there is none yet. */
  readonly ledger: string | null
  readonly feeds: readonly FeedPlan[]
  /** The first of them, in the order of the feeds. */
  readonly changes: readonly PlannedChange[]
}

export interface FeedPlan extends FeedMarks {
  readonly wholesaler: string
  readonly creates: number
  readonly updates: number
  /** Products that would be taken out of sale. */
  readonly retires: number
}

export interface FeedMarks {
  /** Of the bytes of the feed. */
  readonly feed: string
  /** Of the mapping, and of the second file. */
  readonly mapping: string
  /** Of the products that would be written. */
  readonly products: string
  /** Of those that the store has of them. */
  readonly store: string
}

export interface PlannedChange {
  readonly wholesaler: string
  readonly key: string
  readonly sku: string | null
  readonly name: string
  readonly act: 'create' | 'update'
  /** What it changes of the product that the store has: also of one that no wholesaler has written yet. */
  readonly fields: readonly FieldChange[]
}

/** What of a feed is to be the same when it is imported. */
export type ExpectedFeed = Pick<FeedMarks, 'feed' | 'mapping'>

/** Gathers one feed's part of a plan while the feed is read. */
export class FeedPlanner {
  readonly #wholesaler: string
  readonly #updateExisting: boolean
  readonly #ports: { readonly ledger: Pick<Ledger, 'importedOf'>; readonly store: Pick<Store, 'findBySku' | 'stamps'> }
  readonly #products: Hash = createHash('sha256')
  readonly #store: Hash = createHash('sha256')
  #creates = 0
  #updates = 0

  constructor(
    wholesaler: string,
    { updateExisting }: Pick<JobOptions, 'updateExisting'>,
    ports: { readonly ledger: Pick<Ledger, 'importedOf'>; readonly store: Pick<Store, 'findBySku' | 'stamps'> },
  ) {
    this.#wholesaler = wholesaler
    this.#updateExisting = updateExisting
    this.#ports = ports
  }

  readonly add = async (chunk: StagedChunk): Promise<void> => {
    const known = await this.#ports.ledger.importedOf(
      this.#wholesaler,
      chunk.rows.map(({ key }) => key),
    )
    const skus: string[] = []
    const ids: string[] = []
    for (const { row, product } of productsOf(chunk)) {
      const before = known.get(row.key)
      const isSame = before?.content === row.content && before.offer === row.offer && before.images === row.images
      if (before !== undefined && ((isSame && !before.retired) || !this.#updateExisting)) continue
      if (before === undefined) this.#creates += 1
      else this.#updates += 1
      this.#products.update(JSON.stringify([row.key, row.content, row.offer, row.images]))
      skus.push(...skusOf(product))
      if (before !== undefined) ids.push(before.storeId)
    }
    await this.#look(skus, ids)
  }

  finish(expected: ExpectedFeed, retires: number): FeedPlan {
    return {
      wholesaler: this.#wholesaler,
      ...expected,
      products: this.#products.digest('base64url'),
      store: this.#store.digest('base64url'),
      creates: this.#creates,
      updates: this.#updates,
      retires,
    }
  }

  /** What stands in the way of a new product, and what an old one is now. */
  async #look(skus: readonly string[], known: readonly string[]): Promise<void> {
    const bearers = await this.#ports.store.findBySku(skus)
    const ids = new Set([...known, ...[...bearers.values()].map(({ id, parentId }) => parentId ?? id)])
    const stamps = await this.#ports.store.stamps([...ids])
    const taken = [...bearers].map(([sku, { id }]) => [sku, id])
    this.#store.update(JSON.stringify([taken.sort(), [...stamps].sort()]))
  }
}

function skusOf({ sku, variants }: Product): readonly string[] {
  return [sku, ...variants.map((variant) => variant.sku)].flatMap((one) => (one == null ? [] : [foldSku(one)]))
}

/** Mark of the options that shape what is written; how long and how urgently is nobody's business. */
export function optionsMark(options: JobOptions): string {
  // The copy of stdin, too, is a means: what was read has a mark of its own.
  const { maxDurationMs: _time, priority: _priority, configPath: _config, stdinSha256: _stdin, ...shaping } = options
  return createHash('sha256')
    .update(JSON.stringify(Object.entries(shaping).sort()))
    .digest('base64url')
}

/** Throws `guard` when what a plan was made of has moved since. */
export function checkPlan(planned: ImportPlan, now: ImportPlan): void {
  if (planned.options !== now.options) throw moved('its options', 'are not those of this command')
  if (planned.ledger !== now.ledger) throw moved('the ledger', 'was written to by another job')
  for (const feed of planned.feeds) {
    const { wholesaler } = feed
    const is = now.feeds.find((one) => one.wholesaler === wholesaler)
    if (is === undefined) throw moved(`the feed of ${wholesaler}`, 'cannot be read')
    if (feed.feed !== is.feed) throw moved(`the feed of ${wholesaler}`, 'is another one')
    if (feed.mapping !== is.mapping) throw moved(`the mapping of ${wholesaler}`, 'was changed')
    if (feed.store !== is.store) throw moved('the shop', `has other products, or others of ${wholesaler}`)
    if (feed.products !== is.products || feed.retires !== is.retires) {
      throw moved(`what ${wholesaler} has pending`, 'is something else')
    }
  }
}

/** Throws `guard` when a feed that is to be imported by a plan is not the planned one. */
export function checkExpected(wholesaler: string, expected: ExpectedFeed | undefined, is: ExpectedFeed): void {
  if (expected === undefined) return
  if (expected.feed !== is.feed) throw moved(`the feed of ${wholesaler}`, 'is another one')
  if (expected.mapping !== is.mapping) throw moved(`the mapping of ${wholesaler}`, 'was changed')
}

function moved(what: string, how: string): WholesalerError {
  return new WholesalerError({
    kind: 'guard',
    message: `the plan cannot be applied: ${what} ${how}; nothing was written`,
    hint: 'Make a new plan: the same command with --dry-run --json instead of --apply.',
  })
}
