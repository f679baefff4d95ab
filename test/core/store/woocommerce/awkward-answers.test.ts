/** What a real WooCommerce was measured to answer where one would not expect it, one promise each. */
import assert from 'node:assert/strict'
import type { ProductView } from '../../../contract/store-fixture.js'
import { batchOf, decimal, idOf, product, variable, variant } from '../../../contract/store-fixture.js'
import type { ShopServer } from '../../../support/woocommerce/shop-server.js'
import { addByHand, type WooCommerceFixture, wooCommerceFixture } from './woocommerce-fixture.js'

type Options = NonNullable<Parameters<typeof wooCommerceFixture>[0]>

function withShop(test: (fixture: WooCommerceFixture) => Promise<void>, options: Options = {}) {
  return async () => {
    const fixture = await wooCommerceFixture(options, { tls: null })
    try {
      await test(fixture)
    } finally {
      await fixture.close()
    }
  }
}

interface Sent {
  readonly create?: readonly Record<string, unknown>[]
  readonly update?: readonly Record<string, unknown>[]
}

/** Bodies of the batches that were sent. */
function batchesOf(shop: ShopServer): Sent[] {
  return shop.requests.filter(({ path, isWrite }) => isWrite && path.endsWith('/batch')).map(({ body }) => body as Sent)
}

/** Look-ups find nothing, as when somebody else adds the product in between. */
function blind(shop: ShopServer, times: number): void {
  let left = times
  shop.script = ({ isWrite, path }) => {
    if (isWrite || !path.endsWith('/products') || left === 0) return null
    left -= 1
    return { kind: 'replace', with: () => '[]' }
  }
}

