import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { RecordData } from '../../../src/core/feed/feed.js'
import { toStagedProduct } from '../../../src/core/product/fingerprint.js'
import type { Product } from '../../../src/core/product/product.js'
import { csv, mapText } from './map-text.js'

const columns = ['sku', 'name', 'price', 'stock']

async function one(row: readonly string[], header: readonly string[] = columns) {
  const result = await mapText(csv(header, row))
  return { ...result, product: result.products[0], reject: result.rejects[0] }
}

describe('a mapped record', () => {
  it('needs a key and a name; all else may be absent', async () => {
    assert.deepEqual((await one(['A1', 'Shirt'], ['sku', 'name'])).products, [
      { key: 'a1', name: 'Shirt', sku: 'A1', options: [], variants: [] },
    ])
    assert.equal((await one(['', 'Shirt', '1', '1'])).reject?.code, 'no_key')
    assert.equal((await one(['A1', ' ', '1', '1'])).reject?.code, 'no_name')
  })

  it('keeps absent, blank and 0 apart', async () => {
    const { product } = await one(['A1', 'Shirt', '', '0'])
    assert.equal(product?.price, null)
    assert.equal(product?.stock, '0')
    assert.equal(product !== undefined && 'brand' in product, false)
  })

  it('is a reject with position, field, reason and the raw record when a number cannot be read (F12)', async () => {
    for (const price of ['NaN', '1e309', 'twelve', '-1']) {
      const { reject, products } = await one(['A1', 'Shirt', price, '1'])
      assert.equal(products.length, 0)
      assert.deepEqual([reject?.code, reject?.field, reject?.key], ['bad_number', 'price', 'a1'], price)
      assert.deepEqual(reject?.position, { record: 1, line: 2 })
      assert.equal(reject?.raw, `A1,Shirt,${price},1`)
    }
    assert.equal((await one(['A1', 'Shirt', '1', '1e309'])).reject?.field, 'stock')
  })

  it('keeps negative stock, price 0 and fractions as the feed has them (F12)', async () => {
    const { product } = await one(['A1', 'Shirt', '0', '-3'])
    assert.deepEqual([product?.price, product?.stock], ['0', '-3'])
    assert.equal((await one(['A1', 'Shirt', '1', '2,5'])).product?.stock, '2.5')
  })

  it('takes words for stock as availability, and only those that leave no doubt', async () => {
    const stock = async (word: string) => {
      const { product } = await one(['A1', 'Shirt', '1', word])
      return [product?.stock, product?.inStock, product?.availability]
    }
    assert.deepEqual(await stock('in_stock'), [undefined, true, 'in_stock'])
    assert.deepEqual(await stock('Out of stock'), [undefined, false, 'Out of stock'])
    assert.deepEqual(await stock('next week'), [undefined, null, 'next week'])
    assert.deepEqual(await stock('>10'), ['10', undefined, undefined])
  })

  it('cuts the raw record of a reject to 4 KiB', async () => {
    const { reject } = await one(['A1', 'x'.repeat(9000), 'NaN', '1'])
    assert.equal(reject?.raw?.length, 4096)
  })

  it('keeps odd keys exactly (F6)', async () => {
    for (const sku of ['0', '__proto__', '🧦', 'x'.repeat(300), '007', '102.85', 'Щ-1']) {
      const { product } = await one([sku, 'Shirt', '1', '1'])
      assert.equal(product?.sku, sku)
      assert.equal(product?.key, sku.toLowerCase())
    }
  })

  it('keeps markup and formulas as they are (F9, F10)', async () => {
    const name = '=HYPERLINK("http://x") <script>alert(1)</script>'
    assert.equal((await one(['A1', name, '1', '1'])).product?.name, name)
  })

  it('has one key for all spellings of a SKU (F5)', async () => {
    const { products } = await mapText(csv(columns, ['AB-1', 'A', '1', '1'], [' ab-1 ', 'B', '2', '2']))
    assert.deepEqual(
      products.map(({ key, sku }) => [key, sku]),
      [
        ['ab-1', 'AB-1'],
        ['ab-1', 'ab-1'],
      ],
    )
  })

  it('falls back to code, id, model and URL for its key, and that takes the place of the SKU', async () => {
    const header = ['id', 'sku', 'name', 'url']
    assert.deepEqual((await one(['7', '', 'Shirt', 'https://x.example/7'], header)).product?.key, '7')
    const { product } = await one(['', '', 'Shirt', 'https://x.example/7'], header)
    assert.deepEqual([product?.key, product?.sku], ['https://x.example/7', 'https://x.example/7'])
  })

  it('has the prefix before its SKU, not before its key', async () => {
    const { products } = await mapText(csv(columns, ['A1', 'Shirt', '1', '1']), { skuPrefix: 'mada-' })
    assert.deepEqual([products[0]?.key, products[0]?.sku], ['a1', 'mada-A1'])
  })

  it('leaves out a measure that cannot be read and counts a repair', async () => {
    const { product, repairs } = await one(['A1', 'Shirt', 'heavy'], ['sku', 'name', 'weight'])
    assert.equal(product !== undefined && 'weight' in product, false)
    assert.deepEqual(
      repairs.map(({ code, position }) => [code, position.line]),
      [['unread_measure', 2]],
    )
    assert.deepEqual((await one(['A1', 'Shirt', '1,5 kg'], ['sku', 'name', 'weight'])).product?.weight, {
      value: '1.5',
      unit: 'kg',
    })
  })

  it('reads doubtful numbers like the other values of its column', async () => {
    const prices = async (...texts: readonly string[]) => {
      const { products } = await mapText(
        csv(['sku', 'name', 'price'], ...texts.map((text, index) => [String(index), 'A', text])),
      )
      return products.map(({ price }) => price)
    }
    assert.deepEqual(await prices('1.234', '12,50'), ['1234', '12.5'])
    assert.deepEqual(await prices('1.234', '12.50'), ['1.234', '12.5'])
    assert.deepEqual(await prices('1,234', '7'), ['1234', '7'])
  })

  it('has the same fingerprints whenever it is mapped', async () => {
    const text = fc.string({ minLength: 1, maxLength: 20 }).map((one) => one.replace(/[\r\n"]/g, ' '))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 5 }), async (rows) => {
        const lines = rows.map(([sku, name]) => JSON.stringify({ sku: `x${sku}`, name, price: 12.5, image: 'a.jpg' }))
        const swapped = rows.map(([sku, name]) => JSON.stringify({ image: 'a.jpg', price: 12.5, name, sku: `x${sku}` }))
        const first = (await mapText(`${lines.join('\n')}\n`)).mapped.map(toStagedProduct)
        const second = (await mapText(`${swapped.join('\n')}\n`)).mapped.map(toStagedProduct)
        assert.deepEqual(first, second)
      }),
      { numRuns: 25 },
    )
  })
})

