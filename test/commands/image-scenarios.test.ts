import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { DatabaseSync } from '@photostructure/sqlite'
import { jpeg } from '../core/images/pictures.js'
import { type ImageServer, withImageServer } from '../support/image-server.js'
import { inWorkplace, type Workplace } from './workplace.js'

interface Scene {
  readonly place: Workplace
  readonly server: ImageServer
  /** Writes `shop.csv`: a row for each product, with its images. `text` goes into every name. */
  writeFeed(products: Readonly<Record<string, readonly string[]>>, text?: string): Promise<void>
  /** `import shop.csv --json`, with the server's host allowed. */
  importShop(...flags: string[]): ReturnType<Workplace['importJson']>
  /** Addresses of a product's images, in order, as paths of the server. */
  imagesOf(sku: string): Promise<readonly string[]>
  mediaFiles(): Promise<readonly string[]>
}

async function withScene(body: (scene: Scene) => Promise<void>): Promise<void> {
  await withImageServer((server) =>
    inWorkplace((place) =>
      body({
        place,
        server,
        writeFeed: async (products, text = 'Product') => {
          const rows = Object.entries(products).map(([sku, images]) => `${sku},${text} ${sku},${images.join('|')}`)
          await place.write('shop.csv', `sku,name,images\n${rows.join('\n')}\n`)
        },
        importShop: (...flags) => place.importJson('shop.csv', '--allow-private-host', '127.0.0.1', ...flags),
        imagesOf: async (sku) => {
          const { images } = JSON.parse((await place.run('images', sku, '--json')).stdout)
          return images.map(({ original_url: url }: { original_url: string }) => url.replace(/^https?:\/\/[^/]+/, ''))
        },
        mediaFiles: async () => {
          const entries = await readdir(place.path('.wholesaler/media'), { recursive: true, withFileTypes: true })
          return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
        },
      }),
    ),
  )
}

/** Deletes one image in the shop, as a person does: the picture goes, and its place on the product with it. */
function deleteImage(place: Workplace, originalUrl: string): void {
  const database = new DatabaseSync(place.path('.wholesaler/catalog.db'))
  database.prepare('DELETE FROM product_image WHERE original_url = ?').run(originalUrl)
  database.prepare('DELETE FROM image WHERE original_url = ?').run(originalUrl)
  database.close()
}

