import assert from 'node:assert/strict'
import { mapText } from '../map-text.js'

describe('preset bmecat', () => {
  const price = (type: string, amount: string, bound = '1') =>
    `<ARTICLE_PRICE price_type="${type}"><PRICE_AMOUNT>${amount}</PRICE_AMOUNT><TAX>0.07</TAX><LOWER_BOUND>${bound}</LOWER_BOUND></ARTICLE_PRICE>`
  const mime = (source: string, purpose: string) =>
    `<MIME><MIME_TYPE>image/jpeg</MIME_TYPE><MIME_SOURCE>${source}</MIME_SOURCE><MIME_PURPOSE>${purpose}</MIME_PURPOSE></MIME>`
  const article = (id: string, prices: string, mode = 'new') =>
    `<ARTICLE mode="${mode}"><SUPPLIER_AID>${id}</SUPPLIER_AID><ARTICLE_DETAILS><DESCRIPTION_SHORT>N${id}</DESCRIPTION_SHORT><EAN>0871</EAN>` +
    '<MANUFACTURER_AID>M1</MANUFACTURER_AID><DELIVERY_TIME>2</DELIVERY_TIME><KEYWORD>a</KEYWORD><KEYWORD>b</KEYWORD></ARTICLE_DETAILS>' +
    '<ARTICLE_FEATURES><FEATURE><FNAME>Voltage</FNAME><FVALUE>110</FVALUE><FVALUE>220</FVALUE><FUNIT>VLT</FUNIT></FEATURE></ARTICLE_FEATURES>' +
    `<ARTICLE_PRICE_DETAILS>${prices}</ARTICLE_PRICE_DETAILS><MIME_INFO>${mime('s.jpg', 'thumbnail')}${mime('b.jpg', 'detail')}${mime('a.jpg', 'normal')}</MIME_INFO></ARTICLE>`
  const group = (id: string, parent: string, type = 'node') =>
    `<CATALOG_STRUCTURE type="${type}"><GROUP_ID>${id}</GROUP_ID><GROUP_NAME>G${id}</GROUP_NAME><PARENT_ID>${parent}</PARENT_ID></CATALOG_STRUCTURE>`
  const inGroup = (id: string, groupId: string) =>
    `<ARTICLE_TO_CATALOGGROUP_MAP><ART_ID>${id}</ART_ID><CATALOG_GROUP_ID>${groupId}</CATALOG_GROUP_ID></ARTICLE_TO_CATALOGGROUP_MAP>`
  const header =
    '<HEADER><CATALOG><CURRENCY>EUR</CURRENCY><MIME_ROOT>https://x.example/img/</MIME_ROOT></CATALOG></HEADER>'
  const groups = `<CATALOG_GROUP_SYSTEM>${group('1', '0', 'root')}${group('3', '2', 'leaf')}${group('2', '1')}</CATALOG_GROUP_SYSTEM>`
  const catalog = (inner: string) => `<BMECAT version="1.2">${header}<T_NEW_CATALOG>${inner}</T_NEW_CATALOG></BMECAT>`

  for (const inMemoryMax of [1000, 0]) {
    it(`joins groups that are told behind the articles (at most ${inMemoryMax} entries in memory)`, async () => {
      const { preset, products, skips, repairs } = await mapText(
        catalog(
          groups +
            article(
              'A',
              price('nrp', '99') +
                price('net_list', '50') +
                price('net_customer', '40') +
                price('net_customer', '30', '100'),
            ) +
            article('B', price('gros_list', '60')) +
            article('C', '', 'delete') +
            inGroup('B', '2') +
            inGroup('A', '3') +
            inGroup('A', '2'),
        ),
        {},
        {},
        { inMemoryMax },
      )
      const [first, second] = products
      assert.deepEqual([preset, products.length, skips, repairs], ['bmecat', 2, ['unless'], []])
      assert.deepEqual(first?.categories, [['G2', 'G3'], ['G2']])
      assert.deepEqual([first?.price, first?.currency, first?.taxIncluded, first?.vatRate], ['40', 'EUR', false, '7'])
      assert.deepEqual([second?.price, second?.taxIncluded, second?.categories], ['60', true, [['G2']]])
      assert.deepEqual(
        [first?.gtin, first?.mpn, first?.tags, first?.availability],
        ['0871', 'M1', ['a', 'b'], '2 days'],
      )
      assert.deepEqual(first?.attributes, [{ name: 'Voltage (VLT)', values: ['110', '220'] }])
      assert.deepEqual(first?.images, [{ url: 'https://x.example/img/a.jpg' }, { url: 'https://x.example/img/b.jpg' }])
    })
  }

  it('reads the names of 2005, in its namespace', async () => {
    const in2005 = catalog(groups + article('A', price('net_list', '50')) + article('B', '') + inGroup('A', '3'))
      .replaceAll('ARTICLE', 'PRODUCT')
      .replaceAll('_AID', '_PID')
      .replaceAll('ART_ID', 'PROD_ID')
      .replace('<EAN>0871</EAN>', '<INTERNATIONAL_PID type="gtin">0872</INTERNATIONAL_PID>')
      .replace('version="1.2"', 'version="2005" xmlns="http://www.bmecat.org/bmecat/2005"')
    const { preset, products } = await mapText(in2005)
    assert.deepEqual(
      [preset, products[0]?.key, products[0]?.gtin, products[0]?.price, products[0]?.categories],
      ['bmecat', 'A', '0872', '50', [['G2', 'G3']]],
    )
  })

  it('does not take an update for a catalog', async () => {
    const update = catalog(article('A', price('net_list', '50'))).replaceAll('T_NEW_CATALOG', 'T_UPDATE_PRODUCTS')
    await assert.rejects(mapText(update), { kind: 'config', message: /no preset fits/ })
  })
})

