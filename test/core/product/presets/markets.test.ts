import assert from 'node:assert/strict'
import { mapText } from '../map-text.js'

const offer = (id: string, inner: string) =>
  `<offer id="${id}" available="true"><name>N${id}</name><price>10</price><currencyId>RUR</currencyId>${inner}</offer>`
const tree = '<categories><category id="2" parentId="1">Tops</category><category id="1">Women</category></categories>'
const catalog = (inner: string) => `<yml_catalog date="2026-01-01"><shop>${inner}</shop></yml_catalog>`

describe('preset yml', () => {
  it('resolves the category tree before the offers', async () => {
    const { preset, products } = await mapText(
      catalog(`${tree}<offers>${offer('1', '<categoryId>2</categoryId>')}${offer('2', '<categoryId/>')}</offers>`),
    )
    assert.equal(preset, 'yml')
    assert.deepEqual(
      products.map(({ categories, currency, inStock }) => [categories, currency, inStock]),
      [
        [[['Women', 'Tops']], 'RUB', true],
        [[], 'RUB', true],
      ],
    )
  })

  it('resolves the category tree after the offers, in the order of the feed', async () => {
    const offers = Array.from({ length: 20 }, (_, index) => offer(String(index), '<categoryId>2</categoryId>')).join('')
    for (const inMemoryMax of [1000, 0]) {
      const { products } = await mapText(catalog(`<offers>${offers}</offers>${tree}`), {}, {}, { inMemoryMax })
      assert.deepEqual(
        products.map(({ key }) => key),
        Array.from({ length: 20 }, (_, index) => String(index)),
      )
      assert.ok(products.every(({ categories }) => categories?.[0]?.join('/') === 'Women/Tops'))
    }
  })

  it('says nothing about categories when the feed has no tree', async () => {
    const { products } = await mapText(
      catalog(`<offers>${offer('1', '<categoryId>7</categoryId>')}${offer('2', '')}</offers>`),
    )
    assert.equal(products.length, 2)
    assert.ok(products.every((product) => !('categories' in product)))
  })

  it('groups by group_id, with the params that differ as options', async () => {
    const params = (color: string) => `<param name="Цвет">${color}</param><param name="Вес" unit="кг">2</param>`
    const grouped = (id: string, color: string) => offer(id, params(color)).replace('<offer ', '<offer group_id="9" ')
    const { products } = await mapText(
      catalog(`<offers>${grouped('1', 'Красный')}${offer('3', '')}${grouped('2', 'Синий')}</offers>`),
    )
    const [product, single] = products
    assert.deepEqual([product?.key, product?.options, single?.key], ['9', ['Цвет'], '3'])
    assert.deepEqual(product?.attributes, [{ name: 'Вес', values: ['2 кг'] }])
    assert.deepEqual(
      product?.variants.map(({ key, options }) => [key, options]),
      [
        ['1', [['Цвет', 'Красный']]],
        ['2', [['Цвет', 'Синий']]],
      ],
    )
  })

  it('takes the former price when it is higher, and a name from its parts', async () => {
    const { products } = await mapText(
      catalog(
        `<offers>${offer('1', '<oldprice>15</oldprice>')}${offer('2', '<oldprice>5</oldprice>').replace('<name>N2</name>', '<typePrefix>TV</typePrefix><vendor>LG</vendor><model>X1</model>')}</offers>`,
      ),
    )
    assert.deepEqual(
      products.map(({ name, price, salePrice }) => [name, price, salePrice]),
      [
        ['N1', '15', '10'],
        ['TV LG X1', '10', undefined],
      ],
    )
  })
})

describe('preset ceneo', () => {
  it('maps gross prices, codes of availability and both kinds of images', async () => {
    const record = (id: string, stock: string) =>
      `<o id="${id}" url="https://x.example/${id}" price="6.6" avail="99" stock="${stock}"><cat>A/B</cat><name>N</name>` +
      '<imgs><main url="https://x.example/1.jpg"/><main url="https://x.example/2.jpg"/><i url="https://x.example/1.jpg"/></imgs>' +
      '<attrs><a name="Producent">LG</a><a name="EAN">590</a><a name="Kolor">Red</a></attrs></o>'
    const { preset, products } = await mapText(`<offers>${record('1', '-2')}${record('2', '')}</offers>`)
    const [product] = products
    assert.equal(preset, 'ceneo')
    assert.deepEqual(
      [product?.taxIncluded, product?.stock, product?.availability, product?.sku],
      [true, '-2', 'ask', '1'],
    )
    assert.deepEqual(product?.images, [{ url: 'https://x.example/1.jpg' }, { url: 'https://x.example/2.jpg' }])
    assert.deepEqual(
      [product?.brand, product?.gtin, product?.attributes],
      ['LG', '590', [{ name: 'Kolor', values: ['Red'] }]],
    )
  })
})

describe('preset iof', () => {
  it('sums stock over warehouses and takes -1 for no limit', async () => {
    const size = (code: string, stocks: string) =>
      `<size id="3" name="M" code="${code}"><price gross="12.30" net="10"/>${stocks}</size>`
    const product = (id: string) =>
      `<product id="${id}" currency="PLN" vat="23.0"><producer name="P"/><category name="A\\B"/><description><name xml:lang="pol">N</name></description>` +
      `<sizes>${size(`${id}-1`, '<stock id="0" quantity="2"/><stock id="1" quantity="3.5"/>')}${size(`${id}-2`, '<stock id="0" quantity="-1"/>')}</sizes></product>`
    const { preset, products } = await mapText(
      `<offer file_format="IOF" version="3.0"><products>${product('1')}${product('2')}</products></offer>`,
    )
    assert.equal(preset, 'iof')
    assert.deepEqual(products[0]?.categories, [['A', 'B']])
    assert.deepEqual(
      products[0]?.variants.map(({ key, stock, inStock, price }) => [key, stock, inStock, price]),
      [
        ['1-1', '5.5', undefined, '12.3'],
        ['1-2', undefined, true, '12.3'],
      ],
    )
  })
})