describe('images of a shop', function () {
  this.timeout(120_000)

  it('300 references to 264 addresses of 209 pictures: each asked for once, each stored once, then never again', () =>
    withScene(async ({ server, writeFeed, importShop, imagesOf, mediaFiles, place }) => {
      const pictures = await Promise.all(Array.from({ length: 209 }, (_, number) => jpeg(number)))
      const paths = Array.from({ length: 264 }, (_, number) => `/${number % 5}/${number}.jpg`)
      for (const [number, path] of paths.entries()) server.serve(path, pictures[number % 209] ?? Buffer.alloc(0))
      const wanted = new Map(
        Array.from({ length: 60 }, (_, index) => [
          `P${String(index).padStart(2, '0')}`,
          Array.from({ length: 5 }, (_, place) => paths[(index * 5 + place) % 264] ?? ''),
        ]),
      )
      const feed = Object.fromEntries([...wanted].map(([sku, list]) => [sku, list.map(server.url)]))
      await writeFeed(feed)

      const first = await importShop()
      assert.deepEqual(
        [first.code, first.images.wanted, first.images.attached, first.images.failed, first.images.pending],
        [0, 300, 300, 0, 0],
      )
      assert.equal(server.requests(), 264)
      assert.equal((await mediaFiles()).length, 209)
      for (const [sku, row] of await place.catalog()) {
        assert.deepEqual(row.Images?.split(', '), feed[sku], sku)
      }

      assert.equal((await importShop()).code, 0)
      assert.equal(server.requests(), 264, 'the same import again asks for nothing')

      await writeFeed(feed, 'Another text')
      const changed = await importShop()
      assert.deepEqual([changed.code, changed.job?.total_updated], [0, 60])
      assert.equal(server.requests(), 264, 'other texts ask for nothing')

      const [, , third = ''] = wanted.get('P20') ?? []
      deleteImage(place, server.url(third))
      const bytes = server.bytesSent()
      const verified = await importShop('--verify')
      assert.deepEqual([verified.code, verified.images.downloaded, server.requests()], [0, 1, 265])
      assert.equal(server.requests(third), 2)
      assert.ok(server.bytesSent() - bytes < 5000)
      assert.deepEqual(await imagesOf('P20'), wanted.get('P20'))
    }))

  it('/red/1.jpg and /blue/1.jpg are two pictures (I10)', () =>
    withScene(async ({ server, writeFeed, importShop, imagesOf, mediaFiles }) => {
      server.serve('/red/1.jpg', await jpeg(1))
      server.serve('/blue/1.jpg', await jpeg(2))
      await writeFeed({ A: ['/red/1.jpg', '/blue/1.jpg'].map(server.url) })
      await importShop()

      assert.deepEqual(await imagesOf('A'), ['/red/1.jpg', '/blue/1.jpg'])
      assert.equal((await mediaFiles()).length, 2)
    }))

  it('a picture that moves to another host under its name is kept, without a request', () =>
    withScene(async ({ server, writeFeed, importShop, imagesOf, mediaFiles }) => {
      server.serve('/mug.jpg', await jpeg(1))
      server.serve('/cup.jpg', await jpeg(2))
      await writeFeed({ A: ['/mug.jpg', '/cup.jpg'].map(server.url) })
      await importShop()

      await withImageServer(async (other) => {
        await writeFeed({ A: ['/mug.jpg', '/cup.jpg'].map(other.url) })
        const { code, images } = await importShop()
        assert.deepEqual([code, images.downloaded, images.failed, images.pending], [0, 0, 0, 0])
        assert.deepEqual([server.requests(), other.requests()], [2, 0])
      })
      assert.equal((await imagesOf('A')).length, 2)
      assert.equal((await mediaFiles()).length, 2)
    }))

  it('one picture under ten names is one file (I9)', () =>
    withScene(async ({ server, writeFeed, importShop, mediaFiles, place }) => {
      const names = Array.from({ length: 10 }, (_, index) => `/${index}/name${index}.jpg`)
      for (const name of names) server.serve(name, await jpeg(1))
      await writeFeed(Object.fromEntries(names.map((name, index) => [`P${index}`, [server.url(name)]])))
      const { code, images } = await importShop()

      assert.deepEqual([code, images.attached, images.duplicates_skipped], [0, 10, 9])
      assert.equal((await mediaFiles()).length, 1)
      for (const row of (await place.catalog()).values()) assert.notEqual(row.Images, '')
    }))

  it('changed behind its address is fetched and replaced by --refresh-images; of the rest none is fetched', () =>
    withScene(async ({ server, writeFeed, importShop, imagesOf, mediaFiles }) => {
      const paths = ['/1.jpg', '/2.jpg', '/3.jpg', '/4.jpg']
      for (const [number, path] of paths.entries()) {
        server.serve(path, { kind: 'tagged', body: await jpeg(number), etag: `"${number}"` })
      }
      await writeFeed({ A: paths.slice(0, 2).map(server.url), B: paths.slice(1).map(server.url) })
      await importShop()
      const picture = await jpeg(77)
      server.serve('/2.jpg', { kind: 'tagged', body: picture, etag: '"77"' })
      const bytes = server.bytesSent()

      assert.equal((await importShop()).images.downloaded, 0, 'nobody looks without being asked to')
      const refreshed = await importShop('--refresh-images')
      assert.deepEqual(
        [refreshed.code, refreshed.images.downloaded, refreshed.images.attached, refreshed.job?.total_processed],
        [0, 1, 2, 0],
      )
      assert.deepEqual([server.requests(), server.notModified(), server.bytesSent() - bytes], [8, 3, picture.length])
      assert.deepEqual(await imagesOf('A'), paths.slice(0, 2))
      assert.deepEqual(await imagesOf('B'), paths.slice(1))
      assert.equal((await mediaFiles()).length, 5)

      const again = await importShop('--refresh-images')
      assert.deepEqual([again.code, again.images.downloaded, again.images.attached], [0, 0, 0])
      assert.deepEqual([server.requests(), server.notModified()], [12, 7])
    }))

  it("of variants are theirs alone, or also the product's, by the config", () =>
    withScene(async ({ server, place }) => {
      for (const number of [1, 2, 3]) server.serve(`/${number}.jpg`, await jpeg(number))
      const [own, red, blue] = ['/1.jpg', '/2.jpg', '/3.jpg'].map(server.url)
      const rows = [
        'Type,SKU,Name,Parent,Regular price,Images,Attribute 1 name,Attribute 1 value(s)',
        `variable,P,Shirt,,,${own},Color,"Red, Blue"`,
        `variation,P-R,Shirt,P,10,${red},Color,Red`,
        `variation,P-B,Shirt,P,10,${blue},Color,Blue`,
      ]
      await place.write('shop.csv', `${rows.join('\n')}\n`)
      const configure = (settings: object) =>
        place.write(
          'wholesaler.config.json',
          JSON.stringify({ wholesalers: { shop: { feed: 'shop.csv', preset: 'woocommerce-csv', ...settings } } }),
        )
      const importShop = () => place.importJson('shop', '--allow-private-host', '127.0.0.1')

      await configure({})
      assert.equal((await importShop()).images.attached, 3)
      assert.equal((await place.catalog()).get('P')?.Images, own)

      await configure({ variantImages: 'shared' })
      assert.deepEqual([(await importShop()).code, server.requests()], [0, 3])
      const rowsNow = await place.catalog()
      assert.equal(rowsNow.get('P')?.Images, [own, red, blue].join(', '))
      assert.equal(rowsNow.get('P-R')?.Images, red)
    }))

  it('that the feed does not name any more are deleted where the config says so, with their files', () =>
    withScene(async ({ server, place, imagesOf, mediaFiles, writeFeed }) => {
      for (const number of [1, 2]) server.serve(`/${number}.jpg`, await jpeg(number))
      const settings = { feed: 'shop.csv', images: { removed: 'delete' } }
      await place.write('wholesaler.config.json', JSON.stringify({ wholesalers: { shop: settings } }))
      const importShop = () => place.importJson('shop', '--allow-private-host', '127.0.0.1')
      await writeFeed({ A: ['/1.jpg', '/2.jpg'].map(server.url) })
      await importShop()
      assert.equal((await mediaFiles()).length, 2)

      await writeFeed({ A: [server.url('/2.jpg')] })
      assert.equal((await importShop()).code, 0)
      assert.deepEqual(await imagesOf('A'), ['/2.jpg'])
      assert.equal((await mediaFiles()).length, 1)
      assert.equal(server.requests(), 2)
    }))
})
