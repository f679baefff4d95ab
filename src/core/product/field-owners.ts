/**
 * Whose a field of a product is: the feed's, which sets it with every change, or the shop's, where the feed gives it
 * once, when the product or variant is made, and people have it from then on.
 */
import type { Offer, Product, Variant } from './product.js'

/** Fields that can be left to the shop, and the properties that they are. */
const properties = {
  name: [],
  description: ['description'],
  shortDescription: ['shortDescription'],
  brand: ['brand'],
  categories: ['categories'],
  tags: ['tags'],
  attributes: ['attributes'],
  weight: ['weight'],
  size: ['length', 'width', 'height'],
  status: ['status'],
  price: ['price', 'salePrice'],
  stock: ['stock', 'inStock', 'availability'],
} as const satisfies Readonly<Record<string, readonly (keyof Product)[]>>

export type OwnedField = keyof typeof properties
export const ownedFields = Object.keys(properties) as readonly OwnedField[]

/** Default for each: `feed`. */
export type FieldOwners = { readonly [F in OwnedField]?: 'feed' | 'shop' | undefined }

export function shopFields(owners: FieldOwners = {}): readonly OwnedField[] {
  return ownedFields.filter((field) => owners[field] === 'shop')
}

/**
 * A product as it is written over one that the store has: what is the shop's is absent, and so stays. The name cannot be
 * absent: it is `storedName`. Variants that the store does not have (`isNew`) are whole, with the price of their product.
 */
export function leaveToShop(
  product: Product,
  fields: readonly OwnedField[],
  { storedName, isNew = () => false }: { readonly storedName: string; readonly isNew?: (variant: Variant) => boolean },
): Product {
  if (fields.length === 0) return product
  const absent = new Set<keyof Product>(fields.flatMap((field): readonly (keyof Product)[] => properties[field]))
  const { price, salePrice } = product
  const prices = { ...(price === undefined ? {} : { price }), ...(salePrice === undefined ? {} : { salePrice }) }
  return {
    ...without(product, absent),
    name: fields.includes('name') ? storedName : product.name,
    variants: product.variants.map((variant) => {
      if (!isNew(variant)) return without(variant, absent)
      return variant.price === undefined ? { ...prices, ...variant } : variant
    }),
  }
}

function without<T extends Offer>(from: T, absent: ReadonlySet<keyof Product>): T {
  return Object.fromEntries(Object.entries(from).filter(([name]) => !absent.has(name as keyof Product))) as unknown as T
}
