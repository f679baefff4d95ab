/**
 * Categories by path, tags, brands and global attributes: found, or made once, and remembered while we run. Making
 * one that exists is answered with its id (`term_exists`), so a lost answer is simply asked for again.
 */
import pLimit from 'p-limit'
import type { Clock } from '../../clock.js'
import { WholesalerError } from '../../errors.js'
import type { Product } from '../../product/product.js'
import type { Fields, ProductTerms } from './fields.js'
import type { ShopClient, Write } from './shop-client.js'
import { decodeEntities } from './shop-entry.js'

export type Taxonomy = 'categories' | 'tags' | 'brands'

const pageSize = 100
/** Terms made at once. */
const makesMax = 2
/** Tries to make one term; a shop that has not made it by then is broken. */
const triesMax = 5
/** Wait between tries. */
const pauseMs = 2_000

export class Terms {
  readonly #client: ShopClient
  readonly #clock: Clock
  readonly #globalAttributes: boolean
  readonly #onWarning: (message: string) => void
  /** Ids by parent and folded name; null for a taxonomy that the shop does not have. */
  readonly #known = new Map<string, Promise<Map<string, number> | null>>()
  readonly #underway = new Map<string, Promise<number>>()
  readonly #makes = pLimit(makesMax)

  constructor(
    client: ShopClient,
    clock: Clock,
    options: { readonly globalAttributes: boolean; readonly onWarning: (message: string) => void },
  ) {
    this.#client = client
    this.#clock = clock
    this.#globalAttributes = options.globalAttributes
    this.#onWarning = options.onWarning
  }

  /** Ids of all that a product names; what it does not mention stays away. */
  async of(product: Product): Promise<ProductTerms> {
    const { categories, tags, brand } = product
    const names = [...product.options, ...(product.attributes ?? []).map(({ name }) => name)]
    const brands = brand === undefined ? undefined : brand === null ? [] : await this.#flat('brands', [brand])
    return {
      ...(categories === undefined ? {} : { categories: await this.#paths(categories) }),
      ...(tags === undefined ? {} : { tags: (await this.#flat('tags', tags)) ?? [] }),
      ...(brands === undefined ? {} : { brands }),
      attributes: await this.attributeIds(names),
    }
  }

  /** Ids of global attributes by name; empty when attributes are the products' own. */
  async attributeIds(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const ids = new Map<string, number>()
    if (!this.#globalAttributes) return ids
    for (const name of names) ids.set(name, await this.#findOrMake('attributes', name, 0))
    return ids
  }

  async #paths(paths: readonly (readonly string[])[]): Promise<number[]> {
    const ids: number[] = []
    for (const path of paths) {
      let parent = 0
      for (const name of path) if (name.trim() !== '') parent = await this.#findOrMake('categories', name, parent)
      if (parent !== 0 && !ids.includes(parent)) ids.push(parent)
    }
    return ids
  }

  /** Undefined when the shop has no such taxonomy. */
  async #flat(taxonomy: 'tags' | 'brands', names: readonly string[]): Promise<number[] | undefined> {
    if ((await this.#load(taxonomy)) === null) return undefined
    const ids: number[] = []
    for (const name of names) if (name.trim() !== '') ids.push(await this.#findOrMake(taxonomy, name, 0))
    return [...new Set(ids)]
  }

  async #findOrMake(taxonomy: Taxonomy | 'attributes', name: string, parent: number): Promise<number> {
    const known = await this.#load(taxonomy)
    const place = placeOf(parent, name)
    const id = known?.get(place)
    if (id !== undefined) return id
    // Two products may want the same new category at once.
    const key = `${taxonomy} ${place}`
    const work =
      this.#underway.get(key) ??
      this.#makes(() => this.#make(taxonomy, name, parent)).finally(() => this.#underway.delete(key))
    this.#underway.set(key, work)
    const made = await work
    known?.set(place, made)
    return made
  }

  async #make(taxonomy: Taxonomy | 'attributes', name: string, parent: number): Promise<number> {
    const body: Fields = { name: name.trim(), ...(parent === 0 ? {} : { parent }) }
    for (let tried = 1; ; tried += 1) {
      const write = await this.#client.write('POST', `/wc/v3/products/${taxonomy}`, body, { _fields: 'id' })
      const id = madeId(write)
      if (id !== null) return id
      if (write.kind === 'refused') throw cannotMake(taxonomy, name, write.problem.message)
      if (tried >= triesMax) throw cannotMake(taxonomy, name, write.kind === 'done' ? 'no id came back' : write.reason)
      await this.#clock.sleep(('retryAfterMs' in write ? write.retryAfterMs : null) ?? pauseMs)
      if (taxonomy === 'attributes') {
        // The only one that the shop would make twice.
        this.#known.delete(taxonomy)
        const found = (await this.#load(taxonomy))?.get(placeOf(0, name))
        if (found !== undefined) return found
      }
    }
  }

  #load(taxonomy: Taxonomy | 'attributes'): Promise<Map<string, number> | null> {
    const known = this.#known.get(taxonomy)
    if (known !== undefined) return known
    const loading = this.#readAll(taxonomy)
    this.#known.set(taxonomy, loading)
    loading.catch(() => this.#known.delete(taxonomy))
    return loading
  }

  async #readAll(taxonomy: Taxonomy | 'attributes'): Promise<Map<string, number> | null> {
    const ids = new Map<string, number>()
    for (let page = 1, pages = 1; page <= pages; page += 1) {
      const read = await this.#client.read(`/wc/v3/products/${taxonomy}`, {
        per_page: pageSize,
        _fields: 'id,name,parent',
        ...(page === 1 ? {} : { page }),
      })
      if (!read.ok) {
        // Brands are part of WooCommerce from 9.6 on.
        if (read.problem.status !== 404) throw cannotMake(taxonomy, '', read.problem.message)
        this.#onWarning(`The shop has no ${taxonomy}; what the feed says about them is left out.`)
        return null
      }
      pages = read.page.pages
      for (const term of Array.isArray(read.page.value) ? read.page.value : []) {
        const { id, name, parent } = term as { id?: unknown; name?: unknown; parent?: unknown }
        if (typeof id !== 'number' || typeof name !== 'string') continue
        const place = placeOf(typeof parent === 'number' ? parent : 0, decodeEntities(name))
        // Of two with one name the older counts: it is the one that shops link to.
        ids.set(place, Math.min(id, ids.get(place) ?? id))
      }
    }
    return ids
  }
}

/** WordPress compares names without regard to case. */
function placeOf(parent: number, name: string): string {
  return `${parent} ${name.trim().toLowerCase()}`
}

function madeId(write: Write): number | null {
  if (write.kind === 'refused') {
    const { resource_id: id } = write.problem.data
    return write.problem.code === 'term_exists' && typeof id === 'number' ? id : null
  }
  if (write.kind !== 'done' || typeof write.value !== 'object' || write.value === null) return null
  const { id } = write.value as { id?: unknown }
  return typeof id === 'number' ? id : null
}

function cannotMake(taxonomy: string, name: string, reason: string): WholesalerError {
  return new WholesalerError({
    kind: 'temporary',
    message: `the shop does not give ${taxonomy} ${JSON.stringify(name)}: ${reason}`,
    hint: 'Look whether it can be made by hand in the shop, then run the import again.',
  })
}
