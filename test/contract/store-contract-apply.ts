import assert from 'node:assert/strict'
import type { WithStore } from './store-contract.js'
import {
  type Abilities,
  applyOne,
  availability,
  batchOf,
  decimal,
  idOf,
  item,
  product,
  variable,
  variant,
} from './store-fixture.js'

export function applyContract(withStore: WithStore, can: Abilities): void {
  describe('identity and currency', () => {
    it(
      'says who it is, the same every time',
      withStore(async ({ store }) => {
        assert.equal(await store.identity(), await store.identity())
        assert.match(await store.identity(), /^[a-z]+:.+/)
      }),
    )

    if (can.takeCurrency) {
      it(
        'adopts a currency once',
        withStore(async ({ store }) => {
          assert.equal(await store.currency(), null)

          await store.adoptCurrency('PLN')
          await store.adoptCurrency('EUR')

          assert.equal(await store.currency(), 'PLN')
        }),
      )
    }

    it(
      'rejects a product in another currency than its own, and takes one that names none',
      withStore(async ({ store }) => {
        await store.adoptCurrency('PLN')

        const results = await store.apply(
          batchOf([product('a', { currency: 'EUR' }), product('b', { currency: 'PLN' }), product('c')]),
        )

        assert.deepEqual(
          results.map((result) => (result.outcome === 'rejected' ? [result.code, result.field] : result.outcome)),
          [['currency', 'currency'], 'created', 'created'],
        )
        assert.equal((await store.findBySku(['a'])).size, 0)
      }),
    )

    if (can.takeCurrency) {
      it(
        'takes the currency of the first product that names one, when it has none',
        withStore(async ({ store }) => {
          const results = await store.apply(
            batchOf([product('a'), product('b', { currency: 'CZK' }), product('c', { currency: 'EUR' })]),
          )

          assert.deepEqual(
            results.map(({ outcome }) => outcome),
            ['created', 'created', 'rejected'],
          )
          assert.equal(await store.currency(), 'CZK')
        }),
      )
    }
  })

  describe('applying a batch', () => {
    it(
      'gives one result per product, in their order',
      withStore(async ({ store }) => {
        await store.adoptCurrency('PLN')
        const first = await idOf(store, product('b'))

        const results = await store.apply(
          batchOf([product('c'), product('b', { name: 'New name' }), product('x', { currency: 'EUR' }), product('a')]),
        )

        assert.deepEqual(
          results.map(({ key, outcome }) => [key, outcome]),
          [
            ['c', 'created'],
            ['b', 'updated'],
            ['x', 'rejected'],
            ['a', 'created'],
          ],
        )
        assert.ok(results[1]?.outcome === 'updated' && results[1].storeId === first)
      }),
    )

    it(
      'has nothing to say about an empty batch',
      withStore(async ({ store }) => {
        assert.deepEqual(await store.apply(batchOf([])), [])
      }),
    )

    it(
      'gives the same results for the same batch again and writes nothing',
      withStore(async ({ store, view }) => {
        const batch = batchOf([product('a', { price: decimal('1') }), product('b')])
        const results = await store.apply(batch)
        const id = await idOf(store, product('a', { price: decimal('2') }))

        const again = await store.apply({ ...batch, token: 2 })

        assert.deepEqual(again, results)
        assert.equal((await view(id))?.price, '2')
      }),
    )

    if (can.rememberBatches) {
      it(
        'gives the results of a batch that was applied, and closes one that was not, when it is asked with no items',
        withStore(async ({ store }) => {
          const [applied, lost] = [batchOf([product('a')]), batchOf([product('b')])]
          const results = await store.apply(applied)

          assert.deepEqual(await store.apply({ ...applied, items: [] }), results)
          assert.deepEqual(await store.apply({ ...lost, items: [] }), [])
          assert.deepEqual(await store.apply(lost), [])

          assert.equal((await store.findBySku(['b'])).size, 0)
        }),
      )
    }

    if (can.fence) {
      it(
        'refuses a token below the highest of its job, also for a batch that was applied, and writes nothing',
        withStore(async ({ store }) => {
          const applied = batchOf([product('a')], { token: 4 })
          await store.apply(applied)
          await store.apply(batchOf([], { token: 5 }))

          await assert.rejects(store.apply(batchOf([product('b')], { token: 4 })), { kind: 'lease_lost' })
          await assert.rejects(store.apply(applied), { kind: 'lease_lost' })

          assert.equal((await store.findBySku(['b'])).size, 0)
        }),
      )
    }

    it(
      'does not mind the tokens of other jobs',
      withStore(async ({ store }) => {
        await store.apply(batchOf([product('a')], { jobId: 1, token: 9 }))

        const result = await applyOne(store, product('b'), { jobId: 2, token: 3 })

        assert.equal(result.outcome, 'created')
      }),
    )
  })

  describe('creating and updating', () => {
    it(
      'keeps the id of a product over imports',
      withStore(async ({ store }) => {
        const id = await idOf(store, product('a'))
        await idOf(store, product('b'))

        const changed = product('a', { sku: 'other', name: 'Other' })
        const updated = await applyOne(store, item(changed, can.findByKey ? null : id))

        assert.deepEqual(updated, { key: 'a', outcome: 'updated', storeId: id })
        assert.equal((await store.findById(id))?.name, 'Other')
      }),
    )

    it(
      'leaves what is unchanged alone',
      withStore(async ({ store }) => {
        const first = await store.apply(batchOf([product('a'), product('b')]))

        const second = await store.apply(batchOf([product('a'), product('b')]))

        assert.deepEqual(
          second,
          first.map((result) => ({ ...result, outcome: 'unchanged' })),
        )
      }),
    )

    it(
      'keeps what a feed does not mention, clears what it says is blank, and sets what it gives, zero included',
      withStore(async ({ store, view }) => {
        const full = {
          price: decimal('10.5'),
          salePrice: decimal('9'),
          stock: decimal('3'),
          brand: 'Acme',
          description: '<p>Text</p>',
          tags: ['new'],
          categories: [['A', 'B'], ['C']],
          attributes: [{ name: 'Color', values: ['Red', 'Blue'] }],
        }
        const id = await idOf(store, product('a', full))

        await idOf(store, product('a', { name: 'Only the name' }))
        const kept = await view(id)
        await idOf(
          store,
          product('a', { price: decimal('0'), salePrice: null, stock: decimal('0'), brand: null, description: null }),
        )
        const cleared = await view(id)
        await idOf(store, product('a', { tags: [], categories: [], attributes: [] }))
        const emptied = await view(id)

        assert.deepEqual(kept, {
          ...full,
          name: 'Only the name',
          sku: 'a',
          status: 'publish',
          inStock: availability(can, '3', null),
          variants: [],
        })
        assert.deepEqual(cleared, {
          ...kept,
          name: 'Product a',
          price: '0',
          salePrice: null,
          stock: '0',
          inStock: availability(can, '0', null),
          brand: null,
          description: null,
        })
        assert.deepEqual(emptied, { ...cleared, tags: [], categories: [], attributes: [] })
      }),
    )

    it(
      'writes price and stock when only they have changed',
      withStore(async ({ store, view }) => {
        const id = await idOf(store, product('a', { price: decimal('1'), stock: decimal('5'), brand: 'Acme' }))

        const result = await applyOne(
          store,
          product('a', { price: decimal('1.25'), stock: decimal('0'), inStock: false, brand: 'Acme' }),
        )

        const after = await view(id)
        assert.equal(result.outcome, 'updated')
        assert.deepEqual([after?.price, after?.stock, after?.inStock, after?.brand], ['1.25', '0', false, 'Acme'])
      }),
    )

    it(
      'creates a product whose id is no longer there',
      withStore(async ({ store }) => {
        const result = await applyOne(store, item(product('a'), '987654'))

        assert.equal(result.outcome, 'created')
        assert.ok(result.outcome === 'created' && (await store.findById(result.storeId)) !== null)
      }),
    )

    it(
      'skips products it has when they are not to be updated, and creates the others',
      withStore(async ({ store, view, addByHand }) => {
        const id = await idOf(store, product('a', { price: decimal('1') }))
        const byHand = await addByHand({ sku: 'hand', name: 'By hand' })

        const results = await store.apply(
          batchOf([product('a', { price: decimal('2') }), product('hand'), product('b')], { updateExisting: false }),
        )

        assert.deepEqual(results.slice(0, 2), [
          { key: 'a', outcome: 'skipped', storeId: id },
          { key: 'hand', outcome: 'skipped', storeId: byHand },
        ])
        assert.equal(results[2]?.outcome, 'created')
        assert.equal((await view(id))?.price, '1')
        assert.equal((await store.findById(byHand))?.wholesaler, null)
      }),
    )

    it(
      'takes odd keys and wholesalers as they are',
      withStore(async ({ store }) => {
        const odd = ['__proto__', 'constructor', '👕 "shirt" \\', 'k'.repeat(300), "'; DROP TABLE product; --", 'a\nb']

        const skuOf = (wholesaler: string, key: string) => {
          const sku = `${wholesaler}/${key}`
          return sku.length <= can.skuLengthMax ? sku : `${odd.indexOf(wholesaler)} ${odd.indexOf(key)}`
        }

        for (const wholesaler of odd) {
          const results = await store.apply(
            batchOf(
              odd.map((key) => product(key, { sku: skuOf(wholesaler, key) })),
              { wholesaler },
            ),
          )
          const found = await store.findBySku(odd.map((key) => skuOf(wholesaler, key)))

          assert.deepEqual(
            results.map(({ key, outcome }) => [key, outcome]),
            odd.map((key) => [key, 'created']),
          )
          assert.deepEqual(
            [...found.values()].map((each) => [each.wholesaler, each.key]).sort(),
            odd.map((key) => [wholesaler, key]).sort(),
          )
        }
      }),
    )
  })

  describe('a key or SKU with a NUL character', () => {
    it(
      'is refused, and the rest of the batch goes on',
      withStore(async ({ store }) => {
        const results = await store.apply(
          batchOf([
            product('a\0'),
            product('b', { sku: 'b\0' }),
            variable('c', [variant('S\0')]),
            variable('d', [variant('S', { sku: 'd\0' })]),
            product('e'),
          ]),
        )

        assert.deepEqual(
          results.map((result) => (result.outcome === 'rejected' ? result.code : result.outcome)),
          ['refused', 'refused', 'refused', 'refused', 'created'],
        )
      }),
    )
  })

  describe('finding', () => {
    it(
      'finds products and variants by SKU, whatever its case and blanks, and leaves out unknown ones',
      withStore(async ({ store }) => {
        const id = await idOf(store, product('a', { sku: 'ABC-1', name: 'Shirt' }))

        const found = await store.findBySku([' abc-1 ', 'ABC-1', 'nothing'])

        assert.deepEqual(
          [...found],
          [['abc-1', { id, parentId: null, sku: 'ABC-1', name: 'Shirt', wholesaler: 'aren', key: 'a' }]],
        )
      }),
    )

    it(
      'finds many at once',
      withStore(async ({ store }) => {
        const keys = Array.from({ length: 250 }, (_, index) => `k${index}`)
        for (let from = 0; from < keys.length; from += 100) {
          await store.apply(batchOf(keys.slice(from, from + 100).map((key) => product(key))))
        }

        assert.deepEqual([...(await store.findBySku(keys)).keys()].sort(), keys.sort())
      }),
    )

    it(
      'finds nothing under an id it never gave',
      withStore(async ({ store }) => {
        for (const id of ['1', '0', '-1', '', 'abc', '1e3', '99999999999999999999'])
          assert.equal(await store.findById(id), null)
      }),
    )
  })

  describe('verifying', () => {
    it(
      'tells what is there as imported, what differs and what is gone',
      withStore(async ({ store }) => {
        const a = await idOf(store, product('a'))
        const b = await idOf(store, product('b'))

        const states = await store.verify([
          { ...item(product('a')), storeId: a },
          { ...item(product('b', { price: decimal('5') })), storeId: b },
          { ...item(product('c')), storeId: '424242' },
        ])

        assert.deepEqual(states, [
          { exists: true, asImported: true, imagesPresent: true },
          { exists: true, asImported: false, imagesPresent: true },
          { exists: false, asImported: false, imagesPresent: false },
        ])
      }),
    )
  })
}
