/** Acts of the missing policy on the shop, and what is remembered so that a product comes back as it was. */
import type { Clock } from '../../clock.js'
import { WholesalerError } from '../../errors.js'
import type { Store } from '../store.js'
import { stockJson } from './fields.js'
import type { LookUp } from './look-up.js'
import { type Retired, retiredMeta, type ShopStock, stateMeta } from './mark.js'
import type { Pacer } from './pacer.js'
import { type Op, type OpEnd, sendOps } from './send-ops.js'
import type { ShopClient } from './shop-client.js'
import type { ShopEntry } from './shop-entry.js'

export interface RetirePorts {
  readonly client: ShopClient
  readonly pacer: Pacer
  readonly lookUp: LookUp
  readonly clock: Clock
}

type Order = Parameters<Store['retire']>[0]

const triesMax = 5
const pauseMs = 2_000
const soldOut: ShopStock = { manage: true, quantity: 0, status: 'outofstock' }

/** Returns how many products of the wholesaler were changed. What is so already is not written. */
export async function retire({ wholesaler, products: missing, how }: Order, ports: RetirePorts): Promise<number> {
  const touched = new Set<number>()
  const keys = new Map(missing.map(({ key, storeId }) => [Number(storeId), key]))
  for (let tried = 1; ; tried += 1) {
    const entries = (await ports.lookUp.byIds([...keys.keys()])).filter(
      ({ id, mark, parentId, status }) =>
        mark.wholesaler === wholesaler && mark.key === keys.get(id) && parentId === 0 && status !== 'trash',
    )
    const ends =
      how === 'delete'
        ? await sendOps(
            productsBatch,
            entries.map(({ id }) => ({ list: 'delete', id })),
            ports,
          )
        : how === 'draft'
          ? await sendOps(productsBatch, entries.flatMap(draftOp), ports)
          : await sellOut(entries, ports)
    const unclear = noteEnds(ends, touched)
    if (unclear === null) return touched.size
    if (tried >= triesMax) throw notRetired(unclear)
    await ports.clock.sleep(pauseMs)
  }
}

const productsBatch = '/wc/v3/products/batch'

function draftOp(entry: ShopEntry): Op[] {
  if (entry.status === 'draft') return []
  const body = { id: entry.id, status: 'draft', meta_data: marks(entry, { status: entry.status }) }
  return [{ list: 'update', body }]
}

async function sellOut(entries: readonly ShopEntry[], ports: RetirePorts): Promise<ReadonlyMap<Op, OpEnd>> {
  const ends = new Map<Op, OpEnd>()
  const add = (more: ReadonlyMap<Op, OpEnd>) => {
    for (const [op, end] of more) ends.set(op, end)
  }
  const variationsChanged = new Set<number>()
  await Promise.all(
    entries.map(async ({ id, variations }) => {
      if (variations.length === 0) return
      const ops = (await ports.lookUp.variationsOf(id)).flatMap((each) => soldOutOp(each))
      if (ops.length > 0) variationsChanged.add(id)
      const done = await sendOps(`/wc/v3/products/${id}/variations/batch`, ops, ports)
      // Only products are counted; what is not clear of a variation is not clear of its product.
      for (const [op, end] of done) if (end.kind !== 'done') ends.set(op, end)
    }),
  )
  const ops = entries.flatMap((entry) => soldOutOp(entry, variationsChanged.has(entry.id)))
  add(await sendOps(productsBatch, ops, ports))
  return ends
}

function soldOutOp(entry: ShopEntry, isChangedBelow = false): Op[] {
  const { stock, id } = entry
  const isSoldOut = stock.manage && stock.quantity === 0
  if (isSoldOut && !isChangedBelow) return []
  const fields = isSoldOut ? {} : stockJson(soldOut)
  return [{ list: 'update', body: { id, ...fields, meta_data: marks(entry, isSoldOut ? {} : { stock }) } }]
}

/** Its fingerprints go: the next import writes it whatever the feed says. */
function marks({ mark }: ShopEntry, before: Retired) {
  const { state, retired } = mark
  return [stateMeta({ ...state, content: null, offer: null, hash: null }), retiredMeta({ ...before, ...retired })]
}

/** Null, or why some end is not clear. */
function noteEnds(ends: ReadonlyMap<Op, OpEnd>, touched: Set<number>): string | null {
  let unclear: string | null = null
  for (const [op, end] of ends) {
    if (end.kind === 'done') touched.add(op.list === 'update' ? op.body.id : end.id)
    else if (end.kind === 'refused' && !/_invalid_id$/.test(end.problem.code)) throw notRetired(end.problem.message)
    else if (end.kind !== 'refused') {
      unclear = end.reason
      // Done or not, it is so after the next try, and it was us.
      touched.add(op.list === 'update' ? op.body.id : op.list === 'delete' ? op.id : 0)
    }
  }
  return unclear
}

function notRetired(reason: string): WholesalerError {
  return new WholesalerError({
    kind: 'temporary',
    message: `products that are missing from the feed could not be changed in the shop: ${reason}`,
    hint: 'Run the import again.',
  })
}
