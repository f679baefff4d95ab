/** The images of one product, with addresses that this server answers to. */
import { imageStatusDocument } from '../cli/documents.js'
import { findImages, type ProductQuestion } from '../cli/find-images.js'
import { WholesalerError } from '../core/errors.js'
import type { Store } from '../core/store/store.js'
import { notFound } from './http-error.js'
import { addressOf, json, type RequestContext, type ServePorts } from './route.js'

/** `first`: what the text is taken for first; the other one is tried when there is no such product. Throws `not_found`. */
export async function imagesOfProduct(
  context: RequestContext,
  { store, place }: Pick<ServePorts, 'store' | 'place'>,
  text: string,
  first: 'sku' | 'id',
): Promise<Response> {
  return await store.use(async (opened) => {
    const found = await firstFound(opened, text, first === 'id' ? ['id', 'sku'] : ['sku', 'id'], place.stateDir)
    if (found === null) throw notFound('the store has no such product', 'wholesaler export lists all products.')
    const base = addressOf(context)
    // The catalog names its images by their path below the media folder.
    const locate = (url: string) => url.replace(/^[0-9a-f]{2}\/([0-9a-f]{64})\.[a-z0-9]+$/, `${base}/media/$1`)
    return json(imageStatusDocument({ ...found, locate }))
  })
}

async function firstFound(store: Store, text: string, ways: readonly ProductQuestion['by'][], stateDir: string) {
  for (const by of ways) {
    try {
      return await findImages(store, { text, by }, stateDir)
    } catch (error: unknown) {
      if (!(error instanceof WholesalerError && error.kind === 'usage')) throw error
    }
  }
  return null
}
