import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WholesalerError } from '../../../src/core/errors.js'
import { type Decode, decodeHere } from '../../../src/core/images/decode.js'
import type { Download } from '../../../src/core/images/download.js'
import { failureTtlMinMs } from '../../../src/core/images/failure-ttl.js'
import type { Product } from '../../../src/core/product/product.js'
import { type ImageLedger, withImagePhase } from './image-phase.js'
import { jpeg, pixelBomb } from './pictures.js'

function product(key: string, images: readonly string[]): Pick<Product, 'key' | 'images' | 'variants'> {
  return { key, images: images.map((url) => ({ url })), variants: [] }
}

/** The codes of what failed, by URL. */
async function failedWith({ images }: ImageLedger, urls: readonly string[]): Promise<readonly (string | undefined)[]> {
  const failures = await images.failures(urls)
  return urls.map((url) => failures.get(url)?.code)
}

describe('importImages', () => {
  it('fetches each address once, stores each picture once, and has nothing to do the next time (I9, I11)', async function () {
    this.timeout(60_000)
    await withImagePhase(async ({ server, store, ledger, add, run, gallery }) => {
      // 300 references to 264 addresses with 209 different contents, in products of five.
      const contents = await Promise.all(Array.from({ length: 209 }, (_, number) => jpeg(number)))
      const addresses = Array.from({ length: 264 }, (_, number) => `/${number % 5}/${number}.jpg`)
      for (const [number, path] of addresses.entries()) server.serve(path, contents[number % 209] ?? Buffer.alloc(0))
      const references = Array.from({ length: 300 }, (_, number) => server.url(addresses[number % 264] ?? ''))
      const keys = Array.from({ length: 60 }, (_, index) => `p${String(index).padStart(2, '0')}`)
      const wanted = (index: number): readonly string[] => references.slice(index * 5, index * 5 + 5)
      await add(...keys.map((key, index) => product(key, wanted(index))))

      const counts = await run()

      assert.deepEqual(counts, { wanted: 300, downloaded: 264, attached: 300, duplicatesSkipped: 91, failed: 0 })
      assert.equal(server.requests(), 264)
      assert.equal(store.putImages.length, 209)
      for (const [index, key] of keys.entries()) assert.deepEqual(await gallery(key), wanted(index))

      const calls = store.calls
      assert.deepEqual(await run(), { wanted: 0, downloaded: 0, attached: 0, duplicatesSkipped: 0, failed: 0 })
      for (const key of keys) ledger.pending.add(key)
      const again = await run()

      assert.deepEqual(again, { wanted: 300, downloaded: 0, attached: 0, duplicatesSkipped: 300, failed: 0 })
      assert.equal(server.requests(), 264)
      assert.equal(store.putImages.length, 209)
      assert.equal(store.calls - calls, 2 * 60)
    })
  })

  it('stores one picture under ten names once, and another under the same name beside it (I9, I10)', () =>
    withImagePhase(async ({ server, store, add, run, gallery }) => {
      const names = Array.from({ length: 10 }, (_, index) => `/folder${index}/1.jpg`)
      for (const name of names) server.serve(name, await jpeg(1))
      server.serve('/other/1.jpg', await jpeg(2))
      await add(
        ...names.map((name, index) => product(`p${index}`, [server.url(name)])),
        product('q', [server.url('/other/1.jpg')]),
      )

      const counts = await run()

      assert.equal(store.putImages.length, 2)
      assert.deepEqual(counts, { wanted: 11, downloaded: 11, attached: 11, duplicatesSkipped: 9, failed: 0 })
      assert.deepEqual(await gallery('p7'), [server.url('/folder7/1.jpg')])
      assert.deepEqual(await gallery('q'), [server.url('/other/1.jpg')])
    }))

  it('shows a picture once that a product names under two addresses', () =>
    withImagePhase(async ({ server, ledger, add, run, gallery }) => {
      server.serve('/1.jpg', await jpeg(1))
      server.serve('/copy.jpg', await jpeg(1))
      server.serve('/2.jpg', await jpeg(2))
      await add(product('p', ['/1.jpg', '/copy.jpg', '/2.jpg', '/1.jpg?utm_source=x'].map(server.url)))

      const counts = await run()

      assert.deepEqual(counts, { wanted: 4, downloaded: 3, attached: 2, duplicatesSkipped: 2, failed: 0 })
      assert.deepEqual(await gallery('p'), [server.url('/1.jpg'), server.url('/2.jpg')])
      assert.equal(ledger.pending.size, 0)
    }))

  it('asks once for an address that many products want at the same time, also in vain', () =>
    withImagePhase(async ({ server, add, run }) => {
      server.serve('/shared.jpg', await jpeg(1))
      const keys = Array.from({ length: 150 }, (_, index) => `p${index}`)
      await add(...keys.map((key) => product(key, [server.url('/shared.jpg'), server.url('/gone.jpg')])))

      const counts = await run()

      assert.deepEqual(counts, { wanted: 300, downloaded: 1, attached: 150, duplicatesSkipped: 149, failed: 150 })
      assert.equal(server.requests('/shared.jpg'), 1)
      assert.equal(server.requests('/gone.jpg'), 1)
    }))

  it('asks for the next picture before it makes anything of the one that came', () =>
    withImagePhase(async ({ add, run }) => {
      const urls = ['/1.jpg', '/2.jpg'].map((path) => `https://pictures.example.com${path}`)
      await add(product('p', urls))
      const pictures = [await jpeg(1), await jpeg(2)]
      const steps: string[] = []
      const download: Download = async () => {
        // An HTTP client has some to do until its request is sent; none of it takes a turn of the event loop.
        for (let step = 0; step < 200; step += 1) await null
        steps.push('asked')
        const content = pictures.shift() ?? Buffer.alloc(0)
        const sha256 = createHash('sha256').update(content).digest('hex')
        const validators = { etag: null, lastModified: null }
        return { ok: true, sha256, bytes: content.length, content, validators, dispose: async () => {} }
      }
      const decode: Decode = (content) => {
        steps.push('decoded')
        return decodeHere(content)
      }

      await run({ concurrency: { downloads: 1 }, download, decode })

      assert.deepEqual(steps, ['asked', 'asked', 'decoded', 'decoded'])
    }))

  it('attaches what can be had, in the order of the feed, and tries the rest on a later run (I12)', () =>
    withImagePhase(async ({ clock, server, ledger, add, run, gallery, events }) => {
      for (const number of [1, 3]) server.serve(`/${number}.jpg`, await jpeg(number))
      const wanted = ['/1.jpg', '/2.jpg', '/3.jpg'].map(server.url)
      await add(product('p', wanted))

      const first = await run()

      assert.deepEqual(first, { wanted: 3, downloaded: 2, attached: 2, duplicatesSkipped: 0, failed: 1 })
      assert.deepEqual(await gallery('p'), [wanted[0], wanted[2]])
      assert.deepEqual(await failedWith(ledger, wanted), [undefined, 'http_404', undefined])
      assert.deepEqual([...ledger.pending], ['p'])
      assert.deepEqual(
        events.flatMap((event) => (event.type === 'image' ? [[event.outcome, event.reason]] : [])),
        [
          ['downloaded', undefined],
          ['failed', 'the server answered with status 404'],
          ['downloaded', undefined],
        ],
      )

      server.serve('/2.jpg', await jpeg(2))
      clock.advance(failureTtlMinMs - 1)
      const soon = await run()

      assert.deepEqual(soon, { wanted: 3, downloaded: 0, attached: 0, duplicatesSkipped: 2, failed: 1 })
      assert.equal(server.requests(), 3)
      clock.advance(1)
      const second = await run()

      assert.deepEqual(second, { wanted: 3, downloaded: 1, attached: 1, duplicatesSkipped: 2, failed: 0 })
      assert.deepEqual(await gallery('p'), wanted)
      assert.equal(ledger.pending.size, 0)
      assert.equal(server.requests(), 4)
    }))

  it('asks again at once for what failed for good when told to, and for what may be over on every run', () =>
    withImagePhase(async ({ server, ledger, add, run }) => {
      server.serve('/busy.jpg', { kind: 'status', status: 503 })
      await add(product('p', ['/gone.jpg', '/busy.jpg'].map(server.url)))
      await run()
      const asked = () => [server.requests('/gone.jpg') - 1, server.requests('/busy.jpg')]
      const [, busy = 0] = asked()

      await run()
      assert.deepEqual(asked(), [0, 2 * busy])
      for (const path of ['/gone.jpg', '/busy.jpg']) server.serve(path, await jpeg(1))
      const { failed } = await run({ retryFailed: true })

      assert.deepEqual([failed, ledger.pending.size], [0, 0])
    }))

  it('takes no page, empty file, bomb or SVG for a picture, and goes on (I1, I2, I3, I7)', () =>
    withImagePhase(async ({ server, ledger, add, run, gallery }) => {
      server.serve('/page.jpg', { kind: 'body', type: 'image/jpeg', body: '<!DOCTYPE html><p>Please log in</p>' })
      server.serve('/empty.jpg', Buffer.alloc(0))
      server.serve('/bomb.png', await pixelBomb())
      server.serve('/drawing.svg', { kind: 'body', type: 'image/svg+xml', body: '<svg onload="x()"/>' })
      server.serve('/cut.jpg', (await jpeg(5, { width: 300, height: 300 })).subarray(0, 900))
      server.serve('/fine.txt', { kind: 'body', type: 'text/plain', body: await jpeg(1) })
      const wanted = ['/page.jpg', '/empty.jpg', '/bomb.png', '/drawing.svg', '/cut.jpg', '/fine.txt'].map(server.url)
      await add(product('p', [...wanted, 'data:image/gif;base64,R0', '../../secret.jpg']))

      const counts = await run()

      assert.deepEqual(counts, { wanted: 8, downloaded: 6, attached: 1, duplicatesSkipped: 0, failed: 7 })
      assert.deepEqual(await gallery('p'), [wanted[5]])
      assert.deepEqual(await failedWith(ledger, wanted), [
        'not_an_image',
        'not_an_image',
        'too_many_pixels',
        'svg_refused',
        'not_an_image',
        undefined,
      ])
    }))

  it('gives variants their images, shared with the product where the feed shares them', () =>
    withImagePhase(async ({ server, store, storeId, add, run, gallery }) => {
      for (const number of [1, 2]) server.serve(`/${number}.jpg`, await jpeg(number))
      const [one, two] = [server.url('/1.jpg'), server.url('/2.jpg')]
      const variant = (key: string, url: string) => ({ key, options: [['Color', key]] as const, image: { url } })
      await add({
        key: 'p',
        images: [{ url: one, alt: 'front' }],
        variants: [variant('red', one), variant('blue', two)],
      })

      const counts = await run()

      assert.deepEqual(counts, { wanted: 3, downloaded: 2, attached: 3, duplicatesSkipped: 1, failed: 0 })
      assert.deepEqual(await gallery('p'), [one])
      const { variants } = await store.imagesOf(storeId('p'))
      assert.deepEqual(
        [...variants].map(([key, { originalUrl }]) => [key, originalUrl]),
        [
          ['red', one],
          ['blue', two],
        ],
      )
    }))

  it('keeps an image that the feed no longer names, behind those it names', () =>
    withImagePhase(async ({ server, add, run, gallery }) => {
      for (const number of [1, 2, 3]) server.serve(`/${number}.jpg`, await jpeg(number))
      const [one, two, three] = ['/1.jpg', '/2.jpg', '/3.jpg'].map(server.url)
      await add(product('p', [one ?? '', two ?? '']))
      await run()
      await add(product('p', [three ?? '', two ?? '']))

      const counts = await run()

      assert.deepEqual(counts, { wanted: 2, downloaded: 1, attached: 1, duplicatesSkipped: 1, failed: 0 })
      assert.deepEqual(await gallery('p'), [three, two, one])
    }))

  it('writes nothing when an address only gets another tracking parameter', () =>
    withImagePhase(async ({ server, add, run, gallery }) => {
      server.serve('/1.jpg', await jpeg(1))
      await add(product('p', [server.url('/1.jpg?utm_campaign=monday')]))
      await run()
      await add(product('p', [server.url('/1.jpg?utm_campaign=tuesday')]))

      const counts = await run()

      assert.deepEqual(counts, { wanted: 1, downloaded: 0, attached: 0, duplicatesSkipped: 1, failed: 0 })
      assert.deepEqual(await gallery('p'), [server.url('/1.jpg?utm_campaign=monday')])
      assert.equal(server.requests(), 1)
    }))

  it('brings back an image that the store has lost', () =>
    withImagePhase(async ({ server, store, storeId, ledger, add, run, gallery }) => {
      server.serve('/1.jpg', await jpeg(1))
      await add(product('p', [server.url('/1.jpg')]), product('q', [server.url('/1.jpg')]))
      await run()
      const [image] = (await store.imagesOf(storeId('p'))).gallery
      store.loseImage(image?.id ?? '')
      for (const key of ['p', 'q']) ledger.pending.add(key)

      const counts = await run()

      assert.deepEqual(counts, { wanted: 2, downloaded: 1, attached: 2, duplicatesSkipped: 1, failed: 0 })
      assert.deepEqual(await gallery('q'), [server.url('/1.jpg')])
      assert.equal(server.requests(), 2)
    }))

  it('notices a changed picture behind its address when asked to, and puts it in the place of the old one', () =>
    withImagePhase(async ({ server, store, ledger, add, run, gallery }) => {
      for (const number of [1, 2]) server.serve(`/${number}.jpg`, await jpeg(number))
      const wanted = ['/1.jpg', '/2.jpg'].map(server.url)
      await add(product('p', wanted))
      await run()
      server.serve('/1.jpg', await jpeg(7))
      server.serve('/2.jpg', { kind: 'status', status: 404 })
      ledger.pending.add('p')

      const counts = await run({ refresh: true })

      assert.deepEqual(counts, { wanted: 2, downloaded: 1, attached: 1, duplicatesSkipped: 0, failed: 1 })
      assert.deepEqual(await gallery('p'), wanted)
      assert.equal(store.putImages.length, 3)
    }))

  it('asks only whether known pictures have changed, and puts one that has in its place everywhere', () =>
    withImagePhase(async ({ server, store, ledger, storeId, events, add, run, gallery }) => {
      for (const number of [1, 2, 3]) {
        server.serve(`/${number}.jpg`, { kind: 'tagged', body: await jpeg(number), etag: `"${number}"` })
      }
      const [one, two, three] = ['/1.jpg', '/2.jpg', '/3.jpg'].map(server.url) as [string, string, string]
      const variant = { key: 'red', options: [['Color', 'red']] as const, image: { url: two } }
      await add(product('p', [one, two]), { key: 'q', images: [{ url: two }, { url: three }], variants: [variant] })
      await run()
      const before = await store.imagesOf(storeId('q'))
      server.serve('/2.jpg', { kind: 'tagged', body: await jpeg(7), etag: '"7"' })
      for (const key of ['p', 'q']) ledger.pending.add(key)
      const seen = events.length

      const counts = await run({ refresh: true })

      assert.deepEqual(counts, { wanted: 5, downloaded: 1, attached: 3, duplicatesSkipped: 4, failed: 0 })
      assert.deepEqual([server.requests() - 3, server.notModified()], [3, 2])
      assert.deepEqual(await gallery('p'), [one, two])
      assert.deepEqual(await gallery('q'), [two, three])
      const after = await store.imagesOf(storeId('q'))
      assert.notEqual(after.gallery[0]?.id, before.gallery[0]?.id)
      assert.equal(after.variants.get('red')?.id, after.gallery[0]?.id)
      assert.deepEqual(
        events
          .slice(seen)
          .flatMap((event) => (event.type === 'image' ? [event.outcome] : []))
          .sort(),
        ['downloaded', 'duplicate', 'duplicate', 'kept', 'kept'],
      )

      for (const key of ['p', 'q']) ledger.pending.add(key)
      const written = store.imagesSet
      assert.equal((await run({ refresh: true })).downloaded, 0)
      assert.deepEqual([server.requests(), server.notModified()], [9, 5])
      assert.equal(store.imagesSet - written, 2, 'asked twice, and found nothing to write')
    }))

  it('finds out by the bytes what a server cannot tell: the same are nothing new', () =>
    withImagePhase(async ({ server, store, ledger, add, run }) => {
      server.serve('/1.jpg', await jpeg(1))
      await add(product('p', [server.url('/1.jpg')]))
      await run()
      ledger.pending.add('p')

      const counts = await run({ refresh: true })

      assert.deepEqual(counts, { wanted: 1, downloaded: 1, attached: 0, duplicatesSkipped: 1, failed: 0 })
      assert.equal(store.putImages.length, 1)
    }))

  it('gives a product that was not reached the changed picture on a later run, without asking again', () =>
    withImagePhase(async ({ server, store, ledger, storeId, add, run }) => {
      server.serve('/1.jpg', await jpeg(1))
      await add(product('p', [server.url('/1.jpg')]), product('q', [server.url('/1.jpg')]))
      await run()
      server.serve('/1.jpg', await jpeg(7))
      ledger.pending.add('p')
      await run({ refresh: true })
      ledger.pending.add('q')
      const asked = server.requests()

      await run()

      const [p, q] = [await store.imagesOf(storeId('p')), await store.imagesOf(storeId('q'))]
      assert.equal(q.gallery[0]?.id, p.gallery[0]?.id)
      assert.equal(q.gallery.length, 1)
      assert.equal(server.requests(), asked)
    }))

  it('reads pictures beside the feed', () =>
    withImagePhase(async ({ dir, server, add, run, gallery }) => {
      await mkdir(join(dir, 'feed', 'img'))
      await writeFile(join(dir, 'feed', 'img', '1.jpg'), await jpeg(1))
      await add(product('p', ['./img/1.jpg', 'img/missing.jpg']))

      const counts = await run()

      assert.deepEqual(counts, { wanted: 2, downloaded: 1, attached: 1, duplicatesSkipped: 0, failed: 1 })
      assert.deepEqual(await gallery('p'), ['./img/1.jpg'])
      assert.equal(server.requests(), 0)
    }))

  it('names files by their bytes, never by what an address says (I8)', () =>
    withImagePhase(async ({ server, store, add, run }) => {
      const names = ['/%2e%2e%2fx', '/C:%5Cx', '/a%00.php', `/${'n'.repeat(300)}.jpg`, '/CON']
      for (const [number, name] of names.entries()) server.serve(name, await jpeg(number))
      await add(product('p', names.map(server.url)))

      await run()

      assert.equal(store.putImages.length, names.length)
      for (const { path } of store.putImages) assert.match(path, /\/state\/tmp\/image-[0-9a-f-]{36}\.tmp$/)
    }))

  it('stops asking a host that fails time after time', () =>
    withImagePhase(async ({ server, add, run }) => {
      const paths = Array.from({ length: 60 }, (_, index) => `/${index}.jpg`)
      for (const path of paths) server.serve(path, { kind: 'status', status: 503 })
      await add(...paths.map((path, index) => product(`p${String(index).padStart(2, '0')}`, [server.url(path)])))

      const counts = await run({ concurrency: { downloads: 1 } })

      assert.deepEqual(counts, { wanted: 60, downloaded: 0, attached: 0, duplicatesSkipped: 0, failed: 60 })
      assert.equal(server.requests(), 20, 'ten pictures, each tried twice')
    }))

  it('finishes a product that wants no images, and leaves its images alone', () =>
    withImagePhase(async ({ ledger, store, add, run }) => {
      await add(product('p', []))

      const counts = await run()

      assert.equal(counts.wanted, 0)
      assert.equal(ledger.pending.size, 0)
      assert.equal(store.imagesSet, 0)
    }))

  it('fails the images of a product that the store has lost, and goes on', () =>
    withImagePhase(async ({ server, ledger, store, storeId, add, run, gallery }) => {
      server.serve('/1.jpg', await jpeg(1))
      await add(product('p', [server.url('/1.jpg')]), product('q', [server.url('/1.jpg')]))
      await store.retire({
        jobId: 1,
        token: 1,
        wholesaler: 'aren',
        products: [{ key: 'p', storeId: storeId('p') }],
        how: 'delete',
      })

      const counts = await run()

      assert.equal(counts.failed, 1)
      assert.deepEqual([...ledger.pending], ['p'])
      assert.deepEqual(await gallery('q'), [server.url('/1.jpg')])
    }))

  it('loses no run to an image that another import deletes before it is attached (I17)', () =>
    withImagePhase(async ({ server, store, ledger, add, run, gallery }) => {
      for (const number of [1, 2]) server.serve(`/${number}.jpg`, await jpeg(number))
      await add(product('p', [server.url('/1.jpg'), server.url('/2.jpg')]), product('q', [server.url('/2.jpg')]))
      const setImages = store.setImages.bind(store)
      store.setImages = async (writer, id, images) => {
        const [first] = images.gallery
        if (images.gallery.length === 2 && first !== undefined) {
          store.setImages = setImages
          store.loseImage(first.imageId)
        }
        return setImages(writer, id, images)
      }

      const counts = await run()
      assert.deepEqual([counts.attached, counts.failed, [...ledger.pending]], [1, 1, ['p']])
      await run()

      assert.deepEqual(await gallery('p'), [server.url('/1.jpg'), server.url('/2.jpg')])
      assert.deepEqual([server.requests('/1.jpg'), server.requests('/2.jpg')], [2, 1])
    }))

  it('stops between images when told to, and goes on later without fetching anything twice', () =>
    withImagePhase(async ({ dir, server, ledger, store, add, run, gallery }) => {
      const numbers = Array.from({ length: 40 }, (_, index) => index)
      const abort = new AbortController()
      for (const number of numbers) {
        const picture = await jpeg(number)
        server.serve(`/${number}.jpg`, () => {
          if (server.requests() === 20) abort.abort(new WholesalerError({ kind: 'interrupted', message: 'stop' }))
          return picture
        })
      }
      const keys = numbers.map((number) => `p${String(number).padStart(2, '0')}`)
      await add(...keys.map((key, number) => product(key, [server.url(`/${number}.jpg`)])))

      await assert.rejects(run({ signal: abort.signal, concurrency: { downloads: 2 } }), { kind: 'interrupted' })

      const stored = store.putImages.length
      assert.ok(stored > 0 && stored < 40)
      assert.equal(await ledger.images.count(), stored)
      assert.deepEqual(await readdir(join(dir, 'state', 'tmp')), [])
      const before = server.requests()
      await run()
      assert.equal(server.requests() - before, 40 - stored)
      assert.equal(store.putImages.length, 40)
      assert.equal(ledger.pending.size, 0)
      assert.deepEqual(await gallery('p07'), [server.url('/7.jpg')])
    }))

  for (const [kind, method] of [
    ['lease_lost', 'setImages'],
    ['disk_full', 'putImage'],
  ] as const) {
    it(`stops the phase at ${kind}, and leaves nothing behind`, () =>
      withImagePhase(async ({ dir, server, store, ledger, add, run }) => {
        const numbers = Array.from({ length: 50 }, (_, index) => index)
        for (const number of numbers) server.serve(`/${number}.jpg`, await jpeg(number))
        await add(...numbers.map((number) => product(`p${number}`, [server.url(`/${number}.jpg`)])))
        Object.assign(store, { [method]: () => Promise.reject(new WholesalerError({ kind, message: 'no more' })) })

        await assert.rejects(run({ concurrency: { downloads: 2 } }), { kind })

        assert.equal(ledger.pending.size, 50)
        assert.ok(server.requests() < 50)
        assert.deepEqual(await readdir(join(dir, 'state', 'tmp')), [])
      }))
  }

  it('ends early, in good order, when its time is over', () =>
    withImagePhase(async ({ server, ledger, add, run }) => {
      server.serve('/1.jpg', await jpeg(1))
      await add(...['a', 'b', 'c'].map((key) => product(key, [server.url('/1.jpg')])))
      let asked = 0

      const counts = await run({ outOfTime: () => ++asked > 2 })

      assert.equal(counts.wanted, 2)
      assert.deepEqual([...ledger.pending], ['c'])
    }))
})
