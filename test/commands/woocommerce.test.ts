/** The built program against a shop that counts what is written to it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { parse } from 'csv-parse/sync'
import { runCli } from '../cli/run-cli.js'
import { jpeg } from '../core/images/pictures.js'
import { addByHand, shopView } from '../core/store/woocommerce/woocommerce-fixture.js'
import { certificate } from '../support/certificate.js'
import { realFeed } from '../support/feeds.js'
import { type ImageServer, withImageServer } from '../support/image-server.js'
import { withServer } from '../support/local-server.js'
import { shopCredentials } from '../support/woocommerce/credentials.js'
import { type ShopServer, withShop } from '../support/woocommerce/shop-server.js'
import type { ShopProduct } from '../support/woocommerce/shop-state.js'
import { answerOf, type ImportAnswer, inWorkplace, type Workplace } from './workplace.js'

interface ShopPlace {
  readonly shop: ShopServer
  readonly pictures: ImageServer
  readonly place: Workplace
  /** Runs `import --json` with these words. */
  importJson(...args: string[]): Promise<ImportAnswer>
  run(args: readonly string[], env?: Readonly<Record<string, string>>): ReturnType<typeof runCli>
  /** Writes to the shop since the last call, by what they are. */
  written(): Promise<Readonly<Record<string, number>>>
}

async function inShop(test: Mocha.Context, body: (scene: ShopPlace) => Promise<void>): Promise<void> {
  const tls = certificate(test)
  await withImageServer((pictures) =>
    withShop({ tls, currency: 'PLN' }, (shop) =>
      inWorkplace(async (place) => {
        const authority = await place.write('authority.pem', tls.cert)
        await place.write('wholesaler.config.json', configOf(shop))
        const { user, password } = shopCredentials
        const login = { WHOLESALER_WP_USER: user, WHOLESALER_WP_APP_PASSWORD: password }
        const run: ShopPlace['run'] = (args, env = {}) =>
          runCli(args, { cwd: place.dir, env: { ...login, NODE_EXTRA_CA_CERTS: authority, ...env } })
        let seen = 0
        await body({
          shop,
          pictures,
          place,
          run,
          importJson: async (...args) => answerOf(await run(['import', ...args, '--json'])),
          written: async () => {
            const counts: Record<string, number> = {}
            for (const { what } of shop.applied.slice(seen)) counts[what] = (counts[what] ?? 0) + 1
            seen = shop.applied.length
            return counts
          },
        })
      }),
    ),
  )
}

function configOf({ url }: ShopServer): string {
  return JSON.stringify({
    store: { type: 'woocommerce', url },
    wholesalers: {
      aren: { feed: './aren.json', map: feedMap },
      mada: { feed: './mada.json', map: feedMap },
    },
    network: { allowPrivate: ['127.0.0.1'] },
  })
}

/** Products with variants, as plain JSON says them. */
const feedMap = {
  sku: 'sku',
  name: 'name',
  price: 'price',
  stock: 'stock',
  categories: 'category',
  images: 'images',
  gtin: 'gtin',
}

interface Offer {
  readonly sku: string
  readonly name: string
  readonly price: string
  readonly stock?: number
  readonly category?: string
  readonly images?: readonly string[]
  readonly gtin?: string
}

async function writeFeed({ place }: ShopPlace, name: string, offers: readonly Offer[]): Promise<void> {
  await place.write(`${name}.json`, JSON.stringify(offers))
}

/** `count` offers with two pictures each, every second one shared by all. */
async function offers({ pictures }: ShopPlace, name: string, count: number): Promise<Offer[]> {
  pictures.serve('/shared.jpg', await jpeg(1))
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const path = `/${name}-${index}.jpg`
      pictures.serve(path, await jpeg(100 + index + name.length * 1000 + name.charCodeAt(0) * 10_000))
      return {
        sku: `${name.toUpperCase()}-${index}`,
        name: `Product ${index} of ${name}`,
        price: `${index + 1}.50`,
        stock: index,
        category: `${name} > Group ${index % 3}`,
        images: [pictures.url(path), pictures.url('/shared.jpg')],
      }
    }),
  )
}

