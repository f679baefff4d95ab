/**
 * Brings planned products into the shop. A new variable product first, then its variations; of a known one the
 * variations first and the product last, because its mark says that all is there. Whatever ends in between, the
 * next look-up sees what is missing.
 */
import { createHash } from 'node:crypto'
import { leaveToShop, type OwnedField } from '../../product/field-owners.js'
import type { Product, Variant } from '../../product/product.js'
import {
  type Fields,
  type ProductTerms,
  productFields,
  productOfferFields,
  type ShopUnits,
  variationFields,
} from './fields.js'
import { keyMeta, type MarkState, retiredMeta, stateMeta, variantMeta } from './mark.js'
import type { Pacer } from './pacer.js'
import { type PlannedVariant, type PlannedWrite, passingSku } from './plan-batch.js'
import { type Op, type OpEnd, sendOps } from './send-ops.js'
import type { ShopClient } from './shop-client.js'
import { foldShopSku, type ShopEntry, shopSku } from './shop-entry.js'
import { isSameSku } from './shop-view.js'
import type { Terms } from './terms.js'

export interface WritePorts {
  readonly client: ShopClient
  readonly pacer: Pacer
  readonly terms: Terms
  readonly units: ShopUnits
  readonly vanishedVariants: 'delete' | 'hide'
}

export interface WriteOrder {
  readonly wholesaler: string
  readonly batchId: string
  /** See `StoreBatch.shopFields`. */
  readonly shopFields: readonly OwnedField[]
}

/** What became of a product: its id, or the first of its writes that did not end well. */
export type WriteEnd =
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'failed'; readonly op: Op; readonly end: Exclude<OpEnd, { kind: 'done' }> }

const productsRoute = '/wc/v3/products/batch'

/** Writes products that do not wait for each other's SKUs. */
export async function writePlanned(
  order: WriteOrder,
  writes: readonly PlannedWrite[],
  ports: WritePorts,
): Promise<ReadonlyMap<PlannedWrite, WriteEnd>> {
  const works = await Promise.all(
    writes.map(async (write) => {
      const product = written(order, write)
      return new ProductWork(order, { write, product }, ports, await termsOf(write, product, ports))
    }),
  )
  await sendAll(works, (work) => work.first(), ports)
  await Promise.all(works.map((work) => work.writeVariations()))
  await sendAll(works, (work) => work.last(), ports)
  return new Map(works.map((work) => [work.write, work.end]))
}

/** The product as it is sent: whole when it is new. */
function written({ shopFields }: WriteOrder, { open, target, variants }: PlannedWrite): Product {
  const { product } = open.item
  if (target === null) return product
  const made = new Set(variants.filter(({ entry }) => entry === null).map(({ variant }) => variant))
  return leaveToShop(product, shopFields, { storedName: target.name, isNew: (variant) => made.has(variant) })
}

async function termsOf({ offerOnly }: PlannedWrite, product: Product, { terms }: WritePorts): Promise<ProductTerms> {
  return offerOnly ? { attributes: await terms.attributeIds(product.options) } : terms.of(product)
}

async function sendAll(
  works: readonly ProductWork[],
  opOf: (work: ProductWork) => Op | null,
  ports: WritePorts,
): Promise<void> {
  const ops = new Map<Op, ProductWork>()
  for (const work of works) {
    const op = work.hasFailed ? null : opOf(work)
    if (op !== null) ops.set(op, work)
  }
  const ends = await sendOps(productsRoute, [...ops.keys()], ports)
  for (const [op, work] of ops) work.note(op, ends.get(op))
}

class ProductWork {
  readonly write: PlannedWrite
  readonly #order: WriteOrder
  /** As it is sent. */
  readonly #product: Product
  readonly #ports: WritePorts
  readonly #terms: ProductTerms
  #id: number | null
  #failed: WriteEnd | null = null

  constructor(
    order: WriteOrder,
    { write, product }: { readonly write: PlannedWrite; readonly product: Product },
    ports: WritePorts,
    terms: ProductTerms,
  ) {
    this.#order = order
    this.write = write
    this.#product = product
    this.#ports = ports
    this.#terms = terms
    this.#id = write.target?.id ?? null
  }

