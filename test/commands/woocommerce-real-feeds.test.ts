/** Real feeds of several wholesalers in one shop: every field of every product, read back. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { openSqliteLedger } from '../../src/core/ledger/sqlite-ledger.js'
import type { Product } from '../../src/core/product/product.js'
import { jpeg } from '../core/images/pictures.js'
import { realFeed } from '../support/feeds.js'
import { fixedClock } from '../support/fixed-clock.js'
import { withServer } from '../support/local-server.js'
import type { ShopProduct, ShopState } from '../support/woocommerce/shop-state.js'
import { attributes, elements, texts } from './count-real-feed.js'
import { expectedOf, placeOfField, shownIn } from './expected-in-shop.js'
import { inShop, type ShopPlace } from './shop-place.js'
import { answerOf } from './workplace.js'

const realFeeds = {
  ceneo: 'ceneo/ceneo_2025-12-10.xml',
  google: 'google/google_rss_opispost.xml.gz',
  heureka: 'heureka/heureka_arche_77.xml',
  iof: 'idosell-iof/iof_full_46.xml',
  shopify: 'shopify/shopify_real_export_hair.csv',
  sample: 'woocommerce/sample_products.csv',
  trovaprezzi: 'trovaprezzi/trovaprezzi_it_144.xml',
  yml: 'yml/yml_utf8_html_params_628.yml.gz',
}

/** Different pictures that all addresses share: enough to find one in the wrong place, few enough to draw. */
const pictureCount = 60
/** Images of one product that are kept: what is the same 10 times costs 10 times as much. */
const imagesMax = 2

/** The feeds as they are, but for their images, which a server of pictures has, and their currencies, taken as the shop's. */
function configOf(feeds: Readonly<Record<string, string>>, host: string, url: string): string {
  return `
const here = (image) => ({ ...image, url: 'http://${host}/' + encodeURIComponent(image.url) })
const transform = (record, { currency, ...product }) => ({
  ...product,
  ...(product.images === undefined ? {} : { images: product.images.slice(0, ${imagesMax}).map(here) }),
  variants: product.variants.map((variant) => (variant.image == null ? variant : { ...variant, image: here(variant.image) })),
})
const feeds = ${JSON.stringify(feeds)}
export default {
  store: { type: 'woocommerce', url: '${url}' },
  network: { allowPrivate: ['127.0.0.1'] },
  wholesalers: Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, { feed, transform }])),
}
`
}

/** Which picture an address has. */
function pictureOf(path: string): number {
  return createHash('sha256').update(path).digest().readUInt32BE() % pictureCount
}

/** What was staged of a wholesaler, in the order of keys. */
async function staged(scene: ShopPlace, wholesaler: string): Promise<Product[]> {
  const storeIdentity = `woocommerce:${scene.shop.url.replace('https://', '')}`
  const path = scene.place.path('.wholesaler/ledger.db')
  const ledger = await openSqliteLedger(path, { storeIdentity, clock: fixedClock(Date.now()) })
  try {
    const products: Product[] = []
    for (const { key } of await ledger.imported(wholesaler, { size: 10_000, after: null })) {
      const product = await ledger.stagedProduct(wholesaler, key)
      assert.ok(product !== null, `${wholesaler} ${key} is imported, but not staged`)
      products.push(product)
    }
    return products
  } finally {
    await ledger.close()
  }
}

interface Shelves {
  /** Products by what they say of whose they are. */
  readonly byKey: ReadonlyMap<unknown, ShopProduct>
  readonly variations: ReadonlyMap<number, readonly ShopProduct[]>
  /** Of several products with one GTIN, a shop lets the first have it. */
  readonly byGtin: ReadonlyMap<string, ShopProduct>
}

function shelvesOf(state: ShopState): Shelves {
  const byKey = new Map<unknown, ShopProduct>()
  const variations = new Map<number, ShopProduct[]>()
  const byGtin = new Map<string, ShopProduct>()
  for (const product of state.products.values()) {
    if (product.parentId === 0) byKey.set(product.meta.find(({ key }) => key === '_wholesaler_key')?.value, product)
    else variations.set(product.parentId, [...(variations.get(product.parentId) ?? []), product])
    if (product.gtin !== '') byGtin.set(product.gtin, product)
  }
  return { byKey, variations, byGtin }
}

/** Fields that the product, or one of its variants, has a value in. */
function valuedFields({ variants, ...product }: Product): string[] {
  const fields = [product, ...variants].flatMap((each) =>
    Object.entries(each).flatMap(([name, value]) => (value === null || String(value) === '' ? [] : [name])),
  )
  return [...new Set(variants.length === 0 ? fields : [...fields, 'variants'])]
}

