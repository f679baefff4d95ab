import assert from 'node:assert/strict'
import type { LibraryImage } from '../../src/core/images/library.js'
import { aren, imagesPending, importAll, newWriter, pending, row, stage, type WithLedger } from './ledger-fixture.js'

const lamp: LibraryImage = { sha256: 'aa', storeId: '1', extension: 'jpg', width: 10, height: 20, bytes: 300 }
const chair: LibraryImage = { sha256: 'bb', storeId: '2', extension: 'png', width: 1, height: 2, bytes: 3 }

export function imageContract(withLedger: WithLedger): void {
  describe('pending images', () => {
    it(
      'are those of imported products that want images, by key',
      withLedger(async ({ ledger }) => {
        await stage(ledger, [row('c', { images: ['3.jpg'] }), row('a', { images: ['1.jpg'] }), row('b')])
        assert.deepEqual(await imagesPending(ledger), [])

        await importAll(ledger)

        assert.deepEqual(await imagesPending(ledger), ['a', 'c'])
        assert.equal(await ledger.countPendingImages(aren), 2)
        const page = await ledger.pendingImages(aren, { size: 1, after: 'a' })
        assert.deepEqual(page, [
          {
            key: 'c',
            storeId: 'id of c',
            wholesaler: aren,
            imagesFingerprint: 'images 3.jpg',
            product: { key: 'c', name: 'c', options: [], variants: [], images: [{ url: '3.jpg' }] },
          },
        ])
      }),
    )

    it(
      'are done when they are all attached, in the version that was wanted',
      withLedger(async ({ ledger }) => {
        await stage(ledger, [row('a', { images: ['1.jpg'] }), row('b', { images: ['2.jpg'] })])
        const writer = await importAll(ledger)

        await ledger.finishImages(writer, aren, 'a', 'images 1.jpg')
        await ledger.finishImages(writer, aren, 'b', 'images of an earlier version')

        assert.deepEqual(await imagesPending(ledger), ['b'])
      }),
    )

    it(
      'stay pending over runs, also when the feed is unchanged',
      withLedger(async ({ ledger }) => {
        const feed = [row('a', { images: ['1.jpg'] })]
        await stage(ledger, feed)
        await importAll(ledger)
        await stage(ledger, feed)

        assert.equal(await pending(ledger), 0)
        assert.deepEqual(await imagesPending(ledger), ['a'])
      }),
    )

    it(
      'come back when the feed names other images, after the product was imported again',
      withLedger(async ({ ledger }) => {
        await stage(ledger, [row('a', { images: ['1.jpg'] })])
        await ledger.finishImages(await importAll(ledger), aren, 'a', 'images 1.jpg')

        await stage(ledger, [row('a', { images: ['1.jpg', '2.jpg'] })])
        const before = await imagesPending(ledger)
        await importAll(ledger)

        assert.deepEqual(before, [])
        assert.deepEqual(await imagesPending(ledger), ['a'])
      }),
    )

    it(
      'wait for the product while the feed names other images than were imported',
      withLedger(async ({ ledger }) => {
        await stage(ledger, [row('a', { images: ['1.jpg'] })])
        await importAll(ledger)
        await stage(ledger, [row('a', { images: ['2.jpg'] })])

        const before = await ledger.countPendingImages(aren)
        await importAll(ledger)

        assert.equal(before, 0)
        assert.deepEqual(await imagesPending(ledger), ['a'])
      }),
    )

    it(
      'do not come back when only the price has changed',
      withLedger(async ({ ledger }) => {
        await stage(ledger, [row('a', { images: ['1.jpg'] })])
        await ledger.finishImages(await importAll(ledger), aren, 'a', 'images 1.jpg')

        await stage(ledger, [row('a', { images: ['1.jpg'], price: 2 })])
        await importAll(ledger)

        assert.deepEqual(await imagesPending(ledger), [])
      }),
    )

    it(
      'leave out products that the feed no longer has',
      withLedger(async ({ ledger }) => {
        await stage(ledger, [row('a', { images: ['1.jpg'] }), row('b', { images: ['2.jpg'] })])
        await importAll(ledger)

        await stage(ledger, [row('b', { images: ['2.jpg'] })])

        assert.deepEqual(await imagesPending(ledger), ['b'])
      }),
    )

    it(
      'are pending again when the store lost them, or made a new product',
      withLedger(async ({ ledger }) => {
        await stage(ledger, [row('a', { images: ['1.jpg'] }), row('b', { images: ['2.jpg'] })])
        const writer = await importAll(ledger)
        await ledger.finishImages(writer, aren, 'a', 'images 1.jpg')
        await ledger.finishImages(writer, aren, 'b', 'images 2.jpg')

        await ledger.reopen(aren, ['a'], 'images')
        await ledger.reopen(aren, ['b'], 'product')
        const before = await imagesPending(ledger)
        await importAll(ledger, [{ key: 'b', outcome: 'created', storeId: 'another id' }])

        assert.deepEqual(before, ['a'])
        assert.deepEqual(await imagesPending(ledger), ['a', 'b'])
      }),
    )

    it(
      'are none for a product without images, also when it had some',
      withLedger(async ({ ledger }) => {
        await stage(ledger, [row('a', { images: ['1.jpg'] })])
        await importAll(ledger)
        await stage(ledger, [row('a')])
        await importAll(ledger)

        assert.deepEqual(await imagesPending(ledger), [])
      }),
    )

    it(
      'are done by the newest owner of the job only',
      withLedger(async ({ ledger }) => {
        await stage(ledger, [row('a', { images: ['1.jpg'] })])
        await importAll(ledger)
        const late = await newWriter(ledger)
        await ledger.finishImages({ ...late, token: late.token + 1 }, aren, 'a', 'images 1.jpg')

        await assert.rejects(ledger.finishImages(late, aren, 'a', 'images 1.jpg'), { kind: 'lease_lost' })
      }),
    )
  })

  describe('the image library', () => {
    it(
      'finds an image by each of its URLs and by its bytes',
      withLedger(async ({ ledger: { images } }) => {
        await images.record('https://a/1.jpg', lamp)
        await images.record('https://b/2.jpg', lamp)
        await images.record('https://b/2.jpg', lamp)
        await images.record('https://c/3.png', chair)

        const found = await images.findByUrl(['https://b/2.jpg', 'https://c/3.png', 'https://d/4.jpg', '__proto__'])

        assert.deepEqual(
          [...found],
          [
            ['https://b/2.jpg', lamp],
            ['https://c/3.png', chair],
          ],
        )
        assert.deepEqual(await images.findByHash('aa'), lamp)
        assert.equal(await images.findByHash('cc'), null)
        assert.equal(await images.count(), 2)
      }),
    )

    it(
      'follows a URL to its newest bytes',
      withLedger(async ({ ledger: { images } }) => {
        await images.record('https://a/1.jpg', lamp)
        await images.record('https://a/1.jpg', chair)

        assert.deepEqual((await images.findByUrl(['https://a/1.jpg'])).get('https://a/1.jpg'), chair)
        assert.deepEqual(await images.findByHash('aa'), lamp)
      }),
    )

    it(
      'forgets an image that is gone from the store, by all its URLs',
      withLedger(async ({ ledger: { images } }) => {
        await images.record('https://a/1.jpg', lamp)
        await images.record('https://b/2.jpg', lamp)
        await images.record('https://c/3.png', chair)

        await images.forget(['1', '77'])

        assert.equal((await images.findByUrl(['https://a/1.jpg', 'https://b/2.jpg'])).size, 0)
        assert.equal(await images.findByHash('aa'), null)
        assert.equal(await images.count(), 1)
        await images.record('https://b/2.jpg', { ...lamp, storeId: '9' })
        assert.equal((await images.findByUrl(['https://b/2.jpg'])).get('https://b/2.jpg')?.storeId, '9')
      }),
    )

    it(
      'counts the failures of a URL until it succeeds',
      withLedger(async ({ ledger: { images }, clock }) => {
        const url = 'https://a/1.jpg'
        await images.recordFailure(url, { code: 'timeout', reason: 'no answer' })
        clock.advance(5)
        await images.recordFailure(url, { code: 'http_404', reason: 'gone' })

        const failed = (await images.failures([url, 'https://b/2.jpg'])).get(url)
        await images.record(url, lamp)

        assert.deepEqual(failed, { url, code: 'http_404', reason: 'gone', failedAt: clock.now(), times: 2 })
        assert.equal((await images.failures([url])).size, 0)
      }),
    )
  })
}
