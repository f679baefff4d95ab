/** What images a product has in the store: for `images PRODUCT` and `image-status`. */
import { foldSku } from '../product/product.js'
import type { Store, StoreId, StoreImage, StoreProduct } from '../store/store.js'

export interface ImageStatus {
  readonly product: StoreProduct
  readonly productId: StoreId
  /** Null when the product has no image; documents show 0. */
  readonly featuredImage: StoreId | null
  readonly featuredImageUrl: string | null
  /** Images beside the featured one. */
  readonly galleryImages: number
  /** Featured and gallery images; those of variants are not counted. */
  readonly totalImages: number
  /** In order, the first is featured. */
  readonly gallery: readonly StoreImage[]
  /** By variant key. */
  readonly variants: ReadonlyMap<string, StoreImage>
}

export interface ImageStatusQuery {
  /** A SKU or a store id, as typed. */
  readonly product: string
  /** Default `either`: the SKU counts first, then the id. */
  readonly by?: 'sku' | 'id' | 'either'
}

/** The images of a product; of the parent when a variant is named. Null when the store has no such product. */
export async function imageStatus(
  store: Pick<Store, 'findBySku' | 'findById' | 'imagesOf'>,
  { product: name, by = 'either' }: ImageStatusQuery,
): Promise<ImageStatus | null> {
  const named =
    (by === 'id' ? null : await bySku(store, name)) ?? (by === 'sku' ? null : await store.findById(name.trim()))
  const product = named === null || named.parentId === null ? named : await store.findById(named.parentId)
  if (product === null) return null
  const { gallery, variants } = await store.imagesOf(product.id)
  const [featured] = gallery
  return {
    product,
    productId: product.id,
    featuredImage: featured?.id ?? null,
    featuredImageUrl: featured?.url ?? null,
    galleryImages: Math.max(0, gallery.length - 1),
    totalImages: gallery.length,
    gallery,
    variants,
  }
}

async function bySku(store: Pick<Store, 'findBySku'>, sku: string): Promise<StoreProduct | null> {
  return (await store.findBySku([sku])).get(foldSku(sku)) ?? null
}
