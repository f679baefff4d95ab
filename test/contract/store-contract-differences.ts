import assert from 'node:assert/strict'
import type { Product } from '../../src/core/product/product.js'
import type { WithStore } from './store-contract.js'
import { decimal, idOf, product, variable, variant } from './store-fixture.js'

const mug = (fields: Partial<Product> = {}): Product =>
  product('a', {
    name: 'Mug & saucer',
    description: 'White.\n<p>Nice.</p>',
    brand: 'Acme',
    categories: [['Kitchen', 'Mugs']],
    tags: ['white', 'new'],
    attributes: [{ name: 'Volume', values: ['0.3 l', '0.4 l'] }],
    price: decimal('10.5'),
    salePrice: decimal('9'),
    stock: decimal('5'),
    weight: { value: decimal('250'), unit: 'g' },
    ...fields,
  })

export function differencesContract(withStore: WithStore): void {
  describe('differences', () => {
    it(
      'are none after a write, and name each field that another write would change, from what to what',
      withStore(async ({ store }) => {
        const storeId = await idOf(store, mug())
        assert.deepEqual(await store.differences([{ storeId, product: mug() }]), [[]])

        const next = mug({
          name: 'Jug',
          price: decimal('12'),
          stock: decimal('0'),
          categories: [['Jugs']],
          description: null,
        })
        const [changes] = await store.differences([{ storeId, product: next }])

        const byField = Object.fromEntries((changes ?? []).map(({ field, from, to }) => [field, [from, to]]))
        const { categories, ...others } = byField
        assert.deepEqual(others, {
          name: ['Mug & saucer', 'Jug'],
          description: ['White.\n<p>Nice.</p>', null],
          price: ['10.5', '12'],
          stock: ['5', '0'],
        })
        assert.match(`${categories}`, /mugs.*jugs/i)
        await idOf(store, next)
        assert.deepEqual(await store.differences([{ storeId, product: next }]), [[]])
      }),
    )

    it(
      'leave out what the feed does not mention, and what is the shop’s',
      withStore(async ({ store }) => {
        const storeId = await idOf(store, mug())
        const bare = product('a', { name: 'Jug', price: decimal('12') })

        const compared = await store.differences([
          { storeId, product: bare },
          { storeId, product: bare, shopFields: ['name', 'price'] },
        ])

        assert.deepEqual(
          compared.map((changes) => changes?.map(({ field }) => field)),
          [['name', 'price'], []],
        )
      }),
    )

    it(
      'tell variants apart: what one changes, which is new, and which goes',
      withStore(async ({ store }) => {
        const before = [
          variant('S', { price: decimal('1'), stock: decimal('2') }),
          variant('M', { price: decimal('1') }),
        ]
        const storeId = await idOf(store, variable('v', before))
        const after = [
          variant('S', { price: decimal('3'), stock: decimal('2') }),
          variant('L', { price: decimal('1') }),
        ]

        const [changes] = await store.differences([{ storeId, product: variable('v', after) }])

        const ofVariants = (changes ?? []).filter((change) => change.variant !== undefined)
        assert.deepEqual(
          ofVariants.map(({ field, variant: key, from, to }) => [key, field, from, to]),
          [
            ['S', 'price', '1', '3'],
            ['L', 'variant', null, 'new'],
            ['M', 'variant', 'there', null],
          ],
        )
      }),
    )

    it(
      'are null for a product that is not there, and write nothing',
      withStore(async ({ store, view }) => {
        const storeId = await idOf(store, mug())
        const made = await view(storeId)

        const compared = await store.differences([
          { storeId: '999999', product: mug() },
          { storeId, product: mug({ name: 'Jug', categories: [['Brand new']], tags: ['never seen'] }) },
        ])

        assert.equal(compared[0], null)
        assert.ok((compared[1]?.length ?? 0) >= 3)
        assert.deepEqual(await view(storeId), made)
      }),
    )
  })
}