/** More of them with `SHOP_FEEDS`, a list with commas, for a longer run. */
const realFeeds = (process.env.SHOP_FEEDS ?? 'idosell-iof/iof_full_46.xml,google/google_rss_opispost.xml.gz').split(',')

/** Wholesalers with these feeds, whose images come from a server of pictures instead of their own. */
function realConfig(feeds: Readonly<Record<string, string>>, host: string, store: object): string {
  return `
const here = (image) => ({ ...image, url: 'http://${host}/' + encodeURIComponent(image.url) })
const transform = (record, product) => ({
  ...product,
  ...(product.images === undefined ? {} : { images: product.images.slice(0, 2).map(here) }),
  variants: product.variants.map((variant) => (variant.image == null ? variant : { ...variant, image: here(variant.image) })),
})
export default {
  store: ${JSON.stringify(store)},
  network: { allowPrivate: ['127.0.0.1'] },
  wholesalers: {
    ${Object.entries(feeds)
      .map(([name, feed]) => `${JSON.stringify(name)}: { feed: ${JSON.stringify(feed)}, transform }`)
      .join(',')}
  },
}
`
}

type Row = Readonly<Record<string, string>>

/** What is compared of a product or a variation: in the shop … */
function shownOf(bySku: ReadonlyMap<string, ShopProduct>, row: Row) {
  const product = bySku.get(row.SKU ?? '')
  const parent = [...bySku.values()].find(({ id }) => id === product?.parentId)
  return {
    type: product?.type,
    name: product?.type === 'variation' ? row.Name : product?.name,
    price: product?.regularPrice,
    sale: product?.salePrice,
    stock: product?.stockQuantity == null ? '' : String(product.stockQuantity),
    parent: parent?.sku ?? '',
    options: product?.type === 'variation' ? product.options.map(({ option }) => option) : [],
    images: product?.type === 'variation' ? 0 : product?.images.length,
  }
}

/** … and in the CSV that the catalog exports. */
function expectedOf(row: Row) {
  const isVariable = row.Type === 'variable'
  const isVariation = row.Type === 'variation'
  const price = row['Regular price'] ?? ''
  const sale = row['Sale price'] ?? ''
  return {
    type: row.Type,
    name: row.Name,
    price: isVariable ? '' : price,
    sale: isVariable || (sale !== '' && Number(sale) >= Number(price)) ? '' : sale,
    stock: isVariable || row['In stock?'] === '0' ? '' : (row.Stock ?? ''),
    parent: row.Parent ?? '',
    options: isVariation ? optionsOf(row) : [],
    images: isVariation ? 0 : (row.Images ?? '').split(', ').filter((image) => image !== '').length,
  }
}

function optionsOf(row: Row): string[] {
  return Object.entries(row).flatMap(([name, value]) =>
    /^Attribute \d+ value/.test(name) && value !== '' ? [value] : [],
  )
}

