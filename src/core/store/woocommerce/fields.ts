/**
 * What is sent to the shop for a product or a variation: pure. The shop checks nothing in a batch (a decimal
 * comma becomes a thousand, an unknown status a draft), so nothing goes out that it would take for something else.
 * What a feed does not mention is left out and stays; what it says is blank goes out empty.
 */
import { compare } from '../../product/decimal.js'
import type { Decimal, Measure, Offer, Product, Variant } from '../../product/product.js'
import { measureIn } from '../measure.js'
import type { Retired, ShopStock } from './mark.js'
import type { ShopEntry } from './shop-entry.js'

export type Fields = Readonly<Record<string, unknown>>

export interface ShopUnits {
  readonly weight: string
  readonly size: string
}

/** Ids of terms by what the feed calls them. */
export interface ProductTerms {
  readonly categories?: readonly number[]
  readonly tags?: readonly number[]
  readonly brands?: readonly number[]
  /** Global attributes by name; those that are missing are the product's own. */
  readonly attributes: ReadonlyMap<string, number>
}

/** Price, stock and what the missing policy had replaced: all that changes every night. */
export function offerFields(offer: Offer, stored: ShopEntry | null): Fields {
  return { ...priceFields(offer), ...stockFields(offer, stored?.stock ?? null, stored?.mark.retired ?? null) }
}

/**
 * The offer of a product itself. A variable one has no price, its variations have; and it counts no pieces when they
 * do: the shop would take it for sold out when its own count is.
 */
export function productOfferFields(product: Product, stored: ShopEntry | null): Fields {
  const { variants, stock, inStock } = product
  if (variants.length === 0) return offerFields(product, stored)
  const isCounted = variants.some((variant) => variant.stock !== undefined || variant.inStock !== undefined)
  return offerFields(
    isCounted ? {} : { ...(stock === undefined ? {} : { stock }), ...(inStock === undefined ? {} : { inStock }) },
    stored,
  )
}

/** All of a product but its SKU and its meta. */
export function productFields(
  product: Product,
  stored: ShopEntry | null,
  terms: ProductTerms,
  units: ShopUnits,
): Fields {
  const isVariable = product.variants.length > 0
  return {
    name: product.name,
    ...typeFields(isVariable, stored),
    ...statusFields(product, stored),
    ...textField('description', product.description),
    ...textField('short_description', product.shortDescription),
    ...gtinField(product.gtin),
    ...productOfferFields(product, stored),
    ...measureFields(product, units),
    ...sizeFields(product, units),
    ...termFields('categories', terms.categories),
    ...termFields('tags', terms.tags),
    ...termFields('brands', terms.brands),
    ...attributeFields(product, stored, terms.attributes),
  }
}

/** All of a variation but its SKU and its meta. Without a price of its own it has the product's. */
export function variationFields(
  variant: Variant,
  product: Product,
  position: number,
  stored: ShopEntry | null,
  attributes: ReadonlyMap<string, number>,
  units: ShopUnits,
): Fields {
  const priced = variant.price === undefined ? { ...variant, ...pricesOf(product) } : variant
  return {
    // One that its owner has switched off by hand stays so.
    ...(stored === null || stored.mark.retired?.status !== undefined ? { status: 'publish' } : {}),
    // The first is 1: the shop takes 0 for no order.
    menu_order: position + 1,
    ...gtinField(variant.gtin),
    ...offerFields(priced, stored),
    ...measureFields(variant, units),
    attributes: variant.options.map(([name, option]) => ({ ...attributeName(name, attributes), option })),
  }
}

function pricesOf({ price, salePrice }: Product): Pick<Offer, 'price' | 'salePrice'> {
  return {
    ...(price === undefined ? {} : { price }),
    ...(salePrice === undefined ? {} : { salePrice }),
  }
}

function priceFields({ price, salePrice }: Offer): Fields {
  const isNoSale = price != null && salePrice != null && compare(salePrice, price) >= 0
  return {
    ...textField('regular_price', price),
    ...textField('sale_price', isNoSale ? null : salePrice),
  }
}

/**
 * A count is managed by the shop, which sells it down. Where the feed's word contradicts its count (5 pieces that
 * cannot be had, none that can), the word counts, and the shop does not count.
 */
