/**
 * Applies a batch: look up, plan, write, and again for what did not end clearly. Nothing is sent twice without a
 * look in between, and no create that may have come through is repeated before it was looked for in vain 2, 5 and
 * 15 seconds after: a shop goes on working on a request that nobody waits for any more.
 */
import type { Clock } from '../../clock.js'
import { WholesalerError } from '../../errors.js'
import { failpoint } from '../../failpoint.js'
import { backoffMs } from '../../http/retry-timing.js'
import { refusalOf } from '../sku-rules.js'
import type { ItemResult, StoreBatch, StoreItem } from '../store.js'
import type { LookUp } from './look-up.js'
import {
  looksBeforeRepeat,
  type OpenItem,
  type PlannedWrite,
  type PlanPolicy,
  planItem,
  skusOf,
  unfit,
} from './plan-batch.js'
import type { Op } from './send-ops.js'
import type { ShopEntry } from './shop-entry.js'
import { ShopView } from './shop-view.js'
import { type WriteEnd, type WritePorts, writePlanned } from './write-plan.js'

export interface ApplyPorts extends WritePorts {
  readonly lookUp: LookUp
  readonly clock: Clock
  readonly random: () => number
  readonly policy: PlanPolicy
  readonly currency: () => Promise<string | null>
}

/** Waits before the look-ups after a write of unknown end: 2, 5 and 15 s after it. */
const lookWaitsMs = [2_000, 3_000, 10_000] as const
/** Writes sent for one product; what has no clear end by then is put aside, so that it cannot hold up the rest. */
const triesMax = 8
/** Rounds of one batch: far more than any honest end needs. */
const roundsMax = 60

export async function applyBatch(batch: StoreBatch, ports: ApplyPorts): Promise<ItemResult[]> {
  return new BatchRun(batch, ports).run()
}

class BatchRun {
  readonly #batch: StoreBatch
  readonly #ports: ApplyPorts
  readonly #results: (ItemResult | undefined)[]
  #open: OpenItem[] = []
  /** What the shop says bears a SKU, for which the look-up found nothing. */
  readonly #aliases = new Map<string, number>()
  #waitMs = 0

  constructor(batch: StoreBatch, ports: ApplyPorts) {
    this.#batch = batch
    this.#ports = ports
    this.#results = batch.items.map(() => undefined)
  }

