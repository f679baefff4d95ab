/** Variants of one product: read from what is nested in its record, or from the records of its group. */
import { createHash } from 'node:crypto'
import { parseDecimal } from './decimal.js'
import { compileField, compileText, RecordProblem } from './field.js'
import { compileImageBase, imageRefs } from './image-list.js'
import { type CompileContext, compileOffer, excerpt, type OfferDraft } from './offer.js'
import { compilePairs, type Pair } from './pairs.js'
import { firstOf, type Scope, type Select, valuesOf } from './picked.js'
import { type Decimal, foldSku, type ImageRef, type Variant } from './product.js'
import type { FieldMap, OfferMap, ProductMap, VariantMap } from './product-map.js'
import { slug } from './slug.js'

/** A variant while it is being made. Options that do not vary are taken out when all of a product are known. */
export interface VariantDraft extends OfferDraft {
  key: string
  /** The key is the record's own id, unique in the feed and fit for a SKU. */
  readonly keyIsId: boolean
  readonly pairs: readonly Pair[]
  /** What its SKU is made of, when it has none: slugs. */
  readonly skuParts: readonly string[]
  image?: ImageRef | null
  /** By which a second file names it. */
  readonly id?: string
  readonly priceDelta?: Decimal
}

export type VariantReader = (scope: Scope, base: Scope) => VariantDraft

/**
 * Where a variant stands: nested in a record; a row of its own, which has the fields of the product map where the
 * variant map says nothing; or a continuation row, which options tell apart and SKUs do not (they are often blank or
 * all the same).
 */
export type VariantPlace = 'nested' | 'row' | 'continuation'

export function compileVariant(
  map: VariantMap,
  context: CompileContext,
  product: ProductMap,
  place: VariantPlace,
): VariantReader {
  const grouped = place === 'row'
  const offerMap: OfferMap = grouped ? { ...offerFieldsOf(product), ...map } : map
  const { selectors } = context
  const offer = compileOffer(offerMap, context)
  const pairs = map.options === undefined ? () => [] : compilePairs(map.options, selectors)
  const idMap = map.key ?? (grouped ? product.key : undefined)
  const id = idMap === undefined ? () => undefined : compileText(idMap, selectors)
  const rowIdMap = grouped ? product.id : undefined
  const rowId = rowIdMap === undefined ? () => undefined : compileText(rowIdMap, selectors)
  const image: Select = map.image === undefined ? () => undefined : compileField(map.image, selectors)
  const baseOf = compileImageBase(product.imageBase, selectors)
  const ownId = map.id === undefined ? () => null : compileText(map.id, selectors)
  const deltaOf = map.priceDelta === undefined ? () => null : compileDelta(map.priceDelta, context)
  const parts = (map.skuParts ?? []).map((part) => compileText(part, selectors))

  return (scope, base) => {
    const draft: OfferDraft = {}
    offer(scope, draft)
    const options = pairs(scope, base)
    const said = id(scope) ?? null
    const own = said ?? (draft.sku == null ? (rowId(scope) ?? null) : null)
    const byOptions = draft.sku == null || (place === 'continuation' && options.length > 0)
    return {
      ...draft,
      key: own ?? (byOptions ? optionKey(options) : foldSku(draft.sku ?? '')),
      keyIsId: own !== null && grouped,
      pairs: options,
      skuParts: parts.flatMap((part) => slugOrNothing(part(scope))),
      ...imageOf(image(scope), baseOf(scope)),
      ...idOf(ownId(scope)),
      ...deltaIn(deltaOf(scope)),
    }
  }
}

function idOf(id: string | null | undefined): Pick<VariantDraft, 'id'> {
  return id == null ? {} : { id }
}

function deltaIn(priceDelta: Decimal | null): Pick<VariantDraft, 'priceDelta'> {
  return priceDelta === null ? {} : { priceDelta }
}

/** May be below 0. */
function compileDelta(map: FieldMap, context: CompileContext): (scope: Scope) => Decimal | null {
  const text = compileText(map, context.selectors)
  const format = context.formatOf(map)
  return (scope) => {
    const value = text(scope)
    if (value == null) return null
    const delta = parseDecimal(value, format)
    if (delta !== null) return delta
    throw new RecordProblem('bad_number', `priceDelta: "${excerpt(value)}" is not a number`, 'priceDelta')
  }
}

function offerFieldsOf(map: ProductMap): OfferMap {
  const { sku, gtin, mpn, price, salePrice, oldPrice, wholesalePrice, stock, stockUnlimited } = map
  const { inStock, availability, weight, weightUnit } = map
  const offer = { sku, gtin, mpn, price, salePrice, oldPrice, wholesalePrice, stock, stockUnlimited }
  return { ...offer, inStock, availability, weight, weightUnit }
}