function stockFields({ stock, inStock }: Offer, stored: ShopStock | null, retired: Retired | null): Fields {
  const before = retired?.stock ?? stored
  if (stock === undefined && inStock == null) return retired?.stock === undefined ? {} : stockJson(retired.stock)
  const count = stock === undefined ? managedCount(before) : stock === null ? null : wholePieces(stock)
  const word = inStock ?? (count === null ? true : count > 0)
  if (count === null || count > 0 !== word) {
    return { manage_stock: false, stock_status: word ? 'instock' : 'outofstock' }
  }
  return { manage_stock: true, stock_quantity: count }
}

export function stockJson({ manage, quantity, status }: ShopStock): Fields {
  return manage ? { manage_stock: true, stock_quantity: quantity ?? 0 } : { manage_stock: false, stock_status: status }
}

function managedCount(stock: ShopStock | null): number | null {
  return stock?.manage === true ? stock.quantity : null
}

/** The shop counts whole pieces: a fraction of one cannot be sold. */
function wholePieces(stock: Decimal): number {
  const count = Math.floor(Number(stock))
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, count))
}

function typeFields(isVariable: boolean, stored: ShopEntry | null): Fields {
  const type = isVariable ? 'variable' : 'simple'
  // Grouped and external products were made by hand: what they are is not the feed's to say.
  if (stored !== null && (stored.type === type || (!isVariable && stored.type !== 'variable'))) return {}
  return { type }
}

function statusFields({ status }: Product, stored: ShopEntry | null): Fields {
  if (status !== undefined) return { status }
  const before = stored?.mark.retired?.status
  if (before !== undefined) return { status: before }
  return stored === null || stored.status === 'trash' ? { status: 'publish' } : {}
}

/** Digits only: the shop strips all else without a word, and would keep another number. */
function gtinField(gtin: string | null | undefined): Fields {
  if (gtin === undefined) return {}
  if (gtin === null) return { global_unique_id: '' }
  const digits = gtin.trim()
  return /^\d[\d-]{6,16}\d$/.test(digits) ? { global_unique_id: digits } : {}
}

function measureFields({ weight }: { readonly weight?: Measure | null }, units: ShopUnits): Fields {
  const value = weight == null ? weight : measureIn(units.weight, weight, 'weight')
  return textField('weight', value)
}

function sizeFields(product: Product, units: ShopUnits): Fields {
  const sizes: Record<string, string> = {}
  for (const name of ['length', 'width', 'height'] as const) {
    const measure = product[name]
    if (measure !== undefined) sizes[name] = measure === null ? '' : (measureIn(units.size, measure, 'size') ?? '')
  }
  return Object.keys(sizes).length === 0 ? {} : { dimensions: sizes }
}

function termFields(name: string, ids: readonly number[] | undefined): Fields {
  return ids === undefined ? {} : { [name]: ids.map((id) => ({ id })) }
}

/** The list is one in the shop: options that tell variations apart, then attributes. What is kept is sent again. */
function attributeFields(product: Product, stored: ShopEntry | null, ids: ReadonlyMap<string, number>): Fields {
  const { attributes, options, variants } = product
  const wasVariable = stored?.attributes.some(({ variation }) => variation) === true
  if (attributes === undefined && variants.length === 0 && !wasVariable) return {}
  const optionFields = options.map((name) => ({
    ...attributeName(name, ids),
    visible: true,
    variation: true,
    options: optionValues(name, variants),
  }))
  const own =
    attributes?.map(({ name, values }) => ({
      ...attributeName(name, ids),
      visible: true,
      variation: false,
      options: values,
    })) ??
    (stored?.attributes ?? [])
      .filter(({ variation }) => !variation)
      .map(({ id, ...rest }) => (id === 0 ? rest : { ...rest, id }))
  const taken = new Set(options.map((name) => name.toLowerCase()))
  const others = own.filter((attribute) => !('name' in attribute) || !taken.has(String(attribute.name).toLowerCase()))
  return { attributes: [...optionFields, ...others].map((attribute, position) => ({ ...attribute, position })) }
}

function attributeName(
  name: string,
  ids: ReadonlyMap<string, number>,
): { readonly id: number } | { readonly name: string } {
  const id = ids.get(name)
  return id === undefined ? { name } : { id }
}

function optionValues(name: string, variants: readonly Variant[]): string[] {
  return [
    ...new Set(variants.flatMap(({ options }) => options.filter(([each]) => each === name).map(([, value]) => value))),
  ]
}

function textField(name: string, value: string | null | undefined): Fields {
  return value === undefined ? {} : { [name]: value ?? '' }
}
