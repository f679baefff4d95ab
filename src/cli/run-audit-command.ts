/** What `images audit` does between its flags and its answer. */
import type { StatePlace } from '../core/config/find-state-dir.js'
import { loadConfig } from '../core/config/load-config.js'
import { type AuditedImage, auditImages, auditOf, type ImageAudit } from '../core/images/audit-images.js'
import { DecoderPool } from '../core/images/decoder-pool.js'
import type { Looks } from '../core/images/look.js'
import type { ImageBase } from '../core/images/normalize-url.js'
import { rebuildLibrary } from '../core/images/rebuild-library.js'
import type { Ledger } from '../core/ledger/ledger.js'
import type { Store, StoreProduct } from '../core/store/store.js'
import { contactSheet, type ShownProduct } from './contact-sheet/contact-sheet.js'
import { type ImageAuditDocument, imageAuditDocument } from './documents.js'
import { addressOf, requireProduct } from './find-images.js'
import { imageBaseOf } from './plan-images-of.js'
import { openShop } from './wiring.js'
import { writeFileWhole } from './write-output.js'

export interface AuditRequest {
  readonly place: StatePlace
  /** SKU or id; null for the whole store. */
  readonly product: string | null
  /** File to write the contact sheet to. */
  readonly html: string | null
  readonly rebuild: boolean
  readonly signal: AbortSignal
  readonly nowMs: number
}

/** Throws `usage` when there is no such product or nothing was ever imported. */
export async function runAudit(request: AuditRequest): Promise<ImageAuditDocument> {
  const { place, signal } = request
  const config = await loadConfig(place.configPath)
  const { store, ledger } = await openShop(place)
  const decoders = new DecoderPool(signal)
  const { looks } = decoders
  try {
    const product = request.product === null ? null : await requireProduct(store, { text: request.product, by: 'any' })
    const baseOf = (wholesaler: string): Promise<ImageBase | null> => imageBaseOf(wholesaler, config, ledger)
    const library = ledger.images
    const rebuilt = request.rebuild ? await rebuildLibrary({ store, library, looks, baseOf, signal }) : null
    const whole = await auditImages({ store, library, looks, signal })
    const audit = product === null ? whole : auditOf(whole, product.id)
    const html =
      request.html === null ? null : await writeSheet(request.html, audit, product, { store, looks, ...request })
    return imageAuditDocument({
      audit,
      product,
      pending: await pendingOf(ledger),
      rebuilt,
      html,
      locate: (url) => addressOf(url, place.stateDir),
    })
  } finally {
    await decoders.close()
    await ledger.close()
    await store.close()
  }
}

async function pendingOf(ledger: Ledger): Promise<ReadonlyMap<string, number>> {
  const pending = new Map<string, number>()
  for (const { name } of await ledger.wholesalers()) {
    const products = await ledger.countPendingImages(name)
    if (products > 0) pending.set(name, products)
  }
  return pending
}

async function writeSheet(
  file: string,
  audit: ImageAudit,
  product: StoreProduct | null,
  { store, looks, nowMs }: { readonly store: Store; readonly looks: Looks; readonly nowMs: number },
): Promise<string> {
  const title = product === null ? 'Images of the store' : `Images of ${product.name}`
  const sheet = contactSheet(title, audit, shownProducts(audit, product), {
    store,
    thumbnail: looks.thumbnail,
    nowMs,
  })
  return (await writeFileWhole(sheet, file)).path
}

/** Products with their own images in order; those of variants follow. */
function shownProducts({ all }: ImageAudit, only: StoreProduct | null): readonly ShownProduct[] {
  const products = new Map<string, { name: string; sku: string | null; places: [number, AuditedImage][] }>()
  for (const image of all) {
    for (const { productId, name, sku, variant, position } of image.uses) {
      if (only !== null && productId !== only.id) continue
      const product = products.get(productId) ?? { name, sku: null, places: [] }
      products.set(productId, product)
      if (variant === null) product.sku = sku
      product.places.push([variant === null ? position : Number.POSITIVE_INFINITY, image])
    }
  }
  return [...products.values()].map(({ name, sku, places }) => ({
    name,
    sku,
    images: [...new Set(places.sort(([a], [b]) => (a === b ? 0 : a - b)).map(([, image]) => image))],
  }))
}
