/**
 * What a mapping says, as plain data: which parts of a record become which field of a product. Presets
 * and the `map` of a config are written in these words.
 *
 * A *path* selects text: in CSV a column name; in XML `images/image/url`, `@id`, `category/@name`, `.`, `../COLOR`,
 * `attrs/a[@name=EAN]`, `g:id`; in JSON `a/b/c`. See `selector.ts`.
 */
import type { DecimalFormat } from './decimal.js'

/** Takes text from a record, in this order of steps. Every step after the first sees each value by itself. */
export interface FieldRule {
  /** Paths: the first that has a value is taken. */
  readonly from?: string | readonly string[] | undefined
  /** Paths or rules whose values are all taken, in order. */
  readonly all?: readonly (string | FieldRule)[] | undefined
  /** A constant. */
  readonly value?: string | undefined
  /** Splits into several values. A backslash before the separator keeps it: `Red\, dark`. */
  readonly split?: string | readonly string[] | undefined
  /** `true`: the first value only. Text: the part of each value before it. */
  readonly first?: boolean | string | undefined
  /** A regular expression: its first group (or all it matches) is kept; a value without a match is dropped. */
  readonly match?: string | undefined
  /** A regular expression and what every match becomes (`$1` is its first group). */
  readonly replace?: readonly [pattern: string, replacement: string] | undefined
  /** Other words for known values; unknown ones stay as they are. */
  readonly lookup?: Readonly<Record<string, string>> | undefined
  /** Each value becomes what a table of the preset has for it; one it does not have is dropped. */
  readonly table?: string | undefined
  /** Each number is multiplied by this: `0.01` for prices in cents. */
  readonly times?: string | undefined
  /** How a date is written: `DD.MM.YYYY`, `YYYYMMDD`; becomes `2026-01-31`. What is no such date is dropped. */
  readonly date?: string | undefined
  /** How numbers are written. Default `auto`. */
  readonly number?: DecimalFormat | undefined
  /** Adds all values up. A value that is no number makes the record a reject. */
  readonly sum?: boolean | undefined
  /** Joins all values into one. */
  readonly join?: string | undefined
  /** Taken when the record has no value here. */
  readonly default?: string | undefined
}

/** A path, a rule, or several of them: the first that has a value is taken. */
export type FieldMap = string | FieldRule | readonly (string | FieldRule)[]

export interface CategoryRule extends FieldRule {
  /**
   * Between the levels of one path. Default: `>` with a space on either side; '' = the value is one level. A slash
   * cuts only where no space surrounds it.
   */
  readonly levels?: string | undefined
  /** One path whose levels come from several fields, root first. Instead of `from`. */
  readonly path?: readonly FieldMap[] | undefined
  /** The values are ids of the category tree beside the records (YML). */
  readonly tree?: boolean | undefined
}

interface PairRule {
  /** Names (any case) that are left out. */
  readonly except?: readonly string[] | undefined
  /** Only these names (any case), as the record of the product lists them. */
  readonly only?: FieldMap | undefined
  /** As options: only those in which the variants of a product differ. */
  readonly varying?: boolean | undefined
}

/** Where names and values of attributes or options come from. */
export type PairSource =
  /** One element or object per pair, with the paths of name and value inside it. */
  | ({ readonly each: string | readonly string[]; readonly name: FieldMap; readonly value: FieldMap } & PairRule)
  /** Every child element, key or column of this one is a pair; `.` is the record itself. */
  | ({ readonly entries: string } & PairRule)
  /** One text holds them all: `color=Red,size=M`. A piece without the sign goes on with the value before it. */
  | ({
      readonly text: FieldMap
      /** Between two pairs: `,`. */
      readonly between: string
      /** Between a name and its value: `=`. */
      readonly sign: string
      /** Between several values of one name: `|`. */
      readonly values?: string | undefined
    } & PairRule)
  /**
   * Name and value stand in two fields: `Option1 Name`, `Option1 Value`. Where the name is a rule that splits, both are
   * lists of the same length: `Color|Size`, `Red|M`.
   */
  | {
      readonly name: FieldMap
      readonly value: FieldMap
      /** Values that mean there is none: `Default Title`. */
      readonly ignore?: readonly string[] | undefined
      readonly varying?: boolean | undefined
    }
  /** Names said here. */
  | { readonly named: Readonly<Record<string, FieldMap>>; readonly varying?: boolean | undefined }

export type PairMap = Readonly<Record<string, FieldMap>> | readonly PairSource[]

