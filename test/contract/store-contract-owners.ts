import assert from 'node:assert/strict'
import { ownedFields } from '../../src/core/product/field-owners.js'
import type { Product } from '../../src/core/product/product.js'
import type { WithStore } from './store-contract.js'
import { decimal, idOf, product, variable, variant } from './store-fixture.js'

/** The same product in two versions that differ in all that an owner can have. */
const mug = (key: string): Product =>
  product(key, {
    name: 'Mug',
    description: 'White.',
    shortDescription: 'Mug, white',
    brand: 'Acme',
    categories: [['Kitchen', 'Mugs']],
    tags: ['white'],
    attributes: [{ name: 'Volume', values: ['0.3 l'] }],
    status: 'publish',
    price: decimal('10'),
    salePrice: decimal('9'),
    stock: decimal('5'),
  })
const jug = (key: string): Product =>
  product(key, {
    name: 'Jug',
    description: 'Blue.',
    shortDescription: 'Jug, blue',
    brand: 'Other',
    categories: [['Jugs']],
    tags: ['blue'],
    attributes: [{ name: 'Volume', values: ['1 l'] }],
    status: 'draft',
    price: decimal('20'),
    salePrice: decimal('15'),
    stock: decimal('7'),
  })

export function ownersContract(withStore: WithStore): void {
  describe('fields that are the shop’s', () => {
    it(
      'are given to a new product, and never written again; the others are',
      withStore(async ({ store, view }) => {
        const shopFields = ['name', 'description', 'categories', 'price'] as const
        const id = await idOf(store, mug('a'), { shopFields })
        const made = await view(id)
        const other = await idOf(store, jug('b'))

        assert.equal(await idOf(store, jug('a'), { shopFields }), id)

        const [now, feeds] = [await view(id), await view(other)]
        assert.ok(made !== null && now !== null && feeds !== null)
        assert.deepEqual(
          [made.name, made.price, made.salePrice, made.categories],
          ['Mug', '10', '9', [['Kitchen', 'Mugs']]],
        )
        const { name, description, categories, price, salePrice } = made
        assert.deepEqual(now, { ...feeds, sku: 'a', name, description, categories, price, salePrice })
      }),
    )

    it(
      'may be all of them: only what is nobody’s is written then',
      withStore(async ({ store, view }) => {
        const id = await idOf(store, mug('a'), { shopFields: ownedFields })
        const made = await view(id)

        await idOf(store, jug('a'), { shopFields: ownedFields })

        assert.deepEqual(await view(id), made)
      }),
    )

    it(
      'stay with a product that was made by hand and is adopted',
      withStore(async ({ store, view, addByHand }) => {
        const id = await addByHand({ sku: 'a', name: 'By hand' })

        assert.equal(await idOf(store, mug('a'), { shopFields: ['name', 'price'] }), id)

        const now = await view(id)
        assert.deepEqual([now?.name, now?.price, now?.description], ['By hand', null, 'White.'])
      }),
    )

    it(
      'stay with the variants that are there; a new one is made whole, also by the price of its product',
      withStore(async ({ store, view }) => {
        const fields = { price: decimal('10') }
        const shopFields = ['price', 'stock'] as const
        const first = variable('v', [variant('S', { price: decimal('8'), stock: decimal('1') })], fields)
        const id = await idOf(store, first, { shopFields })

        const next = { price: decimal('30') }
        const both = [
          variant('S', { price: decimal('28'), stock: decimal('9') }),
          variant('M', { stock: decimal('4') }),
        ]
        await idOf(store, variable('v', both, next), { shopFields })

        const variants = (await view(id))?.variants ?? []
        assert.deepEqual(
          variants.map(({ key, price, stock }) => [key, price, stock]),
          [
            ['S', '8', '1'],
            ['M', '30', '4'],
          ],
        )
      }),
    )
  })
}
