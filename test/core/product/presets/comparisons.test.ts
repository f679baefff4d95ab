import assert from 'node:assert/strict'
import { csv, mapText } from '../map-text.js'

describe('preset skroutz', () => {
  const product = (id: string, inner: string) =>
    `<product><uniqueID>${id}</uniqueID><name>N</name><link>https://x.example/${id}</link><image>https://x.example/${id}.jpg</image>` +
    `<additionalimage>https://x.example/${id}b.jpg</additionalimage><category>Shoes &gt; Boots</category>` +
    `<price_with_vat>12.40</price_with_vat><vat>24.00</vat><manufacturer>M</manufacturer><instock>Y</instock>` +
    `<availability>Available in store / Delivery 1 to 3 days</availability><weight>350</weight>${inner}</product>`

  it('makes sizes with an EAN of their own variants, and others an attribute', async () => {
    const variations =
      '<size>40,41</size><variations>' +
      '<variation><variationid>1-40</variationid><ean>5201</ean><size>40</size><quantity>2</quantity><price_with_vat>13</price_with_vat></variation>' +
      '<variation><variationid>1-41</variationid><ean>5202</ean><size>41</size><quantity>0</quantity></variation></variations>'
    const { preset, products } = await mapText(
      `<mywebstore><created_at>2026-01-01</created_at><products>${product('1', variations)}${product('2', '<size>S, XL</size><color>Red</color>')}</products></mywebstore>`,
    )
    const [sized, plain] = products
    assert.equal(preset, 'skroutz')
    assert.deepEqual([sized?.key, sized?.categories, sized?.taxIncluded], ['1', [['Shoes', 'Boots']], true])
    assert.deepEqual(
      sized?.variants.map(({ key, gtin, price, stock, options }) => [key, gtin, price, stock, options]),
      [
        ['1-40', '5201', '13', '2', [['Size', '40']]],
        ['1-41', '5202', '12.4', '0', [['Size', '41']]],
      ],
    )
    assert.deepEqual(
      [plain?.variants, plain?.inStock, plain?.weight, plain?.images?.length],
      [[], true, { value: '350', unit: 'g' }, 2],
    )
    assert.deepEqual(plain?.attributes, [
      { name: 'Color', values: ['Red'] },
      { name: 'Size', values: ['S', 'XL'] },
    ])
  })
})

describe('preset bestprice', () => {
  it('cuts category paths at arrows', async () => {
    const product = (id: string) =>
      `<product><productId>${id}</productId><title>T</title><productURL>https://x.example/${id}</productURL>` +
      '<category_path>Home-&gt;Kitchen</category_path><price>9,90</price><imagesURL><img1>https://x.example/1.jpg</img1><img2>https://x.example/2.jpg</img2></imagesURL>' +
      '<features><power>9 W</power></features></product>'
    const { preset, products } = await mapText(`<store><products>${product('1')}${product('2')}</products></store>`)
    const [first] = products
    assert.equal(preset, 'bestprice')
    assert.deepEqual([first?.categories, first?.price, first?.images?.length], [[['Home', 'Kitchen']], '9.9', 2])
    assert.deepEqual(first?.attributes, [{ name: 'power', values: ['9 W'] }])
  })
})

describe('preset trovaprezzi', () => {
  it('takes counts and words for stock, and a discount for a sale', async () => {
    const offer = (code: string, stock: string) =>
      `<Offer><Name>N</Name><Brand>B</Brand><Price>8,50</Price><OriginalPrice>10,00</OriginalPrice><Code>${code}</Code>` +
      `<Stock>${stock}</Stock><Categories>Casa &gt; Cucina;Offerte</Categories><Image>https://x.example/1.jpg</Image>` +
      '<Image2>https://x.example/2.jpg</Image2><EanCode>8001</EanCode><PartNumber>P1</PartNumber><ShippingCost>5</ShippingCost></Offer>'
    const { preset, products } = await mapText(
      `<Products>${offer('1', '4')}${offer('2', 'non disponibile')}</Products>`,
    )
    const [counted, worded] = products
    assert.equal(preset, 'trovaprezzi')
    assert.deepEqual([counted?.price, counted?.salePrice, counted?.currency], ['10', '8.5', 'EUR'])
    assert.deepEqual([counted?.stock, worded?.inStock, counted?.gtin, counted?.mpn], ['4', false, '8001', 'P1'])
    assert.deepEqual([counted?.categories, counted?.images?.length], [[['Casa', 'Cucina'], ['Offerte']], 2])
  })
})

