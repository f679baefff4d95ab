import assert from 'node:assert/strict'
import { imageStatus } from '../../../src/core/images/image-status.js'
import { withImagePhase } from './image-phase.js'
import { jpeg } from './pictures.js'

describe('imageStatus', () => {
  it('counts the featured image and those beside it, as the guide does', () =>
    withImagePhase(async ({ server, store, storeId, add, run }) => {
      const urls = [1, 2, 3, 4].map((number) => server.url(`/${number}.jpg`))
      for (const number of [1, 2, 3, 4]) server.serve(`/${number}.jpg`, await jpeg(number))
      await add({ key: 'ABC-1', images: urls.map((url) => ({ url })), variants: [] })
      await run()

      const status = await imageStatus(store, { product: 'abc-1' })

      assert.ok(status)
      const [featured] = status.gallery
      assert.equal(status.productId, storeId('ABC-1'))
      assert.equal(status.featuredImage, featured?.id)
      assert.equal(status.featuredImageUrl, featured?.url)
      assert.deepEqual([status.galleryImages, status.totalImages], [3, 4])
      assert.deepEqual(
        status.gallery.map(({ originalUrl }) => originalUrl),
        urls,
      )
    }))

  it('shows a product without images', () =>
    withImagePhase(async ({ store, add }) => {
      await add({ key: 'p', images: [], variants: [] })

      const status = await imageStatus(store, { product: 'p' })

      assert.deepEqual(
        [status?.featuredImage, status?.featuredImageUrl, status?.galleryImages, status?.totalImages],
        [null, null, 0, 0],
      )
    }))

  it('looks for the SKU first, then for the id, or as told', () =>
    withImagePhase(async ({ store, storeId, add }) => {
      await add({ key: 'first', images: [], variants: [] })
      await add({ key: storeId('first'), images: [], variants: [] })
      const named = async (by: 'sku' | 'id' | 'either', product: string) =>
        (await imageStatus(store, { product, by }))?.product.sku ?? null

      assert.equal(await named('either', storeId('first')), storeId('first'))
      assert.equal(await named('sku', storeId('first')), storeId('first'))
      assert.equal(await named('id', storeId('first')), 'first')
      assert.equal(await named('either', storeId(storeId('first'))), storeId('first'))
      assert.equal(await named('sku', storeId(storeId('first'))), null)
      assert.equal(await named('either', 'nobody'), null)
    }))

  it('shows the parent of a variant', () =>
    withImagePhase(async ({ store, add }) => {
      await add({ key: 'p', images: [], variants: [{ key: 'red', sku: 'P-RED', options: [['Color', 'red']] }] })

      const status = await imageStatus(store, { product: 'p-red' })

      assert.equal(status?.product.sku, 'p')
    }))
})