describe('preset woocommerce-wxr', () => {
  const meta = (key: string, value: string) =>
    `<wp:postmeta><wp:meta_key>${key}</wp:meta_key><wp:meta_value><![CDATA[${value}]]></wp:meta_value></wp:postmeta>`
  const item = (id: string, type: string, inner: string, parent = '0', status = 'publish') =>
    `<item><title>T${id}</title><content:encoded><![CDATA[<p>D</p>]]></content:encoded><excerpt:encoded></excerpt:encoded><wp:post_id>${id}</wp:post_id>` +
    `<wp:post_parent>${parent}</wp:post_parent><wp:post_type>${type}</wp:post_type><wp:status>${status}</wp:status>${inner}</item>`
  const attachment = (id: string, parent: string) =>
    item(id, 'attachment', `<wp:attachment_url>https://x.example/${id}.jpg</wp:attachment_url>`, parent, 'inherit')
  const term = (slug: string, parent: string, taxonomy = 'product_cat') =>
    `<wp:term><wp:term_taxonomy>${taxonomy}</wp:term_taxonomy><wp:term_slug>${slug}</wp:term_slug><wp:term_parent>${parent}</wp:term_parent><wp:term_name>N ${slug}</wp:term_name></wp:term>`
  const channel = (inner: string) =>
    '<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/">' +
    `<channel><title>Shop</title>${inner}</channel></rss>`

  it('joins variations to parents and attachments to images, and leaves posts out', async () => {
    const { preset, products, skips, rejects } = await mapText(
      channel(
        term('men', '') +
          term('shirts', 'men') +
          term('red', '', 'pa_color') +
          item('9', 'post', '') +
          item(
            '11',
            'product_variation',
            meta('_sku', 'S-R') +
              meta('_regular_price', '12') +
              meta('attribute_pa_color', 'red') +
              meta('_thumbnail_id', '21'),
            '10',
          ) +
          item(
            '10',
            'product',
            '<category domain="product_cat" nicename="shirts">N shirts</category><category domain="pa_color" nicename="red">Red</category>' +
              meta('_sku', 'S') +
              meta('_price', '12') +
              meta('_thumbnail_id', '20') +
              meta('_product_image_gallery', '21,22') +
              meta('_stock_status', 'instock'),
          ) +
          attachment('20', '10') +
          attachment('21', '10') +
          attachment('22', '0') +
          item('12', 'product', meta('_regular_price', '5') + meta('_sale_price', '4'), '0', 'draft') +
          item('13', 'product', '', '0', 'trash'),
      ),
    )
    const byId = new Map(products.map((product) => [product.name, product]))
    const shirt = byId.get('T10')
    assert.deepEqual([preset, products.length, skips.length, rejects], ['woocommerce-wxr', 2, 5, []])
    assert.deepEqual(
      [shirt?.categories, shirt?.description, shirt?.inStock],
      [[['N men', 'N shirts']], '<p>D</p>', true],
    )
    assert.deepEqual(
      shirt?.images?.map(({ url }) => url.slice(-6)),
      ['20.jpg', '21.jpg', '22.jpg'],
    )
    assert.deepEqual(
      shirt?.variants.map(({ sku, price, options, image }) => [sku, price, options, image?.url.slice(-6)]),
      [['S-R', '12', [['color', 'red']], '21.jpg']],
    )
    const draft = byId.get('T12')
    assert.deepEqual([draft?.key, draft?.status, draft?.price, draft?.salePrice], ['12', 'draft', '5', '4'])
  })
})
