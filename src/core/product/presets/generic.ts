import type { CategoryRule, FieldMap, PairSource, ProductMap } from '../product-map.js'
import { candidatesOf } from './candidates.js'
import { findLikenesses, type Likeness, type Likenesses, type LikenessField, pairHolder } from './likeness.js'
import type { FeedLook, Preset } from './preset.js'

/**
 * Any CSV, JSON or XML feed whose names tell what they mean. The key is the SKU, else the first of code, id, model
 * and URL that a record has.
 */
export const generic: Preset = {
  name: 'generic',
  fits: (look) => {
    const likenesses = findLikenesses(candidatesOf(look))
    const name = likenesses.best('name')
    const key = keys(likenesses)[0] ?? null
    return name === null || key === null ? null : `its names are understood: ${name.path} and ${key} among them`
  },
  map: (look) => genericMap(look),
}

function genericMap(look: FeedLook): ProductMap {
  const candidates = candidatesOf(look)
  const likenesses = findLikenesses(candidates)
  const plain = (field: LikenessField): FieldMap | undefined => likenesses.best(field)?.path
  const map: ProductMap = {
    sku: plain('sku'),
    id: keys(likenesses),
    gtin: plain('gtin'),
    mpn: plain('mpn'),
    name: all(likenesses, 'name'),
    description: plain('description'),
    shortDescription: plain('shortDescription'),
    brand: plain('brand'),
    categories: categories(likenesses),
    tags: tags(likenesses),
    images: images(likenesses),
    ...prices(likenesses),
    stock: plain('stock'),
    inStock: plain('inStock'),
    availability: plain('availability'),
    vatRate: plain('vatRate'),
    ...weight(
      likenesses,
      candidates.map(({ name }) => name),
    ),
    status: status(likenesses),
    url: plain('url'),
    attributes: attributes(likenesses, pairHolder(candidates)),
  }
  return map
}

function keys(likenesses: Likenesses): readonly string[] {
  const fields = ['sku', 'id', 'model', 'url'] as const
  return [...new Set(fields.flatMap((field) => likenesses.all(field).map(({ path }) => path)))]
}

function all(likenesses: Likenesses, field: LikenessField): FieldMap | undefined {
  const paths = likenesses.all(field).map(({ path }) => path)
  return paths.length === 0 ? undefined : { from: paths }
}

/** Columns of the levels of one path, where there are two; else one column whose values may be paths. */
function categories(likenesses: Likenesses): ProductMap['categories'] {
  const best = likenesses.best('categories')
  if (best === null) return undefined
  const sub = likenesses.best('subcategory')
  const department = likenesses.all('categories').find(({ matched }) => matched === 'department')
  if (best.matched === 'aisle' && department !== undefined) return { path: [department.path, best.path] }
  const rule: CategoryRule = { from: best.path, ...levelsOf(best) }
  return sub === null || rule.levels !== undefined ? rule : { path: [best.path, sub.path] }
}

/** What is called a path may be cut at slashes; in a plain category name a slash is only a slash. */
function levelsOf({ matched }: Likeness): Pick<CategoryRule, 'levels'> {
  return /breadcrumb|categorypath|categorytree/.test(matched) ? { levels: '/' } : {}
}

function tags(likenesses: Likenesses): FieldMap | undefined {
  const best = likenesses.best('tags')
  return best === null ? undefined : { from: best.path, split: ['|', ';', ','] }
}

/** Every place that has images, main ones first; thumbnails only when there is nothing else. */
function images(likenesses: Likenesses): FieldMap | undefined {
  const paths = [...likenesses.all('mainImage'), ...likenesses.all('images')].map(({ path }) => path)
  const thumbnails = likenesses.all('thumbnail').map(({ path }) => path)
  const places = [...new Set(paths.length > 0 ? paths : thumbnails)]
  return places.length === 0 ? undefined : { all: places }
}

function prices(likenesses: Likenesses): ProductMap {
  const price = likenesses.best('price')
  const currency = likenesses.best('currency')
  const old = likenesses.all('oldPrice').find(({ path }) => path !== price?.path)
  const stated = currency?.path
  const named = price?.currency
  return {
    price: price?.path,
    salePrice: likenesses.best('salePrice')?.path,
    oldPrice: old?.path,
    wholesalePrice: likenesses.best('wholesalePrice')?.path,
    ...(named === undefined
      ? { currency: stated }
      : { currency: stated === undefined ? { value: named } : { from: stated, default: named } }),
    ...taxOf(price),
  }
}

function taxOf(price: Likeness | null): Pick<ProductMap, 'taxIncluded'> {
  const name = price?.matched ?? ''
  if (/gross|brutto|withvat|pricevat|incl|incvat|ttc$/.test(name)) return { taxIncluded: true }
  return /net|excl|exvat|ht$/.test(name) && !/included/.test(name) ? { taxIncluded: false } : {}
}

/** The unit may stand in the name: `Weight (kg)`, `weight_g`. */
function weight(likenesses: Likenesses, written: readonly string[]): Pick<ProductMap, 'weight' | 'weightUnit'> {
  const best = likenesses.best('weight')
  if (best === null) return {}
  const name = written.find((one) => one === best.path) ?? best.path
  const unit = /[\s_(.-](kg|g|lbs?|oz)\)?$/i.exec(name)?.[1]?.toLowerCase()
  return { weight: best.path, weightUnit: unit === undefined ? undefined : { value: unit } }
}

function status(likenesses: Likenesses): FieldMap | undefined {
  const best = likenesses.best('status')
  return best === null ? undefined : { from: best.path, lookup: { '0': 'draft' } }
}

const attributeFields = [
  ['Color', 'color'],
  ['Size', 'size'],
  ['Material', 'material'],
  ['Gender', 'gender'],
] as const

function attributes(likenesses: Likenesses, holder: string | null): readonly PairSource[] | undefined {
  const named: Record<string, FieldMap> = {}
  for (const [name, field] of attributeFields) {
    const best = likenesses.best(field)
    if (best !== null) named[name] = best.path
  }
  const sources: PairSource[] = []
  if (holder !== null) sources.push({ entries: holder })
  if (Object.keys(named).length > 0) sources.push({ named })
  return sources.length === 0 ? undefined : sources
}
