/**
 * A store in memory, for tests: the plainest thing that keeps every promise of `store.ts`, until the process
 * ends.
 */
import { randomUUID } from 'node:crypto'
import type { Fingerprints } from '../ledger/ledger.js'
import { leaveToShop } from '../product/field-owners.js'
import { type Decimal, foldSku, type Product, type Variant } from '../product/product.js'
import { changesBetween, type FieldChange, textsOf, variantChanges } from './field-change.js'
import { MemoryImages } from './memory-images.js'
import { merged } from './merge.js'
import { assignSkus, type Bearer, findAdoptable, type ProductLookup, refusalOf, type SkuPlan } from './sku-rules.js'
import { staleWriter } from './stale-writer.js'
import type {
  ComparedProduct,
  ImageAttachment,
  ImageFile,
  ImageUse,
  ItemResult,
  ProductImages,
  Store,
  StoreBatch,
  StoredImage,
  StoreId,
  StoreImage,
  StoreItem,
  StoreProduct,
  StoreState,
  StoreWriter,
  StrayFile,
} from './store.js'

/** What a product or a variant may have, blank fields left out. */
export interface StoredFields extends Omit<Partial<Product>, 'options'>, Omit<Partial<Variant>, 'options'> {
  readonly options?: Product['options'] | Variant['options']
}

/** A product or a variant, as the store has it. */
export interface StoredEntry {
  readonly id: StoreId
  readonly parentId: StoreId | null
  owner: string | null
  key: string | null
  sku: string | null
  /** All but key, SKU and variants. */
  fields: StoredFields
  /** What the missing policy replaced. */
  retired: StoredFields | null
  fingerprints: Fingerprints | null
  links: readonly ImageAttachment[]
}

const outOfStock = { stock: '0' as Decimal, inStock: false }

export class MemoryStore implements Store, ProductLookup {
  readonly kind = 'memory'
  readonly can = { fence: true, closeBatches: true, exchangeImages: true }
  readonly #identity = `memory:${randomUUID()}`
  readonly #entries = new Map<StoreId, StoredEntry>()
  readonly #images = new MemoryImages()
  readonly #applied = new Map<string, readonly ItemResult[]>()
  readonly #fences = new Map<number, number>()
  #currency: string | null
  #lastId = 0

  constructor({ currency = null }: { readonly currency?: string | null } = {}) {
    this.#currency = currency
  }

  /** Adds a product that no wholesaler wrote, as a shop owner would by hand. */
  addByHand(product: { readonly sku: string; readonly name: string }): StoreId {
    const entry = this.#newEntry(null)
    entry.sku = product.sku
    entry.fields = { name: product.name, status: 'publish' }
    return entry.id
  }

