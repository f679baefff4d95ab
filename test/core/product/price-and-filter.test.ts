import assert from 'node:assert/strict'
import type { FilterRules, StockRules } from '../../../src/core/product/filter.js'
import type { PriceRules } from '../../../src/core/product/price.js'
import { mergePriceRules } from '../../../src/core/product/price.js'
import { csv, mapText } from './map-text.js'

const columns = ['sku', 'name', 'price', 'brand', 'category', 'stock', 'cost', 'currency']

async function priced(row: readonly string[], price: PriceRules) {
  const { products } = await mapText(csv(columns, row), { price })
  const [product] = products
  assert.ok(product !== undefined)
  return [product.price, product.wholesalePrice, product.currency] as const
}

describe('price rules', () => {
  const row = ['1', 'A', '100', 'Acme', 'Women > Tops', '5', '', 'EUR']

  it('put a margin on the feed price and keep that as the wholesale price', async () => {
    assert.deepEqual(await priced(row.with(6, ''), { margin: 30 }), ['130', null, 'EUR'])
    assert.deepEqual(
      (await mapText(csv(['sku', 'name', 'price'], ['1', 'A', '9.99']), { price: { margin: 30 } })).products[0]?.price,
      '12.99',
    )
  })

  it('start from the wholesale price where the feed has one', async () => {
    assert.deepEqual(await priced(row.with(6, '40'), { margin: 50 }), ['60', '40', 'EUR'])
  })

  it('leave exempt brands and categories alone, whatever their case', async () => {
    const except = { brand: { ACME: 0 }, category: { 'women > tops': 10, women: 20 } }
    assert.equal((await priced(row, { margin: 30, except }))[0], '100')
    assert.equal((await priced(row.with(3, 'Other'), { margin: 30, except }))[0], '110')
    assert.equal((await priced(row.with(3, '').with(4, 'Women > Hats'), { margin: 30, except }))[0], '120')
    assert.equal((await priced(row.with(3, '').with(4, 'Men'), { margin: 30, except }))[0], '130')
  })

  it('touch only what an exception names when no margin is said', async () => {
    const except = { brand: { Acme: 10 } }
    assert.equal((await priced(row.with(6, '40'), { except }))[0], '44')
    assert.equal((await priced(row.with(3, 'Other').with(6, '40'), { except }))[0], '100')
  })

  it('convert with a rate into the currency of the store', async () => {
    assert.deepEqual(await priced(row, { rate: 4.3 }), ['430', null, undefined])
  })

  it('round to the step that is said, and leave prices without a rule as they are', async () => {
    assert.equal((await priced(row.with(2, '12.345'), { margin: 0 }))[0], '12.345')
    assert.equal((await priced(row.with(2, '12.345'), { round: 0.05 }))[0], '12.35')
    assert.equal((await priced(row.with(2, '0'), { margin: 30 }))[0], '0')
  })

  it('refuse amounts that are none', async () => {
    await assert.rejects(priced(row, { margin: 'a lot' }), { kind: 'config' })
    await assert.rejects(priced(row, { round: 0 }), { kind: 'config' })
  })

  it('of a config are laid over those of a preset, exception by exception', () => {
    assert.deepEqual(mergePriceRules({ except: { brand: { a: 0 } } }, { margin: 5, except: { brand: { b: 1 } } }), {
      margin: 5,
      except: { brand: { a: 0, b: 1 }, category: {} },
    })
  })
})

describe('include and exclude', () => {
  const rows = csv(
    columns,
    ['1', 'A', '10', 'Acme', 'Women > Tops', '5', '', ''],
    ['2', 'B', '20', 'Other', 'Women > Hats', '0', '', ''],
    ['3', 'C', '30', '', 'Men', '-2', '', ''],
    ['4', 'D', '', 'acme ', '', '', '', ''],
  )

  async function kept(mapping: { include?: FilterRules; exclude?: FilterRules; stock?: StockRules }) {
    const { products, skips } = await mapText(rows, mapping)
    assert.equal(products.length + skips.length, 4)
    return [products.map(({ key }) => key).join(' '), ...new Set(skips)]
  }

  it('go by brand', async () => {
    assert.deepEqual(await kept({ include: { brand: 'ACME' } }), ['1 4', 'include_brand'])
    assert.deepEqual(await kept({ exclude: { brand: ['acme', 'other'] } }), ['3', 'exclude_brand'])
  })

  it('go by the beginning of a category path or one of its levels', async () => {
    assert.deepEqual(await kept({ include: { category: 'women' } }), ['1 2', 'include_category'])
    assert.deepEqual(await kept({ include: { category: 'Women > Hats' } }), ['2', 'include_category'])
    assert.deepEqual(await kept({ exclude: { category: ['hats', 'men'] } }), ['1 4', 'exclude_category'])
  })

  it('go by stock and price, and leave alone what says nothing about them', async () => {
    assert.deepEqual(await kept({ include: { stock: { min: 2 } } }), ['1 4', 'include_stock'])
    assert.deepEqual(await kept({ exclude: { stock: { max: 0 } } }), ['1 4', 'exclude_stock'])
    assert.deepEqual(await kept({ include: { price: { max: '20' } } }), ['1 2 4', 'include_price'])
  })

  it('can leave out what has nothing to sell', async () => {
    assert.deepEqual(await kept({ stock: { skipUnavailable: true } }), ['1 4', 'unavailable'])
  })
})
