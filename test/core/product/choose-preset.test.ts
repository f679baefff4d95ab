import assert from 'node:assert/strict'
import type { FeedListener, FeedRecord } from '../../../src/core/feed/feed.js'
import { openFeed } from '../../../src/core/feed/open-feed.js'
import { openText } from '../../../src/core/feed/open-text.js'
import { fittingPresets, presetNames } from '../../../src/core/product/choose-preset.js'
import type { FeedLook } from '../../../src/core/product/presets/preset.js'
import { realFeed } from '../../support/feeds.js'

const silent: FeedListener = { reject: () => {}, repair: () => {} }

async function lookAt(path: string): Promise<FeedLook> {
  const hints = { lenient: true }
  const feed = await openFeed(await openText(path, hints, path), hints, { file: path })
  const first: FeedRecord[] = []
  for await (const chunk of feed.records(silent)) {
    first.push(...chunk)
    if (first.length > 0) break
  }
  return { shape: feed.shape, first }
}

/** Files of real shops, and the preset each of them is for; `none` where only a config helps. */
const feeds: Readonly<Record<string, string>> = {
  'bmecat/bmecat12_new_catalog.xml': 'bmecat',
  'bmecat/bmecat12_update_prices.xml': 'none',
  'ceneo/ceneo_2025-12-10.xml': 'ceneo',
  'ceneo/ceneo_2025-12-17.xml': 'ceneo',
  'csv/adidas_845_images_tilde.csv': 'generic',
  'csv/instacart_49688.csv.zip': 'generic',
  'csv/semicolon_bom_crlf_de_5257.csv.gz': 'generic',
  'facebook/facebook_catalog_dagra.csv': 'google',
  'google/google_rss_opispost.xml.gz': 'google',
  'heureka/heureka_arche_77.xml': 'heureka',
  'idealo/idealo_epages.csv': 'idealo-csv',
  'idosell-iof/iof_full_46.xml': 'iof',
  'json/thai_retail_part28.json.gz': 'generic',
  'magento2/magento2_sample_1994.csv.gz': 'magento2-csv',
  'ndjson/icecat_smartphones.ndjson': 'icecat-json',
  'ndjson/samsung_uk_750.ndjson': 'generic',
  'prestashop/combinations_import.csv': 'none',
  'prestashop/products_import.csv': 'prestashop-csv',
  'prisjakt/BROKEN_bare_ampersand_26.xml': 'google',
  'prisjakt/prisjakt_ok_9.xml': 'prisjakt',
  'shopify/shopify_real_export_hair.csv': 'shopify-csv',
  'shopify/shopify_sample_apparel.csv': 'shopify-csv',
  'trovaprezzi/trovaprezzi_it_144.xml': 'trovaprezzi',
  'woocommerce/sample_products.csv': 'woocommerce-csv',
  'yml/BROKEN_declares_utf8_is_windows-1251.yml.gz': 'yml',
  'yml/BROKEN_missing_last_close_tag.yml': 'yml',
  'yml/BROKEN_unescaped_html_in_description.yml': 'yml',
  'yml/yml_utf8_html_params_628.yml.gz': 'yml',
  'yml/yml_windows-1251_3479.yml.gz': 'yml',
}

describe('choosing a preset', function () {
  this.timeout(30_000)

  for (const [name, preset] of Object.entries(feeds)) {
    it(`${name} is for ${preset}, and no other preset but generic would take it`, async function () {
      const fitting = fittingPresets(await lookAt(realFeed(this, name)))
      assert.deepEqual(
        fitting.filter((one) => one !== 'generic'),
        preset === 'generic' || preset === 'none' ? [] : [preset],
      )
      assert.equal(fitting[0] ?? 'none', preset)
    })
  }

  it('tries generic last', () => {
    assert.equal(presetNames.at(-1), 'generic')
  })
})
