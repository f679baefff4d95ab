/** Images of products: which there are, where they came from, and how they get there, by id. */

import type { Clock } from '../../clock.js'
import { WholesalerError } from '../../errors.js'
import type { ImageAttachment, ProductImages, StoreImage } from '../store.js'
import { type ImageLink, type ImageLinks, imagesMeta } from './mark.js'
import type { Pacer } from './pacer.js'
import { type Op, sendOps } from './send-ops.js'
import type { ShopClient, Write } from './shop-client.js'
import { parseEntry, type ShopEntry } from './shop-entry.js'

export interface GalleryPorts {
  readonly client: ShopClient
  /** For single images, and for batches of variations. */
  readonly pacer: Pacer
  readonly batchPacer: Pacer
  readonly clock: Clock
  readonly variationsOf: (parentId: number) => Promise<ShopEntry[]>
}

/** Tries to set the images of one product: the same is sent again, so nothing is done twice. */
const triesMax = 4
const pauseMs = 2_000
const productFields = 'id,parent_id,type,status,variations,images,meta_data'

interface Held {
  readonly entry: ShopEntry
  /** Where the shop serves each, by attachment id. */
  readonly urls: ReadonlyMap<number, string>
  /** Variations by variant key; only when some of them bear or shall bear an image. */
  readonly variations: ReadonlyMap<string, ShopEntry>
}

export class Gallery {
  readonly #ports: GalleryPorts

  constructor(ports: GalleryPorts) {
    this.#ports = ports
  }

  async imagesOf(
    productId: number,
  ): Promise<{ readonly gallery: readonly StoreImage[]; readonly variants: ReadonlyMap<string, StoreImage> }> {
    const held = await this.#read(productId, false)
    if (held === null) return { gallery: [], variants: new Map() }
    const { images } = held.entry.mark
    const image = (id: number, link: ImageLink | undefined): StoreImage => ({
      id: String(id),
      originalUrl: link?.[1] ?? null,
      url: held.urls.get(id) ?? '',
      sha256: null,
      ...(link?.[2] == null ? {} : { alt: link[2] }),
    })
    const gallery = new Map(images.gallery.map((link) => [link[0], link]))
    const ofVariants = new Map(images.variants)
    const variants = [...held.variations].flatMap(([key, { imageIds }]) => {
      const [id] = imageIds
      const link = ofVariants.get(key)
      return id === undefined ? [] : [[key, image(id, link?.[0] === id ? link : undefined)] as const]
    })
    return { gallery: held.entry.imageIds.map((id) => image(id, gallery.get(id))), variants: new Map(variants) }
  }

  async set(productId: number, images: ProductImages): Promise<'changed' | 'unchanged' | 'gone'> {
    for (let tried = 1, changed: 'changed' | 'unchanged' = 'unchanged'; ; tried += 1) {
      const held = await this.#read(productId, Object.keys(images.variants).length > 0)
      if (held === null) return 'gone'
      const links = wantedLinks(images, held)
      if (isSame(links, held)) return changed
      const unclear = await this.#write(held, links)
      if (unclear === null) return 'changed'
      // It may have been done: what is there now tells.
      changed = 'changed'
      if (tried >= triesMax) throw notSet(productId, unclear)
      await this.#ports.clock.sleep(pauseMs)
    }
  }

  /** Null when the shop does not have the product. */
  async #read(productId: number, withVariations: boolean): Promise<Held | null> {
    const read = await this.#ports.client.read(`/wc/v3/products/${productId}`, { _fields: productFields })
    const entry = read.ok ? parseEntry(read.page.value) : null
    if (!read.ok || entry === null || entry.parentId !== 0 || entry.status === 'trash') return null
    const hasLinks = entry.mark.images.variants.length > 0
    const variations = withVariations || hasLinks ? await this.#ports.variationsOf(productId) : []
    return {
      entry,
      urls: urlsOf(read.page.value),
      variations: new Map(variations.map((each) => [each.mark.variant ?? '', each])),
    }
  }

  /** Variations first: the mark of the product says that all is done. Null, or why the end is not clear. */
  async #write({ entry, variations }: Held, links: ImageLinks): Promise<string | null> {
    const { client, pacer, batchPacer } = this.#ports
    const wanted = new Map(links.variants)
    const ops: Op[] = []
    for (const [key, { id, imageIds }] of variations) {
      const image = wanted.get(key)?.[0]
      if (imageIds[0] !== image)
        ops.push({ list: 'update', body: { id, image: image === undefined ? {} : { id: image } } })
    }
    const ends = await sendOps(`/wc/v3/products/${entry.id}/variations/batch`, ops, { client, pacer: batchPacer })
    for (const end of ends.values()) {
      if (end.kind === 'refused') throw notSet(entry.id, end.problem.message)
      if (end.kind !== 'done') return end.reason
    }
    const body = {
      images: links.gallery.map(([id, , alt]) => (alt === null ? { id } : { id, alt })),
      meta_data: [imagesMeta(links)],
    }
    const write: Write = await pacer.run(1, () =>
      client.write('PUT', `/wc/v3/products/${entry.id}`, body, { _fields: 'id' }),
    )
    if (write.kind === 'refused') throw notSet(entry.id, write.problem.message)
    return write.kind === 'done' ? null : write.reason
  }
}

function wantedLinks({ gallery, variants }: ProductImages, { variations }: Held): ImageLinks {
  const once = gallery.filter(({ imageId }, index) => gallery.findIndex((other) => other.imageId === imageId) === index)
  return {
    gallery: once.map(linkOf),
    variants: [...variations.keys()].flatMap((key) => {
      const attachment = Object.hasOwn(variants, key) ? variants[key] : undefined
      return attachment === undefined ? [] : [[key, linkOf(attachment)] as const]
    }),
  }
}

function linkOf({ imageId, originalUrl, alt }: ImageAttachment): ImageLink {
  return [Number(imageId), originalUrl, alt ?? null]
}

/** The text of an image is the attachment's, shared by all its products: ours is the one last asked for here. */
function isSame(links: ImageLinks, { entry, variations }: Held): boolean {
  const ids = links.gallery.map(([id]) => id)
  const wanted = new Map(links.variants.map(([key, [id]]) => [key, id]))
  return (
    JSON.stringify(links) === JSON.stringify(entry.mark.images) &&
    JSON.stringify(ids) === JSON.stringify(entry.imageIds) &&
    [...variations].every(([key, { imageIds }]) => imageIds[0] === wanted.get(key))
  )
}

function urlsOf(value: unknown): Map<number, string> {
  const { images } = value as { images?: unknown }
  return new Map(
    (Array.isArray(images) ? images : []).flatMap(({ id, src }: { id?: unknown; src?: unknown }) =>
      typeof id === 'number' && typeof src === 'string' ? [[id, src] as const] : [],
    ),
  )
}

function notSet(productId: number, reason: string): WholesalerError {
  return new WholesalerError({
    kind: 'temporary',
    message: `the images of product ${productId} could not be set: ${reason}`,
    hint: 'What was finished is kept. Run the import again.',
  })
}