describe('awkward answers of WooCommerce', () => {
  it(
    'a duplicate SKU in a batch: the product of `resource_id` is adopted, the others are created',
    withShop(async ({ shop, store }) => {
      const byHand = addByHand(shop.state, { sku: 'B', name: 'By hand' })
      blind(shop, 1)

      const results = await store.apply(batchOf(['a', 'b', 'c'].map((key) => product(key))))

      assert.deepEqual(
        results.map((result) => [result.outcome, result.outcome === 'rejected' ? '' : result.storeId]),
        [
          ['created', '11'],
          ['updated', String(byHand.id)],
          ['created', '12'],
        ],
      )
    }),
  )

  it(
    'a SKU that differs only in case or blanks: one product',
    withShop(async ({ shop, store }) => {
      await store.apply(batchOf([product('AB-1')]))

      const [result] = await store.apply(batchOf([product('k', { sku: ' ab-1 ' })], { wholesaler: 'other' }))

      assert.ok(result?.outcome === 'rejected' && result.code === 'sku_owned_by')
      assert.equal(shop.state.products.size, 1)
    }),
  )

  it(
    'a product in the trash: it comes back with its id',
    withShop(async ({ shop, store }) => {
      const id = await idOf(store, product('a'))
      const trashed = shop.state.products.get(Number(id))
      if (trashed !== undefined) trashed.status = 'trash'

      const [result] = await store.apply(batchOf([product('a', { name: 'Again' })]))

      assert.deepEqual(result, { key: 'a', outcome: 'updated', storeId: id })
      assert.deepEqual([shop.state.products.get(Number(id))?.status, shop.state.products.size], ['publish', 1])
    }),
  )

  it(
    'a product in the trash that is to stay there: it is told, not touched',
    withShop(
      async ({ shop, store }) => {
        addByHand(shop.state, { sku: 'a', name: 'Thrown away', status: 'trash' })

        const results = await store.apply(batchOf([product('a'), product('b')]))

        assert.ok(results[0]?.outcome === 'rejected' && results[0].code === 'quarantined')
        assert.match(results[0].reason, /trash \(id 10\)/)
        assert.equal(results[1]?.outcome, 'created')
        assert.equal(shop.count('update'), 0)
      },
      { trash: 'report' },
    ),
  )

  it(
    'no more than 100 items in a request, of variations too, whatever the pace has learnt',
    withShop(async ({ shop, store }) => {
      const variants = Array.from({ length: 230 }, (_, index) => variant(`${index}`, { sku: `v-${index}` }))

      await store.apply(batchOf([variable('v', variants)]))
      for (let batch = 0; batch < 12; batch += 1) {
        const keys = Array.from({ length: 100 }, (_, index) => product(`${batch}/${index}`))
        await store.apply(batchOf(keys))
      }

      const sizes = batchesOf(shop).map(({ create = [], update = [] }) => create.length + update.length)
      assert.ok(Math.max(...sizes) <= 100 && Math.max(...sizes) > 25, String(Math.max(...sizes)))
      assert.equal(shop.state.products.size, 231 + 1200)
    }),
  )

  it(
    'PHP killed in the middle of a batch: what exists is read back, the rest is created',
    withShop(
      async ({ shop, store }) => {
        let died = false
        shop.script = ({ isWrite }) => {
          if (!isWrite || died) return null
          died = true
          return { kind: 'die', afterItems: 21 }
        }
        const products = Array.from({ length: 60 }, (_, index) => product(`p${index}`))

        const results = await store.apply(batchOf(products))

        assert.ok(results.every(({ outcome }) => outcome === 'created'))
        assert.deepEqual([shop.count('create'), shop.state.products.size], [60, 60])
      },
      { requests: { inFlightMax: 1 } },
    ),
  )

  it(
    'the same batch twice at once: both end with the same products',
    withShop(async ({ shop, store, another }) => {
      const batch = batchOf(Array.from({ length: 40 }, (_, index) => product(`p${index}`)))

      const [one, other] = await Promise.all([store.apply(batch), another().apply(batch)])

      const idsOf = (results: typeof one) =>
        results.map((each) => (each.outcome === 'rejected' ? each.reason : each.storeId))
      assert.deepEqual(idsOf(one), idsOf(other))
      assert.equal(shop.state.products.size, 40)
    }),
  )

  it(
    'categories, tags and brands that do not exist: made before they are needed, once, and sent by id only',
    withShop(async ({ shop, store, view }) => {
      const terms = { categories: [['Ubrania', 'Buty & Torby'], ['Ubrania']], tags: ['Nowość'], brand: 'Acme' }
      const [first = ''] = await ids(
        store.apply(batchOf([product('a', terms), product('b', terms), product('c', terms)])),
      )

      const seen = (await view(first)) as ProductView
      assert.deepEqual([seen.categories, seen.tags, seen.brand], [terms.categories, terms.tags, 'Acme'])
      assert.equal(shop.count('term'), 4)
      for (const { create = [] } of batchesOf(shop)) {
        for (const { categories } of create) {
          assert.ok((categories as object[]).every((category) => Object.keys(category).join() === 'id'))
        }
      }
    }),
  )

  it(
    'a category that exists already: found whatever its case, and by `term_exists` when it has just been made',
    withShop(async ({ shop, store, view }) => {
      const top = shop.state.addTerm('categories', 'ubrania', 0)
      shop.script = ({ isWrite, path, body }) => {
        const { name, parent } = (body ?? {}) as { name?: string; parent?: number }
        if (isWrite && path.endsWith('/categories')) shop.state.addTerm('categories', name ?? '', parent ?? 0)
        return null
      }

      const [id = ''] = await ids(store.apply(batchOf([product('a', { categories: [['Ubrania', 'Buty']] })])))

      assert.deepEqual((await view(id))?.categories, [['ubrania', 'Buty']])
      assert.equal(shop.state.products.get(Number(id))?.categories.length, 1)
      assert.equal([...shop.state.terms.values()].filter(({ parent }) => parent === top.id).length, 1)
    }),
  )

  it(
    'values that the shop would take for others: never sent',
    withShop(async ({ shop, store, view }) => {
      const [id = ''] = await ids(
        store.apply(
          batchOf([
            product('a', {
              price: decimal('12.5'),
              salePrice: decimal('12.5'),
              stock: decimal('3.7'),
              gtin: 'ABC-123',
              weight: { value: decimal('250'), unit: 'g' },
            }),
          ]),
        ),
      )

      const [sent] = batchesOf(shop)[0]?.create ?? []
      assert.deepEqual(
        [sent?.regular_price, sent?.sale_price, sent?.stock_quantity, sent?.global_unique_id, sent?.weight, sent?.sku],
        ['12.5', '', 3, undefined, '0.25', 'a'],
      )
      assert.equal((await view(id))?.price, '12.5')
    }),
  )

  it(
    'a GTIN that another product bears: that one is adopted when nobody owns it, else the number is left out',
    withShop(async ({ shop, store }) => {
      const byHand = addByHand(shop.state, { sku: 'OLD-1', name: 'By hand', gtin: '5900000000018' })
      const withGtin = (key: string) => product(key, { gtin: '5900000000018' })

      const first = await store.apply(batchOf([withGtin('a')]))
      const second = await store.apply(batchOf([withGtin('b')]))

      assert.deepEqual(first, [{ key: 'a', outcome: 'updated', storeId: String(byHand.id) }])
      assert.ok(second[0]?.outcome === 'created')
      assert.match(second[0].notes?.[0] ?? '', /GTIN 5900000000018 is already that of product 10/)
      assert.deepEqual([...shop.state.products.values()].map(({ sku }) => sku).sort(), ['a', 'b'])
    }),
  )

  it(
    'deleting is for good: nothing is left in the trash to hold the SKU',
    withShop(async ({ shop, store }) => {
      const id = await idOf(store, variable('v', [variant('S', { sku: 'v-s' })]))

      assert.equal(
        await store.retire({
          jobId: 1,
          token: 1,
          wholesaler: 'aren',
          products: [{ key: 'v', storeId: id }],
          how: 'delete',
        }),
        1,
      )

      assert.equal(shop.state.products.size, 0)
    }),
  )

  it(
    'look-ups of many SKUs: lists of 50 in the body, one with a comma alone',
    withShop(async ({ shop, store }) => {
      const keys = Array.from({ length: 210 }, (_, index) => `a-rather-long-stock-keeping-unit-${index}`)
      await store.apply(batchOf([product('x,y')]))
      const before = shop.requests.length

      const found = await store.findBySku([...keys, 'X,Y'])

      assert.deepEqual([...found.keys()], ['x,y'])
      const asked = shop.requests.slice(before)
      assert.equal(asked.length, 6)
      assert.ok(asked.every(({ url }) => url.length < 2000))
    }),
  )

  it(
    'variations without SKU: they get one, so that none is made twice',
    withShop(async ({ shop, store }) => {
      const shirt = variable('v', [variant('S'), variant('M')])
      const batch = batchOf([shirt])

      await store.apply(batch)
      await store.apply(batchOf([{ ...shirt, name: 'Other' }]))

      const created = batchesOf(shop).flatMap(({ create = [] }) => create.map(({ sku }) => sku))
      assert.deepEqual(created, ['v', 'v-S', 'v-M'])
    }),
  )

  it(
    'a web server that takes no more than 1 MB: products with long descriptions go in more requests',
    withShop(async ({ shop, store }) => {
      const description = 'x'.repeat(150_000)

      const results = await store.apply(
        batchOf(Array.from({ length: 20 }, (_, index) => product(`p${index}`, { description }))),
      )

      assert.ok(results.every(({ outcome }) => outcome === 'created'))
      const sizes = batchesOf(shop).map((body) => JSON.stringify(body).length)
      assert.ok(Math.max(...sizes) < 1_000_000 && sizes.length >= 4, String(sizes))
    }),
  )

  it(
    'a variable product whose variations are counted: it has no count of its own that could sell it out',
    withShop(async ({ shop, store }) => {
      const [id = ''] = await ids(
        store.apply(batchOf([variable('v', [variant('S', { stock: decimal('3') })], { stock: decimal('0') })])),
      )

      assert.equal(shop.state.products.get(Number(id))?.manageStock, false)
    }),
  )

  it(
    'SKUs that the shop cleans: kept as it has them, found again, and never doubled',
    withShop(async ({ shop, store, another }) => {
      const odd = ['A%20B', 'C <b>D</b>', 'E\n F', '  G  '].map((sku, index) => product(`k${index}`, { sku }))

      await store.apply(batchOf(odd))
      const again = await another({ ledgerId: 'other' }).apply(batchOf(odd))

      assert.deepEqual(
        [...shop.state.products.values()].map(({ sku }) => sku),
        ['AB', 'C D', 'E F', 'G'],
      )
      assert.ok(again.every(({ outcome }) => outcome === 'unchanged'))
      assert.equal((await store.findBySku(['A%20B'])).get('a%20b')?.key, 'k0')
    }),
  )

  it(
    'meta cannot be searched: it is never asked for',
    withShop(async ({ shop, store }) => {
      await store.apply(batchOf([product('a')]))
      await store.verify([])

      assert.ok(
        shop.requests.every(({ query, body }) => !query.has('meta_key') && !JSON.stringify(body).includes('meta_key')),
      )
    }),
  )

  it(
    'an update costs the same whatever it says: only changed products, and only changed variations, are sent',
    withShop(async ({ shop, store }) => {
      const shirts = (price: string) =>
        Array.from({ length: 10 }, (_, index) =>
          variable(`v${index}`, [
            variant('S', { sku: `v${index}-s`, price: decimal(index === 4 ? price : '5') }),
            variant('M', { sku: `v${index}-m`, price: decimal('5') }),
          ]),
        )
      await store.apply(batchOf(shirts('5')))
      const before = shop.applied.length

      const results = await store.apply(batchOf(shirts('6')))

      assert.equal(results.filter(({ outcome }) => outcome === 'unchanged').length, 9)
      assert.deepEqual(
        shop.applied.slice(before).map((write) => ('product' in write ? write.product.sku : write.what)),
        ['v4-s', 'v4'],
      )
    }),
  )
})

async function ids(results: ReturnType<WooCommerceFixture['store']['apply']>): Promise<string[]> {
  return (await results).map((result) => {
    assert.notEqual(result.outcome, 'rejected')
    return result.outcome === 'rejected' ? '' : result.storeId
  })
}
