import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryStore, type StoredEntry } from '../../../src/core/store/memory-store.js'
import type { ProductView, StoreFixture } from '../../contract/store-fixture.js'
import { writeImageFile } from './image-file.js'

export async function memoryFixture(): Promise<StoreFixture & { readonly store: MemoryStore }> {
  const store = new MemoryStore()
  const dir = await mkdtemp(join(tmpdir(), 'wholesaler-test-'))
  return {
    store,
    putFile: (bytes) => writeImageFile(join(dir, randomUUID()), bytes),
    addByHand: async (product) => store.addByHand(product),
    loseImage: async (id) => store.loseImage(id),
    view: async (id) => memoryView(store, id),
    close: () => rm(dir, { recursive: true }),
  }
}

export function memoryView(store: MemoryStore, id: string): ProductView | null {
  const product = store.entries.find((entry) => entry.id === id)
  if (product === undefined) return null
  const { fields } = product
  return {
    name: fields.name ?? '',
    sku: product.sku,
    status: fields.status ?? '',
    price: fields.price ?? null,
    salePrice: fields.salePrice ?? null,
    stock: fields.stock ?? null,
    inStock: fields.inStock ?? null,
    brand: fields.brand ?? null,
    description: fields.description ?? null,
    tags: fields.tags ?? [],
    categories: fields.categories ?? [],
    attributes: fields.attributes ?? [],
    variants: store.entries.filter(({ parentId }) => parentId === id).map(variantView),
  }
}

function variantView({ id, key, sku, fields }: StoredEntry): ProductView['variants'][number] {
  return {
    id,
    key: key ?? '',
    sku,
    price: fields.price ?? null,
    stock: fields.stock ?? null,
    inStock: fields.inStock ?? null,
    options: (fields.options ?? []).filter((option) => typeof option !== 'string'),
  }
}
