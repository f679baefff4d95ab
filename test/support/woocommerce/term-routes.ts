/** Categories, tags, brands, and global attributes with their terms. Only categories were recorded. */
import type { Answer, RouteContext } from './answer.js'
import { Problem } from './problem.js'
import { isObject } from './product-input.js'
import { links } from './product-json.js'
import type { Json, JsonObject, ShopTerm, Taxonomy } from './shop-state.js'

export async function createTerm(body: JsonObject, taxonomy: Taxonomy, context: RouteContext): Promise<ShopTerm> {
  const { state } = context
  const name = String(body.name ?? '').trim()
  const parent = typeof body.parent === 'number' ? body.parent : 0
  const known = state.findTerm(taxonomy, name, parent)
  if (known !== null) {
    const message = 'A term with the name provided already exists with this parent.'
    throw new Problem(400, 'term_exists', message, { resource_id: known.id })
  }
  const term = state.addTerm(taxonomy, name, parent)
  await context.applied({ what: 'term', id: term.id, name })
  return term
}

export async function termBatch(body: JsonObject, taxonomy: Taxonomy, context: RouteContext): Promise<Answer> {
  const created: Json[] = []
  for (const item of Array.isArray(body.create) ? body.create : []) {
    try {
      created.push(termJson(await createTerm(isObject(item) ? item : {}, taxonomy, context), context.base))
    } catch (problem: unknown) {
      if (!(problem instanceof Problem)) throw problem
      created.push({ id: 0, error: problem.json })
    }
  }
  return { status: 200, body: { create: created }, allow: 'POST, PUT, PATCH' }
}

export function listTerms(query: URLSearchParams, taxonomy: Taxonomy, { state, base }: RouteContext): Answer {
  const [perPage, page] = [Number(query.get('per_page') ?? 10), Number(query.get('page') ?? 1)]
  const parent = query.get('parent')
  const slugs = query.get('slug')?.split(',')
  const search = query.get('search')?.toLowerCase()
  const found = [...state.terms.values()]
    .filter((term) => term.taxonomy === taxonomy && (parent === null || term.parent === Number(parent)))
    .filter((term) => slugs === undefined || slugs.includes(term.slug))
    .filter((term) => search === undefined || term.name.toLowerCase().includes(search))
    .sort((one, other) => one.name.localeCompare(other.name))
  return {
    status: 200,
    body: found.slice((page - 1) * perPage, page * perPage).map((term) => termJson(term, base)),
    total: found.length,
    pages: Math.ceil(found.length / perPage),
    allow: 'GET, POST',
  }
}

export function termJson(term: ShopTerm, base: string): JsonObject {
  const collection = `${base}/wp-json/wc/v3/products/${term.taxonomy}`
  const up = term.parent === 0 ? {} : { up: [{ href: `${collection}/${term.parent}` }] }
  return {
    id: term.id,
    name: term.name,
    slug: term.slug,
    parent: term.parent,
    description: '',
    display: 'default',
    image: null,
    menu_order: 0,
    count: 0,
    _links: { ...links(collection, term.id), ...up },
  }
}
