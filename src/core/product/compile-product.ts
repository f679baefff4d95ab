/** The fields of a product that its variants do not share: compiled to one function per feed. */
import { readAvailability } from './availability.js'
import { type CategoryReader, type CategoryTree, compileCategories } from './category-path.js'
import { isCurrency, parseMoney } from './decimal.js'
import { compileField, compileText, isRule, RecordProblem } from './field.js'
import { compileImageBase, imageRefs } from './image-list.js'
import {
  type CompileContext,
  compileMeasure,
  compileOffer,
  compilePercent,
  excerpt,
  type OfferReader,
} from './offer.js'
import { compilePairs, toAttributes } from './pairs.js'
import { firstOf, type Scope, type Select, valuesOf } from './picked.js'
import { foldSku, type ImageRef, type Product } from './product.js'
import type { FieldMap, ProductMap } from './product-map.js'

/** A product while it is being made; key and name are checked when it is finished. */
export type ProductDraft = { -readonly [F in keyof Product]: Product[F] }

export interface ProductReader {
  /** Everything but offer, variants and options, which depend on how records are grouped. */
  base(scope: Scope): ProductDraft
  /** Identifiers, price, stock, weight. */
  offer: OfferReader
  images(scope: Scope): readonly ImageRef[] | undefined
}

type Setter = (scope: Scope, draft: ProductDraft) => void

export function compileProduct(map: ProductMap, context: CompileContext, tree: CategoryTree | null): ProductReader {
  const images = compileImages(map, context)
  const setters = [
    ...textSetters(map, context),
    ...listSetters(map, context, tree),
    ...moneySetters(map, context),
    ...measureSetters(map, context),
    ...(map.status === undefined ? [] : [statusSetter(map.status, context)]),
  ]
  return {
    base: (scope) => {
      const draft: ProductDraft = { key: '', name: '', options: [], variants: [] }
      for (const set of setters) set(scope, draft)
      return draft
    },
    offer: compileOffer(map, context),
    images,
  }
}

const textFields = ['description', 'shortDescription', 'brand', 'url'] as const

function textSetters(map: ProductMap, { selectors }: CompileContext): readonly Setter[] {
  const setters: Setter[] = []
  if (map.name !== undefined) {
    const name = compileText(map.name, selectors)
    setters.push((scope, draft) => {
      draft.name = name(scope) ?? ''
    })
  }
  for (const field of textFields) {
    const from = map[field]
    if (from === undefined) continue
    const text = compileText(from, selectors)
    setters.push((scope, draft) => {
      const value = text(scope)
      if (value !== undefined) draft[field] = value
    })
  }
  return setters
}

function listSetters(map: ProductMap, { selectors }: CompileContext, tree: CategoryTree | null): readonly Setter[] {
  const setters: Setter[] = []
  if (map.categories !== undefined) {
    const categories: CategoryReader = compileCategories(map.categories, selectors, tree)
    setters.push((scope, draft) => {
      const paths = categories(scope)
      if (paths !== undefined) draft.categories = paths
    })
  }
  if (map.tags !== undefined) {
    const tags = compileField(map.tags, selectors)
    setters.push((scope, draft) => {
      const picked = tags(scope)
      if (picked !== undefined) draft.tags = [...new Set(valuesOf(picked))]
    })
  }
  if (map.attributes !== undefined) {
    const pairs = compilePairs(map.attributes, selectors)
    setters.push((scope, draft) => {
      const attributes = toAttributes(pairs(scope))
      if (attributes.length > 0) draft.attributes = attributes
    })
  }
  return setters
}

function compileImages(map: ProductMap, { selectors }: CompileContext): ProductReader['images'] {
  if (map.images === undefined) return () => undefined
  const select = compileField(map.images, selectors)
  const altOf: Select = map.imageAlt === undefined ? () => undefined : compileField(map.imageAlt, selectors)
  const split = !(isRule(map.images) && map.images.split !== undefined)
  const baseOf = compileImageBase(map.imageBase, selectors)
  return (scope) => {
    const picked = select(scope)
    if (picked === undefined) return undefined
    return imageRefs(valuesOf(picked), { split, base: baseOf(scope), alt: firstOf(altOf(scope)) })
  }
}

