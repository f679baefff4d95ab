import assert from 'node:assert/strict'
import { readdir, readFile, rm } from 'node:fs/promises'
import { DatabaseSync } from '@photostructure/sqlite'
import sharp from 'sharp'
import type {
  ImageAuditDocument,
  ImageDecisionFields,
  ImageDedupeDocument,
  ImageReprocessDocument,
} from '../../src/cli/documents.js'
import { type ImageServer, withImageServer } from '../support/image-server.js'
import { inWorkplace, type Workplace } from './workplace.js'

/** A small picture of one color. */
const picture = (red: number): Promise<Buffer> =>
  sharp({ create: { width: 16, height: 12, channels: 3, background: { r: red, g: 90, b: 160 } } })
    .jpeg()
    .toBuffer()

interface Scene {
  readonly place: Workplace
  readonly server: ImageServer
  /** `import shop.csv --json` with the server's host allowed. */
  readonly importShop: (...flags: string[]) => ReturnType<Workplace['importJson']>
}

/** A shop of two products: A with two images, B with one. */
async function withShop(body: (scene: Scene) => Promise<void>): Promise<void> {
  await withImageServer(async (server) => {
    server.serve('/a1.jpg', await picture(10))
    server.serve('/a2.jpg', await picture(20))
    server.serve('/b.jpg', await picture(30))
    const [a1, a2, b] = ['/a1.jpg', '/a2.jpg', '/b.jpg'].map(server.url)
    await inWorkplace(async (place) => {
      await place.write('shop.csv', `sku,name,images\nA,One,${a1}|${a2}\nB,Two,${b}\n`)
      await body({
        place,
        server,
        importShop: (...flags) => place.importJson('shop.csv', '--allow-private-host', '127.0.0.1', ...flags),
      })
    })
  })
}

async function mediaFiles({ path }: Workplace): Promise<readonly string[]> {
  const entries = await readdir(path('.wholesaler/media'), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => `${parentPath}/${name}`)
}

async function imagesOf({ run }: Workplace, sku: string) {
  return JSON.parse((await run('images', sku, '--json')).stdout)
}

