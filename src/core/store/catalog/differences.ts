/** What the catalog would change of a product that it has. Reads, and writes nothing. */
import { leaveToShop } from '../../product/field-owners.js'
import { foldSku, type Product, type Variant } from '../../product/product.js'
import { changesBetween, type FieldChange, type FieldTexts, textsOf, variantChanges } from '../field-change.js'
import type { ComparedProduct } from '../store.js'
import {
  type ProductColumns,
  type ProductDetails,
  parseDetails,
  productColumns,
  productDetailNames,
  type VariantDetails,
  variantColumns,
} from './product-row.js'
import { type ProductTable, rowIdOf } from './product-table.js'
import { matchVariants } from './variant-match.js'

/** Null when the catalog does not have the product. */
export function differences(
  { storeId, product, shopFields = [] }: ComparedProduct,
  products: ProductTable,
): readonly FieldChange[] | null {
  const id = rowIdOf(storeId)
  const row = id === null ? undefined : products.row(id)
  if (row === undefined || row.parent_id !== null) return null
  const { rows, vanished } = matchVariants(product, products.variantsOf(row.id))
  const isNew = (variant: Variant) => (rows[product.variants.indexOf(variant)] ?? null) === null
  const written = leaveToShop(product, shopFields, { storedName: row.name, isNew })
  const place = { owner: row.owner ?? '', sku: row.sku, now: 0 }
  const fingerprints = { content: '', offer: '', images: '' }
  const columns = productColumns(written, { ...place, fingerprints }, row)
  const lists = products.listsOf(row.id)
  const made: string[] = []
  const ofVariants = written.variants.flatMap((variant, position): FieldChange[] => {
    const before = rows[position] ?? null
    if (before === null) {
      made.push(variant.key)
      return []
    }
    const after = variantColumns(variant, { ...place, parentId: row.id, position, sku: before.sku }, before)
    return changesBetween(variantTexts(before), variantTexts(after), variant.key)
  })
  return [
    ...skuChange(product, row),
    ...changesBetween(productTexts(row), productTexts(columns)),
    ...changesBetween(textsOf<Partial<Product>>(lists, listNames), textsOf(written, listNames)),
    ...ofVariants,
    ...variantChanges(
      made,
      vanished.map(({ key, sku }) => key ?? sku ?? ''),
    ),
  ]
}

const listNames = ['categories', 'attributes'] as const

function skuChange({ sku }: Product, row: ProductColumns): FieldChange[] {
  const wanted = sku?.trim() ?? ''
  if (wanted === '' || row.sku === null || foldSku(wanted) === row.sku_folded) return []
  return [{ field: 'sku', from: row.sku, to: wanted }]
}

function productTexts(row: ProductColumns): FieldTexts {
  const { images: _images, ...details } = parseDetails<ProductDetails>(row.details)
  const names = productDetailNames.filter((name) => name !== 'images')
  const { name, status, brand } = row
  return { name, status, brand, ...offerTexts(row), ...whole(names, textsOf(details, names)) }
}

function variantTexts(row: ProductColumns): FieldTexts {
  const names = ['weight'] as const
  return { ...offerTexts(row), ...whole(names, textsOf(parseDetails<VariantDetails>(row.details), names)) }
}

function offerTexts(row: ProductColumns): FieldTexts {
  return {
    gtin: row.gtin,
    mpn: row.mpn,
    price: row.price,
    salePrice: row.sale_price,
    wholesalePrice: row.wholesale_price,
    stock: row.stock,
    inStock: row.in_stock === null ? null : row.in_stock === 1 ? 'yes' : 'no',
    availability: row.availability,
  }
}

/** With null for those that are not there: what goes is a change too. */
function whole(names: readonly string[], texts: FieldTexts): FieldTexts {
  return Object.fromEntries(names.map((name) => [name, texts[name] ?? null]))
}