/** Fields that a product and its variants share. */
export interface OfferMap {
  readonly sku?: FieldMap | undefined
  readonly gtin?: FieldMap | undefined
  readonly mpn?: FieldMap | undefined
  /** Price as the feed has it, before price rules. `32.0 USD` also gives the currency. */
  readonly price?: FieldMap | undefined
  readonly salePrice?: FieldMap | undefined
  /** Former price: where it is above `price`, it becomes the price, and `price` the sale price. */
  readonly oldPrice?: FieldMap | undefined
  /** What the wholesaler asks, where the feed has that beside `price`; margins then start from it. */
  readonly wholesalePrice?: FieldMap | undefined
  /** A count; words such as `in stock` are taken as availability. */
  readonly stock?: FieldMap | undefined
  /** A count that means there is no limit: in stock, without a count. */
  readonly stockUnlimited?: string | undefined
  /** Yes or no in any known wording. */
  readonly inStock?: FieldMap | undefined
  readonly availability?: FieldMap | undefined
  readonly weight?: FieldMap | undefined
  readonly weightUnit?: FieldMap | undefined
}

export interface VariantMap extends OfferMap {
  /** Path of the elements or objects below a record that are its variants; paths in here start from them. */
  readonly each?: string | undefined
  /** Grouped rows: a row is a variant when this has a value. Default: every row. */
  readonly when?: FieldMap | undefined
  /** Default: SKU, else the values of the options. */
  readonly key?: FieldMap | undefined
  /** The feed's own id, by which a second file names it where it does not give its key. */
  readonly id?: FieldMap | undefined
  /** Added to the product's price, which the variant has otherwise (PrestaShop's impact). */
  readonly priceDelta?: FieldMap | undefined
  readonly options?: PairMap | undefined
  readonly image?: FieldMap | undefined
  /** The SKU is made of the product's and these, as slugs, joined by `-`. */
  readonly skuParts?: readonly FieldMap[] | undefined
  /** The whole SKU that is made becomes a slug, the product's part too. */
  readonly skuSlug?: boolean | undefined
}

/** Records that share this value are one product. */
export interface GroupMap {
  readonly key: FieldMap
  /** Name of the product, where the names of the records tell its variants. */
  readonly name?: FieldMap | undefined
}

export interface ProductMap extends OfferMap {
  /** Identity. Default: SKU (any case), else `id`. */
  readonly key?: FieldMap | undefined
  /** The feed's own id: the key of products without SKU. */
  readonly id?: FieldMap | undefined
  readonly name?: FieldMap | undefined
  readonly description?: FieldMap | undefined
  readonly shortDescription?: FieldMap | undefined
  readonly brand?: FieldMap | undefined
  readonly categories?: FieldMap | CategoryRule | readonly (string | FieldRule | CategoryRule)[] | undefined
  readonly tags?: FieldMap | undefined
  /** Lists in one field are split where the next URL begins, or as `split` says. */
  readonly images?: FieldMap | undefined
  /** Alternative text of the record's first image. */
  readonly imageAlt?: FieldMap | undefined
  /** URL or folder that image names are relative to; a rule where the feed itself tells. */
  readonly imageBase?: string | FieldRule | undefined
  readonly currency?: FieldMap | undefined
  /** `true` or `yes`: prices are gross. */
  readonly taxIncluded?: FieldMap | boolean | undefined
  readonly vatRate?: FieldMap | undefined
  readonly length?: FieldMap | undefined
  readonly width?: FieldMap | undefined
  readonly height?: FieldMap | undefined
  readonly sizeUnit?: FieldMap | undefined
  readonly attributes?: PairMap | undefined
  /** `publish`, `draft`, `private`, or words for them. */
  readonly status?: FieldMap | undefined
  readonly url?: FieldMap | undefined

  /** Variants are records that share a value: Google's `item_group_id`. */
  readonly group?: FieldMap | GroupMap | undefined
  /** Variants and images are further records with the same value here, or with none (Shopify's `Handle`). */
  readonly continues?: FieldMap | undefined
  /** Variants name the SKU of another record, or `id:` and its id (WooCommerce's `Parent`). */
  readonly parent?: FieldMap | undefined
  /** SKUs of the records that are variants of this one, before it or behind (Magento's `configurable_variations`). */
  readonly children?: FieldMap | undefined
  /** Records that have a value here are left out: texts of other languages, blog posts. */
  readonly unless?: FieldMap | undefined
  readonly variants?: VariantMap | undefined
}

