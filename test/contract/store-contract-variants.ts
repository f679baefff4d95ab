import assert from 'node:assert/strict'
import type { WithStore } from './store-contract.js'
import { type Abilities, applyOne, availability, decimal, idOf, product, variable, variant } from './store-fixture.js'

export function variantContract(withStore: WithStore, can: Abilities): void {
  describe('variants', () => {
    it(
      'come with options, price and stock, in the order of the feed',
      withStore(async ({ store, view }) => {
        const id = await idOf(
          store,
          variable('p', [
            variant('M', { sku: 'p-m', price: decimal('5'), stock: decimal('1') }),
            variant('S', { sku: 'p-s', price: decimal('4.5'), inStock: false }),
          ]),
        )

        const seen = await view(id)
        assert.deepEqual(
          seen?.variants.map(({ id: _, ...each }) => each),
          [
            {
              key: 'M',
              sku: 'p-m',
              price: '5',
              stock: '1',
              inStock: availability(can, '1', null),
              options: [['Size', 'M']],
            },
            { key: 'S', sku: 'p-s', price: '4.5', stock: null, inStock: false, options: [['Size', 'S']] },
          ],
        )
      }),
    )

    it(
      'are found by SKU with the id and key of their product',
      withStore(async ({ store, view }) => {
        const id = await idOf(store, variable('p', [variant('S', { sku: 'p-s' })], { name: 'Shirt' }))
        const variantId = (await view(id))?.variants[0]?.id ?? ''

        const expected = { id: variantId, parentId: id, sku: 'p-s', name: 'Shirt', wholesaler: 'aren', key: 'p' }
        assert.deepEqual((await store.findBySku(['P-S'])).get('p-s'), expected)
        assert.deepEqual(await store.findById(variantId), expected)
        assert.notEqual(variantId, id)
      }),
    )

    it(
      'keep their ids when others come, go or change places',
      withStore(async ({ store, view }) => {
        const id = await idOf(store, variable('p', [variant('S'), variant('M'), variant('L')]))
        const before = new Map((await view(id))?.variants.map((each) => [each.key, each.id]))

        await idOf(store, variable('p', [variant('XL'), variant('L'), variant('S')]))

        const after = (await view(id))?.variants ?? []
        assert.deepEqual(
          after.map(({ key }) => key),
          ['XL', 'L', 'S'],
        )
        assert.equal(after[1]?.id, before.get('L'))
        assert.equal(after[2]?.id, before.get('S'))
        assert.ok(![...before.values()].includes(after[0]?.id ?? ''))
        assert.equal(await store.findById(before.get('M') ?? ''), null)
      }),
    )

    it(
      'keep their id by SKU when their key changes',
      withStore(async ({ store, view }) => {
        const id = await idOf(store, variable('p', [variant('old', { sku: 'p-1' })]))
        const before = (await view(id))?.variants[0]?.id

        await idOf(store, variable('p', [variant('new', { sku: 'P-1' })]))

        assert.equal((await view(id))?.variants[0]?.id, before)
      }),
    )

    it(
      'may swap their SKUs',
      withStore(async ({ store, view }) => {
        const id = await idOf(store, variable('p', [variant('S', { sku: '1' }), variant('M', { sku: '2' })]))

        const result = await applyOne(store, variable('p', [variant('S', { sku: '2' }), variant('M', { sku: '1' })]))

        assert.deepEqual(result, { key: 'p', outcome: 'updated', storeId: id })
        assert.deepEqual(
          (await view(id))?.variants.map(({ sku }) => sku),
          ['2', '1'],
        )
      }),
    )

    it(
      'get price and stock when only they have changed, and keep what is not mentioned',
      withStore(async ({ store, view }) => {
        const id = await idOf(
          store,
          variable('p', [
            variant('S', { price: decimal('5'), stock: decimal('2') }),
            variant('M', { price: decimal('5') }),
          ]),
        )

        const result = await applyOne(
          store,
          variable('p', [variant('S', { stock: decimal('0') }), variant('M', { price: decimal('6') })]),
        )

        assert.equal(result.outcome, 'updated')
        assert.deepEqual(
          (await view(id))?.variants.map(({ price, stock }) => [price, stock]),
          [
            ['5', '0'],
            ['6', null],
          ],
        )
      }),
    )

    it(
      'go when the product becomes a simple one',
      withStore(async ({ store, view }) => {
        const id = await idOf(store, variable('p', [variant('S', { sku: 'p-s' })]))

        await idOf(store, product('p'))

        assert.deepEqual((await view(id))?.variants, [])
        assert.equal((await store.findBySku(['p-s'])).size, 0)
      }),
    )

    it(
      'without SKU never stand in the way of those of other products and wholesalers',
      withStore(async ({ store }) => {
        for (const wholesaler of ['aren', 'mediolano']) {
          for (const key of ['p', 'q']) {
            const one = variable(`${wholesaler}-${key}`, [variant('S'), variant('M')])
            assert.equal((await applyOne(store, one, { wholesaler })).outcome, 'created')
          }
        }
      }),
    )

    it(
      'with one key twice are refused, and the rest of the batch goes on',
      withStore(async ({ store }) => {
        const result = await applyOne(store, variable('p', [variant('S'), variant('S')]))

        assert.ok(result.outcome === 'rejected' && result.code === 'refused')
        assert.equal((await applyOne(store, product('q'))).outcome, 'created')
      }),
    )
  })
}
