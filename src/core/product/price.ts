/** Price rules: from what the wholesaler asks to what the shop asks. */
import { fromNumber, parseDecimal, repricing } from './decimal.js'
import type { Decimal, Product } from './product.js'

/** A number, or the same as text: `30`, `'12.5'`. */
export type Amount = number | string

export interface PriceRules {
  /** Percent put on the wholesale price; may be negative. Default 0. */
  readonly margin?: Amount | undefined
  /** Multiplies every price, for feeds in another currency; the product is then in the store's. */
  readonly rate?: Amount | undefined
  /** Step that changed prices are rounded to, half up. Default 0.01. */
  readonly round?: Amount | undefined
  /** Other margins, in percent. A brand comes before a category, a longer category path before a shorter. */
  readonly except?:
    | {
        /** By brand, any case. */
        readonly brand?: Readonly<Record<string, Amount>> | undefined
        /** By the beginning of a path (`Women > Tops`) or the name of one level, any case. */
        readonly category?: Readonly<Record<string, Amount>> | undefined
      }
    | undefined
}

/** Puts the rules of a config over those of a preset; exceptions are merged name by name. */
export function mergePriceRules(
  preset: PriceRules | undefined,
  config: PriceRules | undefined,
): PriceRules | undefined {
  if (preset === undefined || config === undefined) return config ?? preset
  const brand = { ...preset.except?.brand, ...config.except?.brand }
  const category = { ...preset.except?.category, ...config.except?.category }
  return { ...preset, ...config, except: { brand, category } }
}

/** Two decimals: the smallest coin of nearly every currency. */
const stepDefault = '0.01'

/**
 * Applies the rules to product and variants, in place: the product must be nobody else's yet. `wholesalePrice` keeps
 * what the feed says. A margin starts from it; where no margin is said, the feed's price is the start.
 */
export type Pricing = (product: PricedProduct) => void

type Priced = { -readonly [F in 'price' | 'salePrice' | 'wholesalePrice']?: Product[F] }

export type PricedProduct = Priced &
  Pick<Product, 'brand' | 'categories'> & { currency?: string; readonly variants: readonly Priced[] }

/** Makes rules ready. Null when they change nothing. Amounts that are no numbers throw a `RangeError`. */
export function compilePriceRules(rules: PriceRules | undefined): Pricing | null {
  if (rules === undefined) return null
  const rate = amount(rules.rate, 'rate')
  const margin = amount(rules.margin, 'margin')
  const step = amount(rules.round ?? stepDefault, 'round')
  if (step === null || step === zero || step.startsWith('-')) throw new RangeError('price.round must be above 0')
  const brands = amounts(rules.except?.brand, 'brand')
  const categories = amounts(rules.except?.category, 'category').sort(([a], [b]) => b.length - a.length)
  const byBrand = new Map(brands)
  const changesAll = rate !== null || rules.round !== undefined
  const margins = [margin, ...brands.map(([, percent]) => percent), ...categories.map(([, percent]) => percent)]
  if (!changesAll && margins.every((percent) => percent === null || percent === zero)) return null

  const marginOf = (product: PricedProduct): Decimal | null => {
    const brand = product.brand == null ? undefined : byBrand.get(product.brand.trim().toLowerCase())
    return brand ?? categories.find(([category]) => isIn(product, category))?.[1] ?? margin
  }
  const repricings = new Map<Decimal | null, (price: Decimal) => Decimal>()
  const repricingFor = (percent: Decimal | null): ((price: Decimal) => Decimal) => {
    if (!changesAll && (percent === null || percent === zero)) return (price) => price
    const known = repricings.get(percent) ?? repricing(rate ?? one, percent ?? zero, step)
    repricings.set(percent, known)
    return known
  }
  return (product) => {
    const percent = marginOf(product)
    const retail = repricingFor(percent)
    if (rate !== null) delete product.currency
    reprice(product, retail, percent !== null)
    for (const variant of product.variants) reprice(variant, retail, percent !== null)
  }
}

const zero = '0' as Decimal
const one = '1' as Decimal

function reprice(offer: Priced, retail: (price: Decimal) => Decimal, fromWholesale: boolean): void {
  const base = fromWholesale ? (offer.wholesalePrice ?? offer.price) : offer.price
  if (base != null) offer.price = retail(base)
  if (offer.salePrice != null) offer.salePrice = retail(offer.salePrice)
}

/** Whether one of the product's category paths begins with `category` or has a level of that name. */
export function isIn({ categories }: Pick<Product, 'categories'>, category: string): boolean {
  const wanted = foldPath(category.split('>'))
  return (categories ?? []).some((path) => {
    const levels = foldPath(path)
    if (levels.length >= wanted.length && wanted.every((level, index) => levels[index] === level)) return true
    return wanted.length === 1 ? levels.includes(wanted[0] ?? '') : levels.includes(foldPath([category])[0] ?? '')
  })
}

function foldPath(levels: readonly string[]): readonly string[] {
  return levels.map((level) => level.trim().normalize('NFC').toLowerCase())
}

function amounts(by: Readonly<Record<string, Amount>> | undefined, what: string): [string, Decimal][] {
  return Object.entries(by ?? {}).map(([name, percent]) => [
    name.trim().toLowerCase(),
    amount(percent, `except.${what}.${name}`) ?? zero,
  ])
}

function amount(value: Amount | undefined, name: string): Decimal | null {
  if (value === undefined) return null
  const decimal = typeof value === 'number' ? fromNumber(value) : parseDecimal(value, 'point')
  if (decimal === null) throw new RangeError(`price.${name} is not a number: ${value}`)
  return decimal
}
