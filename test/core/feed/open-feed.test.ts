import assert from 'node:assert/strict'
import { WholesalerError } from '../../../src/core/errors.js'
import type { XmlElement } from '../../../src/core/feed/feed.js'
import { openFeed } from '../../../src/core/feed/open-feed.js'
import { openText } from '../../../src/core/feed/open-text.js'
import { realFeed } from '../../support/feeds.js'
import { counts, read, readAll, textOf } from './string-text.js'

/** Real feeds with the raw records that were counted in them by other means. */
const realFeeds: readonly (readonly [name: string, records: number, found: string, encoding?: string])[] = [
  ['bmecat/bmecat12_new_catalog.xml', 1, 'BMECAT/T_NEW_CATALOG/ARTICLE'],
  ['bmecat/bmecat12_update_prices.xml', 1, 'BMECAT/T_UPDATE_PRICES/ARTICLE'],
  ['ceneo/ceneo_2025-12-10.xml', 1077, 'offers/o'],
  ['ceneo/ceneo_2025-12-17.xml', 825, 'offers/o'],
  ['csv/adidas_845_images_tilde.csv', 845, ','],
  ['csv/instacart_49688.csv.zip', 49_688, ','],
  ['csv/semicolon_bom_crlf_de_5257.csv.gz', 5257, ';'],
  ['facebook/facebook_catalog_dagra.csv', 10, ','],
  ['google/google_rss_opispost.xml.gz', 486, 'rss/channel/item'],
  ['heureka/heureka_arche_77.xml', 77, 'SHOP/SHOPITEM'],
  ['idealo/idealo_epages.csv', 14, ','],
  ['idosell-iof/iof_full_46.xml', 46, 'offer/products/product'],
  ['json/thai_retail_part28.json.gz', 2000, ''],
  ['magento2/magento2_sample_1994.csv.gz', 1994, ','],
  ['ndjson/icecat_smartphones.ndjson', 10, 'ndjson'],
  ['ndjson/samsung_uk_750.ndjson', 750, 'ndjson'],
  ['prestashop/combinations_import.csv', 27, ','],
  ['prestashop/products_import.csv', 7, ','],
  ['prisjakt/prisjakt_ok_9.xml', 9, 'products/product'],
  ['shopify/shopify_real_export_hair.csv', 565, ','],
  ['shopify/shopify_sample_apparel.csv', 22, ','],
  ['trovaprezzi/trovaprezzi_it_144.xml', 144, 'Products/Offer'],
  ['woocommerce/sample_products.csv', 25, ','],
  ['yml/BROKEN_declares_utf8_is_windows-1251.yml.gz', 2035, 'yml_catalog/shop/offers/offer', 'windows-1251'],
  ['yml/yml_utf8_html_params_628.yml.gz', 628, 'yml_catalog/shop/offers/offer'],
  ['yml/yml_windows-1251_3479.yml.gz', 3479, 'yml_catalog/shop/offers/offer'],
]

const offerNames = (record: unknown) =>
  (record as XmlElement).children.flatMap((child) => (typeof child === 'string' ? [] : [child.name]))

