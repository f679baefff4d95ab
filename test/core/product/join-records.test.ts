import assert from 'node:assert/strict'
import { csv, mapText, openString } from './map-text.js'

const items = csv(['Code', 'Name', 'Price'], ['A-1', 'Mug', '8'], ['B-2', 'Cup', '5'], ['C-3', 'Jug', '9'])

describe('a second file', () => {
  for (const inMemoryMax of [1000, 0]) {
    it(`fills fields of the products it names, in any case (at most ${inMemoryMax} records in memory)`, async () => {
      const second = await openString(
        csv(['Item', 'Qty', 'Net'], ['b-2', '7', '4.5'], ['A-1', '0', ''], ['X', '1', '1']),
      )
      const { products, complete } = await mapText(
        items,
        { map: { sku: 'Code' }, join: { key: 'Item', map: { stock: 'Qty', price: 'Net' } } },
        {},
        { second, inMemoryMax },
      )
      assert.deepEqual(
        products.map(({ sku, name, stock, price }) => [sku, name, stock, price]),
        [
          ['A-1', 'Mug', '0', null],
          ['B-2', 'Cup', '7', '4.5'],
          ['C-3', 'Jug', undefined, '9'],
        ],
      )
      assert.equal(complete, true)
    })
  }

  it('rejects its own bad records, and keeps the products', async () => {
    const second = await openString(csv(['Item', 'Qty'], ['A-1', 'many!?7'], ['', '3'], ['B-2', '2']))
    const { products, rejects } = await mapText(
      items,
      { map: { sku: 'Code' }, join: { key: 'Item', map: { price: 'Qty' } } },
      {},
      { second },
    )
    assert.deepEqual(
      products.map(({ price }) => price),
      ['8', '2', '9'],
    )
    assert.deepEqual(
      rejects.map(({ code, position, key }) => [code, position.line, key]),
      [
        ['no_key', 3, undefined],
        ['bad_number', 2, 'a-1'],
      ],
    )
  })

  it('that ended early makes the feed incomplete: nothing may count as missing', async () => {
    const second = await openString('<list><row><item>A-1</item><qty>2</qty></row><row><item>B-2</item>', {
      lenient: true,
    })
    const { products, complete } = await mapText(
      items,
      { map: { sku: 'Code' }, join: { key: 'item', map: { stock: 'qty' } } },
      {},
      { second },
    )
    assert.deepEqual([products.length, products[0]?.stock, complete], [3, '2', false])
  })

  it('needs a key and a map, from the config or the preset', async () => {
    const second = await openString(csv(['Item', 'Qty'], ['A-1', '2']))
    await assert.rejects(mapText(items, {}, {}, { second }), { kind: 'config', message: /join has no key/ })
    await assert.rejects(mapText(items, { join: { key: 'Item', map: { stock: 'Menge' } } }, {}, { second }), {
      kind: 'config',
      message: /join\.map.* names the column "Menge"/,
    })
  })
})

describe('preset prestashop-csv with its combinations', () => {
  const products = csv(
    ['Product ID', 'Name *', 'Categories (x;y;z...)', 'Price tax excluded', 'Reference #', 'Wholesale price'],
    ['1', 'iPod', 'Music', '100', 'P-1', '60'],
    ['2', 'Case', 'Music', '20', 'P-2', ''],
  )
  const header = [
    'Product ID*',
    'Attribute (Name:Type:Position)*',
    'Value (Value:Position)*',
    'Reference',
    'EAN13',
    'Impact on price',
    'Quantity',
  ]

  it('makes them variants, with what they add to the price', async () => {
    const second = await openString(
      csv(
        header,
        ['1', 'Color:color:0; Disk space:select:3', 'Blue:0; 16GB:1', 'P-1-B16', '0000080446392', '40', '10'],
        ['1', 'Color:color:0; Disk space:select:3', 'Red:0; 8GB:1', 'P-1-R8', '', '-5.50', '0'],
        ['9', 'Color:color:0', 'Blue:0', 'X', '', '0', '1'],
      ),
    )
    const result = await mapText(products, {}, {}, { second })
    const [ipod, plain] = result.products
    assert.deepEqual([result.preset, ipod?.options], ['prestashop-csv', ['Color', 'Disk space']])
    assert.deepEqual(
      ipod?.variants.map(({ sku, gtin, price, wholesalePrice, stock, options }) => [
        sku,
        gtin,
        price,
        wholesalePrice,
        stock,
        options[1]?.[1],
      ]),
      [
        ['P-1-B16', '0000080446392', '140', '60', '10', '16GB'],
        ['P-1-R8', null, '94.5', '60', '0', '8GB'],
      ],
    )
    assert.deepEqual(plain?.variants, [])
  })
})

describe('preset iof with full and light file', () => {
  const size = (id: string, code: string, inner: string) => `<size id="${id}" name="S${id}"${code}>${inner}</size>`
  const offer = (products: string) =>
    `<offer file_format="IOF" version="3.0"><products currency="PLN">${products}</products></offer>`
  const full = (id: string, sizes: string) =>
    `<product id="${id}" vat="23"><producer name="P"/><description><name>N${id}</name></description><price/><sizes>${sizes}</sizes></product>`
  const light = (id: string, sizes: string) =>
    `<product id="${id}" currency="PLN" vat="8"><price gross="20" net="16"/><sizes>${sizes}</sizes></product>`
  const said = (gross: string, quantity: string) => `<price gross="${gross}"/><stock id="1" quantity="${quantity}"/>`

  it('takes prices and stock by the ids of product and size, in order where one size id comes twice', async () => {
    const second = await openString(
      offer(
        light('2', size('7', '', said('31', '4'))) +
          light('1', size('8', '', said('12', '1')) + size('7', '', said('10', '-1')) + size('7', '', said('11', '3'))),
      ),
    )
    const { preset, products } = await mapText(
      offer(
        full(
          '1',
          size('7', ' code="1-red-7"', '<stock id="1" quantity="99"/>') +
            size('7', ' code="1-blue-7"', '') +
            size('8', ' code="1-red-8"', ''),
        ) +
          full('2', size('7', ' code="2-7"', '')) +
          full('3', size('7', ' code="3-7"', '')),
      ),
      {},
      {},
      { second },
    )
    assert.equal(preset, 'iof')
    assert.deepEqual(
      products.map(({ price, vatRate, variants }) => [
        price,
        vatRate,
        ...variants.map((variant) => [variant.key, variant.price, variant.stock, variant.inStock]),
      ]),
      [
        [
          '20',
          '8',
          ['1-red-7', '10', '99', true],
          ['1-blue-7', '11', '3', undefined],
          ['1-red-8', '12', '1', undefined],
        ],
        ['20', '8', ['2-7', '31', '4', undefined]],
        [undefined, '23', ['3-7', undefined, undefined, undefined]],
      ],
    )
  })
})
