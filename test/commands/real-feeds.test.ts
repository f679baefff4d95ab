import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { realFeed } from '../support/feeds.js'
import {
  attributes,
  countGrouped,
  countSingle,
  csvRows,
  elements,
  type FeedCount,
  jsonLines,
  textOf,
  texts,
} from './count-real-feed.js'
import { inWorkplace } from './workplace.js'

interface Whole {
  readonly file: string
  readonly preset: string
  readonly encoding?: string
  /** What is in the decoded feed, found without the importer. */
  readonly count: (text: string) => FeedCount
}

const ceneo = (text: string) =>
  countSingle(
    elements(text, 'o').map((offer) => ({
      key: attributes(offer, 'o', 'id')[0] ?? '',
      images: attributes(offer, '(?:main|i)', 'url'),
    })),
  )

const yml = (text: string) =>
  countSingle(
    elements(text, 'offer').map((offer) => ({
      key: attributes(offer, 'offer', 'id')[0] ?? '',
      images: texts(offer, 'picture'),
    })),
  )

/** Rows of one handle are one product; a row with a price is a variant, one without only shows a picture. */
const shopify = (text: string) =>
  countGrouped(
    csvRows(text).map((row) => ({
      key: row.Handle ?? '',
      images: [row['Image Src'] ?? '', row['Variant Image'] ?? ''],
      isVariant: row['Variant Price'] !== '',
    })),
  )

/** A CSV whose rows are products of their own. */
const flat = (key: string, imagesOf: (row: Readonly<Record<string, string>>) => readonly string[], delimiter = ',') => {
  return (text: string) =>
    countSingle(csvRows(text, delimiter).map((row) => ({ key: row[key] ?? '', images: imagesOf(row) })))
}

const grouped = (record: string, group: string, ...images: readonly string[]) => {
  return (text: string) =>
    countGrouped(
      elements(text, record).map((item) => ({
        key: texts(item, group)[0] ?? '',
        images: images.flatMap((name) => texts(item, name)),
        isVariant: true,
      })),
    )
}

const single = (record: string, key: string, image: string) => (text: string) =>
  countSingle(elements(text, record).map((item) => ({ key: texts(item, key)[0] ?? '', images: texts(item, image) })))

const iof = (text: string) => ({
  records: elements(text, 'product').length,
  products: new Set(attributes(text, 'product', 'id')).size,
  variants: attributes(text, 'size', 'code').length,
  images: new Set(attributes(text, 'image', 'url')).size,
  rejects: {},
})

const thai = (text: string) => {
  const records = JSON.parse(text) as readonly { sku: string; name: string; image_url: string; url: string }[]
  return countSingle(
    records.map(({ sku, url, name, image_url: image }) => ({
      key: sku || url,
      images: [image ?? ''],
      ...(name ? {} : { reject: 'no_name' }),
    })),
  )
}

const lines = (key: string, orKey: string, image: string) => (text: string) =>
  countSingle(jsonLines(text).map((line) => ({ key: `${line[key] ?? line[orKey]}`, images: [`${line[image] ?? ''}`] })))

/** A variation names the SKU of its parent. */
const woocommerce = (text: string) =>
  countGrouped(
    csvRows(text).map(({ Parent = '', SKU = '', ID = '', Images = '' }) => ({
      key: Parent || SKU || ID,
      images: Images.split(',').map((image) => image.trim()),
      isVariant: Parent !== '',
    })),
  )

/** A configurable names the SKUs of its variants; a picture of both is one. */
const magento2 = (text: string) => {
  const rows = csvRows(text)
  const parentOf = new Map<string, string>()
  for (const { sku = '', configurable_variations: variations = '' } of rows) {
    for (const [, child = ''] of variations.matchAll(/sku=([^,|]+)/g)) parentOf.set(child, sku)
  }
  return countGrouped(
    rows.map(({ sku = '', base_image: base = '', additional_images: more = '' }) => ({
      key: parentOf.get(sku) ?? sku,
      images: [base, ...more.split(',')],
      isVariant: parentOf.has(sku),
    })),
  )
}

const bmecat = (text: string) =>
  countSingle(
    elements(text, 'ARTICLE').map((article) => ({
      key: texts(article, 'SUPPLIER_AID')[0] ?? '',
      images: texts(article, 'MIME_SOURCE'),
    })),
  )

