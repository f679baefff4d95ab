/** Which route answers which request. */
import type { Answer, RouteContext } from './answer.js'
import { deleteMedia, listMedia, updateMedia, upload } from './media-routes.js'
import { invalidParameter, Problem } from './problem.js'
import { isObject } from './product-input.js'
import { productJson } from './product-json.js'
import { batch, createProduct, find, listProducts, type ProductScope, updateProduct } from './product-routes.js'
import type { JsonObject, Taxonomy } from './shop-state.js'
import { createTerm, listTerms, termBatch, termJson } from './term-routes.js'

export interface RouteRequest {
  readonly method: string
  /** Below the REST root: `/wc/v3/products`. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: JsonObject
  readonly bytes: Buffer
  readonly disposition: string
}

const writable = 'GET, POST, PUT, PATCH, DELETE'

export async function route(request: RouteRequest, context: RouteContext): Promise<Answer> {
  const { method, path, query } = request
  if (path === '/wc/v3/system_status') return systemStatus(context)
  if (path === '/wc/v3/products/attributes') return attributes(request, context)
  const terms = /^\/wc\/v3\/products\/(?:(categories|tags|brands)|attributes\/(\d+)\/terms)(\/batch)?$/.exec(path)
  if (terms !== null) {
    const taxonomy = (terms[1] ?? `pa_${terms[2]}`) as Taxonomy
    return termRoute(request, taxonomy, terms[3] !== undefined, context)
  }
  if (path === '/wc/v3/variations') return listProducts(query, { parentId: null }, context)
  const products = /^\/wc\/v3\/products(?:\/(\d+)\/variations)?(?:\/(\d+|batch))?$/.exec(path)
  if (products !== null) {
    const scope = { parentId: products[1] === undefined ? null : Number(products[1]) }
    return productRoute(request, scope, products[2], context)
  }
  const media = /^\/wp\/v2\/media(?:\/(\d+))?$/.exec(path)
  if (media !== null) {
    if (media[1] !== undefined && method === 'DELETE') return deleteMedia(Number(media[1]), query, context)
    if (media[1] !== undefined) return updateMedia(Number(media[1]), request.body, context)
    if (method === 'GET') return listMedia(query, context)
    return upload(request.bytes, query, request.disposition, context)
  }
  throw new Problem(404, 'rest_no_route', 'No route was found matching the URL and request method.')
}

async function productRoute(
  { method, query, body }: RouteRequest,
  scope: ProductScope,
  target: string | undefined,
  context: RouteContext,
): Promise<Answer> {
  if (scope.parentId !== null) find(scope.parentId, { parentId: null }, context)
  if (target === 'batch') return batch(body, scope, context)
  const one = (product: Parameters<typeof productJson>[0], viewed: 'view' | 'edit') =>
    productJson(product, context.state, context.base, viewed)
  if (target === undefined) {
    if (method === 'GET') return listProducts(query, scope, context)
    checkType(body)
    await context.itemCost()
    const product = await createProduct(body, scope, context)
    const at =
      scope.parentId === null ? `products/${product.id}` : `products/(?P<product_id>[\\d]+)/variations/${product.id}`
    const location = `${context.base}/wp-json/wc/v3/${at}`
    return { status: 201, body: one(product, 'edit'), location, allow: 'GET, POST' }
  }
  const id = Number(target)
  if (method === 'GET') {
    const viewed = query.get('context') === 'edit' ? 'edit' : 'view'
    return { status: 200, body: one(find(id, scope, context), viewed), allow: writable, items: 1 }
  }
  if (method === 'DELETE') {
    const product = find(id, scope, context)
    const shown = one(product, 'edit')
    if (query.get('force') === 'true') context.state.remove(id)
    else product.status = 'trash'
    await context.applied({ what: 'delete', product })
    return { status: 200, body: shown, allow: writable }
  }
  checkType(body)
  await context.itemCost()
  return { status: 200, body: one(await updateProduct(id, body, scope, context), 'edit'), allow: writable }
}

/** One product alone is checked against the schema, items of a batch are not. */
function checkType({ type }: JsonObject): void {
  if (type === undefined || ['simple', 'grouped', 'external', 'variable'].includes(String(type))) return
  const message = 'type is not one of simple, grouped, external, and variable.'
  throw invalidParameter('type', 'rest_not_in_enum', message)
}

async function termRoute(
  { method, query, body }: RouteRequest,
  taxonomy: Taxonomy,
  isBatch: boolean,
  context: RouteContext,
): Promise<Answer> {
  if (isBatch) return termBatch(body, taxonomy, context)
  if (method === 'GET') return listTerms(query, taxonomy, context)
  const term = await createTerm(body, taxonomy, context)
  const location = `${context.base}/wp-json/wc/v3/products/${taxonomy}/${term.id}`
  return { status: 201, body: termJson(term, context.base), location, allow: 'GET, POST' }
}

function attributes({ method, body }: RouteRequest, { state }: RouteContext): Answer {
  if (method === 'GET') {
    const all = [...state.attributes.values()].map(({ id, name }) => ({ id, name, slug: `pa_${name.toLowerCase()}` }))
    return { status: 200, body: all, allow: 'GET, POST' }
  }
  const { id, name } = state.addAttribute(String(body.name ?? ''))
  return { status: 201, body: { id, name, slug: `pa_${name.toLowerCase()}` }, allow: 'GET, POST' }
}

function systemStatus({ currency }: RouteContext): Answer {
  const environment = { version: '10.5.0', wp_version: '6.9.7' }
  return { status: 200, body: { environment, settings: { currency } }, allow: 'GET' }
}

export function bodyOf(bytes: Buffer, contentType: string): JsonObject {
  if (!/json/.test(contentType) || bytes.length === 0) return {}
  try {
    const parsed = JSON.parse(bytes.toString())
    return isObject(parsed) ? parsed : {}
  } catch {
    throw new Problem(400, 'rest_invalid_json', 'Invalid JSON body passed.', {
      json_error_code: 4,
      json_error_message: 'Syntax error',
    })
  }
}
