/** Images of a shop for which there are consumer keys only: fetched by the shop, once, attached by id. */
import assert from 'node:assert/strict'
import { intakeSku } from '../../../../src/core/store/woocommerce/side-load.js'
import { idOf, product } from '../../../contract/store-fixture.js'
import type { ShopOptions } from '../../../support/woocommerce/shop-server.js'
import { type WooCommerceFixture, wooCommerceFixture } from './woocommerce-fixture.js'

const writer = { jobId: 1, token: 1 }
const address = 'https://images.test/a.jpg'

function withShop(test: (fixture: WooCommerceFixture) => Promise<void>, options: Omit<ShopOptions, 'tls'> = {}) {
  return async () => {
    const fixture = await wooCommerceFixture({ images: 'src' }, { tls: null, ...options })
    try {
      await test(fixture)
    } finally {
      await fixture.close()
    }
  }
}

async function put({ store, putFile }: WooCommerceFixture, bytes: string, originalUrl = address) {
  return store.putImage({ ...(await putFile(bytes)), originalUrl })
}

describe('images that the shop fetches itself', () => {
  it(
    'are fetched once each, and attached to any number of products by id',
    withShop(async (fixture) => {
      const { shop, store } = fixture
      const ids = [await idOf(store, product('a')), await idOf(store, product('b'))]
      const [one, again, other] = [
        await put(fixture, '1'),
        await put(fixture, '1'),
        await put(fixture, '2', `${address}?2`),
      ]

      for (const id of ids) {
        const gallery = [other, one].map(({ id: imageId }) => ({ imageId, originalUrl: address }))
        assert.equal(await store.setImages(writer, id, { gallery, variants: {} }), 'changed')
        assert.equal(await store.setImages(writer, id, { gallery, variants: {} }), 'unchanged')
      }

      assert.equal(again.id, one.id)
      assert.equal(shop.count('upload'), 2)
      assert.deepEqual(
        (await store.imagesOf(ids[1] ?? '')).gallery.map(({ id }) => id),
        [other.id, one.id],
      )
    }),
  )

  it(
    'are not fetched again when the answer is lost',
    withShop(async (fixture) => {
      const { shop } = fixture
      shop.script = ({ body }) =>
        JSON.stringify(body).includes('src') && shop.count('upload') === 0 ? { kind: 'lose' } : null

      await put(fixture, '1')

      assert.equal(shop.count('upload'), 1)
    }),
  )

  it(
    'cost no product when the shop will not have them',
    withShop(
      async (fixture) => {
        const id = await idOf(fixture.store, product('a'))

        await assert.rejects(put(fixture, '1'), { name: 'ImageRefusedError', message: /Not Found/ })
        await assert.rejects(put(fixture, '1', 'folder/a.jpg'), { name: 'ImageRefusedError', message: /upload/ })

        assert.notEqual(await fixture.store.findById(id), null)
      },
      { sideload: async () => ({ refused: 'Error getting remote image: Not Found' }) },
    ),
  )

  it(
    'that were deleted in the shop are noticed',
    withShop(async (fixture) => {
      const { store, another, loseImage } = fixture
      const [one, two] = [await put(fixture, '1'), await put(fixture, '2')]
      assert.deepEqual(await store.hasImages([one.id, two.id]), new Set([one.id, two.id]))

      await loseImage(two.id)

      assert.deepEqual(await another().hasImages([one.id, two.id, '4711']), new Set([one.id]))
    }),
  )

  it(
    'come in through one product of their own, which is not for sale',
    withShop(async (fixture) => {
      const { shop, another } = fixture
      await put(fixture, '1')
      await another().putImage({ ...(await fixture.putFile('2')), originalUrl: address })

      const intakes = [...shop.state.products.values()].filter(({ sku }) => sku === intakeSku)
      assert.deepEqual(
        intakes.map(({ status }) => status),
        ['private'],
      )
    }),
  )
})
