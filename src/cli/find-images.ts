/** Finds one product in the store by what a person typed, and its images. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { WholesalerError } from '../core/errors.js'
import { foldSku } from '../core/product/product.js'
import type { Store, StoreProduct } from '../core/store/store.js'
import type { ImageStatus } from './documents.js'

export interface ProductQuestion {
  readonly text: string
  /** `any`: an exact SKU first, then the store's id. */
  readonly by: 'sku' | 'id' | 'any'
}

/** A variant's SKU or id shows its parent. Throws `usage` when the store has no such product. */
export async function findImages(store: Store, question: ProductQuestion, stateDir: string): Promise<ImageStatus> {
  const product = await requireProduct(store, question)
  const { gallery, variants } = await store.imagesOf(product.id)
  return { product, gallery, variants, locate: (url) => addressOf(url, stateDir) }
}

/** The product that was meant; the parent for a variant. Throws `usage` when the store has none. */
export async function requireProduct(store: Store, question: ProductQuestion): Promise<StoreProduct> {
  const found = await findProduct(store, question)
  if (found === null) {
    throw new WholesalerError({
      kind: 'usage',
      message: `the store has no product ${question.by === 'id' ? 'with the id' : 'with the SKU'} "${question.text}"`,
      hint:
        question.by === 'any'
          ? 'Neither a SKU nor an id is like this; wholesaler export lists all products.'
          : 'Try it without --sku and --id.',
    })
  }
  return found.parentId === null ? found : ((await store.findById(found.parentId)) ?? found)
}

async function findProduct(store: Store, { text, by }: ProductQuestion): Promise<StoreProduct | null> {
  if (by !== 'id') {
    const bySku = (await store.findBySku([text])).get(foldSku(text))
    if (bySku !== undefined) return bySku
  }
  return by === 'sku' ? null : await store.findById(text)
}

/** The catalog names images by their path below the media folder; a `file:` URL can be opened and fetched. */
export function addressOf(url: string, stateDir: string): string {
  return /^[a-z][a-z0-9+.-]*:/i.test(url) ? url : pathToFileURL(join(stateDir, 'media', url)).href
}