const whole: readonly Whole[] = [
  { file: 'bmecat/bmecat12_new_catalog.xml', preset: 'bmecat', count: bmecat },
  { file: 'ceneo/ceneo_2025-12-10.xml', preset: 'ceneo', count: ceneo },
  { file: 'ceneo/ceneo_2025-12-17.xml', preset: 'ceneo', count: ceneo },
  {
    file: 'csv/adidas_845_images_tilde.csv',
    preset: 'generic',
    count: flat('sku', ({ images = '' }) => images.split('~')),
  },
  { file: 'csv/instacart_49688.csv.zip', preset: 'generic', count: flat('product_id', () => []) },
  {
    file: 'csv/semicolon_bom_crlf_de_5257.csv.gz',
    preset: 'generic',
    count: flat('Hauptartikelnr', ({ Bildname = '' }) => [Bildname], ';'),
  },
  {
    file: 'facebook/facebook_catalog_dagra.csv',
    preset: 'google',
    count: flat('id', (row) => [row.image_link ?? '', ...(row.additional_image_link ?? '').split(',')]),
  },
  {
    file: 'google/google_rss_opispost.xml.gz',
    preset: 'google',
    count: grouped('item', 'g:item_group_id', 'g:image_link', 'g:additional_image_link'),
  },
  {
    file: 'heureka/heureka_arche_77.xml',
    preset: 'heureka',
    count: grouped('SHOPITEM', 'ITEMGROUP_ID', 'IMGURL', 'IMGURL_ALTERNATIVE'),
  },
  { file: 'idealo/idealo_epages.csv', preset: 'idealo-csv', count: flat('sku', ({ imageUrls = '' }) => [imageUrls]) },
  { file: 'idosell-iof/iof_full_46.xml', preset: 'iof', count: iof },
  { file: 'json/thai_retail_part28.json.gz', preset: 'generic', count: thai },
  {
    file: 'magento2/magento2_sample_1994.csv.gz',
    preset: 'magento2-csv',
    count: magento2,
  },
  { file: 'ndjson/icecat_smartphones.ndjson', preset: 'icecat-json', count: lines('id', 'id', 'image_url') },
  { file: 'ndjson/samsung_uk_750.ndjson', preset: 'generic', count: lines('sku', 'url', 'image_url') },
  {
    file: 'prestashop/products_import.csv',
    preset: 'prestashop-csv',
    count: flat('Product ID', (row) => (row['Image URLs (x;y;z...)'] ?? '').split(';')),
  },
  { file: 'prisjakt/prisjakt_ok_9.xml', preset: 'prisjakt', count: single('product', 'id', 'image') },
  { file: 'shopify/shopify_real_export_hair.csv', preset: 'shopify-csv', count: shopify },
  { file: 'shopify/shopify_sample_apparel.csv', preset: 'shopify-csv', count: shopify },
  { file: 'trovaprezzi/trovaprezzi_it_144.xml', preset: 'trovaprezzi', count: single('Offer', 'Code', 'Image') },
  { file: 'woocommerce/sample_products.csv', preset: 'woocommerce-csv', count: woocommerce },
  { file: 'yml/yml_utf8_html_params_628.yml.gz', preset: 'yml', count: yml },
  { file: 'yml/yml_windows-1251_3479.yml.gz', preset: 'yml', encoding: 'windows-1251', count: yml },
]

/** The numbers a person finds who looks into the files: they hold the counting above to account. */
const known: Readonly<Record<string, Partial<FeedCount>>> = {
  'bmecat/bmecat12_new_catalog.xml': { products: 1, images: 1 },
  'ceneo/ceneo_2025-12-10.xml': { products: 1077, images: 4370 },
  'ceneo/ceneo_2025-12-17.xml': { products: 825, images: 3154 },
  'csv/instacart_49688.csv.zip': { products: 49688 },
  'google/google_rss_opispost.xml.gz': { records: 486, products: 23, variants: 486 },
  'heureka/heureka_arche_77.xml': { records: 77, products: 10, variants: 77 },
  'idosell-iof/iof_full_46.xml': { products: 46, variants: 606, images: 118 },
  'json/thai_retail_part28.json.gz': { records: 2000, products: 1982, rejects: { no_name: 18 } },
  'magento2/magento2_sample_1994.csv.gz': { records: 1994, products: 147, variants: 1847 },
  'ndjson/samsung_uk_750.ndjson': { records: 750, products: 471 },
  'shopify/shopify_real_export_hair.csv': { records: 565, products: 84, variants: 445 },
  'shopify/shopify_sample_apparel.csv': { records: 22, products: 20, variants: 22 },
  'trovaprezzi/trovaprezzi_it_144.xml': { records: 144, products: 140 },
  'woocommerce/sample_products.csv': { records: 25, products: 18, variants: 7 },
}

