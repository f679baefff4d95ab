import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { toStagedProduct } from '../../../src/core/product/fingerprint.js'
import { realFeed } from '../../support/feeds.js'
import { type Mapped, mapFile, mapText, openString } from './map-text.js'

/** Counts below are taken from the files by other means than ours: plain text search, JSON.parse. */
function textOf(path: string): string {
  const bytes = readFileSync(path)
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1')
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

function variantsOf({ products }: Mapped): number {
  return products.reduce((sum, { variants }) => sum + variants.length, 0)
}

function keysOf({ products }: Mapped): ReadonlySet<string> {
  return new Set(products.map(({ key }) => key))
}

describe('mapping real feeds', () => {
  for (const [name, offers] of [
    ['ceneo/ceneo_2025-12-10.xml', 1077],
    ['ceneo/ceneo_2025-12-17.xml', 825],
  ] as const) {
    it(`${name}: every offer is a product, every distinct image URL is kept`, async function () {
      const path = realFeed(this, name)
      const result = await mapFile(path)
      assert.equal(count(textOf(path), /<o id=/g), offers)
      assert.deepEqual([result.preset, result.products.length, result.rejects.length], ['ceneo', offers, 0])
      const perOffer = textOf(path).split('<o id=').slice(1)
      const images = perOffer.map(
        (one) => new Set(one.match(/<(?:main|i) url="[^"]*"/g)?.map((tag) => tag.slice(tag.indexOf('"')))).size,
      )
      assert.deepEqual(
        result.products.map((product) => product.images?.length ?? 0),
        images,
      )
    })
  }

  it('ceneo: a week later 15 products differ, 13 of them in price or stock, 252 are gone', async function () {
    const before = await mapFile(realFeed(this, 'ceneo/ceneo_2025-12-10.xml'))
    const after = await mapFile(realFeed(this, 'ceneo/ceneo_2025-12-17.xml'))
    const old = new Map(before.mapped.map(toStagedProduct).map(({ row }) => [row.key, row]))
    const differing = { content: 0, offer: 0, images: 0, any: 0, contentOnly: 0, added: 0 }
    for (const { row } of after.mapped.map(toStagedProduct)) {
      const known = old.get(row.key)
      if (known === undefined) differing.added += 1
      else {
        const [content, offer, images] = [
          known.content !== row.content,
          known.offer !== row.offer,
          known.images !== row.images,
        ]
        differing.content += Number(content)
        differing.offer += Number(offer)
        differing.images += Number(images)
        differing.any += Number(content || offer || images)
        differing.contentOnly += Number(content && !offer && !images)
      }
      old.delete(row.key)
    }
    assert.deepEqual(
      [differing.any, differing.offer, differing.contentOnly, differing.added, old.size],
      [15, 13, 2, 0, 252],
    )
  })

  it('google: 486 items in 23 groups', async function () {
    const path = realFeed(this, 'google/google_rss_opispost.xml.gz')
    const result = await mapFile(path)
    const groups = new Set(textOf(path).match(/<g:item_group_id>[^<]*/g))
    assert.deepEqual([result.preset, result.products.length, variantsOf(result)], ['google', groups.size, 486])
    assert.equal(groups.size, 23)
    assert.ok(
      result.products.every(
        ({ currency, variants }) => currency === 'USD' && variants.every(({ price }) => price != null),
      ),
    )
  })

  it('facebook: 10 products with their comma lists of images', async function () {
    const result = await mapFile(realFeed(this, 'facebook/facebook_catalog_dagra.csv'))
    assert.deepEqual([result.preset, result.products.length, variantsOf(result)], ['google', 10, 0])
    assert.equal(result.products[0]?.images?.length, 3)
  })

  it('shopify: 84 products from 565 rows, 120 of them only images, 2 without options', async function () {
    const hair = await mapFile(realFeed(this, 'shopify/shopify_real_export_hair.csv'))
    assert.deepEqual(
      [hair.preset, hair.records, hair.products.length, variantsOf(hair)],
      ['shopify-csv', 565, 84, 565 - 120 - 2],
    )
    assert.deepEqual(
      [hair.rejects.length, hair.repairs.filter(({ code }) => code === 'repeated_variant').length],
      [0, 0],
    )
    for (const { variants } of hair.products) {
      assert.equal(new Set(variants.map(({ sku }) => sku?.toLowerCase())).size, variants.length)
    }
    const apparel = await mapFile(realFeed(this, 'shopify/shopify_sample_apparel.csv'))
    const handles = new Set(textOf(realFeed(this, 'shopify/shopify_sample_apparel.csv')).match(/^[a-z0-9-]+(?=,)/gm))
    assert.deepEqual([apparel.products.length, apparel.rejects.length], [handles.size, 0])
  })

  it('woocommerce: 25 rows are 18 products, 2 of them with 7 variations', async function () {
    const result = await mapFile(realFeed(this, 'woocommerce/sample_products.csv'))
    assert.deepEqual(
      [result.preset, result.records, result.products.length, variantsOf(result)],
      ['woocommerce-csv', 25, 18, 7],
    )
    assert.deepEqual(
      result.products.filter(({ variants }) => variants.length > 0).map(({ sku, variants }) => [sku, variants.length]),
      [
        ['woo-vneck-tee', 3],
        ['woo-hoodie', 4],
      ],
    )
  })

  for (const [name, offers, hints] of [
    ['yml/yml_utf8_html_params_628.yml.gz', 628, {}],
    ['yml/yml_windows-1251_3479.yml.gz', 3479, {}],
    ['yml/BROKEN_missing_last_close_tag.yml', 176, { lenient: true }],
    ['yml/BROKEN_declares_utf8_is_windows-1251.yml.gz', 2035, { encoding: 'windows-1251' }],
  ] as const) {
    it(`${name}: ${offers} offers`, async function () {
      const path = realFeed(this, name)
      const result = await mapFile(path, {}, hints)
      const text = textOf(path)
      assert.equal(count(text, /<offer /g), offers)
      assert.deepEqual([result.preset, keysOf(result).size, result.rejects.length], ['yml', offers, 0])
      const pictures = text
        .split('<offer ')
        .slice(1)
        .map((one) => new Set(one.match(/<picture>[^<]*/g)).size)
      assert.deepEqual(
        result.products.map(({ images }) => images?.length ?? 0),
        pictures,
      )
    })
  }

  it('yml: categories come from the tree', async function () {
    const { products } = await mapFile(realFeed(this, 'yml/yml_windows-1251_3479.yml.gz'))
    assert.deepEqual(products[0]?.categories, [['VTT', 'Картриджи струйные', 'Картриджи струйные совместимые']])
    assert.ok(products.every(({ categories }) => categories?.length === 1 && categories[0]?.[0] === 'VTT'))
  })

  it('iof: 46 products with all their sizes', async function () {
    const path = realFeed(this, 'idosell-iof/iof_full_46.xml')
    const result = await mapFile(path)
    assert.deepEqual(
      [result.preset, result.products.length, variantsOf(result)],
      ['iof', 46, count(textOf(path), /<size /g)],
    )
    for (const { variants } of result.products) {
      assert.equal(new Set(variants.map(({ key }) => key)).size, variants.length)
    }
  })

  it('heureka: 77 items in 10 groups', async function () {
    const result = await mapFile(realFeed(this, 'heureka/heureka_arche_77.xml'))
    assert.deepEqual([result.preset, result.products.length, variantsOf(result)], ['heureka', 10, 77])
  })

  it('adidas: 845 products with their lists of images', async function () {
    const path = realFeed(this, 'csv/adidas_845_images_tilde.csv')
    const { preset, products } = await mapFile(path)
    assert.deepEqual([preset, products.length], ['generic', 845])
    const lists = textOf(path).match(/"?https:\/\/assets\.adidas\.com\/[^"\n]*~[^"\n]*(?=",)/g) ?? []
    const wanted = lists.map((list) => new Set(list.replace(/^"/, '').split('~')).size)
    assert.deepEqual(
      products.map(({ images }) => images?.length ?? 0).filter((length) => length > 1),
      wanted,
    )
    assert.ok(products.every(({ price, currency }) => price != null && currency === 'USD'))
  })

  it('json: records with a name are products, thousands are no decimals', async function () {
    const path = realFeed(this, 'json/thai_retail_part28.json.gz')
    const { products, rejects } = await mapFile(path)
    const raw = JSON.parse(gunzipSync(readFileSync(path)).toString()) as readonly Record<string, string>[]
    assert.equal(products.length, raw.filter(({ name }) => name !== '').length)
    assert.equal(products.length + rejects.length, 2000)
    assert.ok(rejects.every(({ code }) => code === 'no_name'))
    const bySku = new Map(products.map((product) => [product.sku, product]))
    for (const { sku = '', price = '' } of raw) {
      if (price.includes(',')) assert.equal(bySku.get(sku)?.price, price.replaceAll(',', ''))
    }
  })

  it('ndjson: SKUs repeat, and what has none is known by its URL', async function () {
    const path = realFeed(this, 'ndjson/samsung_uk_750.ndjson')
    const result = await mapFile(path)
    const raw = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { sku: string | null; url: string })
    const keys = new Set(raw.map(({ sku, url }) => sku?.toLowerCase() ?? url))
    assert.deepEqual([result.products.length, keysOf(result)], [750, keys])
    assert.equal((await mapFile(realFeed(this, 'ndjson/icecat_smartphones.ndjson'))).products.length, 10)
  })

  it('csv: numbers that are names stay text', async function () {
    const { products } = await mapFile(realFeed(this, 'csv/semicolon_bom_crlf_de_5257.csv.gz'))
    assert.deepEqual([products.length, products[0]?.sku, products[0]?.brand], [5257, '102.85', 'Nakedshirt'])
    assert.deepEqual(products[0]?.images, [{ url: '102.85.jpg' }])
  })

  it('csv in a zip: 49688 products without price or image', async function () {
    const result = await mapFile(realFeed(this, 'csv/instacart_49688.csv.zip'))
    assert.deepEqual([result.products.length, keysOf(result).size, result.rejects.length], [49_688, 49_688, 0])
  })

  it('iof: cut into texts and prices, its two files make the products of the one', async function () {
    const path = realFeed(this, 'idosell-iof/iof_full_46.xml')
    const text = readFileSync(path, 'utf8')
    const full = text.replace(/<(?:price|stock) [^>]*\/>/g, '')
    const light = text.replace(/<(description|parameters|images)>.*?<\/\1>|<(?:producer|category|unit) [^>]*\/>/gs, '')
    const whole = await mapFile(path)
    const joined = await mapText(full, {}, {}, { second: await openString(light) })
    assert.equal(
      (await mapText(full)).products.some(({ variants }) => variants.some(({ price }) => price != null)),
      false,
    )
    assert.deepEqual(joined.products, whole.products)
    assert.equal(joined.products.length, 46)
  })

  it('feeds that nobody understands yet ask for a map', async function () {
    for (const name of ['bmecat/bmecat12_update_prices.xml', 'prestashop/combinations_import.csv']) {
      await assert.rejects(mapFile(realFeed(this, name)), { kind: 'config', message: /no preset fits/ })
    }
  })
})
