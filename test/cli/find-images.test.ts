import assert from 'node:assert/strict'
import { findImages } from '../../src/cli/find-images.js'
import { WholesalerError } from '../../src/core/errors.js'
import { foldSku } from '../../src/core/product/product.js'
import type { Store, StoreProduct } from '../../src/core/store/store.js'

function product(id: string, sku: string, parentId: string | null = null): StoreProduct {
  return { id, parentId, sku, name: `Product ${id}`, wholesaler: 'aren', key: sku }
}

/** What looking for images needs of a store, over these products. */
function storeOf(...products: readonly StoreProduct[]): Store {
  const looking: Pick<Store, 'findBySku' | 'findById' | 'imagesOf'> = {
    findBySku: async (skus) =>
      new Map(
        skus.flatMap((sku) =>
          products.filter((found) => foldSku(found.sku ?? '') === foldSku(sku)).map((found) => [foldSku(sku), found]),
        ),
      ),
    findById: async (id) => products.find((found) => found.id === id) ?? null,
    imagesOf: async (id) => ({
      gallery: [{ id: `9${id}`, originalUrl: null, url: 'ab/cd.jpg', sha256: null }],
      variants: new Map(),
    }),
  }
  return looking as Store
}

describe('findImages', () => {
  const store = storeOf(product('1', '2'), product('2', 'Shoe'), product('3', 'Shoe-40', '2'))
  const ask = async (text: string, by: 'sku' | 'id' | 'any' = 'any') =>
    (await findImages(store, { text, by }, '/state')).product.id

  it('looks for an exact SKU first, whatever its case, then for an id', async () => {
    assert.equal(await ask('shoe '), '2')
    assert.equal(await ask('2'), '1')
    assert.equal(await ask('1'), '1')
  })

  it('looks for what it was told to look for', async () => {
    assert.equal(await ask('2', 'id'), '2')
    await assert.rejects(ask('1', 'sku'), WholesalerError)
  })

  it("shows a variant's parent", async () => {
    assert.equal(await ask('Shoe-40'), '2')
    assert.equal(await ask('3'), '2')
  })

  it('names a product that is not there', async () => {
    await assert.rejects(ask('nothing'), /nothing/)
  })

  it('gives images of the catalog as file URLs, and leaves URLs as they are', async () => {
    const { locate } = await findImages(store, { text: '1', by: 'id' }, '/my state')

    assert.equal(locate('ab/c d.jpg'), 'file:///my%20state/media/ab/c%20d.jpg')
    assert.equal(locate('https://shop.example/1.jpg'), 'https://shop.example/1.jpg')
  })
})
