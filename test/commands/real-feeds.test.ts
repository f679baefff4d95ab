import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { runCli } from '../cli/run-cli.js'
import { realFeed } from '../support/feeds.js'
import { inTempDir } from '../support/temp-dir.js'

interface Expected {
  readonly file: string
  readonly preset: string
  readonly records: number
  readonly products: number
  readonly variants: number
  /** Counted only where one image is one field. */
  readonly images?: number
  /** Number of rejects by code; empty = none. */
  readonly rejects?: Readonly<Record<string, number>>
}

interface FeedLine {
  readonly preset: string
  readonly complete: boolean
  readonly records: number
  readonly products: number
  readonly variants: number
  readonly images: number
  readonly rejects: number
  readonly rejects_file: string | null
}

interface ImportAnswer {
  readonly success: boolean
  readonly pending: number
  readonly feed: FeedLine
  readonly job: { readonly total_created: number; readonly total_updated: number; readonly total_errors: number }
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string | null }
}

/**
 * Records, distinct keys, entries below grouped products and image references, counted apart from the
 * importer (by a CSV reader, an XML tree and a JSON parser of another language) over the files themselves.
 */
const whole: readonly Expected[] = [
  { file: 'ceneo/ceneo_2025-12-10.xml', preset: 'ceneo', records: 1077, products: 1077, variants: 0, images: 4370 },
  { file: 'ceneo/ceneo_2025-12-17.xml', preset: 'ceneo', records: 825, products: 825, variants: 0, images: 3154 },
  { file: 'csv/adidas_845_images_tilde.csv', preset: 'generic', records: 845, products: 845, variants: 0 },
  { file: 'csv/instacart_49688.csv.zip', preset: 'generic', records: 49688, products: 49688, variants: 0, images: 0 },
  {
    file: 'csv/semicolon_bom_crlf_de_5257.csv.gz',
    preset: 'generic',
    records: 5257,
    products: 5257,
    variants: 0,
    images: 5257,
  },
  { file: 'facebook/facebook_catalog_dagra.csv', preset: 'google', records: 10, products: 10, variants: 0 },
  { file: 'google/google_rss_opispost.xml.gz', preset: 'google', records: 486, products: 23, variants: 486 },
  { file: 'idosell-iof/iof_full_46.xml', preset: 'iof', records: 46, products: 46, variants: 606, images: 118 },
  {
    file: 'json/thai_retail_part28.json.gz',
    preset: 'generic',
    records: 2000,
    products: 1982,
    variants: 0,
    rejects: { no_name: 18 },
  },
  { file: 'ndjson/icecat_smartphones.ndjson', preset: 'generic', records: 10, products: 10, variants: 0, images: 10 },
  { file: 'ndjson/samsung_uk_750.ndjson', preset: 'generic', records: 750, products: 471, variants: 0 },
  { file: 'shopify/shopify_real_export_hair.csv', preset: 'shopify-csv', records: 565, products: 84, variants: 445 },
  { file: 'shopify/shopify_sample_apparel.csv', preset: 'shopify-csv', records: 22, products: 20, variants: 22 },
  { file: 'woocommerce/sample_products.csv', preset: 'woocommerce-csv', records: 25, products: 18, variants: 7 },
  { file: 'yml/yml_utf8_html_params_628.yml.gz', preset: 'yml', records: 628, products: 628, variants: 0, images: 628 },
  { file: 'yml/yml_windows-1251_3479.yml.gz', preset: 'yml', records: 3479, products: 3479, variants: 0, images: 3053 },
]

/** Rejects of a run by code, as its rejects file has them. */
async function rejectsByCode(file: string | null): Promise<Record<string, number>> {
  if (file === null) return {}
  const byCode: Record<string, number> = {}
  for (const { code = '' } of parse<Record<string, string>>(await readFile(file), { columns: true })) {
    byCode[code] = (byCode[code] ?? 0) + 1
  }
  return byCode
}