function optionKey(pairs: readonly Pair[]): string {
  return pairs.map(({ values }) => values.join(', ')).join(' / ')
}

function slugOrNothing(text: string | null | undefined): readonly string[] {
  const made = text == null ? '' : slug(text)
  return made === '' ? [] : [made]
}

function imageOf(picked: ReturnType<Select>, base: string | undefined): { image?: ImageRef | null } {
  if (picked === undefined) return {}
  const first = firstOf(picked)
  return { image: first == null ? null : (imageRefs(valuesOf(picked), { split: true, base })[0] ?? null) }
}

/** The options of a product and its variants, once all of these are known. */
export interface VariantSet {
  readonly options: readonly string[]
  readonly variants: readonly (VariantDraft & { readonly options: Variant['options'] })[]
  /** Keys that came more than once; the last of each is kept. */
  readonly repeated: readonly string[]
  /** SKUs that several variants bear. */
  readonly repeatedSkus: readonly string[]
}

/** Settles keys and options of all variants of one product. */
export function toVariantSet(drafts: readonly VariantDraft[]): VariantSet {
  const byKey = new Map<string, VariantDraft>()
  const repeated: string[] = []
  for (const draft of drafts) {
    if (byKey.delete(draft.key)) repeated.push(draft.key)
    byKey.set(draft.key, draft)
  }
  const kept = [...byKey.values()]
  const options = optionNames(kept)
  const names = new Set(options)
  return {
    options,
    variants: kept.map((draft) => ({ ...draft, options: optionsOf(draft, names) })),
    repeated,
    repeatedSkus: repeatedSkus(kept),
  }
}

function repeatedSkus(drafts: readonly VariantDraft[]): readonly string[] {
  const once = new Set<string>()
  const again = new Set<string>()
  for (const { sku } of drafts) {
    if (sku == null) continue
    const folded = foldSku(sku)
    if (once.has(folded)) again.add(folded)
    once.add(folded)
  }
  return [...again]
}

function optionsOf({ pairs }: VariantDraft, names: ReadonlySet<string>): Variant['options'] {
  const options: (readonly [string, string])[] = []
  for (const { name, values } of pairs) {
    if (names.has(name) && !options.some(([known]) => known === name)) options.push([name, values.join(', ')])
  }
  return options
}

/** In order of appearance; names that must vary only when at least two variants differ in them. */
function optionNames(drafts: readonly VariantDraft[]): readonly string[] {
  const valuesByName = new Map<string, { readonly varying: boolean; readonly values: Set<string>; count: number }>()
  for (const { pairs } of drafts) {
    for (const { name, values, varying } of pairs) {
      const known = valuesByName.get(name) ?? { varying, values: new Set<string>(), count: 0 }
      known.values.add(values.join(', '))
      known.count += 1
      valuesByName.set(name, known)
    }
  }
  return [...valuesByName]
    .filter(([, { varying, values, count }]) => !varying || values.size > 1 || count < drafts.length)
    .map(([name]) => name)
}

/** Characters of a hash that tell apart variants whose SKUs would be alike. */
const hashLength = 6

/**
 * SKUs of variants: their own; else their id where the feed has one; else the product's SKU and the parts or options as
 * slugs. Where two are alike, which then tell nothing apart, each gets a piece of its key's hash, whatever their order.
 */
export function effectiveSkus(
  variants: VariantSet['variants'],
  productSku: string,
  skuSlug: boolean,
): ReadonlyMap<string, string> {
  const made = variants.map((variant) => [variant.key, madeSku(variant, productSku, skuSlug)] as const)
  const times = new Map<string, number>()
  for (const [, sku] of made) times.set(foldSku(sku), (times.get(foldSku(sku)) ?? 0) + 1)
  return new Map(made.map(([key, sku]) => [key, times.get(foldSku(sku)) === 1 ? sku : `${sku}-${shortHash(key)}`]))
}

function madeSku(variant: VariantSet['variants'][number], productSku: string, skuSlug: boolean): string {
  if (variant.sku != null) return variant.sku
  if (variant.keyIsId) return variant.key
  const options = variant.options.map(([, value]) => slug(value)).filter((part) => part !== '')
  const parts = variant.skuParts.length > 0 ? variant.skuParts : options
  const sku = [productSku, ...(parts.length > 0 ? parts : [slug(variant.key) || shortHash(variant.key)])].join('-')
  return skuSlug ? slug(sku) : sku
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, hashLength)
}