describe('import into a WooCommerce shop', function () {
  this.timeout(180_000)

  it('brings products and images of several wholesalers in once; then only what changed, in feed or shop', function () {
    return inShop(this, async (scene) => {
      const { shop, importJson, written, place } = scene
      const aren = await offers(scene, 'aren', 12)
      await writeFeed(scene, 'aren', aren)
      await writeFeed(scene, 'mada', await offers(scene, 'mada', 8))

      const first = await importJson()
      assert.deepEqual([first.code, first.job?.total_created, first.images.failed], [0, 20, 0], first.stderr)
      assert.deepEqual([first.job?.pace?.request_size, first.job?.pace?.requests_at_once], [25, 2])
      // 20 pictures of their own and the one that all share; each product is written once, and once for its images.
      const atFirst = await written()
      assert.deepEqual([atFirst.create, atFirst.upload, atFirst.update], [20, 21, 20])
      const third = [...shop.state.products.values()].find(({ sku }) => sku === 'AREN-3')
      assert.deepEqual(
        [
          third?.regularPrice,
          third?.stockQuantity,
          third?.images.length,
          shopView(shop.state, third?.id ?? 0)?.categories,
        ],
        ['4.5', 3, 2, [['aren', 'Group 0']]],
      )

      assert.equal((await importJson()).code, 0)
      assert.equal((await importJson('--verify')).code, 0)
      assert.deepEqual(await written(), {})

      await writeFeed(
        scene,
        'aren',
        aren.map((offer) => (offer.sku === 'AREN-3' ? { ...offer, price: '99.90' } : offer)),
      )
      assert.equal((await importJson()).job?.total_updated, 1)
      assert.deepEqual(await written(), { update: 1 })
      assert.equal(shop.state.products.get(third?.id ?? 0)?.regularPrice, '99.9')

      rmSync(place.path('.wholesaler'), { recursive: true })
      const anew = await importJson()
      assert.deepEqual([anew.code, anew.job?.total_created, anew.job?.total_unchanged], [0, 0, 20], anew.stderr)
      assert.deepEqual(await written(), {})

      const lostProduct = [...shop.state.products.values()].find(({ sku }) => sku === 'MADA-5')
      shop.state.remove(lostProduct?.id ?? 0)
      shop.state.attachments.delete(third?.images[0] ?? 0)
      const repaired = await importJson('--verify')
      assert.deepEqual(
        [repaired.code, repaired.job?.total_created, repaired.job?.total_updated],
        [0, 1, 0],
        repaired.stderr,
      )
      const back = await written()
      // The product and its images; the image, and the product that shows it.
      assert.deepEqual(back, { create: 1, upload: 1, update: 2 })
      assert.equal(shop.state.products.size, 20)
    })
  })

  it('adopts a shop that was filled by hand: by SKU and by GTIN, its images kept, nothing doubled', function () {
    return inShop(this, async (scene) => {
      const { shop, importJson, written } = scene
      const picture = shop.state.nextPost()
      shop.state.attachments.set(picture, {
        id: picture,
        slug: 'mug',
        file: '2026/01/mug.jpg',
        name: 'mug',
        alt: '',
        bytes: 1,
        createdAt: 0,
      })
      const bySku = addByHand(shop.state, { sku: 'mug-1', name: 'Mug', images: [picture] })
      const byGtin = addByHand(shop.state, { sku: 'OLD-7', name: 'Jug', gtin: '5900000000018' })
      scene.pictures.serve('/img/mug.jpg', await jpeg(7))
      await writeFeed(scene, 'aren', [
        { sku: 'MUG-1', name: 'Enamel mug', price: '9', images: [scene.pictures.url('/img/mug.jpg')] },
        { sku: 'JUG-1', name: 'Enamel jug', price: '20', gtin: '5900000000018' },
      ])
      await writeFeed(scene, 'mada', [{ sku: 'mug-1 ', name: 'Another mug', price: '1' }])

      const { code, job, stderr } = await importJson()

      assert.deepEqual([code, job?.total_created, job?.total_updated, job?.total_errors], [3, 0, 2, 1], stderr)
      assert.deepEqual(
        [bySku.id, byGtin.id].map((id) => {
          const product = shop.state.products.get(id)
          return [product?.sku, product?.name]
        }),
        [
          ['MUG-1', 'Enamel mug'],
          ['JUG-1', 'Enamel jug'],
        ],
      )
      assert.equal(shop.state.products.size, 2)
      assert.deepEqual([(await written()).upload, scene.pictures.requests()], [undefined, 0])
      assert.deepEqual(shop.state.products.get(bySku.id)?.images, [picture])
    })
  })

  it('loses and doubles nothing when it is killed at any place, and recovered', function () {
    return inShop(this, async (scene) => {
      const { shop, run } = scene
      await writeFeed(scene, 'aren', await offers(scene, 'aren', 12))
      await writeFeed(scene, 'mada', [])
      const places = [
        'batch-claimed:1:kill',
        'apply-product:7:kill',
        'product-written:1:kill',
        'batch-applied:2:kill',
        'batch-recorded:2:kill',
        'image-put:3:kill',
        'images-attached:2:kill',
      ]

      const ends: (number | null)[] = []
      for (const place of places) {
        const words = ['import', 'aren', '--per-batch', '4', '--json']
        ends.push((await run(words, { WHOLESALER_FAILPOINT: place })).code)
        const { code, stderr } = await run(['recover', '--json'])
        assert.equal(code, 0, `${place}: ${stderr}`)
      }

      assert.ok(ends.includes(null), String(ends))
      assert.equal((await scene.importJson('aren')).code, 0)
      const products = [...shop.state.products.values()]
      assert.deepEqual([products.length, new Set(products.map(({ sku }) => sku)).size], [12, 12])
      assert.ok(products.every(({ images }) => images.length === 2 && new Set(images).size === 2))
      assert.equal(shop.count('upload'), 13)
    })
  })

  it('brings real feeds of two wholesalers in, with variations and images, as the catalog has them', function () {
    this.timeout(600_000)
    const feeds = Object.fromEntries(realFeeds.map((name) => [name.replace(/\W.*$/s, ''), realFeed(this, name)]))
    const drawn = new Map<string, Promise<Buffer>>()
    const draw = (path: string) => {
      const picture = drawn.get(path) ?? jpeg(drawn.size + 5000, { width: 8, height: 8 })
      drawn.set(path, picture)
      return picture
    }
    const answer: RequestListener = ({ url = '/' }, response) => void draw(url).then((picture) => response.end(picture))
    const compare = (host: string) =>
      inShop(this, async ({ shop, place, run, written }) => {
        const importAll = ['import', '--per-batch', '100', '--json', '--config']
        const shopConfig = await place.write(
          'shop.mjs',
          realConfig(feeds, host, { type: 'woocommerce', url: shop.url }),
        )
        const first = answerOf(await run([...importAll, shopConfig]))
        assert.equal(first.images.failed, 0, first.stderr)
        const { create, upload } = await written()

        const catalogConfig = await place.write('catalog.mjs', realConfig(feeds, host, { type: 'catalog' }))
        const own = ['--state-dir', place.path('catalog'), '--config', catalogConfig]
        const second = answerOf(await run(['import', '--per-batch', '100', '--json', ...own]))
        await run(['export', place.path('catalog.csv'), ...own])
        const rows = parse<Record<string, string>>(readFileSync(place.path('catalog.csv')), {
          columns: true,
          bom: true,
        })
        console.log(`      ${rows.length} products and variations, ${upload} images uploaded`)
        assert.deepEqual(
          [first.code, first.job?.total_created, first.job?.total_errors],
          [second.code, second.job?.total_created, second.job?.total_errors],
          first.job?.error_messages.join('; '),
        )
        assert.equal(create, rows.length)
        const bySku = new Map([...shop.state.products.values()].map((product) => [product.sku, product]))
        for (const row of rows) assert.deepEqual(shownOf(bySku, row), expectedOf(row), row.SKU)
        assert.equal(bySku.size, rows.length)

        assert.equal(answerOf(await run([...importAll, shopConfig])).code, first.code)
        assert.deepEqual(await written(), {})
        rmSync(place.path('.wholesaler'), { recursive: true })
        const anew = answerOf(await run([...importAll, shopConfig]))
        assert.deepEqual(
          [anew.job?.total_created, anew.job?.total_unchanged],
          [0, first.job?.total_created],
          anew.stderr,
        )
        assert.deepEqual(await written(), {})
      })
    return withServer(answer, ({ host }) => compare(host))
  })

  it('never shows a credential: not in its output, its state or the requests it names', function () {
    return inShop(this, async (scene) => {
      await writeFeed(scene, 'aren', [{ sku: 'A', name: 'A', price: '1' }])
      await writeFeed(scene, 'mada', [])
      scene.shop.script = ({ isWrite }) =>
        isWrite ? { kind: 'replace', status: 403, with: () => '{"code":"no","message":"no"}' } : null

      const { code, stdout, stderr } = await scene.run(['import', 'aren', '--json'])
      const found = spawnSync('grep', ['-rlE', 'abcd|EFGH', scene.place.path('.wholesaler')], { encoding: 'utf8' })

      assert.equal(code, 4, stderr)
      assert.doesNotMatch(stdout + stderr, /abcd|EFGH|Basic /)
      assert.equal(found.stdout, '')
      assert.ok(scene.shop.requests.every(({ url }) => !/abcd|EFGH/.test(url)))
    })
  })

  it('exports nothing from a shop, and says so', function () {
    return inShop(this, async ({ run }) => {
      const { code, stderr } = await run(['export'])

      assert.equal(code, 2)
      assert.match(stderr, /only the embedded catalog is exported/)
    })
  })
})