function moneySetters(map: ProductMap, context: CompileContext): readonly Setter[] {
  const setters: Setter[] = []
  if (map.currency !== undefined) {
    const currency = compileText(map.currency, context.selectors)
    setters.push((scope, draft) => {
      const value = currency(scope)
      if (value != null) draft.currency = readCurrency(value)
    })
  }
  const { taxIncluded } = map
  if (typeof taxIncluded === 'boolean') {
    setters.push((_scope, draft) => {
      draft.taxIncluded = taxIncluded
    })
  } else if (taxIncluded !== undefined) {
    const text = compileText(taxIncluded, context.selectors)
    setters.push((scope, draft) => {
      const gross = readAvailability(text(scope) ?? '')
      if (gross !== null) draft.taxIncluded = gross
    })
  }
  if (map.vatRate !== undefined) {
    const percent = compilePercent('vatRate', map.vatRate, context)
    setters.push((scope, draft) => {
      const value = percent(scope)
      if (value !== undefined) draft.vatRate = value
    })
  }
  return setters
}

/** YML still uses the rouble's code of before 1998. */
const oldCurrencies: Readonly<Record<string, string>> = { RUR: 'RUB' }

function readCurrency(text: string): string {
  const code = text.toUpperCase()
  const current = oldCurrencies[code] ?? code
  if (isCurrency(current)) return current
  const bySign = parseMoney(`1 ${text}`)?.currency
  if (bySign !== undefined) return bySign
  throw new RecordProblem('bad_currency', `currency: "${excerpt(text)}" is no currency`, 'currency')
}

function measureSetters(map: ProductMap, context: CompileContext): readonly Setter[] {
  return (['length', 'width', 'height'] as const).flatMap((field) => {
    const from: FieldMap | undefined = map[field]
    if (from === undefined) return []
    const measure = compileMeasure(field, from, map.sizeUnit, context)
    return [
      (scope: Scope, draft: ProductDraft) => {
        const value = measure(scope)
        if (value !== undefined) draft[field] = value
      },
    ]
  })
}

/** Words of WooCommerce (`1`, `0`, `-1`) and Shopify (`active`, `draft`, `archived`), and the obvious ones. */
const statusWords: Readonly<Record<string, NonNullable<Product['status']>>> = {
  publish: 'publish',
  published: 'publish',
  active: 'publish',
  true: 'publish',
  yes: 'publish',
  '1': 'publish',
  private: 'private',
  '0': 'private',
  draft: 'draft',
  inactive: 'draft',
  archived: 'draft',
  false: 'draft',
  no: 'draft',
  '-1': 'draft',
}

function statusSetter(map: FieldMap, { selectors }: CompileContext): Setter {
  const text = compileText(map, selectors)
  return (scope, draft) => {
    const word = text(scope)?.toLowerCase() ?? ''
    const status = Object.hasOwn(statusWords, word) ? statusWords[word] : undefined
    if (status !== undefined) draft.status = status
  }
}

/**
 * The key of a record: as mapped, else its SKU in the form in which SKUs are compared, so that `AB-1` and ` ab-1 ` are
 * one product; else the feed's own id.
 */
export function compileKey(
  map: Pick<ProductMap, 'key' | 'sku' | 'id'>,
  { selectors }: CompileContext,
): (scope: Scope) => string | null {
  const none = () => undefined
  const key = map.key === undefined ? none : compileText(map.key, selectors)
  const sku = map.sku === undefined ? none : compileText(map.sku, selectors)
  const id = map.id === undefined ? none : compileText(map.id, selectors)
  return (scope) => {
    const said = key(scope)
    if (said != null) return said
    const bySku = sku(scope)
    return bySku != null ? foldSku(bySku) : (id(scope) ?? null)
  }
}
