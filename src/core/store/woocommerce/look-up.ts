/** Finds products and variations in the shop, many at a time, those in the trash too. */
import { WholesalerError } from '../../errors.js'
import type { Parameters } from './address.js'
import type { ShopClient } from './shop-client.js'
import { entryFields, foldShopSku, parseEntry, type ShopEntry, shopSku, skuLengthMax } from './shop-entry.js'

/** Most things in one page of an answer, and in one list of a question. */
const pageSize = 100
/** SKUs of one list. A list of 100 takes 460 ms (measured), two of 50 at once 280 ms, and nothing is written meanwhile. */
export const skusPerList = 50

/** What is asked besides, to compare a product with what would be written. */
const shownFields = `${entryFields},description,short_description,regular_price,sale_price,weight,dimensions,categories,tags,brands,global_unique_id`

export interface ShownEntry {
  readonly entry: ShopEntry
  /** As answered. */
  readonly fields: Readonly<Record<string, unknown>>
}

export class LookUp {
  readonly #client: ShopClient

  constructor(client: ShopClient) {
    this.#client = client
  }

  /** Bearers of these SKUs. */
  async bySku(skus: Iterable<string>): Promise<ShopEntry[]> {
    const wanted = [...new Map([...skus].map((sku) => [foldShopSku(sku), shopSku(sku)])).values()].filter(
      (sku) => sku !== '' && sku.length <= skuLengthMax,
    )
    // The list is cut at commas, so that a SKU that has one is asked for alone.
    const alone = wanted.filter((sku) => sku.includes(',')).map((sku) => [sku])
    const lists = [
      ...alone,
      ...chunks(
        wanted.filter((sku) => !sku.includes(',')),
        skusPerList,
      ),
    ]
    const found = await Promise.all(lists.map((list) => this.#list('/wc/v3/products', { sku: list.join(',') })))
    return found.flat()
  }

  /** All products, oldest first; what is in the trash as well. */
  async *all(): AsyncGenerator<ShopEntry> {
    for (let page = 1, pages = 1; page <= pages; page += 1) {
      const read = await this.#client.read('/wc/v3/products', {
        per_page: pageSize,
        orderby: 'id',
        order: 'asc',
        include_status: 'any,trash',
        _fields: entryFields,
        page,
      })
      if (!read.ok || !Array.isArray(read.page.value)) {
        throw noList('/wc/v3/products', read.ok ? null : read.problem.message)
      }
      pages = read.page.pages
      for (const value of read.page.value) {
        const entry = parseEntry(value)
        if (entry !== null) yield entry
      }
    }
  }

  /** Products, not variations, by id. */
  async byIds(ids: Iterable<number>): Promise<ShopEntry[]> {
    const lists = chunks([...new Set(ids)].filter((id) => Number.isSafeInteger(id) && id > 0))
    const found = await Promise.all(lists.map((list) => this.#list('/wc/v3/products', { include: list.join(',') })))
    return found.flat()
  }

  /** A product or a variation; null when there is none. */
  async byId(id: number): Promise<ShopEntry | null> {
    if (!Number.isSafeInteger(id) || id <= 0) return null
    const read = await this.#client.read(`/wc/v3/products/${id}`, { _fields: entryFields })
    return read.ok ? parseEntry(read.page.value) : null
  }

  /** In the order in which the shop shows them. */
  async variationsOf(parentId: number): Promise<ShopEntry[]> {
    const found = await this.#list(`/wc/v3/products/${parentId}/variations`, {})
    // Asked below their parent, some shops leave its id out.
    return found
      .map((entry) => ({ ...entry, parentId }))
      .sort((one, other) => one.menuOrder - other.menuOrder || one.id - other.id)
  }

  /** Products with all that a feed may say of them, texts as they were written. */
  async shownByIds(ids: Iterable<number>): Promise<ShownEntry[]> {
    const lists = chunks([...new Set(ids)].filter((id) => Number.isSafeInteger(id) && id > 0))
    const asked = { _fields: shownFields, context: 'edit' }
    const found = await Promise.all(
      lists.map((list) => this.#shown('/wc/v3/products', { ...asked, include: list.join(',') })),
    )
    return found.flat()
  }

  async shownVariationsOf(parentId: number): Promise<ShownEntry[]> {
    const asked = { _fields: shownFields, context: 'edit' }
    const found = await this.#shown(`/wc/v3/products/${parentId}/variations`, asked)
    return found.map(({ entry, fields }) => ({ entry: { ...entry, parentId }, fields }))
  }

  async #list(route: string, parameters: Parameters): Promise<ShopEntry[]> {
    return (await this.#shown(route, parameters)).map(({ entry }) => entry)
  }

  async #shown(route: string, parameters: Parameters): Promise<ShownEntry[]> {
    const entries: ShownEntry[] = []
    for (let page = 1, pages = 1; page <= pages; page += 1) {
      const read = await this.#client.read(route, {
        per_page: pageSize,
        include_status: 'any,trash',
        _fields: entryFields,
        ...parameters,
        ...(page === 1 ? {} : { page }),
      })
      // The parent of these variations is gone: there are none.
      if (!read.ok && read.problem.status === 404) return []
      if (!read.ok || !Array.isArray(read.page.value)) throw noList(route, read.ok ? null : read.problem.message)
      pages = read.page.pages
      for (const value of read.page.value) {
        const entry = parseEntry(value)
        if (entry !== null) entries.push({ entry, fields: value })
      }
    }
    return entries
  }
}

function chunks<T>(items: readonly T[], size = pageSize): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}

function noList(route: string, reason: string | null): WholesalerError {
  return new WholesalerError({
    kind: 'temporary',
    message: `the shop does not list ${route}: ${reason ?? 'the answer is no list'}`,
    hint: 'Is the WooCommerce REST API (v3) switched on, and not changed by a plugin?',
  })
}
