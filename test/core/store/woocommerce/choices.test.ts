/** What the config may choose about a shop, and how a feed's words become the shop's. */
import assert from 'node:assert/strict'
import type { Product } from '../../../../src/core/product/product.js'
import { decimal, idOf, product, variable, variant } from '../../../contract/store-fixture.js'
import { type WooCommerceFixture, wooCommerceFixture } from './woocommerce-fixture.js'

function withShop(
  test: (fixture: WooCommerceFixture) => Promise<void>,
  options: NonNullable<Parameters<typeof wooCommerceFixture>[0]> = {},
) {
  return async () => {
    const fixture = await wooCommerceFixture(options, { tls: null })
    try {
      await test(fixture)
    } finally {
      await fixture.close()
    }
  }
}

describe('choices about a shop', () => {
  it(
    "global attributes: the shop's own, made once, for options too",
    withShop(
      async ({ shop, store, view }) => {
        const shirt = (key: string) =>
          variable(key, [variant('S', { sku: `${key}-s` }), variant('M', { sku: `${key}-m` })], {
            attributes: [{ name: 'Material', values: ['Cotton', 'Linen'] }],
          })
        const id = await idOf(store, shirt('a'))
        await idOf(store, shirt('b'))

        assert.deepEqual(
          [...shop.state.attributes.values()].map(({ name }) => name),
          ['Size', 'Material'],
        )
        const seen = await view(id)
        assert.deepEqual(seen?.attributes, [{ name: 'Material', values: ['Cotton', 'Linen'] }])
        assert.deepEqual(
          seen?.variants.map(({ options }) => options),
          [[['Size', 'S']], [['Size', 'M']]],
        )
        assert.ok(shop.state.products.get(Number(id))?.attributes.every((attribute) => attribute.id !== 0))
      },
      { attributes: 'global' },
    ),
  )

  it(
    'variations that the feed no longer has: hidden instead of deleted, and back when it has them again',
    withShop(
      async ({ shop, store }) => {
        const both = variable('v', [variant('S', { sku: 'v-s' }), variant('M', { sku: 'v-m' })])
        await idOf(store, both)
        const statusOf = (sku: string) => [...shop.state.products.values()].find((each) => each.sku === sku)?.status

        await idOf(store, variable('v', [variant('S', { sku: 'v-s' })]))
        const hidden = statusOf('v-m')
        const writes = shop.applied.length
        await idOf(store, variable('v', [variant('S', { sku: 'v-s' })]))
        const again = shop.applied.length
        await idOf(store, { ...both, name: 'Both again' })

        assert.deepEqual([hidden, again, statusOf('v-m')], ['private', writes, 'publish'])
        assert.equal(shop.count('delete'), 0)
      },
      { vanishedVariants: 'hide' },
    ),
  )

  it(
    'units: what the feed measures is told in what the shop is set to',
    withShop(
      async ({ shop, store }) => {
        const measured: Partial<Product> = {
          weight: { value: decimal('1.5'), unit: 'kg' },
          length: { value: decimal('25'), unit: 'cm' },
          width: { value: decimal('4') },
        }

        const id = await idOf(store, product('a', measured))

        const seen = shop.state.products.get(Number(id))
        assert.deepEqual([seen?.weight, seen?.dimensions], ['1500', { length: '250', width: '4', height: '' }])
      },
      { units: { weight: 'g', size: 'mm' } },
    ),
  )

  it(
    'stock: a count is managed; where the word of the feed contradicts it, the word counts',
    withShop(async ({ shop, store }) => {
      const cases: [Partial<Product>, [boolean, number | null, string]][] = [
        [{ stock: decimal('5') }, [true, 5, 'instock']],
        [{ stock: decimal('5'), inStock: true }, [true, 5, 'instock']],
        [{ stock: decimal('5'), inStock: false }, [false, null, 'outofstock']],
        [{ stock: decimal('0'), inStock: true }, [false, null, 'instock']],
        [{ stock: decimal('-2') }, [true, -2, 'outofstock']],
        [{ inStock: false }, [false, null, 'outofstock']],
        [{ stock: null }, [false, null, 'instock']],
        [{}, [false, null, 'instock']],
      ]
      for (const [index, [offer, expected]] of cases.entries()) {
        const id = await idOf(store, product(`k${index}`, offer))
        const seen = shop.state.products.get(Number(id))
        assert.deepEqual([seen?.manageStock, seen?.stockQuantity, seen?.stockStatus], expected, JSON.stringify(offer))
      }
    }),
  )

  it(
    'a variation without a price of its own has that of its product',
    withShop(async ({ store, view }) => {
      const variants = [variant('S'), variant('M', { price: decimal('7') })]

      const id = await idOf(store, variable('v', variants, { price: decimal('5') }))

      assert.deepEqual(
        (await view(id))?.variants.map(({ price }) => price),
        ['5', '7'],
      )
    }),
  )
})