describe('importing real feeds', function () {
  this.timeout(60_000)

  for (const { file: name, preset, encoding = 'utf-8', count } of whole) {
    it(`${name}: every record is imported, or rejected with its reason`, async function () {
      const file = realFeed(this, name)
      const expected = count(await textOf(file, encoding))
      for (const [field, value] of Object.entries(known[name] ?? {})) {
        assert.deepEqual(expected[field as keyof FeedCount], value, `counted ${field}`)
      }
      await inWorkplace(async ({ importJson }) => {
        const { code, stderr, feed, job, pending } = await importJson(file, '--no-images')

        const { records, products, variants, images, complete } = feed
        const rejects = await rejectsByCode(feed.rejects_file)
        assert.deepEqual({ records, products, variants, images, rejects }, expected)
        assert.deepEqual(
          { preset: feed.preset, encoding: feed.encoding, complete },
          { preset, encoding, complete: true },
        )
        assert.deepEqual({ created: job?.total_created, pending }, { created: products, pending: 0 })
        assert.deepEqual({ code, stderr }, { code: feed.rejects === 0 ? 0 : 3, stderr: '' })
      })
    })
  }

  for (const name of ['ndjson/samsung_uk_750.ndjson', 'trovaprezzi/trovaprezzi_it_144.xml']) {
    it(`${name}: of a repeated key the last record wins, counted as a repair (F5)`, async function () {
      const file = realFeed(this, name)
      await inWorkplace(async ({ importJson }) => {
        const { feed } = await importJson(file, '--no-images')
        assert.equal(feed.repairs, feed.records - feed.products)
      })
    })
  }

  for (const name of ['bmecat/bmecat12_update_prices.xml', 'prestashop/combinations_import.csv']) {
    it(`${name}, which no preset fits, ends with 2, its fields and what to say in the config (F13)`, async function () {
      const file = realFeed(this, name)
      await inWorkplace(async ({ importJson }) => {
        const { code, error, job } = await importJson(file)
        assert.deepEqual([code, error?.code, job?.total_created], [2, 'config', 0])
        assert.match(error?.hint ?? '', /map: .*The feed has: (SUPPLIER_AID|Product ID\*), /)
      })
    })
  }
})

interface Broken {
  readonly file: string
  readonly says: RegExp
  readonly products: number
  readonly encoding?: string
  readonly complete?: boolean
}

const broken: readonly Broken[] = [
  { file: 'prisjakt/BROKEN_bare_ampersand_26.xml', says: /:72:108: .*bare "&"/, products: 26 },
  {
    file: 'yml/BROKEN_declares_utf8_is_windows-1251.yml.gz',
    says: /declares utf-8, but .* windows-1251/,
    products: 2035,
    encoding: 'windows-1251',
  },
  {
    file: 'yml/BROKEN_missing_last_close_tag.yml',
    says: /:3605:1: The feed ends inside <yml_catalog>/,
    products: 176,
    complete: false,
  },
  { file: 'yml/BROKEN_unescaped_html_in_description.yml', says: /:22:32: .*unexpected close tag/, products: 152 },
]

describe('importing broken real feeds', function () {
  this.timeout(60_000)

  for (const { file: name, says, products, encoding = 'utf-8', complete = true } of broken) {
    it(`${name}: refused with its place and nothing kept of it; read with --lenient (F1, F2)`, async function () {
      const file = realFeed(this, name)
      await inWorkplace(async ({ importJson, run }) => {
        const strict = await importJson(file, '--no-images')
        assert.deepEqual(
          [strict.code, strict.success, strict.error?.code, strict.job?.status],
          [7, false, 'feed_malformed', 'failed'],
        )
        assert.match(strict.error?.message ?? '', says)
        assert.equal((await run('export')).stdout.trim().split('\n').length, 1, 'the catalog is empty')

        const lenient = await importJson(file, '--no-images', '--lenient')
        const { feed, job, code } = lenient
        assert.deepEqual(
          { code, encoding: feed.encoding, complete: feed.complete, staged: feed.staged, created: job?.total_created },
          {
            code: complete ? 0 : 3,
            encoding,
            complete,
            staged: { new: products, changed: 0, unchanged: 0, missing: 0 },
            created: products,
          },
        )
      })
    })
  }
})

/** Rejects of a run by code, as its rejects file has them. */
async function rejectsByCode(file: string | null): Promise<Record<string, number>> {
  const byCode: Record<string, number> = {}
  if (file === null) return byCode
  for (const { code = '' } of csvRows(await readFile(file, 'utf8'))) byCode[code] = (byCode[code] ?? 0) + 1
  return byCode
}