/** Fails unless the shop has this product, and each of its fields as it must be. */
function compare(
  wholesaler: string,
  product: Product,
  state: ShopState,
  shelf: Shelves,
  slugOf: (url: string) => string,
) {
  const there = shelf.byKey.get(`${wholesaler}:${product.key}`)
  assert.ok(there !== undefined, `${wholesaler} ${product.key} is not in the shop`)
  const own = shelf.variations.get(there.id) ?? []
  const takesGtin = (gtin: string) => [there, ...own].includes(shelf.byGtin.get(gtin) ?? there)
  const expected = expectedOf(product, { slugOf, takesGtin })
  assert.deepEqual(shownIn(state, there, own), expected, `${wholesaler} ${product.key}`)
  assert.deepEqual(
    own.map(({ meta }) => meta.find(({ key }) => key === '_wholesaler_key')?.value),
    own.map(() => `${wholesaler}:${product.key}`),
  )
}

/** What a Ceneo feed says, by plain patterns over its text, apart from all mapping; of a repeated offer the last counts. */
function saidByCeneo(xml: string): readonly { key: string; name: string; price: number; stock: number }[] {
  const offers = elements(xml, 'o').map((offer) => ({
    key: attributes(offer, 'o', 'id')[0] ?? '',
    name: decodeXml(texts(offer, 'name')[0] ?? ''),
    price: Number(attributes(offer, 'o', 'price')[0]),
    stock: Number(attributes(offer, 'o', 'stock')[0]),
  }))
  return [...new Map(offers.map((offer) => [offer.key, offer])).values()]
}

function decodeXml(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&').trim()
}

describe('import of real feeds into a WooCommerce shop', function () {
  this.timeout(300_000)

  it('brings 2,000 products of eight wholesalers in, right in every field, and then nothing but what changes', async function () {
    const feeds = Object.fromEntries(Object.entries(realFeeds).map(([name, file]) => [name, realFeed(this, file)]))
    const pictures = await Promise.all(
      Array.from({ length: pictureCount }, (_, number) => jpeg(5000 + number, { width: 8, height: 8 })),
    )
    const slugs = pictures.map((bytes) => `wh-${createHash('sha256').update(bytes).digest('hex')}`)
    const slugOf = (url: string) => slugs[pictureOf(new URL(url).pathname)] ?? ''
    await withServer(
      ({ url = '/' }, response) => response.end(pictures[pictureOf(url)]),
      ({ host, requests }) =>
        inShop(this, async (scene) => {
          const { shop, place, run, written } = scene
          const ceneo = place.path('ceneo.xml')
          const heureka = place.path('heureka.xml')
          copyFileSync(feeds.ceneo ?? '', ceneo)
          copyFileSync(feeds.heureka ?? '', heureka)
          const config = await place.write('shop.mjs', configOf({ ...feeds, ceneo, heureka }, host, shop.url))
          const importAll = async () =>
            answerOf(await run(['import', '--per-batch', '100', '--json', '--config', config]))

          const first = await importAll()
          const atFirst = await written()

          const shelf = shelvesOf(shop.state)
          const seen = new Map<string, number>()
          let products = 0
          for (const wholesaler of Object.keys(feeds)) {
            for (const product of await staged(scene, wholesaler)) {
              compare(wholesaler, product, shop.state, shelf, slugOf)
              for (const field of valuedFields(product)) seen.set(field, (seen.get(field) ?? 0) + 1)
              products += 1
            }
          }
          console.log(
            `      ${products} products, ${atFirst.create} with variations, ${requests.length} images fetched`,
          )
          assert.deepEqual([first.code, first.job?.total_created, first.images.failed], [0, products, 0], first.stderr)
          assert.ok(products >= 2000 && shelf.variations.size >= 100)
          assert.deepEqual([shop.count('create'), atFirst.upload], [shop.state.products.size, pictureCount])
          const unseen = Object.keys(placeOfField).filter((field) => !seen.has(field))
          assert.deepEqual(unseen, ['currency'], 'fields that no feed has a value for')
          for (const { key, name, price, stock } of saidByCeneo(readFileSync(ceneo, 'utf8'))) {
            const there = shelf.byKey.get(`ceneo:${key}`)
            assert.deepEqual([there?.name, Number(there?.regularPrice)], [name, price], key)
            assert.ok(there?.manageStock !== true || there.stockQuantity === stock, key)
          }

          assert.equal((await importAll()).code, 0)
          assert.deepEqual(await written(), {})

          const before = shop.applied.length
          writeFileSync(ceneo, readFileSync(ceneo, 'utf8').replace('price="75"', 'price="76.5"'))
          writeFileSync(heureka, readFileSync(heureka, 'utf8').replace('<PRICE_VAT>1000.00<', '<PRICE_VAT>1001.00<'))
          assert.equal((await importAll()).job?.total_updated, 2)
          const changed = shop.applied.slice(before).flatMap((write) => ('product' in write ? [write.product] : []))
          assert.deepEqual(changed.map(({ sku, type, regularPrice }) => [sku, type, regularPrice]).sort(), [
            // The variation, and its parent, which keeps what was last written.
            ['10716721709395', 'variable', ''],
            ['7B13-31624', 'simple', '76.5'],
            ['ARCHE-GIFT-KARTA-1000', 'variation', '1001'],
          ])
        }),
    )
  })
})