describe('preset prisjakt', () => {
  const product = (id: string, more = '') =>
    `<product><id>${id}</id><name>N</name><price>2999.0</price><currency>SEK</currency><availability>InStock</availability>` +
    `<url>https://x.example/${id}</url><image>https://x.example/${id}.png</image>${more}</product>`

  it('maps its plain elements, with gross prices', async () => {
    const { preset, products } = await mapText(`<products>${product('1')}${product('2')}</products>`)
    const [first] = products
    assert.deepEqual(
      [preset, first?.key, first?.taxIncluded, first?.currency, first?.inStock],
      ['prisjakt', '1', true, 'SEK', true],
    )
  })

  it('leaves products with elements that Prisjakt does not have to others', async () => {
    const { preset } = await mapText(`<products>${product('1', '<warehouse>3</warehouse>')}${product('2')}</products>`)
    assert.equal(preset, 'generic')
  })

  it("is mapped as Google's where it extends Google's format", async () => {
    const item = (id: string) =>
      `<item><g:id>${id}</g:id><g:title>T</g:title><g:price>99.99 SEK</g:price><g:availability>download</g:availability></item>`
    const { preset, products } = await mapText(
      `<rss xmlns:pj="https://schema.prisjakt.nu/ns/1.0" xmlns:g="http://base.google.com/ns/1.0" version="3.0"><channel>${item('1')}${item('2')}</channel></rss>`,
    )
    assert.deepEqual([preset, products[0]?.price, products[0]?.currency], ['google', '99.99', 'SEK'])
  })
})

describe('preset idealo-csv', () => {
  it('takes no words for an EAN, and the former price for the regular one', async () => {
    const { preset, products } = await mapText(
      csv(
        [
          'sku',
          'brand',
          'title',
          'categoryPath',
          'url',
          'eans',
          'hans',
          'price',
          'formerPrice',
          'deliveryTime',
          'imageUrls',
          'deliveryCosts_dhl',
        ],
        [
          'A1',
          'B',
          'T',
          'Phones > Cases',
          'https://x.example/1',
          '4006381333931;4006381333948',
          'H1',
          '9.90',
          '12',
          '2 days',
          'https://x.example/1.jpg; https://x.example/2.jpg',
          '0',
        ],
        ['A2', 'B', 'T', '', 'https://x.example/2', 'EANRP1', '', '5', '', '', '', '0'],
      ),
    )
    const [first, second] = products
    assert.equal(preset, 'idealo-csv')
    assert.deepEqual([first?.key, first?.gtin, first?.mpn], ['a1', '4006381333931', 'H1'])
    assert.deepEqual([first?.price, first?.salePrice, first?.availability], ['12', '9.9', '2 days'])
    assert.deepEqual([first?.images?.length, second?.gtin], [2, undefined])
  })
})

