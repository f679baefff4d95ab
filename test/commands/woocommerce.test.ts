/** The built program against a shop that counts what is written to it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { jpeg } from '../core/images/pictures.js'
import { addByHand, shopView } from '../core/store/woocommerce/woocommerce-fixture.js'
import { withServer } from '../support/local-server.js'
import type { ShopAttachment } from '../support/woocommerce/shop-state.js'
import { inShop, offers, writeFeed } from './shop-place.js'

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

  it('leaves fields to the shop that the config says are its own: a hand edit outlives every feed', function () {
    return inShop(this, async (scene) => {
      const { shop, importJson, written } = scene
      await scene.place.write(
        'wholesaler.config.json',
        JSON.stringify({
          store: { type: 'woocommerce', url: shop.url },
          wholesalers: { aren: { feed: './aren.json', fields: { name: 'shop', description: 'shop' } } },
        }),
      )
      const mug = { sku: 'MUG', name: 'Mug', description: 'From the feed', price: '9' }
      await writeFeed(scene, 'aren', [mug])
      assert.equal((await importJson()).job?.total_created, 1)
      const [made] = shop.state.products.values()
      assert.deepEqual([made?.name, made?.description], ['Mug', 'From the feed'])
      shop.state.products.set(made?.id ?? 0, { ...(made ?? addByHand(shop.state, {})), name: 'Our best mug' })
      await written()

      await writeFeed(scene, 'aren', [{ ...mug, name: 'Mug 2', description: 'Newer' }])
      assert.deepEqual([(await importJson()).pending, await written()], [0, {}])
      await writeFeed(scene, 'aren', [{ ...mug, name: 'Mug 3', price: '12' }])
      const wouldBe = JSON.parse((await scene.run(['import', '--dry-run', '--json'])).stdout)
      assert.deepEqual(wouldBe.plan.changes[0].fields, [{ field: 'price', from: '9', to: '12' }])
      const { stdout } = await scene.run(['import', '--dry-run'])
      assert.match(stdout, /^MUG {2}Mug 3\n {2}price {2}9 -> 12$/m)
      assert.deepEqual(await written(), {})
      assert.equal((await importJson()).job?.total_updated, 1)

      const now = shop.state.products.get(made?.id ?? 0)
      assert.deepEqual([now?.name, now?.description, now?.regularPrice], ['Our best mug', 'From the feed', '12'])
    })
  })

  it('N21: a feed that changes while it is imported: each attempt is of one version, and the next import of the last', function () {
    return inShop(this, async ({ shop, place, run, importJson, written }) => {
      let version = 1
      const answer: RequestListener = (_, response) => {
        const rows = Array.from({ length: 12 }, (_, index) => `P-${index},Product ${index} v${version},1${version}.50`)
        response.setHeader('etag', `"${version}"`).end(`sku,name,price\n${rows.join('\n')}\n`)
        version += 1
      }
      const versions = () =>
        [...shop.state.products.values()].map(({ name, regularPrice }) => {
          // Never the name of one version with the price of another.
          assert.equal(`1${name.at(-1)}.5`, regularPrice)
          return name.at(-1)
        })
      await withServer(answer, async ({ host, requests }) => {
        const feed = `http://${host}/feed.csv`
        const config = { store: { type: 'woocommerce', url: shop.url }, wholesalers: { aren: { feed } } }
        await place.write('wholesaler.config.json', JSON.stringify(config))

        const words = ['import', '--per-batch', '4', '--json']
        assert.equal((await run(words, { WHOLESALER_FAILPOINT: 'batch-recorded:2:kill' })).code, null)
        assert.deepEqual([versions(), requests.length], [Array(8).fill('1'), 1])

        assert.equal((await run(['recover', '--json'])).code, 0)
        assert.deepEqual([versions(), requests.length], [Array(12).fill('2'), 2])

        assert.equal((await importJson()).code, 0)
        assert.deepEqual([versions(), (await written()).create], [Array(12).fill('3'), 12])
      })
    })
  })

  it('audits the images of a shop, and lets products show one instead of copies, deleting none that it did not bring', function () {
    return inShop(this, async (scene) => {
      const { shop, run, importJson } = scene
      const picture = await jpeg(3)
      scene.pictures.serve('/mug.jpg', picture)
      const image = scene.pictures.url('/mug.jpg')
      await writeFeed(scene, 'aren', [{ sku: 'MUG', name: 'Mug', price: '9', images: [image] }])
      await writeFeed(scene, 'mada', [])
      assert.equal((await importJson('aren')).code, 0)
      const [brought] = [...shop.state.attachments.values()]
      const byHand = { ...brought, id: shop.state.nextPost(), slug: 'mug', file: '2020/01/mug.jpg', name: 'mug' }
      shop.state.attachments.set(byHand.id, byHand as ShopAttachment)
      const other = addByHand(shop.state, { sku: 'BY-HAND', name: 'By hand', images: [byHand.id] })

      const audit = await run(['images', 'audit', '--json'])
      const [same] = JSON.parse(audit.stdout).exact
      assert.deepEqual(
        same.images.map(({ id, uses }: { id: number; uses: { sku: string }[] }) => [id, uses.map(({ sku }) => sku)]),
        [
          [brought?.id, ['MUG']],
          [byHand.id, ['BY-HAND']],
        ],
      )

      const dedupe = await run(['images', 'dedupe', '--delete', '--json'])

      assert.equal(dedupe.code, 0, dedupe.stdout + dedupe.stderr)
      assert.deepEqual(shop.state.products.get(other.id)?.images, [brought?.id])
      // A page of the shop may show it: only what we brought is deleted.
      assert.ok(shop.state.attachments.has(byHand.id))
      assert.equal((await importJson('--verify')).job?.total_updated, 0)
      const reprocess = await run(['images', 'reprocess', '--json'])
      assert.deepEqual([reprocess.code, JSON.parse(reprocess.stdout).error.code], [2, 'usage'])
    })
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