  async run(): Promise<ItemResult[]> {
    const currency = this.#batch.items.length === 0 ? null : await this.#ports.currency()
    for (const [index, item] of this.#batch.items.entries()) {
      const refusal = refusalOf(item, currency) ?? unfit(item)
      if (refusal !== null) this.#results[index] = refusal
      else this.#open.push({ index, item, uncertain: false, looks: 0, tries: 0, notes: [] })
    }
    for (let round = 1; this.#open.length > 0; round += 1) {
      if (round > roundsMax) for (const open of [...this.#open]) this.#quarantine(open, 'it has no clear end')
      if (this.#waitMs > 0) await this.#ports.clock.sleep(this.#waitMs)
      this.#waitMs = 0
      await this.#round()
    }
    return this.#results.map((result, index) => {
      if (result === undefined) throw new Error(`item ${index} of batch ${this.#batch.id} has no result`)
      return result
    })
  }

  async #round(): Promise<void> {
    const view = await this.#lookUp()
    const writes: PlannedWrite[] = []
    for (const open of [...this.#open]) {
      const planned = planItem(this.#batch, open, view, this.#ports.policy)
      if (planned.kind === 'result') this.#settle(open, planned.result)
      else if (planned.kind === 'wait') this.#lookAgain(open)
      else writes.push(planned.write)
    }
    for (const { open } of writes) failpoint('apply-product', open.item.key)
    const { wholesaler, id: batchId, shopFields = [] } = this.#batch
    const order = { wholesaler, batchId, shopFields }
    for (const wave of inWaves(writes, view)) {
      for (const [write, end] of await writePlanned(order, wave, this.#ports)) this.#note(write, end, view)
    }
  }

  /** All that the open items' plans depend on, as it is in the shop now. */
  async #lookUp(): Promise<ShopView> {
    const { lookUp } = this.#ports
    const view = new ShopView()
    view.add(await lookUp.bySku(this.#open.flatMap(({ item }) => skusOf(item))))
    const hinted = this.#open.flatMap(({ item }) => (item.storeId === null ? [] : [Number(item.storeId)]))
    const parents = this.#open.flatMap(({ item }) => this.#parentsOf(skusOf(item), view))
    const missing = [...hinted, ...parents, ...this.#aliases.values()].filter((id) => view.entry(id) === null)
    if (missing.length > 0) view.add(await lookUp.byIds(missing))
    for (const [sku, id] of this.#aliases) {
      const entry = view.entry(id) ?? (await lookUp.byId(id))
      if (entry === null) continue
      view.add([entry])
      view.alias(sku, entry)
    }
    const products = this.#open.flatMap(({ item }) => this.#productsOf(item, view))
    await Promise.all(
      [...new Set(products)].map(async (product) => {
        if (product.variations.every((id) => view.entry(id) !== null)) return
        view.add(await lookUp.variationsOf(product.id))
      }),
    )
    return view
  }

  #parentsOf(skus: readonly string[], view: ShopView): number[] {
    return skus.flatMap((sku) => {
      const parentId = view.bearerNow(sku)?.parentId ?? 0
      return parentId === 0 ? [] : [parentId]
    })
  }

  /** Products that an item may turn out to be. */
  #productsOf(item: StoreItem, view: ShopView): ShopEntry[] {
    const ids = [
      view.productByKey(this.#batch.wholesaler, item.key)?.id,
      item.storeId === null ? undefined : Number(item.storeId),
      ...skusOf(item).map((sku) => {
        const bearer = view.bearerNow(sku)
        return bearer === null ? undefined : bearer.parentId || bearer.id
      }),
    ]
    return ids.flatMap((id) => (id === undefined ? [] : (view.entry(id) ?? [])))
  }

  #note({ open, outcome, skus }: PlannedWrite, end: WriteEnd, view: ShopView): void {
    open.tries += 1
    if (end.kind === 'done') {
      failpoint('product-written', open.item.key)
      const notes = [...open.notes, ...skus.notes]
      const noted = notes.length === 0 ? {} : { notes }
      this.#settle(open, { key: open.item.key, outcome, storeId: String(end.id), ...noted })
      return
    }
    const { op, end: failure } = end
    if (failure.kind === 'refused') this.#noteRefusal(open, op, failure.problem, view)
    else if (failure.kind === 'not_sent') this.#sendAgain(open, failure)
    else {
      // An update is told by its mark, and may be sent again at any time: it says the same.
      open.uncertain = op.list === 'create'
      open.looks = 0
      this.#lookAgain(open, failure.retryAfterMs)
      if (open.tries >= triesMax) this.#quarantine(open, failure.reason)
    }
  }

  #noteRefusal(
    open: OpenItem,
    op: Op,
    { code, message, data }: { code: string; message: string; data: Readonly<Record<string, unknown>> },
    view: ShopView,
  ): void {
    const resource = typeof data.resource_id === 'number' ? data.resource_id : null
    const sku = op.list === 'delete' ? undefined : op.body.sku
    if (open.tries >= triesMax) this.#quarantine(open, message)
    else if (code === 'product_invalid_sku' && resource !== null && typeof sku === 'string')
      this.#aliases.set(sku, resource)
    else if (code === 'product_invalid_global_unique_id') this.#noteGtin(open, op, resource, view)
    else if (/not_created$|_invalid_sku$/.test(code)) {
      // The look-up table holds the SKU, for a product in the trash, or for one that is just being made.
      open.uncertain = op.list === 'create'
      this.#lookAgain(open)
      if (open.tries >= looksBeforeRepeat) {
        this.#quarantine(open, `${message}; look in the trash, or regenerate the product lookup tables (Status, Tools)`)
      }
    } else if (!/_invalid_id$/.test(code) || op.list === 'create') {
      this.#settle(open, { key: open.item.key, outcome: 'rejected', code: 'refused', reason: `the shop: ${message}` })
    }
    // An id that is gone since the look-up: the next one tells.
  }

  /** The same article under another SKU: adopted when nobody's, else the number is left out. */
  #noteGtin(open: OpenItem, op: Op, resource: number | null, view: ShopView): void {
    const isNew = op.list === 'create' && open.item.storeId !== String(resource)
    if (isNew && resource !== null && view.entry(resource) === null) {
      open.item = { ...open.item, storeId: String(resource) }
      return
    }
    const gtin = op.list === 'delete' ? '' : String(op.body.global_unique_id)
    open.notes.push(`GTIN ${gtin} is already that of product ${resource ?? '(unknown)'} in the shop, and is left out`)
    open.item = withoutGtin(open.item, gtin)
  }

  #sendAgain(open: OpenItem, { reason, retryAfterMs }: { reason: string; retryAfterMs: number | null }): void {
    if (open.tries >= triesMax) {
      throw new WholesalerError({
        kind: 'temporary',
        message: `the shop takes nothing: ${reason}`,
        hint: 'What was finished is kept. Run the import again later.',
      })
    }
    this.#waitMs = Math.max(this.#waitMs, retryAfterMs ?? backoffMs(open.tries, this.#ports.random))
  }

  #lookAgain(open: OpenItem, retryAfterMs: number | null = null): void {
    this.#waitMs = Math.max(this.#waitMs, lookWaitsMs[open.looks] ?? 0, retryAfterMs ?? 0)
    open.looks += 1
  }