describe('a map in the config', () => {
  const outlet = csv(['Code', 'Title', 'Photos', 'Netto'], ['X-1', 'Bag', 'a.jpg|b.jpg', '12,50'])

  it('is enough without a preset', async () => {
    const map = {
      sku: 'Code',
      name: 'Title',
      images: { from: 'Photos', split: '|' },
      price: { from: 'Netto', number: 'comma' as const },
    }
    const { preset, products } = await mapText(outlet, { preset: 'none', map })
    assert.equal(preset, 'none')
    assert.deepEqual(products, [
      {
        key: 'x-1',
        name: 'Bag',
        images: [{ url: 'a.jpg' }, { url: 'b.jpg' }],
        sku: 'X-1',
        price: '12.5',
        wholesalePrice: '12.5',
        options: [],
        variants: [],
      },
    ])
  })

  it('changes single fields of a preset', async () => {
    const { preset, products } = await mapText(outlet, { map: { brand: { value: 'Outlet' } } })
    assert.equal(preset, 'generic')
    assert.deepEqual([products[0]?.brand, products[0]?.name], ['Outlet', 'Bag'])
  })

  it('ends the run before any write when the feed lacks a column it names (F13)', async () => {
    await assert.rejects(
      mapText(outlet, { map: { price: 'Nettto' } }),
      (error: Error & { kind?: string; hint?: string }) => {
        assert.equal(error.kind, 'config')
        assert.match(error.message, /map\.price names the column "Nettto"/)
        assert.match(error.hint ?? '', /Did you mean "Netto"\?.*Code, Title, Photos, Netto/)
        return true
      },
    )
    await assert.rejects(mapText(outlet, { preset: 'none', map: { sku: 'Code', name: 'Name' } }), { kind: 'config' })
  })

  it('ends the run for paths and expressions that cannot be read', async () => {
    await assert.rejects(mapText(outlet, { map: { name: { from: 'Title', match: '(' } } }), { kind: 'config' })
    const xml = '<offers><o id="1" price="1"><name>A</name></o><o id="2" price="1"><name>B</name></o></offers>'
    await assert.rejects(mapText(xml, { map: { brand: 'x:brand' } }), { kind: 'config' })
  })

  it('is asked for when no preset fits (F13)', async () => {
    await assert.rejects(mapText(csv(['foo', 'bar'], ['1', '2'])), (error: Error & { hint?: string }) => {
      assert.match(error.message, /no preset fits this feed/)
      assert.match(error.hint ?? '', /The feed has: foo, bar/)
      return true
    })
    await assert.rejects(mapText(outlet, { preset: 'ymll' }), { kind: 'config', hint: /Did you mean yml\?/ })
    await assert.rejects(mapText(csv(['SKU', 'Nom'], ['1', 'A']), { preset: 'woocommerce-csv' }), { kind: 'config' })
  })
})

describe('the transform hook', () => {
  const feed = csv(columns, ['A1', 'Shirt', '10', '1'], ['A2', 'Hat', '20', '2'])

  it('may change a product, replace it or leave it out', async () => {
    const transform = (record: RecordData | readonly RecordData[], product: Product) =>
      product.key === 'a2'
        ? null
        : { ...product, name: `${product.name} ${(record as readonly string[])[2]}`, price: 9.5 as never }
    const { products, skips } = await mapText(feed, { transform })
    assert.deepEqual(
      products.map(({ name, price }) => [name, price]),
      [['Shirt 10', '9.5']],
    )
    assert.deepEqual(skips, ['transform'])
  })

  it('makes a reject when it throws or gives back what is no product', async () => {
    const reason = async (transform: (record: unknown, product: Product) => unknown) => {
      const { rejects } = await mapText(feed, { transform: transform as never })
      assert.equal(rejects.length, 2)
      assert.equal(rejects[0]?.code, 'transform_failed')
      return rejects[0]?.reason
    }
    assert.equal(
      await reason(() => {
        throw new Error('no such thing')
      }),
      'transform: no such thing',
    )
    assert.equal(await reason(() => undefined), 'transform: product is not an object')
    assert.equal(await reason(async (_, product) => product), 'transform: the hook must not be async')
    assert.equal(await reason((_, product) => ({ ...product, name: '' })), 'transform: name is empty')
    assert.equal(
      await reason((_, product) => ({ ...product, price: Number.NaN })),
      'transform: price is not a number: NaN',
    )
    assert.equal(await reason((_, product) => ({ ...product, images: 'a.jpg' })), 'transform: images is not a list')
    const holed = new Array<string>(2)
    assert.equal(await reason((_, product) => ({ ...product, tags: holed })), 'transform: tags.0 is not a text')
  })
})
