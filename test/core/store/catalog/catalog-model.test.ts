import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Product } from '../../../../src/core/product/product.js'
import type { StoreBatch, StoreItem } from '../../../../src/core/store/store.js'
import { decimal, item } from '../../../contract/store-fixture.js'
import { memoryFixture } from '../memory-fixture.js'
import { catalogFixture } from './catalog-fixture.js'

/** Few of everything, so that products meet: keys, SKUs, owners, batch ids. */
const key = fc.constantFrom('a', 'b', 'c', 'B', '__proto__')
const sku = fc.option(fc.constantFrom('1', '2', ' A', 'b', 'c', ''), { nil: null })
const amount = fc.option(fc.constantFrom('0', '1.5', '-2').map(decimal), { nil: null })

const offer = { price: amount, salePrice: amount, stock: amount, inStock: fc.option(fc.boolean(), { nil: null }) }

const variants = fc.uniqueArray(
  fc
    .record({ key: fc.constantFrom('S', 'M', 'L'), sku, ...offer }, { requiredKeys: ['key'] })
    .map((variant) => ({ ...variant, options: [['Size', variant.key] as const] })),
  { selector: (variant) => variant.key, maxLength: 3 },
)

const product = fc
  .record(
    {
      key,
      name: fc.constantFrom('One', 'Two'),
      sku,
      brand: fc.option(fc.constant('Acme'), { nil: null }),
      categories: fc.constantFrom<string[][][]>([], [['A']], [['A', 'B'], ['C']]),
      attributes: fc.constantFrom([], [{ name: 'Color', values: ['Red'] }]),
      tags: fc.constantFrom([], ['t']),
      status: fc.constantFrom('publish' as const, 'draft' as const),
      currency: fc.constantFrom('PLN', 'EUR'),
      variants,
      ...offer,
    },
    { requiredKeys: ['key', 'name', 'variants'] },
  )
  .map((each): Product => ({ ...each, options: each.variants.length > 0 ? ['Size'] : [] }))

const storeItem = fc
  .tuple(product, fc.option(fc.constantFrom('1', '2', '3'), { nil: null }))
  .map(([each, storeId]): StoreItem => item(each, storeId))

const batch = fc.record({
  id: fc.constantFrom(...Array.from({ length: 12 }, (_, index) => `1-${index}`)),
  jobId: fc.constantFrom(1, 2),
  token: fc.constantFrom(1, 2, 2, 3),
  wholesaler: fc.constantFrom('aren', 'mediolano'),
  items: fc.uniqueArray(storeItem, { selector: (each) => each.key, maxLength: 4 }),
  updateExisting: fc.constantFrom(true, true, false),
  takeover: fc.constantFrom(false, false, true),
})

const retirement = fc.record({
  jobId: fc.constantFrom(1, 2),
  token: fc.constantFrom(1, 3),
  wholesaler: fc.constantFrom('aren', 'mediolano'),
  products: fc.array(fc.record({ key, storeId: fc.constantFrom('1', '2', '3', '4', '5') }), { maxLength: 5 }),
  how: fc.constantFrom('out-of-stock' as const, 'draft' as const, 'delete' as const),
})

/** The answer, or the kind of the error. */
async function answerOf<T>(call: Promise<T>): Promise<T | string> {
  try {
    return await call
  } catch (error: unknown) {
    return (error as { kind?: string }).kind ?? String(error)
  }
}

describe('catalog and memory store', function () {
  this.timeout(60_000)

  it('answer alike and hold the same after any sequence of batches and retirements', async () => {
    const steps = fc.array(fc.oneof({ arbitrary: batch, weight: 5 }, { arbitrary: retirement, weight: 1 }), {
      minLength: 1,
      maxLength: 12,
    })
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const [catalog, memory] = [await catalogFixture(), await memoryFixture()]
        try {
          for (const step of sequence) {
            const run = ({ store }: typeof catalog | typeof memory) =>
              answerOf<unknown>('items' in step ? store.apply(step satisfies StoreBatch) : store.retire(step))
            assert.deepEqual(await run(catalog), await run(memory))
          }
          for (let id = 1; id <= 60; id++) {
            assert.deepEqual(await catalog.store.findById(String(id)), await memory.store.findById(String(id)))
            const [seen, expected] = [await catalog.view(String(id)), await memory.view(String(id))]
            if ((await memory.store.findById(String(id)))?.parentId === null) assert.deepEqual(seen, expected)
          }
          assert.equal(await catalog.store.currency(), await memory.store.currency())
        } finally {
          await catalog.close()
          await memory.close()
        }
      }),
      { numRuns: 120 },
    )
  })
})
