import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WholesalerError } from '../../../src/core/errors.js'
import type { FeedHints } from '../../../src/core/feed/feed.js'
import { missingApartMs } from '../../../src/core/missing-policy.js'
import { realFeed } from '../../support/feeds.js'
import { inTempDir } from '../../support/temp-dir.js'
import { atImportSite } from '../import/import-site.js'
import { mapFile } from '../product/map-text.js'
import {
  leadingPart,
  type MatrixFeed,
  matrixFeeds,
  packed,
  redelimited,
  transcoded,
  truncated,
  type Written,
  withDecimalCommas,
} from './matrix.js'

/** Records of each feed; `MATRIX=full` (npm run matrix) takes all of them. */
const records = process.env.MATRIX === 'full' ? Number.POSITIVE_INFINITY : 40
const cuts = 50
const seed = 7

async function productsOf(bytes: Buffer | string, hints: FeedHints = {}) {
  return await inTempDir(async (dir) => {
    const path = join(dir, 'feed')
    await writeFile(path, bytes)
    const { products, complete, preset } = await mapFile(path, {}, hints)
    return { complete, preset, products: JSON.stringify(products) }
  })
}

function hintsOf({ lenient }: MatrixFeed): FeedHints {
  return lenient === undefined ? {} : { lenient }
}

/** Every form gives the same products. */
async function assertSame(feed: MatrixFeed, whole: string, forms: readonly Written[]): Promise<void> {
  const expected = await productsOf(whole, hintsOf(feed))
  assert.ok(expected.products.length > 2, 'it has products')
  for (const { how, bytes, encoding } of forms) {
    const hints = { ...hintsOf(feed), ...(encoding === undefined ? {} : { encoding }) }
    assert.deepEqual(await productsOf(bytes, hints), expected, how)
  }
}

describe('real feeds, in other forms', function () {
  this.timeout(600_000)

  for (const feed of matrixFeeds) {
    describe(feed.name, () => {
      it('transcoded, repacked, with other delimiters, quotes and decimal signs: the same products', async function () {
        const whole = leadingPart(feed, realFeed(this, feed.name), records)

        for (const forms of [transcoded, packed, redelimited, withDecimalCommas]) {
          await assertSame(feed, whole, forms(whole, feed))
        }
      })

      it(`cut at ${cuts} random bytes: refused with its place, or only told apart from a shorter feed by its last line`, async function () {
        const whole = leadingPart(feed, realFeed(this, feed.name), records)
        for (const { how, bytes } of truncated(whole, seed, cuts)) {
          const end = await productsOf(bytes, { ...hintsOf(feed), mustEndLine: true }).catch((error: unknown) => error)
          if (end instanceof WholesalerError) {
            assert.ok(['feed_malformed', 'feed_empty', 'config'].includes(end.kind), `${how}: ${end.message}`)
            continue
          }
          if (end instanceof Error) throw end
          if (feed.lenient === true && !(end as { complete: boolean }).complete) continue
          assert.ok(feed.format === 'csv' || feed.format === 'ndjson', `${how}: a cut document was read as a whole one`)
        }
      })
    })
  }
})

describe('real feeds, cut off on their way', function () {
  this.timeout(600_000)

  for (const name of [
    'shopify/shopify_sample_apparel.csv',
    'ndjson/icecat_smartphones.ndjson',
    'heureka/heureka_arche_77.xml',
  ]) {
    it(`take no product of ${name} out of sale, night after night`, async function () {
      const feed = matrixFeeds.find((one) => one.name === name)
      assert.ok(feed)
      const whole = leadingPart(feed, realFeed(this, name), records)
      await atImportSite({ missing: 'delete', format: feed.format }, async (site) => {
        await site.feed(whole)
        await site.run()
        const shelf = site.shelf()
        for (const { bytes, how } of truncated(whole, seed, 15)) {
          await site.feed(bytes)
          for (let fetch = 0; fetch < 2; fetch += 1) {
            await site.run().catch((error: unknown) => assert.ok(error instanceof WholesalerError, String(error)))
            site.clock.advance(missingApartMs)
          }
          assert.ok(site.shelf().length >= shelf.length, how)
        }
      })
    })
  }
})