  #quarantine(open: OpenItem, reason: string): void {
    const told = `put aside after ${open.tries} tries: ${reason}`
    this.#settle(open, { key: open.item.key, outcome: 'rejected', code: 'quarantined', reason: told })
  }

  #settle(open: OpenItem, result: ItemResult): void {
    this.#results[open.index] = result
    this.#open = this.#open.filter((other) => other !== open)
  }
}

/**
 * Writes in an order in which every SKU is given up before another product takes it. Products that want each
 * other's go together: the shop refuses, and the next look-up tells.
 */
export function inWaves(writes: readonly PlannedWrite[], view: ShopView): PlannedWrite[][] {
  const byProduct = new Map(writes.map((write) => [write.target?.id ?? 0, write]))
  const waveOf = new Map<PlannedWrite, number>()
  const place = (write: PlannedWrite, above: ReadonlySet<PlannedWrite>): number => {
    const known = waveOf.get(write)
    if (known !== undefined) return known
    const path = new Set([...above, write])
    let wave = 0
    for (const sku of [write.skus.sku, ...write.skus.variants]) {
      const bearer = sku === null ? null : view.bearerNow(sku)
      const giver = bearer === null ? undefined : byProduct.get(bearer.parentId || bearer.id)
      if (giver !== undefined && giver !== write && !path.has(giver)) wave = Math.max(wave, place(giver, path) + 1)
    }
    waveOf.set(write, wave)
    return wave
  }
  const waves: PlannedWrite[][] = []
  for (const write of writes) {
    const wave = place(write, new Set())
    waves[wave] = [...(waves[wave] ?? []), write]
  }
  return waves.filter((wave) => wave !== undefined)
}

function withoutGtin(item: StoreItem, gtin: string): StoreItem {
  const strip = <T extends { readonly gtin?: string | null }>(from: T): T => {
    const { gtin: own, ...rest } = from
    return own?.trim() === gtin ? (rest as T) : from
  }
  return { ...item, product: { ...strip(item.product), variants: item.product.variants.map(strip) } }
}