describe('openFeed', () => {
  for (const [name, records, found, encoding] of realFeeds) {
    it(`reads ${records} records of ${name}, strictly and leniently alike`, async function () {
      const told = encoding === undefined ? {} : { encoding }
      const text = await openText(realFeed(this, name), told, name)
      const strict = await readAll(text, {}, name)
      const lenient = await readAll(text, { ...told, lenient: true }, name)

      const { shape } = strict.feed
      assert.equal(strict.records.length, records)
      assert.equal(strict.end?.records, records)
      assert.equal(strict.end?.complete, true)
      assert.equal(shape.recordPath ?? shape.dialect?.delimiter ?? shape.format, found)
      assert.deepEqual([strict.rejects, strict.repairs], [[], []])
      assert.deepEqual(lenient.records, strict.records)
      assert.deepEqual([lenient.rejects, lenient.repairs], [[], []])
    })
  }

  it('finds the bare ampersand of a hand-made feed, and reads all 26 items leniently', async function () {
    const name = 'prisjakt/BROKEN_bare_ampersand_26.xml'
    const text = await openText(realFeed(this, name), {}, name)
    const { error, records } = await read(text, {}, name)
    const lenient = await readAll(text, { lenient: true }, name)

    assert.ok(error instanceof WholesalerError)
    assert.equal(error.kind, 'feed_malformed')
    assert.deepEqual([error.place.file, error.place.line, error.place.column], [name, 72, 108])
    assert.equal(records.length, 2)
    assert.equal(lenient.records.length, 26)
    assert.equal(lenient.end?.complete, true)
    assert.deepEqual(counts(lenient.repairs), { bare_ampersand: 24 })
  })

  it('reads all 176 offers of a feed without its last end tag, and calls it incomplete', async function () {
    const text = await openText(realFeed(this, 'yml/BROKEN_missing_last_close_tag.yml'), {})
    const strict = await read(text)
    const lenient = await readAll(text, { lenient: true })

    assert.match((strict.error as WholesalerError).message, /ends inside <yml_catalog>/)
    assert.equal(strict.records.length, 176)
    assert.deepEqual(lenient.records, strict.records)
    assert.deepEqual(lenient.end, { complete: false, records: 176, problem: 'The feed ends before </yml_catalog>.' })
  })

  it('reads all 152 offers of a feed with unescaped HTML, each with its own fields', async function () {
    const text = await openText(realFeed(this, 'yml/BROKEN_unescaped_html_in_description.yml'), {})
    const strict = await read(text)
    const lenient = await readAll(text, { lenient: true })

    assert.equal((strict.error as WholesalerError).kind, 'feed_malformed')
    assert.equal(lenient.records.length, 152)
    assert.equal(lenient.end?.complete, true)
    for (const { data } of lenient.records) {
      const names = offerNames(data)
      for (const field of ['name', 'price', 'description']) {
        assert.equal(names.filter((name) => name === field).length, 1, field)
      }
      assert.ok(
        names.every((name) => !['p', 'ul', 'li', 'h3', 'br', 'div', 'offer'].includes(name)),
        names.join(),
      )
    }
  })

  it('tells of packing and encoding as the text does', async () => {
    const text = { ...textOf('a;b\n1;2\n'), compression: 'zip', member: 'x.csv', declaredEncoding: 'utf-8' } as const
    const { shape } = await openFeed(text, {}, { file: 'x.zip' })

    assert.deepEqual(shape, {
      format: 'csv',
      compression: 'zip',
      member: 'x.csv',
      encoding: 'utf-8',
      declaredEncoding: 'utf-8',
      dialect: { delimiter: ';', quote: '"', bom: false, newline: '\n' },
      columns: ['a', 'b'],
    })
  })

  it('refuses an HTML page also when the format is said (F11)', async () => {
    for (const format of ['csv', 'xml', 'json', 'ndjson'] as const) {
      await assert.rejects(openFeed(textOf('<!doctype html><p>'), { format }, { file: 'x' }), /HTML page/)
    }
  })

  it('ends early, instead of failing, when the text itself fails under lenient', async () => {
    const broken = new WholesalerError({ kind: 'feed_malformed', message: 'Bytes that UTF-8 does not have.' })
    const text = {
      ...textOf('sku,name\n1,A\n2,B'),
      async *chunks() {
        yield 'sku,name\n1,A\n2,B'
        throw broken
      },
    }
    const strict = await read(text)
    const lenient = await readAll(text, { lenient: true })

    assert.equal(strict.error, broken)
    assert.equal(strict.records.length, 1)
    assert.equal(lenient.records.length, 1)
    assert.deepEqual(lenient.end, {
      complete: false,
      records: 1,
      problem: 'Bytes that UTF-8 does not have.',
      endsWithLineEnd: false,
    })
  })
})
