import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { exitCodeOf } from '../../../src/cli/exit-code.js'
import { defaultConfig } from '../../../src/core/config/load-config.js'
import { resolveWholesalers } from '../../../src/core/config/resolve-wholesalers.js'
import { WholesalerError } from '../../../src/core/errors.js'
import { silent } from '../../../src/core/progress.js'
import { stageFeed } from '../../../src/core/stage-feed.js'
import { realFeed } from '../../support/feeds.js'
import { atImportSite, type ImportSite } from './import-site.js'

/** Feeds that can be read as they are, each of another format; without the largest. */
const feeds = [
  'prestashop/products_import.csv',
  'facebook/facebook_catalog_dagra.csv',
  'bmecat/bmecat12_new_catalog.xml',
  'idealo/idealo_epages.csv',
  'shopify/shopify_sample_apparel.csv',
  'shopify/shopify_real_export_hair.csv',
  'prisjakt/prisjakt_ok_9.xml',
  'woocommerce/sample_products.csv',
  'google/google_rss_opispost.xml.gz',
  'ndjson/icecat_smartphones.ndjson',
  'ndjson/samsung_uk_750.ndjson',
  'yml/yml_utf8_html_params_628.yml.gz',
  'heureka/heureka_arche_77.xml',
  'idosell-iof/iof_full_46.xml',
  'json/thai_retail_part28.json.gz',
  'csv/adidas_845_images_tilde.csv',
  'trovaprezzi/trovaprezzi_it_144.xml',
] as const

/** Stages a file as the feed of one wholesaler, read and mapped anew. */
async function stage({ ports, dir }: ImportSite, path: string) {
  const request = { source: path, as: 'aren', preset: null, format: null, lenient: false }
  const [wholesaler] = resolveWholesalers(defaultConfig, request, { cwd: dir, env: {} })
  assert.ok(wholesaler)
  return await stageFeed(
    wholesaler,
    { ...ports, progress: silent, onReject: () => {} },
    {
      remap: true,
      checksum: true,
      allowShrink: false,
      dryRun: false,
      allowPrivateHosts: [],
      signal: new AbortController().signal,
    },
  )
}

describe('guards, on real feeds', () => {
  for (const feed of feeds) {
    it(`are silent when ${feed} comes again`, function () {
      const path = realFeed(this, feed)
      return atImportSite({}, async (site) => {
        const first = await stage(site, path)

        assert.deepEqual((await stage(site, path)).feed, first.feed)
      })
    })
  }

  it('are silent a week later', function () {
    const [before, after] = ['ceneo/ceneo_2025-12-10.xml', 'ceneo/ceneo_2025-12-17.xml'].map((name) =>
      realFeed(this, name),
    )
    return atImportSite({}, async (site) => {
      await stage(site, resolve(before ?? ''))
      await stage(site, resolve(after ?? ''))
    })
  })

  it('stop a feed of another wholesaler that came in its place', function () {
    const paths = ['csv/adidas_845_images_tilde.csv', 'csv/semicolon_bom_crlf_de_5257.csv.gz'].map((name) =>
      realFeed(this, name),
    )
    return atImportSite({}, async (site) => {
      await stage(site, paths[0] ?? '')

      const error: unknown = await stage(site, paths[1] ?? '').catch((thrown: unknown) => thrown)
      assert.ok(error instanceof WholesalerError)
      assert.equal(exitCodeOf(error.kind), 6, error.message)
    })
  })
})