describe('images of a feed', function () {
  this.timeout(30_000)

  it('are attached once; a second run asks for none', async () => {
    await withShop(async ({ place, server, importShop }) => {
      const first = await importShop()
      assert.deepEqual([first.code, first.images.downloaded, first.images.attached, first.images.pending], [0, 3, 3, 0])
      assert.equal(server.requests(), 3)

      for (const flags of [[], ['--remap'], ['--verify']]) {
        const { code, images } = await importShop(...flags)
        assert.deepEqual([code, images.downloaded, server.requests()], [0, 0, 3], flags.join())
      }
      const { success, total_images: total, featured_image_url: featured } = await imagesOf(place, 'A')
      assert.deepEqual([success, total, typeof featured], [true, 2, 'string'])
      assert.equal((await mediaFiles(place)).length, 3)
    })
  })

  it('on a private address are not fetched unless their host is allowed (N9)', async () => {
    await withShop(async ({ place, server, importShop }) => {
      const refused = await place.importJson('shop.csv')
      assert.deepEqual([refused.code, refused.job?.total_created, refused.images.failed], [3, 2, 3])
      assert.equal(server.requests(), 0)

      const allowed = await importShop()
      assert.deepEqual([allowed.code, allowed.images.attached, server.requests()], [0, 3, 3])
    })
  })

  it('that wait because of --no-images are attached by the next run, also when the feed is unchanged', async () => {
    await withShop(async ({ server, importShop }) => {
      const without = await importShop('--no-images')
      assert.deepEqual([without.code, without.images.pending, server.requests()], [0, 2, 0])
      const next = await importShop()
      assert.deepEqual([next.code, next.job?.total_processed, next.images.attached], [0, 0, 3])
    })
  })

  it('that are not there cost no product and no other image, and a later run gets them, or the next one that is told to (I1, I12)', async () => {
    await withShop(async ({ place, server, importShop }) => {
      server.serve('/a1.jpg', { kind: 'status', status: 404 })
      server.serve('/b.jpg', { kind: 'body', type: 'image/jpeg', body: '<html>Sign in</html>' })
      const first = await importShop()
      assert.deepEqual(
        [first.code, first.success, first.job?.total_created, first.images.attached, first.images.failed],
        [3, true, 2, 1, 2],
      )
      assert.equal((await imagesOf(place, 'A')).total_images, 1)

      server.serve('/a1.jpg', await picture(10))
      server.serve('/b.jpg', await picture(30))
      const asked = server.requests()
      const soon = await importShop()
      assert.deepEqual([soon.code, soon.images.failed, server.requests() - asked], [3, 2, 0])
      const next = await importShop('--retry-images')
      assert.deepEqual(
        [next.code, next.job?.total_processed, next.images.attached, next.images.failed, server.requests() - asked],
        [0, 0, 2, 0, 2],
      )
      assert.equal((await imagesOf(place, 'A')).total_images, 2)
    })
  })

  it('are decided about beforehand, with reasons, without asking any server', async () => {
    await withShop(async ({ place, server, importShop }) => {
      const before = await importShop('--dry-run')
      const { plan } = before.images
      assert.deepEqual([plan?.products, plan?.download, plan?.requests], [2, 3, 3])
      assert.equal(server.requests(), 0)

      server.serve('/a2.jpg', { kind: 'status', status: 404 })
      await importShop()
      const asked = server.requests()
      const shop = `sku,name,images\nA,One,${server.url('/a1.jpg')}|${server.url('/a2.jpg')}|${server.url('/b.jpg')}\n`
      await place.write('shop.csv', shop)
      const after = await importShop('--dry-run')
      const { stdout } = await place.run('images', 'A', '--plan', '--json')
      const decisions: readonly ImageDecisionFields[] = JSON.parse(stdout).plan
      const { stdout: text } = await place.run('images', 'A', '--plan')

      assert.deepEqual(after.images.plan?.reasons, { 'attach:library': 1, 'keep:original_url': 1, 'skip:http_404': 1 })
      assert.deepEqual(
        decisions.map(({ action, reason }) => [action, reason]),
        [
          ['keep', 'original_url'],
          ['skip', 'http_404'],
        ],
      )
      assert.match(decisions[1]?.retry_at_iso ?? '', /^20\d\d-/)
      assert.match(text, /skip +the server answered with status 404, asked again after 20\d\d-/)
      assert.equal(server.requests(), asked)
    })
  })

  it('of the same bytes under several names are one media file (I9)', async () => {
    await withShop(async ({ place, server, importShop }) => {
      for (const path of ['/a1.jpg', '/a2.jpg', '/b.jpg']) server.serve(path, await picture(99))
      const { code, images } = await importShop()
      assert.deepEqual([code, images.failed], [0, 0])
      assert.equal((await mediaFiles(place)).length, 1)
      assert.ok((await imagesOf(place, 'B')).total_images === 1)
    })
  })

  it('beside the feed are read from there, and never from above its folder', async () => {
    await inWorkplace(async (place) => {
      await place.write('secret.jpg', await picture(1))
      await place.write('feed/pictures/mug.jpg', await picture(2))
      const list = [
        'pictures/mug.jpg',
        '../secret.jpg',
        `${place.path('secret.jpg')}`,
        `file://${place.path('secret.jpg')}`,
      ]
      await place.write(
        'feed/shop.csv',
        `sku,name,images\n${list.map((path, i) => `S${i},Product ${i},${path}\n`).join('')}`,
      )

      const { code, job, images } = await place.importJson('feed/shop.csv')
      assert.deepEqual([code, job?.total_created, images.attached, images.failed], [3, 4, 1, 3])
      assert.equal((await mediaFiles(place)).length, 1)
      assert.equal((await imagesOf(place, 'S0')).total_images, 1)
    })
  })
})

describe('import --verify', function () {
  this.timeout(30_000)

  it('writes again a product that somebody deleted, with its images, and nothing else', async () => {
    await withShop(async ({ place, server, importShop }) => {
      await importShop()
      const before = await place.catalog()
      const database = new DatabaseSync(place.path('.wholesaler/catalog.db'))
      database.exec("PRAGMA foreign_keys = ON; DELETE FROM product WHERE sku = 'A'")
      database.close()
      assert.deepEqual([...(await place.catalog()).keys()], ['B'])
      assert.equal((await importShop()).job?.total_processed, 0, 'an import alone never reads the shop')

      const { code, job } = await importShop('--verify')
      assert.deepEqual([code, job?.total_created, job?.total_updated], [0, 1, 0])
      assert.deepEqual(await place.catalog(), before)
      assert.equal((await imagesOf(place, 'A')).total_images, 2)
      assert.equal(server.requests(), 3, 'its images were still in the media folder')
    })
  })

  it('fetches again a media file that somebody deleted, and only that', async () => {
    await withShop(async ({ place, server, importShop }) => {
      await importShop()
      const files = await mediaFiles(place)
      await rm(files[0] ?? '')

      const { code, images, job } = await importShop('--verify')
      assert.deepEqual([code, job?.total_updated, images.downloaded, server.requests()], [0, 0, 1, 4])
      assert.deepEqual((await mediaFiles(place)).length, files.length)
    })
  })
})

