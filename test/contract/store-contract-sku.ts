import assert from 'node:assert/strict'
import type { WithStore } from './store-contract.js'
import { applyOne, batchOf, idOf, item, product, variable, variant } from './store-fixture.js'

export function skuContract(withStore: WithStore): void {
  describe('one SKU, one product', () => {
    it(
      'adopts a product that no wholesaler wrote',
      withStore(async ({ store, addByHand }) => {
        const id = await addByHand({ sku: 'Abc', name: 'By hand' })

        const result = await applyOne(store, product('k1', { sku: ' aBC', name: 'From the feed' }))

        assert.deepEqual(result, { key: 'k1', outcome: 'updated', storeId: id })
        assert.deepEqual(await store.findById(id), {
          id,
          parentId: null,
          sku: 'aBC',
          name: 'From the feed',
          wholesaler: 'aren',
          key: 'k1',
        })
      }),
    )

    it(
      'adopts a product without owner by the id of an earlier import',
      withStore(async ({ store, addByHand }) => {
        const id = await addByHand({ sku: 'renamed-by-hand', name: 'By hand' })

        assert.equal(await idOf(store, item(product('k1'), id)), id)
      }),
    )

    it(
      'rejects a SKU that another wholesaler owns, and names the owner',
      withStore(async ({ store }) => {
        const id = await idOf(store, product('a', { sku: 'X-1' }), { wholesaler: 'mediolano' })

        const result = await applyOne(store, item(product('b', { sku: 'x-1 ', name: 'Other' }), id))

        assert.ok(result.outcome === 'rejected')
        assert.deepEqual([result.code, result.field, result.sku], ['sku_owned_by', 'sku', 'x-1'])
        assert.match(result.reason, /mediolano/)
        assert.equal((await store.findById(id))?.name, 'Product a')
      }),
    )

    it(
      'rejects a product when another wholesaler owns the SKU of one of its variants',
      withStore(async ({ store }) => {
        await idOf(store, product('a', { sku: 'X-1' }), { wholesaler: 'mediolano' })

        const result = await applyOne(
          store,
          variable('p', [variant('S', { sku: 'X-0' }), variant('M', { sku: 'X-1' })]),
        )

        assert.ok(result.outcome === 'rejected' && result.code === 'sku_owned_by')
        assert.equal((await store.findBySku(['p', 'X-0'])).size, 0)
      }),
    )

    it(
      'moves ownership on takeover, with the id and the variants',
      withStore(async ({ store, view }) => {
        const theirs = variable('a', [variant('1', { sku: 'X-S' }), variant('2', { sku: 'X-M' })], { sku: 'X' })
        const id = await idOf(store, theirs, { wholesaler: 'mediolano' })
        const before = await view(id)

        const ours = variable('b', [variant('m', { sku: 'x-m' }), variant('s', { sku: 'x-s' })], { sku: 'x' })
        const result = await applyOne(store, ours, { takeover: true })

        const after = await view(id)
        assert.deepEqual(result, { key: 'b', outcome: 'updated', storeId: id })
        assert.equal((await store.findById(id))?.wholesaler, 'aren')
        assert.deepEqual(
          after?.variants.map((each) => each.id),
          before?.variants.map((each) => each.id).reverse(),
        )
        assert.ok((await applyOne(store, theirs, { wholesaler: 'mediolano' })).outcome === 'rejected')
      }),
    )

    it(
      'puts the key in the place of a SKU that another product of the wholesaler bears, and says so',
      withStore(async ({ store }) => {
        const results = await store.apply(batchOf([product('k1', { sku: 'X' }), product('k2', { sku: 'x' })]))

        assert.equal(results[0]?.outcome, 'created')
        assert.ok(results[1]?.outcome === 'created' && results[1].notes?.length === 1)
        assert.match(results[1].notes[0] ?? '', /x.*k2/)
        const found = await store.findBySku(['X', 'k2'])
        assert.deepEqual([found.get('x')?.key, found.get('k2')?.key], ['k1', 'k2'])
      }),
    )

    it(
      'keeps every SKU where it is over imports, in whatever order the feed comes',
      withStore(async ({ store, view }) => {
        const shared = (key: string, name: string) =>
          variable(key, [variant('S', { sku: 'V' }), variant('M', { sku: 'V' })], { name })
        const [a, b] = [await idOf(store, shared('a', '1')), await idOf(store, shared('b', '1'))]
        const before = [await view(a), await view(b)].map((each) => each?.variants.map(({ sku }) => sku))

        await store.apply(batchOf([shared('b', '2'), shared('a', '2')]))
        const reversed = { ...shared('a', '3'), variants: shared('a', '3').variants.toReversed() }
        await store.apply(batchOf([reversed]))

        const after = [(await view(a))?.variants.toReversed(), (await view(b))?.variants]
        assert.deepEqual(before, [
          ['V', 'a-M'],
          ['b-S', 'b-M'],
        ])
        assert.deepEqual(
          after.map((each) => each?.map(({ sku }) => sku)),
          before,
        )
      }),
    )

    it(
      'rejects a product when SKU and key are both taken',
      withStore(async ({ store }) => {
        await store.apply(batchOf([product('k1', { sku: 'X' }), product('k2', { sku: 'k3' })]))

        const result = await applyOne(store, product('k3', { sku: 'X' }))

        assert.ok(result.outcome === 'rejected')
        assert.deepEqual([result.code, result.sku], ['sku_taken', 'X'])
      }),
    )

    it(
      'puts the key in the place of a SKU that is missing, blank or empty',
      withStore(async ({ store }) => {
        const { sku: _, ...withoutSku } = product('k1')
        await store.apply(batchOf([withoutSku, product('k2', { sku: null }), product('k3', { sku: '  ' })]))

        assert.deepEqual([...(await store.findBySku(['k1', 'k2', 'k3'])).values()].map(({ sku }) => sku).sort(), [
          'k1',
          'k2',
          'k3',
        ])
      }),
    )

    it(
      'leaves a SKU that parent and variant share to the variant',
      withStore(async ({ store, view }) => {
        const id = await idOf(store, variable('X', [variant('S', { sku: 'X' })]))
        const other = await idOf(store, variable('group', [variant('S', { sku: 'Y' })], { sku: 'Y' }))

        const [same, apart] = [await view(id), await view(other)]
        assert.deepEqual([same?.sku, same?.variants[0]?.sku], [null, 'X'])
        assert.deepEqual([apart?.sku, apart?.variants[0]?.sku], ['group', 'Y'])
      }),
    )

    it(
      'lets a SKU go to another product once it is free',
      withStore(async ({ store }) => {
        await store.apply(batchOf([product('k1', { sku: 'X' })]))
        await store.apply(batchOf([product('k1', { sku: 'Y' }), product('k2', { sku: 'X' })]))

        assert.equal((await store.findBySku(['X'])).get('x')?.key, 'k2')
      }),
    )
  })
}
