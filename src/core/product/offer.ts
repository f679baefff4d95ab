/** Identifiers, prices, stock and weight: the fields that products and variants share. */
import { readAvailability } from './availability.js'
import { add, compare, type DecimalFormat, type Money, parseDecimal, parseMoney } from './decimal.js'
import { compileField, compileText, RecordProblem } from './field.js'
import { firstOf, type Scope, type Select, type Selectors, valuesOf } from './picked.js'
import type { Decimal, Identifiers, Measure, Offer } from './product.js'
import type { FieldMap, OfferMap } from './product-map.js'

/** What compiling a map needs to know of the feed. */
export interface CompileContext {
  readonly selectors: Selectors
  /** How the numbers of this field are written. */
  formatOf(map: FieldMap): DecimalFormat
  /** Told about what was set right or left out while a record is mapped. */
  note(code: string, detail: string): void
}

/** A product or variant while it is being made. */
export type OfferDraft = { -readonly [F in keyof (Offer & Identifiers)]: (Offer & Identifiers)[F] } & {
  weight?: Measure | null
  /** Currency that a price named. */
  currency?: string
}

/** Sets one or several fields of a draft. A value that must not be guessed at throws a `RecordProblem`. */
export type OfferReader = (scope: Scope, draft: OfferDraft) => void

export function compileOffer(map: OfferMap, context: CompileContext): OfferReader {
  const readers: OfferReader[] = []
  for (const field of ['sku', 'gtin', 'mpn'] as const) {
    const from = map[field]
    if (from !== undefined) readers.push(textReader(field, from, context))
  }
  for (const field of ['price', 'salePrice', 'wholesalePrice'] as const) {
    const from = map[field]
    if (from !== undefined) readers.push(priceReader(field, from, context))
  }
  if (map.oldPrice !== undefined) readers.push(oldPriceReader(map.oldPrice, context))
  if (map.stock !== undefined) readers.push(stockReader(map.stock, map.stockUnlimited, context))
  if (map.inStock !== undefined) readers.push(inStockReader(map.inStock, context))
  if (map.availability !== undefined) readers.push(availabilityReader(map.availability, context))
  if (map.weight !== undefined) readers.push(weightReader(map.weight, map.weightUnit, context))
  return (scope, draft) => {
    for (const read of readers) read(scope, draft)
    if (draft.price !== undefined && draft.wholesalePrice === undefined) draft.wholesalePrice = draft.price
  }
}

function textReader(field: 'sku' | 'gtin' | 'mpn', map: FieldMap, { selectors }: CompileContext): OfferReader {
  const text = compileText(map, selectors)
  return (scope, draft) => {
    const value = text(scope)
    if (value !== undefined) draft[field] = value
  }
}

function priceReader(
  field: 'price' | 'salePrice' | 'wholesalePrice',
  map: FieldMap,
  context: CompileContext,
): OfferReader {
  const money = moneyReader(field, map, context)
  return (scope, draft) => {
    const value = money(scope)
    if (value == null) {
      if (value === null) draft[field] = null
      return
    }
    draft[field] = value.amount
    if (value.currency !== undefined) draft.currency = value.currency
  }
}

function moneyReader(
  field: string,
  map: FieldMap,
  context: CompileContext,
): (scope: Scope) => Money | null | undefined {
  const text = compileText(map, context.selectors)
  const format = context.formatOf(map)
  return (scope) => {
    const value = text(scope)
    if (value == null) return value
    const money = parseMoney(value, format)
    if (money === null) throw badNumber(field, value, 'is not a price')
    if (money.amount.startsWith('-')) throw badNumber(field, value, 'is below 0')
    return money
  }
}

function badNumber(field: string, value: string, problem: string): RecordProblem {
  return new RecordProblem('bad_number', `${field}: "${excerpt(value)}" ${problem}`, field)
}

/** As much of a broken value as a message needs. */
const excerptLength = 60

export function excerpt(value: string): string {
  return value.length > excerptLength ? `${value.slice(0, excerptLength)}…` : value
}

/** A former price counts only when it is the higher one. */
function oldPriceReader(map: FieldMap, context: CompileContext): OfferReader {
  const money = moneyReader('oldPrice', map, context)
  return (scope, draft) => {
    const former = money(scope)
    if (former == null || draft.price == null || compare(former.amount, draft.price) <= 0) return
    if (draft.salePrice == null) draft.salePrice = draft.price
    draft.price = former.amount
  }
}

