/**
 * All images of a shop's media library, with the products that show them. A shop does not tell what shows an image:
 * all its products are read once for that. What pages, posts and themes show, it tells nobody. Ordering and deleting
 * media follow WordPress's documentation (REST API Handbook, Media); no exchange of them was recorded.
 */
import { WholesalerError } from '../../errors.js'
import type { ImageUse, StoredImage, StoreId } from '../store.js'
import type { LookUp } from './look-up.js'
import { hashOf } from './media.js'
import type { ShopClient } from './shop-client.js'
import type { ShopEntry } from './shop-entry.js'

const mediaFields = 'id,slug,source_url,mime_type,media_details.width,media_details.height,media_details.filesize'
/** Largest image that is read back. */
const imageBytesMax = 64 * 1024 * 1024

interface InventoryPorts {
  readonly client: ShopClient
  readonly lookUp: LookUp
}

export class Inventory {
  readonly #ports: InventoryPorts
  /** By attachment, as of the last time that somebody began to list. */
  #uses: ReadonlyMap<number, readonly ImageUse[]> = new Map()
  /** Where the next page is, when the last one is gone on with. */
  #next: { readonly after: StoreId; readonly page: number } | null = null

  constructor(ports: InventoryPorts) {
    this.#ports = ports
  }

  async list({
    size,
    after,
  }: {
    readonly size: number
    readonly after: StoreId | null
  }): Promise<readonly StoredImage[]> {
    if (after === null) this.#uses = await usesOf(this.#ports.lookUp)
    const isNext = after !== null && this.#next?.after === after
    const from = isNext ? (this.#next?.page ?? 1) : 1
    for (let page = from, isFound = isNext || after === null, pages = page; page <= pages; page += 1) {
      const read = await this.#read({ page, per_page: size, orderby: 'id', order: 'asc' })
      pages = read.pages
      const ids = read.images.map(({ id }) => id)
      const rest = isFound ? read.images : read.images.slice(ids.indexOf(after ?? '') + 1)
      isFound ||= ids.includes(after ?? '')
      const last = read.images.at(-1)
      if (!isFound || rest.length === 0 || last === undefined) continue
      this.#next = { after: last.id, page: page + 1 }
      return rest
    }
    return []
  }

  /** As the shop serves it; null when it is gone. */
  async read(id: number): Promise<Buffer | null> {
    if (id <= 0) return null
    const [image] = (await this.#read({ include: id })).images
    return image === undefined ? null : await this.#ports.client.download(image.url, imageBytesMax)
  }

  /** Only of images that we have put there, and that no product shows: another one may be shown by a page. */
  async remove(ids: readonly number[]): Promise<readonly StoreId[]> {
    if (ids.length === 0) return []
    const uses = await usesOf(this.#ports.lookUp)
    const removed: StoreId[] = []
    for (const id of ids) {
      if (id <= 0 || (uses.get(id) ?? []).length > 0) continue
      const [image] = (await this.#read({ include: id })).images
      if (image === undefined || image.sha256 === null) continue
      const write = await this.#ports.client.write(
        'DELETE',
        `/wp/v2/media/${id}`,
        {},
        { force: 'true', _fields: 'deleted' },
      )
      const isGone = write.kind === 'done' || (await this.#read({ include: id })).images.length === 0
      if (isGone) removed.push(String(id))
    }
    return removed
  }

  async #read(parameters: Readonly<Record<string, string | number>>) {
    const asked = { media_type: 'image', ...parameters, _fields: mediaFields }
    const read = await this.#ports.client.read('/wp/v2/media', asked)
    if (read.ok && Array.isArray(read.page.value)) {
      const images = read.page.value.flatMap((value) => this.#image(value as Record<string, unknown>))
      return { images, pages: read.page.pages }
    }
    throw new WholesalerError({
      kind: 'temporary',
      message: `the shop does not list its media: ${read.ok ? 'the answer is no list' : read.problem.message}`,
      hint: 'It takes an application password (https) whose user may upload files.',
    })
  }

  #image({
    id,
    slug,
    source_url: url,
    mime_type: type,
    media_details: details,
  }: Record<string, unknown>): StoredImage[] {
    if (typeof id !== 'number' || typeof url !== 'string') return []
    const { width, height, filesize } = (details ?? {}) as Record<string, unknown>
    return [
      {
        id: String(id),
        originalUrl: null,
        url,
        sha256: typeof slug === 'string' ? hashOf(slug) : null,
        extension: typeof type === 'string' ? (extensions[type] ?? null) : null,
        width: numberOf(width),
        height: numberOf(height),
        bytes: numberOf(filesize),
        // Whether its file is there, only its web server knows: reading it tells.
        present: true,
        uses: this.#uses.get(id) ?? [],
      },
    ]
  }
}

const extensions: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
}

async function usesOf(lookUp: LookUp): Promise<ReadonlyMap<number, readonly ImageUse[]>> {
  const uses = new Map<number, ImageUse[]>()
  const note = (entry: ShopEntry, product: ShopEntry) => {
    const isProduct = entry === product
    for (const [position, id] of entry.imageIds.entries()) {
      const links = product.mark.images
      const link = isProduct
        ? links.gallery.find(([linked]) => linked === id)
        : links.variants.find(([key]) => key === entry.mark.variant)?.[1]
      const use: ImageUse = {
        productId: String(product.id),
        sku: entry.sku,
        name: product.name,
        wholesaler: product.mark.wholesaler,
        variant: isProduct ? null : entry.mark.variant,
        position,
        originalUrl: link?.[1] ?? null,
      }
      uses.set(id, [...(uses.get(id) ?? []), use])
    }
  }
  for await (const product of lookUp.all()) {
    note(product, product)
    if (product.variations.length === 0) continue
    for (const variation of await lookUp.variationsOf(product.id)) note(variation, product)
  }
  return uses
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
