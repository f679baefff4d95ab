/**
 * Guards: what keeps a feed that lost much, or means something else than before, from being imported.
 *
 * In: figures of the feed that was just read, and those of the last complete one. Out: nothing, or a `guard` error
 * that names what changed and how to say that it is right. Nothing was made visible when it is thrown.
 */
import { WholesalerError } from './errors.js'
import type { ChangedOffers, FeedFigures, FeedSummary, LastComplete } from './ledger/ledger.js'
import { compare, fromNumber, multiply } from './product/decimal.js'
import type { Decimal, Product } from './product/product.js'
import type { ReadField } from './product/read-fields.js'
import { csvSelectors } from './product/select-csv.js'
import type { Guards, Wholesaler } from './wholesaler.js'

/** Fewer records than this share of the last complete feed: the feed is taken for a broken one. */
const shrinkShareMin = 0.5

/** So few products may always lose their image, run out of stock or change their price: small feeds change in leaps. */
const productsFloor = 5

/** A path that so many records filled belongs to the feed; what comes and goes was never promised. */
const promisedShare = 0.9
/** Fewer numbers than this where there were numbers before: it is another kind of column. */
const kindShareMin = 0.5

/** Changed products whose prices are compared: what is true of them is true of all, and they are read at once. */
export const priceSampleMax = 500

export interface GuardedFeed {
  readonly summary: FeedSummary
  readonly figures: FeedFigures
  /** Called only when the prices are to be looked at. */
  readonly changedOffers: (sampleMax: number) => Promise<ChangedOffers>
}

/** Throws `guard` when the feed is not to be trusted against the last complete one of its wholesaler. */
export async function checkGuards(wholesaler: Wholesaler, last: LastComplete | null, feed: GuardedFeed): Promise<void> {
  if (last === null) return
  checkRecords(wholesaler, last, feed.summary)
  // Another mapping makes other products: that is what it was changed for.
  if (last.figures === null || last.figures.mapping !== feed.figures.mapping) return
  checkFields(wholesaler, last.figures.fields, feed)
  if (feed.summary.complete) checkLosses(wholesaler, last, last.figures, feed)
  await checkPrices(wholesaler, feed)
}

function checkRecords({ name }: Wholesaler, last: LastComplete, { records, source }: FeedSummary): void {
  if (records >= last.records * shrinkShareMin) return
  throw tripped(
    `the feed of ${name} shrank from ${last.records} to ${records} records`,
    'If that is right, run again with --allow-shrink.',
    source,
  )
}

/** Fields whose values are numbers whatever the feed, and those that are addresses. */
const numberFields = new Set(['price', 'salePrice', 'oldPrice', 'wholesalePrice', 'stock', 'vatRate', 'weight'])
const urlFields = new Set(['images', 'image'])

function checkFields(wholesaler: Wholesaler, before: readonly ReadField[], { figures, summary }: GuardedFeed): void {
  if (!wholesaler.guards.fields) return
  const now = new Map(figures.fields.map((field) => [`${field.field} ${field.path}`, field]))
  for (const was of before) {
    const change = changeOf(was, now.get(`${was.field} ${was.path}`), figures.columns)
    if (change === null) continue
    throw tripped(
      `"${was.path}", which ${was.field} of ${wholesaler.name} is read from, ${change}`,
      allowHint(wholesaler, 'fields', 'false'),
      summary.source,
    )
  }
}

/** What became of a path that the feed used to fill, for people. */
function changeOf(was: ReadField, is: ReadField | undefined, columns: readonly string[] | null): string | null {
  if (columns !== null && was.present && was.filled > 0 && !csvSelectors(columns).has(was.path)) {
    return 'is not in the feed any more'
  }
  if (was.filled < promisedShare) return null
  if (is === undefined) return columns === null ? 'is not in the feed any more' : null
  if (is.filled === 0) return `is empty, where ${percent(was.filled)} of the records had it`
  const name = was.field.replace(/^variants\./, '')
  if (numberFields.has(name) && was.numbers >= promisedShare && is.numbers < kindShareMin)
    return 'is no number any more'
  if (urlFields.has(name) && was.urls >= promisedShare && is.urls < kindShareMin) return 'is no address any more'
  return null
}

function checkLosses(
  wholesaler: Wholesaler,
  last: LastComplete,
  before: FeedFigures,
  { summary, figures }: GuardedFeed,
): void {
  const { guards, name } = wholesaler
  // Products that left took their images and stock with them.
  const left = last.products === 0 ? 1 : Math.min(1, summary.products / last.products)
  const losses = [
    ['products', last.products, summary.products, 'products that can be used'],
    ['images', Math.round(before.withImage * left), figures.withImage, 'products with an image'],
    ['stock', Math.round(before.inStock * left), figures.inStock, 'products in stock'],
  ] as const
  for (const [guard, was, is, what] of losses) {
    const lost = was - is
    if (lost <= productsFloor || lost * 100 <= was * guards[guard]) continue
    throw tripped(
      `the feed of ${name} has ${is} ${what} after ${was}: ${percent(lost / was)} are lost, more than the ${guards[guard]} % allowed`,
      allowHint(wholesaler, guard, String(Math.ceil((lost / was) * 100))),
      summary.source,
    )
  }
}

async function checkPrices(wholesaler: Wholesaler, { summary, changedOffers }: GuardedFeed): Promise<void> {
  const { guards, name } = wholesaler
  const { total, sample } = await changedOffers(priceSampleMax)
  if (sample.length === 0 || summary.products === 0) return
  const movedInSample = sample.filter(([before, after]) => moved(before, after, guards)).length
  const count = Math.round((movedInSample / sample.length) * total)
  const share = count / summary.products
  if (count <= productsFloor || share * 100 <= guards.prices) return
  throw tripped(
    `prices of ${count} products of ${name} moved by more than ${guards.priceChange} %: ${percent(share)} of all, more than the ${guards.prices} % allowed`,
    allowHint(wholesaler, 'prices', String(Math.ceil(share * 100))),
    summary.source,
  )
}

function moved(before: Product, after: Product, { priceChange }: Guards): boolean {
  const [was, is] = [priceOf(before), priceOf(after)]
  if (was === null || is === null) return was !== is
  const hundred = '100' as Decimal
  const above = multiply(was, fromNumber(100 + priceChange) ?? hundred)
  const below = multiply(was, fromNumber(Math.max(0, 100 - priceChange)) ?? hundred)
  const scaled = multiply(is, hundred)
  return compare(scaled, above) > 0 || compare(scaled, below) < 0
}

/** Null when it has none: a price that went is a price that moved. */
function priceOf({ price, variants }: Product): Decimal | null {
  return price ?? variants.find((variant) => variant.price != null)?.price ?? null
}

function tripped(message: string, hint: string, source: string): WholesalerError {
  return new WholesalerError({
    kind: 'guard',
    message: `${message}; nothing was imported`,
    hint,
    place: { file: source },
  })
}

function allowHint({ name }: Wholesaler, guard: string, value: string): string {
  return `If that is right, run again with --allow-shrink; wholesalers.${name}.guards.${guard}: ${value} allows it for good.`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
