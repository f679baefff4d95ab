/**
 * What a shop must hold for a product of the neutral model, and what the stand-in holds, side by side. Written from
 * what WooCommerce does with a field (not from the store's code), so that the two can disagree.
 */
import type { Measure, Offer, Product, Variant } from '../../src/core/product/product.js'
import type { ShopProduct, ShopState } from '../support/woocommerce/shop-state.js'

/** Of a product or a variation. */
export interface Shown {
  readonly price: string
  readonly salePrice: string
  /** A count that the shop sells down, or its word. */
  readonly stock: number | 'instock' | 'outofstock'
  readonly gtin: string
  readonly weight: number | null
  /** Slugs, which carry the hash of the bytes; first is featured. */
  readonly images: readonly string[]
}

export interface ShownVariation extends Shown {
  readonly options: readonly (readonly [string, string])[]
  readonly status: string
}

export interface ShownProduct extends Shown {
  readonly type: string
  readonly status: string
  readonly name: string
  readonly description: string
  readonly shortDescription: string
  readonly brands: readonly string[]
  readonly tags: readonly string[]
  readonly categories: readonly string[]
  readonly sizes: readonly (number | null)[]
  /** Name, values, and whether variations differ in it. */
  readonly attributes: readonly (readonly [string, readonly string[], boolean])[]
  /** In their order. */
  readonly variations: readonly ShownVariation[]
}

/**
 * Where each field of the neutral model is looked for, so that a new field is not forgotten here. The shop has no place
 * for those that say `nowhere`.
 */
export const placeOfField: Readonly<
  Record<keyof Product | keyof Variant, keyof ShownVariation | keyof ShownProduct | 'sku' | 'meta' | 'nowhere'>
> = {
  key: 'meta',
  name: 'name',
  sku: 'sku',
  gtin: 'gtin',
  mpn: 'nowhere',
  description: 'description',
  shortDescription: 'shortDescription',
  brand: 'brands',
  categories: 'categories',
  tags: 'tags',
  images: 'images',
  image: 'images',
  currency: 'nowhere',
  taxIncluded: 'nowhere',
  vatRate: 'nowhere',
  weight: 'weight',
  length: 'sizes',
  width: 'sizes',
  height: 'sizes',
  attributes: 'attributes',
  status: 'status',
  url: 'nowhere',
  options: 'attributes',
  variants: 'variations',
  price: 'price',
  salePrice: 'salePrice',
  wholesalePrice: 'nowhere',
  stock: 'stock',
  inStock: 'stock',
  availability: 'nowhere',
}

/** `slugOf`: of the picture that an address answers with. `isFreeGtin`: false when another product came first with it. */
export interface Surroundings {
  slugOf(url: string): string
  takesGtin(gtin: string): boolean
}

export function expectedOf(product: Product, around: Surroundings): ShownProduct {
  const { variants } = product
  const isVariable = variants.length > 0
  const variantsCount = variants.some(({ stock, inStock }) => stock !== undefined || inStock !== undefined)
  return {
    type: isVariable ? 'variable' : 'simple',
    status: product.status ?? 'publish',
    name: product.name,
    description: product.description ?? '',
    shortDescription: product.shortDescription ?? '',
    brands: product.brand == null ? [] : [asTerm(product.brand)],
    tags: sorted(unique((product.tags ?? []).map(asTerm))),
    categories: expectedCategories(product),
    sizes: [product.length, product.width, product.height].map((size) => inUnit(size, centimetres)),
    attributes: expectedAttributes(product),
    variations: variants.map((variant) => expectedVariation(variant, product, around)),
    ...expectedOffer(isVariable ? { ...product, price: null, salePrice: null } : product, around),
    // Where variations count, their parent does not.
    ...(variantsCount ? { stock: variants.some((each) => isInStock(each)) ? 'instock' : 'outofstock' } : {}),
    images: unique((product.images ?? []).map(({ url }) => around.slugOf(url))),
  }
}

function expectedVariation(variant: Variant, product: Product, around: Surroundings): ShownVariation {
  const priced =
    variant.price === undefined ? { ...variant, price: product.price, salePrice: product.salePrice } : variant
  return {
    status: 'publish',
    options: variant.options.map(([name, value]) => [asLine(name), asLine(value)]),
    ...expectedOffer(priced as Variant, around),
    images: variant.image == null ? [] : [around.slugOf(variant.image.url)],
  }
}

function expectedOffer(offer: Offer & Pick<Variant, 'gtin' | 'weight'>, around: Surroundings): Omit<Shown, 'images'> {
  const price = offer.price ?? ''
  const sale = offer.salePrice ?? ''
  const gtin = offer.gtin?.trim() ?? ''
  const isGtin = /^\d(?:[\d-]*\d)?$/.test(gtin) && gtin.length >= 8 && gtin.length <= 18
  return {
    price,
    salePrice: price !== '' && sale !== '' && Number(sale) >= Number(price) ? '' : sale,
    stock: expectedStock(offer),
    gtin: isGtin && around.takesGtin(gtin) ? gtin : '',
    weight: inUnit(offer.weight, kilograms),
  }
}

