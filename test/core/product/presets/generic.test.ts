import assert from 'node:assert/strict'
import { csv, mapText } from '../map-text.js'

async function first(text: string) {
  const { preset, products } = await mapText(text)
  assert.equal(preset, 'generic')
  const [product] = products
  assert.ok(product !== undefined)
  return product
}

describe('preset generic', () => {
  it('understands names in several languages', async () => {
    const cases = [
      ['Artikelnummer', 'Bezeichnung', 'Preis', 'Bestand', 'Hersteller'],
      ['Indeks', 'Nazwa', 'Cena brutto', 'Ilość', 'Producent'],
      ['Código', 'Nombre', 'Precio', 'Existencias', 'Marca'],
      ['Артикул', 'Наименование', 'Цена', 'Количество', 'Бренд'],
      ['Référence', 'Nom', 'Prix TTC', 'Quantité', 'Marque'],
      ['Reference #', 'Name *', 'Price', 'Quantity', 'Manufacturer'],
      ['product_code', 'product_name', 'selling_price', 'qty', 'vendor'],
    ]
    for (const header of cases) {
      const product = await first(csv(header, ['A1', 'Shirt', '10', '3', 'Acme']))
      assert.deepEqual(
        [product.sku, product.name, product.price, product.stock, product.brand],
        ['A1', 'Shirt', '10', '3', 'Acme'],
        header.join(),
      )
    }
  })

  it('takes currency or language behind a name', async () => {
    const product = await first(csv(['sku', 'name_th', 'price_gbp'], ['A1', 'Shirt', '10']))
    assert.deepEqual([product.name, product.price, product.currency], ['Shirt', '10', 'GBP'])
    const named = await first(csv(['sku', 'name_th', 'price_gbp', 'currency'], ['A1', 'Shirt', '10', 'EUR']))
    assert.equal(named.currency, 'EUR')
  })

  it('takes images from all places, main ones first, and thumbnails only for want of others', async () => {
    const url = (name: string) => `https://x.example/${name}.jpg`
    const product = await first(
      csv(
        ['sku', 'name', 'gallery', 'image', 'image_2', 'thumbnail'],
        ['A1', 'Shirt', `${url('3')}|${url('1')}`, url('1'), url('2'), url('t')],
      ),
    )
    assert.deepEqual(
      product.images?.map((image) => image.url),
      [url('1'), url('2'), url('3')],
    )
    assert.deepEqual((await first(csv(['sku', 'name', 'thumbnail'], ['A1', 'Shirt', url('t')]))).images, [
      { url: url('t') },
    ])
  })

  it('reads paths of categories, also from the columns of their levels', async () => {
    const categories = async (header: readonly string[], ...cells: readonly string[]) =>
      (await first(csv(['sku', 'name', ...header], ['A1', 'Shirt', ...cells]))).categories
    assert.deepEqual(await categories(['category'], 'A > B'), [['A', 'B']])
    assert.deepEqual(await categories(['category'], 'TV/Video'), [['TV/Video']])
    assert.deepEqual(await categories(['breadcrumbs'], 'A/B'), [['A', 'B']])
    assert.deepEqual(await categories(['category', 'sub_category'], 'A', 'B'), [['A', 'B']])
    assert.deepEqual(await categories(['aisle', 'department'], 'cookies', 'snacks'), [['snacks', 'cookies']])
    assert.equal(await categories(['aisle_id', 'department_id'], '1', '2'), undefined)
  })

  it('says whether prices are gross only when their name does', async () => {
    const tax = async (name: string) => (await first(csv(['sku', 'name', name], ['A1', 'Shirt', '10']))).taxIncluded
    assert.equal(await tax('price_with_vat'), true)
    assert.equal(await tax('Preis netto'), false)
    assert.equal(await tax('price'), undefined)
  })

  it('maps JSON with nested objects and ids that are numbers', async () => {
    const product = await first(
      JSON.stringify([
        {
          id: 31627125,
          title: 'Phone',
          brand: { name: 'LG' },
          images: [{ url: 'https://x.example/1.jpg' }],
          attrs: { Color: 'Red', Ports: ['USB', 'HDMI'] },
          price: null,
        },
        { id: 2, title: 'TV' },
      ]),
    )
    assert.deepEqual([product.key, product.sku, product.brand, product.price], ['31627125', '31627125', 'LG', null])
    assert.deepEqual(product.images, [{ url: 'https://x.example/1.jpg' }])
    assert.deepEqual(product.attributes, [
      { name: 'Color', values: ['Red'] },
      { name: 'Ports', values: ['USB', 'HDMI'] },
    ])
  })

  it('maps XML with attributes and lists of images', async () => {
    const record = (id: string) =>
      `<product sku="${id}"><title>T</title><brand><name>LG</name></brand><price_with_vat>1.234,50</price_with_vat>` +
      '<images><image>https://x.example/1.jpg</image><image>https://x.example/2.jpg</image></images><category id="7">A &gt; B</category></product>'
    const product = await first(`<shop><products>${record('1')}${record('2')}</products></shop>`)
    assert.deepEqual(
      [product.sku, product.name, product.brand, product.price, product.taxIncluded],
      ['1', 'T', 'LG', '1234.5', true],
    )
    assert.deepEqual([product.images?.length, product.categories], [2, [['A', 'B']]])
  })
})