/** What a second file adds to the products of a feed. */
export interface JoinMap {
  /** In the second file: the product that a record belongs to. */
  readonly key?: FieldMap | undefined
  /** In the feed: what equals that. Default: the key of the product, in any case. */
  readonly to?: FieldMap | undefined
  /**
   * What a record of the second file says of its product: fields take the place of the feed's. With `variants`, each is
   * one more variant; with `variants.each`, what is nested in it are variants of the feed, by `key` or `id`.
   */
  readonly map?: ProductMap | undefined
}

/** Names of all fields of `T`; the compiler refuses a list that lacks one or has one too many. */
type FieldNames<T> = Readonly<Record<keyof T, true>>

const ruleFields: FieldNames<FieldRule> = {
  from: true,
  all: true,
  value: true,
  split: true,
  first: true,
  match: true,
  replace: true,
  lookup: true,
  table: true,
  times: true,
  date: true,
  number: true,
  sum: true,
  join: true,
  default: true,
}

const offerFields: FieldNames<OfferMap> = {
  sku: true,
  gtin: true,
  mpn: true,
  price: true,
  salePrice: true,
  oldPrice: true,
  wholesalePrice: true,
  stock: true,
  stockUnlimited: true,
  inStock: true,
  availability: true,
  weight: true,
  weightUnit: true,
}

const variantFields: FieldNames<VariantMap> = {
  ...offerFields,
  each: true,
  when: true,
  key: true,
  id: true,
  priceDelta: true,
  options: true,
  image: true,
  skuParts: true,
  skuSlug: true,
}

const productFields: FieldNames<ProductMap> = {
  ...offerFields,
  key: true,
  id: true,
  name: true,
  description: true,
  shortDescription: true,
  brand: true,
  categories: true,
  tags: true,
  images: true,
  imageAlt: true,
  imageBase: true,
  currency: true,
  taxIncluded: true,
  vatRate: true,
  length: true,
  width: true,
  height: true,
  sizeUnit: true,
  attributes: true,
  status: true,
  url: true,
  group: true,
  continues: true,
  parent: true,
  children: true,
  unless: true,
  variants: true,
}

const categoryFields: FieldNames<CategoryRule> = { ...ruleFields, levels: true, path: true, tree: true }

/** Fields whose value is not a `FieldMap` and is looked into elsewhere. */
const otherShapes = new Set([
  'variants',
  'attributes',
  'options',
  'skuParts',
  'skuSlug',
  'imageBase',
  'stockUnlimited',
  'group',
  'each',
])

/** A field of a `map` that nobody reads, and the nearest one that somebody does. */
export interface UnknownField {
  /** `map.variants.optoins`. */
  readonly path: string
  readonly nearest: string | null
}

/**
 * Finds misspelt fields in the `map` of a config: product fields, variant fields and the steps of rules.
 * Never throws; what is no object has no unknown fields.
 */
export function unknownFields(map: unknown, path = 'map'): readonly UnknownField[] {
  if (!isObject(map)) return []
  return [
    ...strangers(map, productFields, path),
    ...rulesOf(map, path),
    ...(isObject(map.variants) ? variantStrangers(map.variants, `${path}.variants`) : []),
  ]
}

function variantStrangers(variants: Record<string, unknown>, path: string): readonly UnknownField[] {
  return [...strangers(variants, variantFields, path), ...rulesOf(variants, path)]
}

function rulesOf(map: Record<string, unknown>, path: string): readonly UnknownField[] {
  return Object.entries(map).flatMap(([field, value]) => {
    if (otherShapes.has(field)) return []
    const known = field === 'categories' ? categoryFields : ruleFields
    if (Array.isArray(value)) {
      return value.flatMap((rule, index) => (isObject(rule) ? strangers(rule, known, `${path}.${field}.${index}`) : []))
    }
    return isObject(value) ? strangers(value, known, `${path}.${field}`) : []
  })
}

function strangers(map: object, known: Readonly<Record<string, true>>, path: string): readonly UnknownField[] {
  return Object.keys(map)
    .filter((field) => !Object.hasOwn(known, field))
    .map((field) => ({ path: `${path}.${field}`, nearest: nearest(field, Object.keys(known)) }))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** More changed letters than this are another word, not a slip. */
const slipLettersMax = 3

/** The most similar name, or null when none is near. Case does not count. */
export function nearest(name: string, names: readonly string[]): string | null {
  let best: string | null = null
  let bestDistance = slipLettersMax + 1
  for (const candidate of names) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance && distance < Math.max(name.length, candidate.length)) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const change = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(change, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
