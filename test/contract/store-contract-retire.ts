import assert from 'node:assert/strict'
import type { Store, StoreId } from '../../src/core/store/store.js'
import type { WithStore } from './store-contract.js'
import { type Abilities, applyOne, batchOf, decimal, idOf, item, product, variable, variant } from './store-fixture.js'

type How = Parameters<Store['retire']>[0]['how']

/** Ids of the products, by their keys. */
type Products = Readonly<Record<string, StoreId>>

function retire(store: Store, how: How, products: Products, token = 1): Promise<number> {
  const list = Object.entries(products).map(([key, storeId]) => ({ key, storeId }))
  return store.retire({ jobId: 1, token, wholesaler: 'aren', products: list, how })
}

export function retireContract(withStore: WithStore, can: Abilities): void {
  describe('what is missing', () => {
    it(
      'goes out of stock with its variants, and comes back as it was',
      withStore(async ({ store, view }) => {
        const inStock = variable('p', [variant('S', { stock: decimal('4') }), variant('M')], { stock: decimal('4') })
        const id = await idOf(store, inStock)
        const before = await view(id)

        const touched = await retire(store, 'out-of-stock', { p: id })
        const gone = await view(id)
        const result = await applyOne(store, variable('p', [variant('S'), variant('M')]))

        assert.equal(touched, 1)
        assert.deepEqual([gone?.stock, gone?.inStock, gone?.status], ['0', false, 'publish'])
        assert.deepEqual(
          gone?.variants.map(({ stock, inStock }) => [stock, inStock]),
          [
            ['0', false],
            ['0', false],
          ],
        )
        assert.equal(result.outcome, 'updated')
        assert.deepEqual(await view(id), before)
      }),
    )

    it(
      'is hidden as a draft, and is published again when it comes back unchanged',
      withStore(async ({ store, view }) => {
        const id = await idOf(store, product('a'))

        assert.equal(await retire(store, 'draft', { a: id }), 1)
        assert.equal((await view(id))?.status, 'draft')
        assert.equal((await store.verify([{ ...item(product('a')), storeId: id }]))[0]?.asImported, false)
        assert.equal((await applyOne(store, product('a'))).outcome, 'updated')
        assert.equal((await view(id))?.status, 'publish')
      }),
    )

    it(
      'is removed with its variants; its images stay in the store, its SKU and id do not come back',
      withStore(async ({ store, putFile, view }) => {
        const id = await idOf(store, variable('p', [variant('S', { sku: 'p-s' })]))
        const variantId = (await view(id))?.variants[0]?.id ?? ''
        const image = await store.putImage(await putFile('1'))
        await store.setImages({ jobId: 1, token: 1 }, id, {
          gallery: [{ imageId: image.id, originalUrl: 'u' }],
          variants: {},
        })

        const touched = await retire(store, 'delete', { p: id })

        assert.equal(touched, 1)
        assert.equal(await store.findById(id), null)
        assert.equal(await store.findById(variantId), null)
        assert.equal((await store.findBySku(['p', 'p-s'])).size, 0)
        assert.equal((await store.hasImages([image.id])).size, 1)
        assert.ok(![id, variantId].includes(await idOf(store, product('p'))))
      }),
    )

    it(
      'and whatever else changes it, gives it another stamp',
      withStore(async ({ store }) => {
        const [a, b] = [await idOf(store, product('a')), await idOf(store, product('b'))]
        const before = await store.stamps([a, b, '4711', 'x'])
        assert.deepEqual([...before.keys()].sort(), [a, b].sort())
        assert.deepEqual(await store.stamps([a, b]), before)

        await applyOne(store, product('a', { stock: decimal('7') }))
        await retire(store, 'delete', { b })

        const after = await store.stamps([a, b])
        assert.deepEqual([...after.keys()], [a])
        assert.notEqual(after.get(a), before.get(a))
      }),
    )

    it(
      'is counted once: what is so already is not touched',
      withStore(async ({ store }) => {
        const ids = { a: await idOf(store, product('a')), b: await idOf(store, variable('b', [variant('S')])) }

        for (const how of ['out-of-stock', 'draft', 'delete'] as const) {
          assert.equal(await retire(store, how, ids), 2)
          assert.equal(await retire(store, how, ids), 0)
        }
      }),
    )

    it(
      'is touched only when the wholesaler owns it',
      withStore(async ({ store, addByHand }) => {
        const theirs = await idOf(store, product('a'), { wholesaler: 'mediolano' })
        const byHand = await addByHand({ sku: 'hand', name: 'By hand' })

        for (const how of ['out-of-stock', 'draft', 'delete'] as const) {
          assert.equal(await retire(store, how, { a: theirs, hand: byHand, c: '4711', d: 'x' }), 0)
        }

        assert.notEqual(await store.findById(theirs), null)
        assert.notEqual(await store.findById(byHand), null)
      }),
    )

    it(
      'is left alone where the store knows it under another key',
      withStore(async ({ store }) => {
        const id = await idOf(store, product('a'))

        for (const how of ['out-of-stock', 'draft', 'delete'] as const) {
          assert.equal(await retire(store, how, { b: id }), 0)
        }

        assert.equal((await store.findById(id))?.key, 'a')
      }),
    )

    if (can.fence) {
      it(
        'is refused from a writer whose job was taken over',
        withStore(async ({ store }) => {
          const id = await idOf(store, product('a'))
          await store.apply(batchOf([], { token: 2 }))

          await assert.rejects(retire(store, 'delete', { a: id }, 1), { kind: 'lease_lost' })

          assert.notEqual(await store.findById(id), null)
        }),
      )
    }
  })
}
