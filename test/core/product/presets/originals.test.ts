import assert from 'node:assert/strict'
import type { WholesalerMapping } from '../../../../src/core/product/mapping.js'
import { mapText } from '../map-text.js'

const article = (id: string, brand: string, units: string) => `
  <article id="${id}" sku="ART/${id}" ean="590000000000${id}">
    <name><![CDATA[ Bra ${id} ]]></name><brand><name>${brand}</name></brand>
    <category_keys>Women|Underwear|Bras</category_keys>
    <attributes><opis>&lt;p&gt;Soft&lt;/p&gt;</opis><sklad>Cotton</sklad></attributes>
    <price>49.90</price><price_orginal>60</price_orginal>
    <images><image><image_url>https://x.example/${id}.jpg</image_url></image></images>
    <units>${units}</units>
  </article>`

const unit = (sku: string, color: string, size: string, stock: string) => `
  <unit id="9" sku="${sku}" ean="5901"><color>${color}</color><size>${size}</size><stock>${stock}</stock>
    <image_url>https://x.example/${color}.jpg</image_url></unit>`

async function mapJs(articles: string, mapping?: WholesalerMapping) {
  return mapText(`<shop><articles>${articles}</articles></shop>`, mapping)
}

describe('preset js', () => {
  it('maps articles with their units as variants', async () => {
    const units = unit('U 1', 'czarny', '75B', '3') + unit('', 'biały', '80C', '0')
    const { preset, products } = await mapJs(article('1', 'Gaia', units) + article('2', 'Gaia', units))
    const [product] = products
    assert.equal(preset, 'js')
    assert.deepEqual([product?.key, product?.sku, product?.name], ['ART/1', 'ART/1', 'Bra 1'])
    assert.deepEqual([product?.description, product?.currency, product?.taxIncluded], ['<p>Soft</p>', 'PLN', false])
    assert.deepEqual(product?.categories, [['Women', 'Underwear', 'Bras']])
    assert.deepEqual(product?.attributes, [{ name: 'sklad', values: ['Cotton'] }])
    assert.deepEqual(product?.options, ['Color', 'Size'])
    assert.deepEqual(
      product?.variants.map(({ sku, price, stock, gtin, options }) => [
        sku,
        price,
        stock,
        gtin,
        options.map(([, value]) => value),
      ]),
      [
        ['art-1-u-1', '49.9', '3', '5901', ['czarny', '75B']],
        ['art-1-bialy-80c', '49.9', '0', '5901', ['biały', '80C']],
      ],
    )
  })

  it('leaves out what is sold out, unless the config says otherwise', async () => {
    const articles = article('1', 'Gaia', unit('a', 'x', 'S', '0')) + article('2', 'Gaia', unit('b', 'x', 'S', '1'))
    const { products, skips } = await mapJs(articles)
    assert.deepEqual([products.length, skips], [1, ['unavailable']])
    assert.equal((await mapJs(articles, { stock: { skipUnavailable: false } })).products.length, 2)
  })

  it('puts no margin on mediolano, whatever its case', async () => {
    const units = unit('a', 'x', 'S', '1')
    const { products } = await mapJs(article('1', 'Mediolano', units) + article('2', 'Gaia', units), {
      price: { margin: 30 },
    })
    assert.deepEqual(
      products.map(({ price, wholesalePrice, variants }) => [price, wholesalePrice, variants[0]?.price]),
      [
        ['49.9', '49.9', '49.9'],
        ['64.87', '49.9', '64.87'],
      ],
    )
  })
})

const madaProduct = (id: string, producer: string, models: string) => `
  <PRODUCT><ID>${id}</ID><NAME><![CDATA[ Tights ${id} ]]></NAME><DESC><![CDATA[<b>Warm</b>]]></DESC>
    <PRODUCER>${producer}</PRODUCER><PRODUCER_SECURITY_INFO>Safe</PRODUCER_SECURITY_INFO>
    <PRICE>12,50</PRICE><VAT>23</VAT>
    <CATEGORIES><CATEGORY c1="1" c2="2"><![CDATA[Women/Tights / Stockings]]></CATEGORY></CATEGORIES>
    <MODELS>${models}</MODELS><IMAGES><IMG id="1">https://x.example/1.jpg</IMG></IMAGES></PRODUCT>`