/** Broken feeds: what a strict import says, and what a lenient one makes of them. */
const broken = [
  { file: 'prisjakt/BROKEN_bare_ampersand_26.xml', says: /:72:\d+: .*&/, products: 26, complete: true },
  {
    file: 'yml/BROKEN_declares_utf8_is_windows-1251.yml.gz',
    says: /declares utf-8.*windows-1251/,
    products: 2035,
    complete: true,
  },
  {
    file: 'yml/BROKEN_missing_last_close_tag.yml',
    says: /:\d+:\d+: .*ends inside <yml_catalog>/,
    products: 176,
    complete: false,
  },
  {
    file: 'yml/BROKEN_unescaped_html_in_description.yml',
    says: /:22:\d+: .*unexpected close tag/,
    products: 152,
    complete: true,
  },
] as const

describe('importing broken real feeds', function () {
  this.timeout(60_000)

  for (const { file: name, says, products, complete } of broken) {
    it(`${name}: strict ends with 7 and imports nothing, lenient imports ${products}`, async function () {
      const file = realFeed(this, name)
      await inTempDir(async (cwd) => {
        const strict = await runCli(['import', file, '--no-images', '--json'], { cwd })
        const { success, error }: ImportAnswer = JSON.parse(strict.stdout)
        assert.deepEqual(
          { code: strict.code, success, kind: error?.code },
          { code: 7, success: false, kind: 'feed_malformed' },
        )
        assert.match(error?.message ?? '', says)

        const lenient = await runCli(['import', file, '--no-images', '--lenient', '--json'], { cwd })
        const { feed, job }: ImportAnswer = JSON.parse(lenient.stdout)
        assert.deepEqual(
          { code: lenient.code, complete: feed.complete, products: feed.products, created: job.total_created },
          { code: complete ? 0 : 3, complete, products, created: products },
        )
      })
    })
  }
})

describe('a feed that changed overnight', function () {
  this.timeout(60_000)

  it('is imported by its 15 changed offers; 252 that are gone are marked, all others are left alone', async function () {
    const [before, after] = ['10', '17'].map((day) => realFeed(this, `ceneo/ceneo_2025-12-${day}.xml`)) as [
      string,
      string,
    ]
    await inTempDir(async (cwd) => {
      const run = async (file: string, ...flags: string[]) =>
        runCli(['import', file, '--as', 'kompre', '--no-images', ...flags], { cwd })
      await run(before)
      const first = await exported(cwd)

      const { code, stdout } = await run(after, '--json')
      const { feed, job, pending } = JSON.parse(stdout)
      const second = await exported(cwd)

      assert.equal(code, 0)
      assert.deepEqual(feed.staged, { new: 0, changed: 15, unchanged: 810, missing: 252 })
      assert.deepEqual([job.total_created, job.total_updated, job.total_processed, pending], [0, 15, 15, 0])
      assert.equal(second.size, first.size)
      const changed = [...second].filter(([sku, row]) => first.get(sku) !== row)
      assert.ok(changed.length <= 15 && changed.length >= 13)

      const again = JSON.parse((await run(after, '--json')).stdout)
      assert.deepEqual([again.job.total_processed, again.feed.staged.missing], [0, 252])
    })
  })
})

/** Rows of the exported catalog by SKU. */
async function exported(cwd: string): Promise<Map<string, string>> {
  const { stdout } = await runCli(['export'], { cwd })
  const rows = parse<Record<string, string>>(stdout, { columns: true, bom: true })
  return new Map(rows.map((row) => [row.SKU ?? '', JSON.stringify(row)]))
}

describe('importing real feeds', function () {
  this.timeout(120_000)

  for (const expected of whole) {
    it(`${expected.file}: ${expected.products} products, ${expected.variants} variants`, async function () {
      const file = realFeed(this, expected.file)
      await inTempDir(async (cwd) => {
        const { code, stdout, stderr } = await runCli(['import', file, '--no-images', '--json'], { cwd })
        const { feed, job, pending }: ImportAnswer = JSON.parse(stdout)

        const { preset, records, products, variants, rejects = {} } = expected
        assert.deepEqual({ code, stderr }, { code: expected.rejects === undefined ? 0 : 3, stderr: '' })
        assert.equal(feed.complete, true)
        assert.deepEqual(
          { preset: feed.preset, records: feed.records, products: feed.products, variants: feed.variants },
          { preset, records, products, variants },
        )
        if (expected.images !== undefined) assert.equal(feed.images, expected.images)
        assert.deepEqual(await rejectsByCode(feed.rejects_file), rejects)
        assert.equal(job.total_created, expected.products)
        assert.equal(pending, 0)
      })
    })
  }
})
