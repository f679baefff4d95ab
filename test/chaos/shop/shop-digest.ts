/**
 * What a shop holds, in a form in which two shops that hold the same are the same, however often their import was
 * disturbed: ids, times and what was written how often play no part.
 */
import type { ShopServer } from '../../support/woocommerce/shop-server.js'
import type { ShopProduct, ShopState } from '../../support/woocommerce/shop-state.js'

/** By SKU, in its order. */
export type ShopContent = readonly (readonly [sku: string, fields: string])[]

export function contentOf(state: ShopState): ShopContent {
  const shown = [...state.products.values()].map((product) => [product.sku, JSON.stringify(shownOf(product, state))])
  return (shown as [string, string][]).sort(([one], [other]) => (one < other ? -1 : 1))
}

/** Meta is left out but for whose the product is: ids of attachments and batches stand in it. */
function shownOf(product: ShopProduct, state: ShopState) {
  const { id, parentId, meta, slug, createdAt, modifiedAt, categories, brands, tags, images, ...fields } = product
  const names = (ids: readonly number[]) => ids.map((term) => pathOf(state, term))
  return {
    ...fields,
    parent: state.products.get(parentId)?.sku ?? null,
    categories: names(categories),
    brands: names(brands),
    tags: names(tags),
    images: images.map((image) => state.attachments.get(image)?.slug ?? 'gone'),
    owner: meta.find(({ key }) => key === '_wholesaler_key')?.value ?? null,
  }
}

function pathOf(state: ShopState, id: number): string {
  const term = state.terms.get(id)
  return term === undefined ? '' : `${pathOf(state, term.parent)}/${term.name}`
}

/** What must never be, whatever happened. */
export function faultsOf({ state, applied }: ShopServer): string[] {
  const faults: string[] = []
  const skus = [...state.products.values()].map(({ sku }) => sku.trim().toLowerCase())
  faults.push(...twice(skus).map((sku) => `SKU ${sku} is there twice`))
  const uploads = [...state.attachments.values()].map(({ slug }) => slug.replace(/^(wh-[0-9a-f]{64})-\d+$/, '$1'))
  faults.push(...twice(uploads).map((slug) => `image ${slug} was uploaded twice`))
  const terms = [...state.terms.values()].map(({ taxonomy, name, parent }) => `${taxonomy} ${parent} ${name}`)
  faults.push(...twice(terms).map((term) => `${term} was made twice`))
  for (const { sku, images } of state.products.values())
    if (new Set(images).size < images.length) faults.push(`${sku} shows an image twice`)
  const shown = new Set([...state.products.values()].flatMap(({ images }) => images))
  for (const { id, slug } of state.attachments.values())
    if (!shown.has(id)) faults.push(`image ${slug} is shown by nothing`)
  const deleted = applied.filter(({ what }) => what === 'delete').length
  if (deleted > 0) faults.push(`${deleted} products were deleted`)
  return faults
}

function twice(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
}
