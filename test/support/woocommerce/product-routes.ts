/** `wc/v3/products`, its batches, and variations. */
import type { Answer, RouteContext } from './answer.js'
import { invalidParameter, Problem } from './problem.js'
import { isObject, newProduct, writeFields } from './product-input.js'
import { productJson } from './product-json.js'
import type { Json, JsonObject, ShopProduct } from './shop-state.js'

/** More items in one batch are refused as a whole. */
const batchMax = 100

/** Products that one parent holds; null parent for all products. */
export interface ProductScope {
  readonly parentId: number | null
}

export async function createProduct(
  body: JsonObject,
  scope: ProductScope,
  context: RouteContext,
): Promise<ShopProduct> {
  const { state } = context
  const draft = newProduct(0, scope.parentId ?? 0, context.now())
  const lock = typeof body.sku === 'string' ? body.sku.trim().toLowerCase() : ''
  if (lock !== '' && state.locked.has(lock)) {
    const message = `The product with SKU (${body.sku}) you are trying to insert is already under processing`
    throw new Problem(400, 'woocommerce_rest_product_not_created', message)
  }
  state.locked.add(lock)
  try {
    await writeFields(draft, body, context.write())
    const product: ShopProduct = { ...draft, id: state.nextPost() }
    state.products.set(product.id, product)
    await context.applied({ what: 'create', product })
    return product
  } catch (problem: unknown) {
    // The post exists for a moment, and its id is used up.
    if (problem instanceof Problem && problem.code === 'woocommerce_rest_product_not_created') state.nextPost()
    throw problem
  } finally {
    state.locked.delete(lock)
  }
}

export async function updateProduct(id: number, body: JsonObject, scope: ProductScope, context: RouteContext) {
  const product = find(id, scope, context, 400)
  const changed = structuredClone(product)
  await writeFields(changed, body, context.write())
  context.state.products.set(id, changed)
  await context.applied({ what: 'update', product: changed })
  return changed
}

export function find(id: number, scope: ProductScope, { state }: RouteContext, status = 404): ShopProduct {
  const product = state.products.get(id)
  const isInScope = scope.parentId === null || product?.parentId === scope.parentId
  if (product !== undefined && isInScope) return product
  const kind = scope.parentId === null ? 'product' : 'product_variation'
  throw new Problem(status, `woocommerce_rest_${kind}_invalid_id`, 'Invalid ID.')
}

/** Creates, then updates, then deletes, whatever the order of the request, each item on its own. */
export async function batch(body: JsonObject, scope: ProductScope, context: RouteContext): Promise<Answer> {
  const lists = ['create', 'update', 'delete'].map((name) => (Array.isArray(body[name]) ? (body[name] as Json[]) : []))
  if (lists.reduce((sum, list) => sum + list.length, 0) > batchMax) {
    const message = `Unable to accept more than ${batchMax} items for this request.`
    throw new Problem(413, 'woocommerce_rest_request_entity_too_large', message)
  }
  const [create = [], update = [], remove = []] = lists
  const show = (product: ShopProduct) => productJson(product, context.state, context.base, 'edit')
  const result: Record<string, Json[]> = {}
  const run = async (name: string, items: readonly Json[], one: (item: Json) => Promise<JsonObject>) => {
    for (const item of items) {
      await context.itemCost()
      const shown = await one(item).catch((problem: unknown) => itemError(name, item, problem))
      result[name] = [...(result[name] ?? []), shown]
    }
  }
  await run('create', create, async (item) => show(await createProduct(isObject(item) ? item : {}, scope, context)))
  await run('update', update, async (item) => {
    const fields = isObject(item) ? item : {}
    return show(await updateProduct(Number(fields.id), fields, scope, context))
  })
  await run('delete', remove, async (item) => {
    const product = find(Number(item), scope, context)
    const shown = show(product)
    context.state.remove(product.id)
    await context.applied({ what: 'delete', product })
    return shown
  })
  return { status: 200, body: result, allow: 'POST, PUT, PATCH' }
}

function itemError(list: string, item: Json, problem: unknown): JsonObject {
  if (!(problem instanceof Problem)) throw problem
  const id = list === 'create' ? 0 : Number(isObject(item) ? item.id : item)
  return { id, error: problem.json }
}

/** The list of products, newest first; by SKU and GTIN variations are among them. */
export function listProducts(query: URLSearchParams, scope: ProductScope, context: RouteContext): Answer {
  const perPage = Number(query.get('per_page') ?? 10)
  if (!(perPage >= 1 && perPage <= 100)) {
    const message = 'per_page must be between 1 (inclusive) and 100 (inclusive)'
    throw invalidParameter('per_page', 'rest_out_of_bounds', message)
  }
  const page = Number(query.get('page') ?? 1)
  const found = [...context.state.products.values()]
    .filter(filterOf(query, scope))
    .sort((one, other) => (query.get('order') === 'asc' ? one.id - other.id : other.id - one.id))
  const shown = found.slice((page - 1) * perPage, page * perPage)
  const viewed = query.get('context') === 'edit' ? 'edit' : 'view'
  return {
    status: 200,
    body: shown.map((product) => productJson(product, context.state, context.base, viewed)),
    total: found.length,
    pages: Math.ceil(found.length / perPage),
    allow: 'GET, POST',
    items: shown.length,
  }
}

function filterOf(query: URLSearchParams, scope: ProductScope): (product: ShopProduct) => boolean {
  const skus = new Set([...listOf(query, 'sku'), query.get('sku') ?? ''].map((sku) => sku.trim().toLowerCase()))
  skus.delete('')
  const gtins = new Set(listOf(query, 'global_unique_id'))
  const include = new Set(listOf(query, 'include').map(Number))
  const withTrash = listOf(query, 'include_status').includes('trash')
  return (product) => {
    if (product.status === 'trash' && !withTrash) return false
    if (scope.parentId !== null && product.parentId !== scope.parentId) return false
    if (scope.parentId === null && product.parentId !== 0 && skus.size === 0 && gtins.size === 0) return false
    if (include.size > 0 && !include.has(product.id)) return false
    if (gtins.size > 0 && !gtins.has(product.gtin)) return false
    return skus.size === 0 || skus.has(product.sku.toLowerCase())
  }
}

function listOf(query: URLSearchParams, name: string): string[] {
  return (query.get(name) ?? '').split(',').filter((part) => part !== '')
}
