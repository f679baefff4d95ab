/** Which products are taken: by brand, category, price and stock. */
import { add, compare, fromNumber, parseDecimal } from './decimal.js'
import { type Amount, isIn } from './price.js'
import type { Decimal, Offer, Product } from './product.js'

export interface FilterRules {
  /** Any of these brands, any case. */
  readonly brand?: string | readonly string[] | undefined
  /** In any of these categories: the beginning of a path (`Women > Tops`) or the name of one level, any case. */
  readonly category?: string | readonly string[] | undefined
  /** SKUs of products, any case. */
  readonly sku?: string | readonly string[] | undefined
  /** Counted over all variants; a negative count is none. A product without a count is left alone. */
  readonly stock?: { readonly min?: Amount | undefined; readonly max?: Amount | undefined } | undefined
  /** Lowest price of the product or its variants, as the feed has it. One without a price is left alone. */
  readonly price?: { readonly min?: Amount | undefined; readonly max?: Amount | undefined } | undefined
  /** Number of variants. */
  readonly variants?: { readonly min?: number | undefined; readonly max?: number | undefined } | undefined
}

export interface StockRules {
  /**
   * Leaves out what has nothing to sell: no variant (or product) with a count above 0 or said to be in stock. Default
   * `false`; `true` in the presets `js`, `mada` and `aren`. What says nothing about stock is kept.
   */
  readonly skipUnavailable?: boolean | undefined
}

/** Why a product is left out, as a stable word, or null to take it. */
export type Filter = (product: Product) => string | null

/** Reasons: `include_brand`, `exclude_category`, `unavailable` …; numbers that are none throw a `RangeError`. */
export function compileFilter(rules: {
  readonly include?: FilterRules | undefined
  readonly exclude?: FilterRules | undefined
  readonly stock?: StockRules | undefined
}): Filter | null {
  const include = compileRules(rules.include)
  const exclude = compileRules(rules.exclude)
  const skipUnavailable = rules.stock?.skipUnavailable === true
  if (include.length === 0 && exclude.length === 0 && !skipUnavailable) return null
  return (product) => {
    for (const [name, applies] of include) if (applies(product) === false) return `include_${name}`
    for (const [name, applies] of exclude) if (applies(product) === true) return `exclude_${name}`
    return skipUnavailable && isUnavailable(product) ? 'unavailable' : null
  }
}

/** True: applies. False: does not. Null: the product does not say. */
type Test = (product: Product) => boolean | null

function compileRules(rules: FilterRules | undefined): readonly (readonly [name: string, test: Test])[] {
  const tests: [string, Test][] = []
  if (rules?.brand !== undefined) {
    const brands = folded(rules.brand)
    tests.push(['brand', ({ brand }) => brand != null && brands.has(fold(brand))])
  }
  if (rules?.category !== undefined) {
    const categories = list(rules.category)
    tests.push(['category', (product) => categories.some((category) => isIn(product, category))])
  }
  if (rules?.sku !== undefined) {
    const skus = folded(rules.sku)
    tests.push([
      'sku',
      (product) => [product, ...product.variants].some(({ sku }) => sku != null && skus.has(fold(sku))),
    ])
  }
  if (rules?.stock !== undefined) tests.push(['stock', within(rules.stock, totalStock, 'stock')])
  if (rules?.price !== undefined) tests.push(['price', within(rules.price, lowestPrice, 'price')])
  if (rules?.variants !== undefined) {
    const { min = 0, max = Number.POSITIVE_INFINITY } = rules.variants
    tests.push(['variants', ({ variants }) => variants.length >= min && variants.length <= max])
  }
  return tests
}

function within(
  range: { readonly min?: Amount | undefined; readonly max?: Amount | undefined },
  measure: (product: Product) => Decimal | null,
  name: string,
): Test {
  const min = bound(range.min, `${name}.min`)
  const max = bound(range.max, `${name}.max`)
  return (product) => {
    const value = measure(product)
    if (value === null) return null
    return (min === null || compare(value, min) >= 0) && (max === null || compare(value, max) <= 0)
  }
}

function bound(value: Amount | undefined, name: string): Decimal | null {
  if (value === undefined) return null
  const decimal = typeof value === 'number' ? fromNumber(value) : parseDecimal(value, 'point')
  if (decimal === null) throw new RangeError(`${name} is not a number: ${value}`)
  return decimal
}

/** What can be sold of the product: its variants, else itself. */
function offersOf(product: Product): readonly Offer[] {
  return product.variants.length > 0 ? product.variants : [product]
}

function totalStock(product: Product): Decimal | null {
  let total: Decimal | null = null
  for (const { stock } of offersOf(product)) {
    if (stock == null) continue
    total = add(total ?? ('0' as Decimal), stock.startsWith('-') ? ('0' as Decimal) : stock)
  }
  return total
}

function lowestPrice(product: Product): Decimal | null {
  let lowest: Decimal | null = null
  for (const { price } of offersOf(product)) {
    if (price != null && (lowest === null || compare(price, lowest) < 0)) lowest = price
  }
  return lowest
}

function isUnavailable(product: Product): boolean {
  const offers = offersOf(product)
  const silent = offers.every(({ stock, inStock }) => stock == null && inStock == null)
  return !silent && !offers.some(isAvailable)
}

function isAvailable({ stock, inStock }: Offer): boolean {
  if (stock != null) return stock !== '0' && !stock.startsWith('-')
  return inStock === true
}

function folded(names: string | readonly string[]): ReadonlySet<string> {
  return new Set(list(names).map(fold))
}

function list(names: string | readonly string[]): readonly string[] {
  return typeof names === 'string' ? [names] : names
}

function fold(name: string): string {
  return name.trim().normalize('NFC').toLowerCase()
}