describe('preset mada', () => {
  const models =
    '<MODEL><COLOR>Czarny/Black</COLOR><SIZE amount="2" ean="111">S</SIZE><SIZE amount="0" ean="">M</SIZE></MODEL>' +
    '<MODEL><COLOR>Żółty</COLOR><SIZE amount="1">S</SIZE></MODEL>'

  it('maps colour times size, the colour taken from the model around', async () => {
    const { preset, products } = await mapText(
      `<X><PRODUCTS>${madaProduct('7', 'Mona', models)}${madaProduct('8', '123', models)}</PRODUCTS></X>`,
    )
    const [product, other] = products
    assert.equal(preset, 'mada')
    assert.deepEqual([product?.sku, product?.price, product?.vatRate, product?.brand], ['7', '12.5', '23', 'Mona'])
    assert.equal(product?.description, '<b>Warm</b>\nSafe')
    assert.deepEqual(product?.categories, [['Women', 'Tights / Stockings']])
    assert.deepEqual(
      product?.variants.map(({ key, sku, gtin, stock }) => [key, sku, gtin, stock]),
      [
        ['Czarny / S', '7-czarny-s', '111', '2'],
        ['Czarny / M', '7-czarny-m', null, '0'],
        ['Żółty / S', '7-zolty-s', undefined, '1'],
      ],
    )
    assert.equal(other !== undefined && 'brand' in other, false, 'a producer that is only a number')
  })
})

describe('preset aren', () => {
  const combination = (code: string, quantity: string, color: string, size: string) => `
    <combination><id>5</id><code>${code}</code><quantity>${quantity}</quantity><price_netto>20.50</price_netto>
      <image>https://x.example/${code}.jpg</image><attributes>
        <attribute><name>Kolor</name><value>${color}</value></attribute>
        <attribute><name>Rozmiar</name><value>${size}</value></attribute></attributes></combination>`
  const product = (code: string, inner: string) => `
    <product><id>1</id><code>${code}</code><name>Body ${code}</name><description><![CDATA[<p>Soft</p>]]></description>
      <producer>Babell</producer><categories><category>Women/Body</category></categories>
      <base_price_netto>19</base_price_netto><tax><value>23</value></tax>
      <attributes><attribute><name>EAN</name><values><value>590</value></values></attribute>
        <attribute><name>Odcienie</name><values><value>dark</value><value>light</value></values></attribute></attributes>
      <images><image><url>https://x.example/1.jpg</url></image></images>${inner}</product>`

  it('maps combinations with options from name and value pairs', async () => {
    const combinations = `<combinations>${combination('C1', '4', 'Czarny', 'L/XL')}${combination('C2', '0', 'Biały', 'S')}</combinations>`
    const { preset, products } = await mapText(
      `<offer>${product('B1', combinations)}${product('B2', combinations)}</offer>`,
    )
    const [body] = products
    assert.equal(preset, 'aren')
    assert.deepEqual([body?.gtin, body?.price, body?.vatRate, body?.taxIncluded], ['590', '19', '23', false])
    assert.deepEqual(body?.attributes, [{ name: 'Odcienie', values: ['dark', 'light'] }])
    assert.deepEqual(body?.options, ['Kolor', 'Rozmiar'])
    assert.deepEqual(
      body?.variants.map(({ sku, price, stock, image }) => [sku, price, stock, image?.url]),
      [
        ['B1-c1-czarny-l-xl', '20.5', '4', 'https://x.example/C1.jpg'],
        ['B1-c2-bialy-s', '20.5', '0', 'https://x.example/C2.jpg'],
      ],
    )
  })

  it('treats one child and many alike, and takes stock and price from the product without combinations', async () => {
    const one = `<combinations>${combination('C1', '4', 'Czarny', 'S')}</combinations>`
    const { products, skips } = await mapText(
      `<offer>${product('B1', one)}${product('B2', '<quantity>3</quantity>')}${product('B3', '<quantity>0</quantity>')}</offer>`,
    )
    assert.deepEqual(
      products.map(({ sku, stock, variants }) => [sku, stock, variants.length]),
      [
        ['B1', undefined, 1],
        ['B2', '3', 0],
      ],
    )
    assert.deepEqual(skips, ['unavailable'])
  })
})