describe('preset awin-csv', () => {
  it('groups by parent_product_id', async () => {
    const header = [
      'aw_deep_link',
      'product_name',
      'aw_product_id',
      'merchant_product_id',
      'merchant_image_url',
      'search_price',
      'currency',
      'merchant_category',
      'colour',
      'Fashion:size',
      'in_stock',
      'parent_product_id',
    ]
    const row = (id: string, size: string, parent: string) => [
      'https://awin.example/1',
      'Shoe',
      `9${id}`,
      id,
      `https://x.example/${id}.jpg`,
      '79.95',
      'GBP',
      'Shoes > Running',
      'Blue',
      size,
      '1',
      parent,
    ]
    const { preset, products } = await mapText(
      csv(header, row('1', '40', 'P'), row('2', '41', 'P'), row('3', '42', '')),
    )
    const [group, lone] = products
    assert.equal(preset, 'awin-csv')
    assert.deepEqual([group?.key, group?.variants.length, lone?.key], ['P', 2, '3'])
    assert.deepEqual(
      [group?.variants[1]?.options, group?.categories],
      [
        [
          ['Color', 'Blue'],
          ['Size', '41'],
        ],
        [['Shoes', 'Running']],
      ],
    )
  })
})

describe('preset google, of its relatives', () => {
  it('reads Meta: counts, hidden products, its own categories', async () => {
    const { preset, products } = await mapText(
      csv(
        [
          'id',
          'title',
          'image_link',
          'price',
          'availability',
          'quantity_to_sell_on_facebook',
          'fb_product_category',
          'status',
        ],
        ['1', 'T', 'https://x.example/1.jpg', '10 EUR', 'in stock', '7', 'Home > Kitchen', 'active'],
        ['2', 'T', 'https://x.example/2.jpg', '10 EUR', 'out of stock', '0', '42', 'archived'],
      ),
    )
    const [first, second] = products
    assert.equal(preset, 'google')
    assert.deepEqual([first?.stock, first?.categories, first?.status], ['7', [['Home', 'Kitchen']], 'publish'])
    assert.deepEqual([second?.stock, second?.categories, second?.status], ['0', undefined, 'draft'])
  })

  for (const [name, ...columns] of [
    ['Bing', 'seller_name', 'bingads_label'],
    ['Pinterest', 'free_shipping_label', 'ad_link'],
    ['Reddit', 'custom_label_0', 'shipping'],
  ]) {
    it(`reads ${name}, whose columns beside Google's do no harm`, async () => {
      const { preset, products } = await mapText(
        csv(
          ['id', 'title', 'link', 'image_link', 'price', ...columns],
          ['1', 'T', 'https://x.example/1', 'https://x.example/1.jpg', '10 EUR', ...columns.map(() => '')],
        ),
      )
      assert.deepEqual([preset, products[0]?.price, products[0]?.images?.length], ['google', '10', 1])
    })
  }
})

describe('preset heureka, of Zboží', () => {
  it('has BRAND, several images and categories, and a price before the discount', async () => {
    const item = (id: string, group = '') =>
      `<SHOPITEM><ITEM_ID>${id}</ITEM_ID><PRODUCTNAME>N</PRODUCTNAME><PRICE_VAT>90,00</PRICE_VAT><PRICE_BEFORE_DISCOUNT>100</PRICE_BEFORE_DISCOUNT>` +
      '<BRAND>B</BRAND><IMGURL>https://x.example/1.jpg</IMGURL><IMGURL>https://x.example/2.jpg</IMGURL>' +
      `<CATEGORYTEXT>Dům | Zahrada</CATEGORYTEXT><CATEGORYTEXT>Akce</CATEGORYTEXT><DELIVERY_DATE>-1</DELIVERY_DATE>${group}</SHOPITEM>`
    const { preset, products } = await mapText(
      `<SHOP xmlns="http://www.zbozi.cz/ns/offer/1.0">${item('1')}${item('2')}</SHOP>`,
    )
    const [first] = products
    assert.equal(preset, 'heureka')
    assert.deepEqual([first?.brand, first?.price, first?.salePrice], ['B', '100', '90'])
    assert.deepEqual([first?.images?.length, first?.categories], [2, [['Dům', 'Zahrada'], ['Akce']]])
    assert.deepEqual([first?.availability, first?.inStock], ['unknown', null])
  })
})