describe('images audit', function () {
  this.timeout(30_000)

  it('finds what is there twice and what is gone, in a document and on a page', async () => {
    await withShop(async ({ place, server, importShop }) => {
      const same = sharp(await picture(10))
        .jpeg()
        .withExif({ IFD0: { ImageDescription: 'other bytes' } })
      server.serve('/b.jpg', await same.toBuffer())
      await importShop()
      const whole = await place.run('images', 'audit', '--json')
      const first: ImageAuditDocument = JSON.parse(whole.stdout)
      assert.deepEqual([whole.code, first.images, first.products, first.missing, first.unknown], [0, 3, 2, [], 0])

      const [gone = ''] = await mediaFiles(place)
      await rm(gone)
      const page = await place.run('images', 'audit', '--html', 'audit.html', '--json')
      const { missing, html }: ImageAuditDocument = JSON.parse(page.stdout)
      assert.deepEqual([page.code, missing.length, html], [3, 1, place.path('audit.html')])
      assert.match(await readFile(place.path('audit.html'), 'utf8'), /the file is gone/)
      const { stdout } = await place.run('images', 'audit', 'A')
      assert.match(stdout, /Images +2 in 1 product/)
    })
  })

  it('--rebuild makes a lost ledger know what the store has: the same images for another product ask for nothing', async () => {
    await withShop(async ({ place, server, importShop }) => {
      await importShop()
      for (const name of await readdir(place.path('.wholesaler'))) {
        if (name.startsWith('ledger.db')) await rm(place.path(`.wholesaler/${name}`))
      }
      const asked = server.requests()
      const audited: ImageAuditDocument = JSON.parse((await place.run('images', 'audit', '--rebuild', '--json')).stdout)
      assert.deepEqual([audited.rebuilt?.images, audited.rebuilt?.urls], [3, 3])
      await place.write('shop.csv', `sku,name,images\nC,Three,${server.url('/a2.jpg')}|${server.url('/b.jpg')}\n`)

      const { code, images } = await importShop()

      assert.deepEqual([code, images.attached, images.downloaded, server.requests() - asked], [0, 2, 0, 0])
    })
  })
})

describe('images dedupe', function () {
  this.timeout(60_000)

  const json = async (place: Workplace, ...args: string[]): Promise<ImageDedupeDocument & { code: number | null }> => {
    const { code, stdout } = await place.run('images', 'dedupe', ...args, '--json')
    return { ...JSON.parse(stdout), code }
  }

  /** `B` shows the picture of `A`, from other bytes: the file has a note in it. */
  async function withCopies(body: (scene: Scene) => Promise<void>): Promise<void> {
    await withShop(async (scene) => {
      const same = sharp(await picture(10))
        .jpeg()
        .withExif({ IFD0: { ImageDescription: 'other bytes' } })
      const first = sharp(await picture(10)).jpeg()
      scene.server.serve('/a1.jpg', await first.toBuffer())
      scene.server.serve('/b.jpg', await same.toBuffer())
      await scene.importShop()
      await body(scene)
    })
  }

  it('merges, asks no server again, and takes it back', async () => {
    await withCopies(async ({ place, server, importShop }) => {
      const before = [await imagesOf(place, 'A'), await imagesOf(place, 'B')]
      const asked = server.requests()

      const dry = await json(place, '--dry-run')
      assert.deepEqual([dry.code, dry.products, dry.undo_file, dry.merges.length], [0, 1, null, 1])
      assert.deepEqual(await imagesOf(place, 'B'), before[1])

      const done = await json(place, '--delete')
      assert.deepEqual([done.code, done.products, done.removed, (await mediaFiles(place)).length], [0, 1, 1, 2])
      // Which of the two is kept depends on which was put there first.
      const [one, other] = [await imagesOf(place, 'A'), await imagesOf(place, 'B')]
      assert.equal(other.featured_image, one.featured_image)
      const again = await importShop('--remap', '--verify')
      assert.deepEqual([again.code, again.images.downloaded, server.requests()], [0, 0, asked])
      assert.deepEqual((await json(place)).merges, [])

      const undone = await json(place, '--undo', done.undo_file ?? '')
      assert.deepEqual([undone.code, undone.products, undone.restored], [0, 1, 1])
      const after = [await imagesOf(place, 'A'), await imagesOf(place, 'B')]
      assert.deepEqual(
        after.map(({ images }) => images[0]?.sha256),
        before.map(({ images }) => images[0]?.sha256),
      )
      const jobs = JSON.parse((await place.run('jobs', '--json')).stdout)
      assert.equal(jobs.jobs[0].kind, 'images')
    })
  })
})

describe('images reprocess', function () {
  this.timeout(60_000)

  it('does nothing unless asked, then replaces the files in place', async () => {
    await withShop(async ({ place, server, importShop }) => {
      await importShop()
      const asked = server.requests()
      const run = async (...args: string[]): Promise<ImageReprocessDocument> =>
        JSON.parse(
          (await place.run('images', 'reprocess', ...args, '--allow-private-host', '127.0.0.1', '--json')).stdout,
        )
      const before = await imagesOf(place, 'A')

      const none = await run()
      assert.deepEqual([none.chosen, server.requests()], [0, asked])
      const { chosen, replaced, failed } = await run('A', '--all')

      assert.deepEqual([chosen, replaced, failed, server.requests() - asked], [2, 2, [], 2])
      assert.deepEqual(await imagesOf(place, 'A'), before)
    })
  })
})