/** Whole pieces; where the feed's word and its count contradict each other, its word. */
function expectedStock(offer: Offer): Shown['stock'] {
  const word = isInStock(offer) ? 'instock' : 'outofstock'
  if (offer.stock == null) return word
  const count = Math.floor(Number(offer.stock))
  return count > 0 === isInStock(offer) ? count : word
}

function isInStock({ stock, inStock }: Offer): boolean {
  return inStock ?? (stock == null ? true : Math.floor(Number(stock)) > 0)
}

function expectedCategories({ categories = [] }: Product): string[] {
  const paths = categories.map((path) => path.map((name) => name.trim()).filter((name) => name !== ''))
  const shown = unique(paths.filter((path) => path.length > 0).map((path) => path.map(asTerm).join(' > ')))
  return shown.length === 0 ? ['uncategorized'] : sorted(shown)
}

/** Options, then what the product says of itself; the shop keeps one of a name. */
function expectedAttributes({ options, variants, attributes = [] }: Product): ShownProduct['attributes'] {
  const values = (name: string) =>
    unique(variants.flatMap((variant) => variant.options.filter(([each]) => each === name).map(([, value]) => value)))
  const told = new Set(options.map(folded))
  return [
    ...options.map((name) => [asLine(name), values(name).map(asLine), true] as const),
    ...attributes
      .filter(({ name }) => !told.has(folded(name)))
      .map(({ name, values: own }) => [asLine(name), own.map(asLine), false] as const),
  ]
}

const kilograms: Readonly<Record<string, number>> = { kg: 1, g: 0.001, lbs: 0.45359237, oz: 0.028349523125 }
const centimetres: Readonly<Record<string, number>> = { cm: 1, mm: 0.1, m: 100, in: 2.54 }

function inUnit(measure: Measure | null | undefined, factors: Readonly<Record<string, number>>): number | null {
  if (measure == null) return null
  const { value, unit } = measure
  return rounded(Number(value) * (unit === undefined ? 1 : (factors[unit] ?? Number.NaN)))
}

/** What the shop holds, as a person who looks at it would write it down. */
export function shownIn(state: ShopState, product: ShopProduct, variations: readonly ShopProduct[]): ShownProduct {
  const names = (ids: readonly number[]) => ids.map((id) => state.terms.get(id)?.name ?? `no term ${id}`)
  const isVariable = product.type === 'variable'
  const anyInStock = variations.some(({ stockStatus }) => stockStatus === 'instock')
  return {
    type: product.type,
    status: product.status,
    name: product.name,
    description: product.description,
    shortDescription: product.shortDescription,
    brands: names(product.brands).map(asTerm),
    tags: sorted(names(product.tags).map(asTerm)),
    categories: sorted(unique(product.categories.map((id) => pathOf(state, id).map(asTerm).join(' > ')))),
    sizes: [product.dimensions.length, product.dimensions.width, product.dimensions.height].map(numberOf),
    attributes: [...product.attributes]
      .sort((one, other) => one.position - other.position)
      .map(({ name, options, variation }) => [name, options, variation] as const),
    variations: [...variations]
      .sort((one, other) => one.menuOrder - other.menuOrder)
      .map((variation) => ({
        status: variation.status,
        options: variation.options.map(({ name, option }) => [name, option] as const),
        ...offerIn(state, variation),
      })),
    ...offerIn(state, product),
    ...(isVariable && !product.manageStock ? { stock: anyInStock ? 'instock' : 'outofstock' } : {}),
  }
}

function offerIn(state: ShopState, product: ShopProduct): Shown {
  const { manageStock, stockQuantity, stockStatus } = product
  return {
    price: product.regularPrice,
    salePrice: product.salePrice,
    stock: manageStock ? (stockQuantity ?? Number.NaN) : stockStatus === 'instock' ? 'instock' : 'outofstock',
    gtin: product.gtin,
    weight: numberOf(product.weight),
    images: product.images.map((id) => state.attachments.get(id)?.slug ?? `no attachment ${id}`),
  }
}

function pathOf(state: ShopState, id: number): string[] {
  const term = state.terms.get(id)
  return term === undefined ? [] : [...pathOf(state, term.parent), term.name]
}

function numberOf(text: string): number | null {
  return text === '' ? null : rounded(Number(text))
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

/** As WordPress keeps a line of text. */
function asLine(text: string): string {
  return text
    .replace(/<[^>]*>/g, '')
    .replace(/%[0-9a-f]{2}/gi, '')
    .replace(/\s+/g, ' ')
    .trim()
}

/** Terms are one when their names are, in any case: who made it first has spelt it. */
function asTerm(name: string): string {
  return name.trim().toLowerCase()
}

function folded(text: string): string {
  return text.toLowerCase()
}

function sorted(texts: readonly string[]): string[] {
  return [...texts].sort()
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}