  /** Products with their variants, by id, for assertions. */
  get entries(): readonly StoredEntry[] {
    return [...this.#entries.values()]
  }

  /** Loses an image, as when its file is deleted by hand. */
  loseImage(id: StoreId): void {
    this.#images.lose(id)
  }

  async identity(): Promise<string> {
    return this.#identity
  }

  async currency(): Promise<string | null> {
    return this.#currency
  }

  async adoptCurrency(currency: string): Promise<void> {
    this.#currency ??= currency
  }

  async findBySku(skus: readonly string[]): Promise<ReadonlyMap<string, StoreProduct>> {
    const wanted = new Set(skus.map(foldSku))
    const found = this.entries.filter(({ sku }) => sku !== null && wanted.has(foldSku(sku)))
    return new Map(found.map((entry) => [foldSku(entry.sku ?? ''), this.#storeProduct(entry)]))
  }

  async findById(id: StoreId): Promise<StoreProduct | null> {
    const entry = this.#entries.get(id)
    return entry === undefined ? null : this.#storeProduct(entry)
  }

  async apply(batch: StoreBatch): Promise<readonly ItemResult[]> {
    this.#passFence(batch.jobId, batch.token)
    const applied = this.#applied.get(batch.id)
    if (applied !== undefined) return structuredClone(applied)

    const results = batch.items.map((item) => {
      const result = refusalOf(item, this.#currency) ?? this.#writeItem(batch, item)
      if (result.outcome !== 'rejected') this.#currency ??= item.product.currency ?? null
      return result
    })
    this.#applied.set(batch.id, structuredClone(results))
    return results
  }

  async differences(compared: readonly ComparedProduct[]): Promise<readonly (readonly FieldChange[] | null)[]> {
    return compared.map((each) => this.#differences(each))
  }

  async imagesOf(
    productId: StoreId,
  ): Promise<{ readonly gallery: readonly StoreImage[]; readonly variants: ReadonlyMap<string, StoreImage> }> {
    const variants = new Map<string, StoreImage>()
    for (const { key, links } of this.#variantsOf(productId)) {
      const [image] = this.#linkedImages(links)
      if (image !== undefined) variants.set(key ?? '', image)
    }
    return { gallery: this.#linkedImages(this.#entries.get(productId)?.links ?? []), variants }
  }

  async hasImages(ids: readonly StoreId[]): Promise<ReadonlySet<StoreId>> {
    return new Set(ids.filter((id) => this.#images.get(id) !== undefined))
  }

  async putImage(image: ImageFile): Promise<StoreImage> {
    return this.#images.put(image)
  }

  async listImages({ size, after }: { readonly size: number; readonly after: StoreId | null }) {
    const images = this.#images.all.map(({ image, form, data }): StoredImage => {
      const { extension, width, height, bytes } = form
      return { ...image, extension, width, height, bytes, present: data !== null, uses: this.#usesOf(image.id) }
    })
    return images.slice(images.findIndex(({ id }) => id === after) + 1).slice(0, size)
  }

  async readImage(id: StoreId): Promise<Buffer | null> {
    return this.#images.read(id)
  }

  async replaceImage(writer: StoreWriter, id: StoreId, image: ImageFile): Promise<StoreImage | null> {
    this.#passFence(writer.jobId, writer.token)
    return this.#images.replace(id, image)
  }

  async removeImages(writer: StoreWriter, ids: readonly StoreId[]): Promise<readonly StoreId[]> {
    this.#passFence(writer.jobId, writer.token)
    return ids.filter((id) => this.#usesOf(id).length === 0 && this.#images.remove(id))
  }

  async strayFiles(): Promise<readonly StrayFile[]> {
    return []
  }

  async setImages(
    writer: StoreWriter,
    productId: StoreId,
    images: ProductImages,
  ): Promise<'changed' | 'unchanged' | 'gone'> {
    this.#passFence(writer.jobId, writer.token)
    const product = this.#entries.get(productId)
    if (product === undefined || product.parentId !== null) return 'gone'
    const wanted = new Map([[product, onceEach(images.gallery)]])
    for (const variant of this.#variantsOf(productId)) {
      const image = Object.hasOwn(images.variants, variant.key ?? '') ? images.variants[variant.key ?? ''] : undefined
      wanted.set(variant, image === undefined ? [] : [image])
    }
    for (const { imageId } of [...wanted.values()].flat()) {
      if (this.#images.get(imageId) === undefined) throw new Error(`image ${imageId} is not in the store`)
    }
    let changed = false
    for (const [entry, links] of wanted) {
      if (JSON.stringify(entry.links.map(linkText)) === JSON.stringify(links.map(linkText))) continue
      entry.links = links
      changed = true
    }
    return changed ? 'changed' : 'unchanged'
  }

  async retire({ jobId, token, wholesaler, products, how }: Parameters<Store['retire']>[0]): Promise<number> {
    this.#passFence(jobId, token)
    let touched = 0
    for (const { key, storeId: id } of products) {
      const product = this.#entries.get(id)
      if (product === undefined || product.parentId !== null) continue
      if (product.owner !== wholesaler || product.key !== key) continue
      const variants = this.#variantsOf(id)
      if (how === 'delete') {
        for (const entry of [product, ...variants]) this.#entries.delete(entry.id)
        touched++
        continue
      }
      const changed =
        how === 'draft'
          ? retireEntry(product, { status: 'draft' })
          : [product, ...variants].map((entry) => retireEntry(entry, outOfStock)).includes(true)
      if (!changed) continue
      product.fingerprints = null
      touched++
    }
    return touched
  }

  async stamps(ids: readonly StoreId[]): Promise<ReadonlyMap<StoreId, string>> {
    return new Map(
      ids.flatMap((id) => {
        const product = this.#entries.get(id)
        return product === undefined ? [] : [[id, JSON.stringify([product, ...this.#variantsOf(id)])] as const]
      }),
    )
  }

  async verify(items: readonly (Fingerprints & { readonly storeId: StoreId })[]): Promise<readonly StoreState[]> {
    return items.map(({ storeId, content, offer }) => {
      const product = this.#entries.get(storeId)
      if (product === undefined || product.parentId !== null) {
        return { exists: false, asImported: false, imagesPresent: false }
      }
      const stored = product.fingerprints
      const links = [product, ...this.#variantsOf(storeId)].flatMap((entry) => entry.links)
      return {
        exists: true,
        asImported: stored?.content === content && stored.offer === offer,
        imagesPresent: links.every(({ imageId }) => this.#images.get(imageId) !== undefined),
      }
    })
  }

  async close(): Promise<void> {}

  byId(id: StoreId): { readonly owner: string | null } | null {
    const entry = this.#entries.get(id)
    return entry === undefined || entry.parentId !== null ? null : { owner: entry.owner }
  }

  bySku(foldedSku: string): Bearer | null {
    const entry = this.entries.find(({ sku }) => sku !== null && foldSku(sku) === foldedSku)
    if (entry === undefined) return null
    return { productId: entry.parentId ?? entry.id, isVariant: entry.parentId !== null, owner: entry.owner }
  }

  #writeItem(batch: StoreBatch, item: StoreItem): ItemResult {
    const { key, product } = item
    const known = this.entries.find(
      (entry) => entry.parentId === null && entry.owner === batch.wholesaler && entry.key === key,
    )
    const adoptable = known === undefined ? findAdoptable(batch, item, this) : known.id
    if (adoptable !== null && typeof adoptable !== 'string') return adoptable
    const entry = adoptable === null ? undefined : this.#entries.get(adoptable)
    if (entry !== undefined && !batch.updateExisting) return { key, outcome: 'skipped', storeId: entry.id }
    if (known?.fingerprints?.content === item.content && known.fingerprints.offer === item.offer) {
      known.fingerprints = fingerprintsOf(item)
      known.fields = merged(known.fields, imagesOnly(product), [...fieldNames(known.fields), 'images'])
      return { key, outcome: 'unchanged', storeId: known.id }
    }

    const variants = matchVariants(product, entry === undefined ? [] : this.#variantsOf(entry.id))
    const borne = new Map<string, string>()
    for (const [variant, stored] of variants) {
      if (stored !== null && stored.sku !== null) borne.set(variant.key, foldSku(stored.sku))
    }
    const sameContent = known?.fingerprints?.content === item.content
    const skus: ReturnType<typeof assignSkus> = sameContent
      ? { sku: known.sku, variants: [...variants.values()].map((stored) => stored?.sku ?? null), notes: [] }
      : assignSkus({ product, wholesaler: batch.wholesaler, productId: entry?.id ?? null, borne }, this)
    if ('outcome' in skus) return skus

    const target = entry ?? this.#newEntry(null)
    this.#write(target, variants, batch, item, skus)
    return {
      key,
      outcome: entry === undefined ? 'created' : 'updated',
      storeId: target.id,
      ...(skus.notes.length === 0 ? {} : { notes: skus.notes }),
    }
  }

  #write(
    target: StoredEntry,
    variants: ReadonlyMap<Variant, StoredEntry | null>,
    { wholesaler: owner, shopFields = [] }: StoreBatch,
    item: StoreItem,
    skus: SkuPlan,
  ): void {
    const keptEntries = new Set([...variants.values()])
    for (const old of this.#variantsOf(target.id)) if (!keptEntries.has(old)) this.#entries.delete(old.id)

    const isNew = (variant: Variant) => (variants.get(variant) ?? null) === null
    const storedName = String(target.fields.name ?? item.product.name)
    const written =
      target.owner === null && target.fields.name === undefined
        ? item.product
        : leaveToShop(item.product, shopFields, { storedName, isNew })
    const { key, sku, variants: list, ...fields } = written
    update(target, owner, key, skus.sku, { ...fields, status: fields.status ?? storedStatus(target) })
    target.fingerprints = fingerprintsOf(item)
    const ordered = item.product.variants.map((variant) => variants.get(variant) ?? this.#newEntry(target.id))
    for (const entry of ordered) this.#entries.delete(entry.id)
    for (const [index, variant] of list.entries()) {
      const entry = ordered[index]
      if (entry === undefined) continue
      const { key: variantKey, sku: variantSku, ...variantFields } = variant
      update(entry, owner, variantKey, skus.variants[index] ?? null, variantFields)
      // Back at the end: the variants of a product stand in the order of the feed.
      this.#entries.set(entry.id, entry)
    }
  }

  #differences({ storeId, product, shopFields = [] }: ComparedProduct): readonly FieldChange[] | null {
    const target = this.#entries.get(storeId)
    if (target === undefined || target.parentId !== null) return null
    const stored = this.#variantsOf(storeId)
    const matched = matchVariants(product, stored)
    const isNew = (variant: Variant) => (matched.get(variant) ?? null) === null
    const written = leaveToShop(product, shopFields, { storedName: target.fields.name ?? '', isNew })
    const { key: _key, sku, variants, options: _options, images: _images, ...fields } = written
    const found = [...matched.values()]
    return [
      ...changesBetween({ sku: target.sku }, sku == null ? {} : { sku }),
      ...fieldChanges(target, fields),
      ...variants.flatMap((variant, index): FieldChange[] => {
        const entry = found[index] ?? null
        const { key, sku: _sku, options: _own, image: _image, ...own } = variant
        return entry === null ? [] : fieldChanges(entry, own, key)
      }),
      ...variantChanges(
        product.variants.filter(isNew).map(({ key }) => key),
        stored.filter((entry) => !found.includes(entry)).map(({ key }) => key ?? ''),
      ),
    ]
  }

  #newEntry(parentId: StoreId | null): StoredEntry {
    const id = String(++this.#lastId)
    const entry: StoredEntry = {
      id,
      parentId,
      owner: null,
      key: null,
      sku: null,
      fields: {},
      retired: null,
      fingerprints: null,
      links: [],
    }
    this.#entries.set(id, entry)
    return entry
  }

  #variantsOf(id: StoreId): StoredEntry[] {
    return this.entries.filter(({ parentId }) => parentId === id)
  }

  #usesOf(id: StoreId): readonly ImageUse[] {
    const entries = this.entries.filter(({ parentId }) => parentId === null)
    return entries
      .flatMap((product) => [product, ...this.#variantsOf(product.id)])
      .flatMap((entry) =>
        entry.links.flatMap(({ imageId, originalUrl }, position): readonly ImageUse[] => {
          if (imageId !== id) return []
          const { name } = this.#storeProduct(entry)
          const { sku, owner: wholesaler, parentId } = entry
          const variant = parentId === null ? null : entry.key
          return [{ productId: parentId ?? entry.id, sku, name, wholesaler, variant, position, originalUrl }]
        }),
      )
  }

  #linkedImages(links: readonly ImageAttachment[]): StoreImage[] {
    return links.flatMap(({ imageId, originalUrl, alt }) => {
      const image = this.#images.get(imageId)
      return image === undefined ? [] : [{ ...image, originalUrl, ...(alt === undefined ? {} : { alt }) }]
    })
  }

  #storeProduct({ id, parentId, sku, owner, key, fields }: StoredEntry): StoreProduct {
    const parent = parentId === null ? undefined : this.#entries.get(parentId)
    const name = parent?.fields.name ?? fields.name ?? ''
    return { id, parentId, sku, name, wholesaler: owner, key: parent === undefined ? key : parent.key }
  }

  #passFence(jobId: number, token: number): void {
    const seen = this.#fences.get(jobId) ?? 0
    if (seen > token) throw staleWriter(jobId, token, seen)
    this.#fences.set(jobId, token)
  }
}

function matchVariants(product: Product, stored: readonly StoredEntry[]): Map<Variant, StoredEntry | null> {
  const keys = new Set<string | null>(product.variants.map(({ key }) => key))
  const spare = stored.filter(({ key }) => !keys.has(key))
  return new Map(
    product.variants.map((variant) => {
      const sku = foldSku(variant.sku ?? '')
      const index = spare.findIndex((entry) => sku !== '' && entry.sku !== null && foldSku(entry.sku) === sku)
      const byKey = stored.find(({ key }) => key === variant.key)
      return [variant, byKey ?? (index < 0 ? null : (spare.splice(index, 1)[0] ?? null))]
    }),
  )
}

function update(entry: StoredEntry, owner: string, key: string, sku: string | null, fields: StoredFields): void {
  const stored = { ...entry.fields, ...entry.retired }
  const names = new Set([...Object.keys(stored), ...Object.keys(fields)]) as Set<keyof StoredFields>
  entry.owner = owner
  entry.key = key
  entry.sku = sku
  entry.fields = merged<StoredFields>(stored, fields, [...names])
  entry.retired = null
}

function fieldChanges(entry: StoredEntry, fields: StoredFields, variant?: string): FieldChange[] {
  const names = fieldNames(fields)
  return changesBetween(textsOf<StoredFields>(entry.fields, names), textsOf(fields, names), variant)
}

function retireEntry(entry: StoredEntry, to: StoredFields): boolean {
  const names = Object.keys(to) as (keyof StoredFields)[]
  if (names.every((name) => entry.fields[name] === to[name])) return false
  const before = Object.fromEntries(names.map((name) => [name, entry.fields[name]]))
  entry.retired = { ...before, ...entry.retired }
  entry.fields = { ...entry.fields, ...to }
  return true
}

function storedStatus({ fields, retired }: StoredEntry): NonNullable<Product['status']> {
  return retired?.status ?? fields.status ?? 'publish'
}

function fieldNames(fields: StoredFields): (keyof StoredFields)[] {
  return Object.keys(fields) as (keyof StoredFields)[]
}

function fingerprintsOf({ content, offer, images }: Fingerprints): Fingerprints {
  return { content, offer, images }
}

function imagesOnly({ images }: Product): StoredFields {
  return images === undefined ? {} : { images }
}

/** Each image once: the first place counts. */
function onceEach(links: readonly ImageAttachment[]): ImageAttachment[] {
  return links.filter(({ imageId }, index) => links.findIndex((link) => link.imageId === imageId) === index)
}

function linkText({ imageId, originalUrl, alt }: ImageAttachment): (string | null)[] {
  return [imageId, originalUrl, alt ?? null]
}