/** `10+`, `> 10`: at least so many. */
const atLeast = /^(?:>|>=|≥)?\s*(-?\d+)\s*\+?$/

/** Several counts are those of several warehouses: they are added up. */
function stockReader(map: FieldMap, unlimitedText: string | undefined, context: CompileContext): OfferReader {
  const select = compileField(map, context.selectors)
  const format = context.formatOf(map)
  const unlimited = unlimitedText === undefined ? null : parseDecimal(unlimitedText, 'point')
  return (scope, draft) => {
    const picked = select(scope)
    if (picked == null) {
      if (picked === null) draft.stock = null
      return
    }
    const counts: OfferDraft[] = valuesOf(picked).map((text) => countOf(text, format))
    if (counts.some(({ stock }) => stock != null && stock === unlimited)) draft.inStock = true
    else for (const count of counts) addCount(draft, count)
  }
}

function addCount(draft: OfferDraft, { stock, inStock, availability }: OfferDraft): void {
  if (stock != null) draft.stock = draft.stock == null ? stock : add(draft.stock, stock)
  if (availability != null) draft.availability = availability
  if (inStock !== undefined) draft.inStock = inStock ?? draft.inStock ?? null
}

function countOf(text: string, format: DecimalFormat): OfferDraft {
  const count = parseDecimal(text, format) ?? parseDecimal(atLeast.exec(text)?.[1] ?? '')
  if (count !== null) return { stock: count }
  if (!/\p{L}/u.test(text) || notCounts.test(text)) throw badNumber('stock', text, 'is not a count')
  return { availability: text, inStock: readAvailability(text) }
}

/** Words and notations of programs, not of people. */
const notCounts = /^(?:nan|[+-]?inf(?:inity)?|null|undefined|\d+e[+-]?\d+)$/i

function inStockReader(map: FieldMap, { selectors }: CompileContext): OfferReader {
  const text = compileText(map, selectors)
  return (scope, draft) => {
    const value = text(scope)
    if (value === undefined) return
    if (value === null) {
      draft.inStock ??= null
      return
    }
    const inStock = readAvailability(value)
    if (inStock !== null) draft.inStock = inStock
    else draft.availability ??= value
    draft.inStock ??= null
  }
}

function availabilityReader(map: FieldMap, { selectors }: CompileContext): OfferReader {
  const text = compileText(map, selectors)
  return (scope, draft) => {
    const value = text(scope)
    if (value === undefined) return
    draft.availability = value
    // Words that are neither yes nor no are an answer too: null takes a former yes away.
    draft.inStock ??= value === null ? null : readAvailability(value)
  }
}

function weightReader(map: FieldMap, unitMap: FieldMap | undefined, context: CompileContext): OfferReader {
  const measure = compileMeasure('weight', map, unitMap, context)
  return (scope, draft) => {
    const weight = measure(scope)
    if (weight !== undefined) draft.weight = weight
  }
}

const measureParts = /^([+-]?[\d.,\s]*\d)\s*(\p{L}{1,10}|["″'′])?\.?$/u

/** A length or weight; one that cannot be read is noted and left out: no product is lost for its weight. */
export function compileMeasure(
  field: string,
  map: FieldMap,
  unitMap: FieldMap | undefined,
  context: CompileContext,
): (scope: Scope) => Measure | null | undefined {
  const text: Select = compileField(map, context.selectors)
  const unitText: Select = unitMap === undefined ? () => undefined : compileField(unitMap, context.selectors)
  const format = context.formatOf(map)
  return (scope) => {
    const picked = firstOf(text(scope))
    if (picked == null) return picked
    const parts = measureParts.exec(picked)
    const value = parseDecimal(parts?.[1] ?? picked, format)
    if (value === null) {
      context.note('unread_measure', `${field}: "${excerpt(picked)}" is no measure, left out`)
      return undefined
    }
    const unit = parts?.[2] ?? firstOf(unitText(scope))
    return unit == null ? { value } : { value, unit }
  }
}

/** A number that no product is lost for: noted and left out when it cannot be read. */
export function compilePercent(field: string, map: FieldMap, context: CompileContext) {
  const text = compileText(map, context.selectors)
  return (scope: Scope): Decimal | null | undefined => {
    const value = text(scope)
    if (value == null) return value
    const percent = parseDecimal(value.replace(/\s*%$/, ''), 'auto')
    if (percent === null) context.note('unread_number', `${field}: "${excerpt(value)}" is no number, left out`)
    return percent ?? undefined
  }
}
