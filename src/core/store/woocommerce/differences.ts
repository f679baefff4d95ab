/**
 * What the shop would change of products that it has: what would be sent, beside what is there. Reads, and writes
 * nothing, terms included: categories, tags and brands are compared by name.
 */
import { leaveToShop } from '../../product/field-owners.js'
import type { Product } from '../../product/product.js'
import { changesBetween, type FieldChange, type FieldTexts, variantChanges } from '../field-change.js'
import type { ComparedProduct } from '../store.js'
import { type Fields, productFields, type ShopUnits, variationFields } from './fields.js'
import type { LookUp, ShownEntry } from './look-up.js'
import { matchVariations } from './plan-batch.js'
import { decodeEntities, foldShopSku, shopSku } from './shop-entry.js'

export interface DifferencePorts {
  readonly lookUp: LookUp
  readonly units: ShopUnits
}

export async function differences(
  compared: readonly ComparedProduct[],
  { lookUp, units }: DifferencePorts,
): Promise<readonly (readonly FieldChange[] | null)[]> {
  const shown = await lookUp.shownByIds(compared.map(({ storeId }) => Number(storeId)))
  const byId = new Map(shown.filter(({ entry }) => entry.status !== 'trash').map((each) => [each.entry.id, each]))
  return await Promise.all(
    compared.map(async (each) => {
      const there = byId.get(Number(each.storeId))
      if (there === undefined) return null
      const isVariable = there.entry.variations.length > 0
      const variations = isVariable ? await lookUp.shownVariationsOf(there.entry.id) : []
      return differencesOf(each, there, variations, units)
    }),
  )
}

function differencesOf(
  { product, shopFields = [] }: ComparedProduct,
  { entry, fields }: ShownEntry,
  variations: readonly ShownEntry[],
  units: ShopUnits,
): readonly FieldChange[] {
  const { variants, vanished } = matchVariations(
    product,
    variations.map((each) => each.entry),
  )
  const made = new Set(variants.filter((each) => each.entry === null).map(({ variant }) => variant))
  const written = leaveToShop(product, shopFields, { storedName: entry.name, isNew: (variant) => made.has(variant) })
  const { name, ...sent } = productFields(written, entry, { attributes: noIds }, units)
  const named = shopFields.includes('name') ? sent : { name, ...sent }
  const fieldsOf = new Map(variations.map((each) => [each.entry, each.fields]))
  return [
    ...skuChange(product.sku, entry.sku),
    ...changesBetween(textsIn(fields), { ...textsIn(named), ...termTexts(written) }),
    ...written.variants.flatMap((variant, position): FieldChange[] => {
      const stored = variants[position]?.entry ?? null
      if (stored === null) return []
      const { attributes: _options, ...body } = variationFields(variant, written, position, stored, noIds, units)
      return changesBetween(textsIn(fieldsOf.get(stored) ?? {}), textsIn(body), variant.key)
    }),
    ...variantChanges(
      [...made].map(({ key }) => key),
      vanished.map(({ mark, sku }) => mark.variant ?? sku ?? ''),
    ),
  ]
}

/** Attributes are compared by name. */
const noIds: ReadonlyMap<string, number> = new Map()

function skuChange(wanted: string | null | undefined, stored: string | null): FieldChange[] {
  const sku = wanted?.trim() ?? ''
  if (sku === '' || stored === null || foldShopSku(sku) === foldShopSku(stored)) return []
  return [{ field: 'sku', from: stored, to: shopSku(sku) }]
}

const plain = {
  name: 'name',
  type: 'type',
  status: 'status',
  description: 'description',
  short_description: 'shortDescription',
  global_unique_id: 'gtin',
  regular_price: 'price',
  sale_price: 'salePrice',
  weight: 'weight',
} as const

/** Texts of what is sent, or was answered: both have one form. */
function textsIn(fields: Fields): FieldTexts {
  const texts: Record<string, string | null> = {}
  for (const [field, name] of Object.entries(plain)) if (field in fields) texts[name] = blank(fields[field])
  if (texts.name != null) texts.name = decodeEntities(texts.name)
  if (typeof fields.manage_stock === 'boolean') texts.stock = stockText(fields)
  if (typeof fields.dimensions === 'object' && fields.dimensions !== null) {
    for (const [side, value] of Object.entries(fields.dimensions)) texts[side] = blank(value)
  }
  if (Array.isArray(fields.attributes)) texts.attributes = attributesText(fields.attributes)
  for (const taxonomy of ['categories', 'tags', 'brands'] as const) {
    const terms = fields[taxonomy]
    if (Array.isArray(terms)) texts[taxonomy] = namesText(terms.map((term) => decodeEntities(String(term?.name ?? ''))))
  }
  return texts
}

/** Of terms that the product names; a path by its last name, as the shop shows it. */
function termTexts({ categories, tags, brand }: Product): FieldTexts {
  const last = categories?.map((path) => path.filter((name) => name.trim() !== '').at(-1) ?? '')
  return {
    ...(last === undefined ? {} : { categories: namesText(last) }),
    ...(tags === undefined ? {} : { tags: namesText(tags) }),
    ...(brand === undefined ? {} : { brands: namesText(brand === null ? [] : [brand]) }),
  }
}

/** What the shop calls a product that has no category. */
const noCategory = 'uncategorized'

/** Without regard to case and order, in which the shop has none. */
function namesText(names: readonly string[]): string | null {
  const folded = names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '' && name !== noCategory)
  return blank([...new Set(folded)].sort().join('; '))
}

function stockText({ manage_stock: isCounted, stock_quantity: count, stock_status: status }: Fields): string {
  if (isCounted === true) return String(count ?? 0)
  return status === 'outofstock' ? 'out of stock' : 'in stock'
}

function attributesText(attributes: readonly unknown[]): string | null {
  const texts = attributes.map((attribute) => {
    const { name, options } = attribute as { name?: unknown; options?: unknown }
    const values = Array.isArray(options) ? options.map((option) => shopSku(decodeEntities(String(option)))) : []
    return `${shopSku(decodeEntities(String(name ?? '')))}: ${values.join(', ')}`
  })
  return blank(texts.join('; '))
}

function blank(value: unknown): string | null {
  return value === undefined || value === null || value === '' ? null : String(value)
}