  get hasFailed(): boolean {
    return this.#failed !== null
  }

  get end(): WriteEnd {
    if (this.#failed !== null) return this.#failed
    if (this.#id === null) throw new Error(`product ${this.write.open.item.key} was not written`)
    return { kind: 'done', id: this.#id }
  }

  note(op: Op, end: OpEnd | undefined): void {
    if (end?.kind === 'done') this.#id ??= end.id
    else if (end !== undefined) this.#failed ??= { kind: 'failed', op, end }
  }

  /** The product itself, when its variations need it before them. */
  first(): Op | null {
    const { target, skus, open } = this.write
    if (target === null) {
      const sku = skus.sku ?? (this.#hasVariations ? passingSku(open.item.product.key) : null)
      return { list: 'create', body: this.#body(sku, skus.sku !== null || sku === null) }
    }
    if (!this.#hasVariations) return { list: 'update', body: { id: target.id, ...this.#body(skus.sku, true) } }
    if (!this.#isNeededFirst(target)) return null
    // What it bears may be meant for a variation; its options and type must be there before one is.
    const { attributes, type } = this.#fields()
    const own = this.#isBorneByVariations(target.sku) ? { sku: '' } : {}
    const meta_data = [keyMeta(this.#order.wholesaler, open.item.key), stateMeta(this.#state(false))]
    return {
      list: 'update',
      body: {
        id: target.id,
        ...own,
        ...(attributes === undefined ? {} : { attributes }),
        ...(type === 'variable' ? { type } : {}),
        meta_data,
      },
    }
  }

  /** The product after its variations. */
  last(): Op | null {
    const { target, skus } = this.write
    const id = this.#id
    if (id === null || !this.#hasVariations) return null
    if (target !== null) return { list: 'update', body: { id, ...this.#body(skus.sku, true) } }
    if (skus.sku !== null) return null
    return { list: 'update', body: { id, sku: '', meta_data: [stateMeta(this.#state(true))] } }
  }

  async writeVariations(): Promise<void> {
    if (this.hasFailed || this.#id === null || !this.#hasVariations) return
    const route = `/wc/v3/products/${this.#id}/variations/batch`
    for (const request of this.#requests()) {
      if (this.hasFailed) return
      const ends = await sendOps(route, request, this.#ports)
      for (const [op, end] of ends) if (end.kind !== 'done') this.note(op, end)
    }
  }

  /** Creates come first in every request: a SKU is free for another only when it was given up in an earlier one. */
  #requests(): Op[][] {
    const ops = this.#variationOps()
    const vanished = this.#vanishedOps()
    const { blockers, leaving } = this.#blocking()
    if (blockers.length === 0 && leaving.length === 0) return [[...ops, ...vanished]]
    const hidden = this.#ports.vanishedVariants === 'hide' ? leaving : []
    const given = [...blockers, ...hidden].map(({ id }): Op => ({ list: 'update', body: { id, sku: '' } }))
    return [[...given, ...vanished], ops]
  }

  get #hasVariations(): boolean {
    const { variants, vanished } = this.write
    return variants.length > 0 || vanished.length > 0
  }

  #isNeededFirst(target: ShopEntry): boolean {
    const product = this.#product
    const known = new Set(target.attributes.filter(({ variation }) => variation).map(({ name }) => name.toLowerCase()))
    const hasNewOption = product.options.some((name) => !known.has(name.toLowerCase()))
    const becomesVariable = product.variants.length > 0 && target.type !== 'variable'
    return hasNewOption || becomesVariable || this.#isBorneByVariations(target.sku)
  }

  #isBorneByVariations(sku: string | null): boolean {
    return sku !== null && this.write.variants.some((variant) => isSameSku(variant.sku, sku))
  }

  #body(sku: string | null, isWhole: boolean): Fields {
    const { target, open } = this.write
    const isNewSku = target === null ? sku !== null : (sku ?? '') !== (target.sku ?? '')
    const retired = target?.mark.retired == null ? [] : [retiredMeta(null)]
    return {
      ...this.#fields(),
      ...(isNewSku ? { sku: sku === null ? '' : shopSku(sku) } : {}),
      meta_data: [keyMeta(this.#order.wholesaler, open.item.key), stateMeta(this.#state(isWhole)), ...retired],
    }
  }

  #fields(): Fields {
    const { target, offerOnly } = this.write
    const product = this.#product
    if (!offerOnly) {
      const { name, ...fields } = productFields(product, target, this.#terms, this.#ports.units)
      return target !== null && this.#order.shopFields.includes('name') ? fields : { name, ...fields }
    }
    const fields = productOfferFields(product, target)
    return target?.mark.retired?.status === undefined ? fields : { ...fields, status: target.mark.retired.status }
  }

  /** Without fingerprints as long as something is still to come that the number of variations does not tell. */
  #state(isWhole: boolean): MarkState {
    const { open, variants, created } = this.write
    const { content, offer } = open.item
    return {
      content: isWhole ? content : null,
      offer: isWhole ? offer : null,
      variants: variants.length + (this.#ports.vanishedVariants === 'hide' ? this.write.vanished.length : 0),
      batch: this.#order.batchId,
      created,
      hash: null,
    }
  }

  #variationOps(): Op[] {
    const { open, variants } = this.write
    const { attributes } = this.#terms
    const product = this.#product
    const counted = leaveToShop(open.item.product, this.#order.shopFields, { storedName: '' })
    return variants.flatMap((planned, position): Op[] => {
      const { sku, entry } = planned
      const [variant, ours] = [product.variants[position], counted.variants[position]]
      if (variant === undefined || ours === undefined) return []
      const hash = variationHash(ours, sku, position, counted, [...attributes])
      if (entry !== null && !this.#hasChanged(planned, hash)) return []
      const body = {
        ...variationFields(variant, product, position, entry, attributes, this.#ports.units),
        ...(sku === null || sku === entry?.sku ? {} : { sku: shopSku(sku) }),
        meta_data: [
          keyMeta(this.#order.wholesaler, open.item.key),
          variantMeta(variant.key),
          stateMeta({ hash, batch: this.#order.batchId }),
          ...(entry?.mark.retired == null ? [] : [retiredMeta(null)]),
        ],
      }
      return [entry === null ? { list: 'create', body } : { list: 'update', body: { ...body, id: entry.id } }]
    })
  }

  #hasChanged({ variant, entry, sku }: PlannedVariant, hash: string): boolean {
    if (entry === null) return true
    const { mark } = entry
    const isOurs = mark.wholesaler === this.#order.wholesaler && mark.key === this.write.open.item.key
    return (
      !isOurs || mark.variant !== variant.key || mark.state.hash !== hash || sku !== entry.sku || mark.retired !== null
    )
  }

  #vanishedOps(): Op[] {
    if (this.#ports.vanishedVariants === 'delete') return this.write.vanished.map(({ id }) => ({ list: 'delete', id }))
    return this.write.vanished
      .filter(({ status }) => status !== 'private')
      .map(({ id }) => ({
        list: 'update',
        body: { id, status: 'private', meta_data: [retiredMeta({ status: 'publish' })] },
      }))
  }

  /** Variations that bear a SKU which another of the product is to have now. */
  #blocking(): { readonly blockers: readonly ShopEntry[]; readonly leaving: readonly ShopEntry[] } {
    const { variants, vanished } = this.write
    const changing = variants.filter(({ sku, entry }) => sku !== null && !isSameSku(sku, entry?.sku ?? null))
    const wanted = new Set(changing.map(({ sku }) => foldShopSku(sku ?? '')))
    const bears = ({ sku }: ShopEntry) => sku !== null && wanted.has(foldShopSku(sku))
    const blockers = changing.flatMap(({ entry }) => (entry !== null && bears(entry) ? [entry] : []))
    return { blockers, leaving: vanished.filter(bears) }
  }
}

/** Of all that makes a variation what it is, so that an unchanged one is not sent. */
function variationHash(
  variant: Variant,
  sku: string | null,
  position: number,
  { price, salePrice }: { readonly price?: unknown; readonly salePrice?: unknown },
  attributes: readonly unknown[],
): string {
  const { image: _image, ...fields } = variant
  const own = variant.price === undefined ? { price, salePrice } : {}
  const text = JSON.stringify([fields, own, sku, position, attributes])
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
