import assert from 'node:assert/strict'
import {
  aren,
  imagesPending,
  importAll,
  libraryImage,
  newWriter,
  pending,
  row,
  stage,
  type WithLedger,
} from './ledger-fixture.js'

const lamp = libraryImage({ sha256: 'aa', storeId: '1' })
const chair = libraryImage({ sha256: 'bb', storeId: '2', extension: 'png', perceptualHash: null, recipe: 0 })

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
            given: [],
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
      'are looked at once more when the feed names none any more, as long as the product was given some',
      withLedger(async ({ ledger }) => {
        await stage(ledger, [row('a', { images: ['1.jpg'] }), row('b', { images: ['1.jpg'] })])
        const writer = await importAll(ledger)
        await ledger.noteGivenImages(writer, aren, 'a', ['mark1', 'mark2'])
        for (const key of ['a', 'b']) await ledger.finishImages(writer, aren, key, 'images 1.jpg')

        await stage(ledger, [row('a'), row('b')])
        const next = await importAll(ledger)

        const pending = await ledger.pendingImages(aren, { size: 9, after: null })
        assert.deepEqual(
          pending.map(({ key, given }) => [key, given]),
          [['a', ['mark1', 'mark2']]],
        )
        await ledger.noteGivenImages(next, aren, 'a', [])
        await ledger.finishImages(next, aren, 'a', pending[0]?.imagesFingerprint ?? '')
        assert.deepEqual(await imagesPending(ledger), [])
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
      'can be asked for by key: which product of the store, which images are done, what the feed names now',
      withLedger(async ({ ledger }) => {
        await stage(ledger, [row('a', { images: ['1.jpg'] }), row('b', { images: ['2.jpg'] })])
        const writer = await importAll(ledger)
        await ledger.finishImages(writer, aren, 'a', 'images 1.jpg')
        await stage(ledger, [row('a', { images: ['1.jpg', '9.jpg'] }), row('c')])

        assert.deepEqual(
          [...(await ledger.imageStates(aren, ['a', 'b', 'c', 'd']))],
          [
            ['a', { storeId: 'id of a', done: 'images 1.jpg' }],
            ['b', { storeId: 'id of b', done: null }],
          ],
        )
        assert.deepEqual((await ledger.stagedProduct(aren, 'a'))?.images, [{ url: '1.jpg' }, { url: '9.jpg' }])
        assert.deepEqual(
          [await ledger.stagedProduct(aren, 'b'), await ledger.stagedProduct('nobody', 'a')],
          [null, null],
        )
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
      'counts the failures of a URL until it succeeds, and knows since when it fails in this way',
      withLedger(async ({ ledger: { images }, clock }) => {
        const url = 'https://a/1.jpg'
        await images.recordFailure(url, { code: 'timeout', reason: 'no answer' })
        clock.advance(5)
        await images.recordFailure(url, { code: 'http_404', reason: 'gone' })
        const firstFailedAt = clock.now()
        clock.advance(7)
        await images.recordFailure(url, { code: 'http_404', reason: 'still gone' })

        const failed = (await images.failures([url, 'https://b/2.jpg'])).get(url)
        await images.record(url, lamp)

        assert.deepEqual(failed, {
          url,
          code: 'http_404',
          reason: 'still gone',
          failedAt: clock.now(),
          firstFailedAt,
          times: 3,
        })
        assert.equal((await images.failures([url])).size, 0)
      }),
    )

    it(
      'keeps what a server said about a URL as long as its bytes are the same',
      withLedger(async ({ ledger: { images } }) => {
        const [url, other] = ['https://a/1.jpg', 'https://a/2.jpg']
        const said = { etag: '"v1"', lastModified: 'Mon, 05 Jan 2026 10:00:00 GMT' }
        const heard = async () => [...(await images.validators([url, other, 'https://a/3.jpg']))]
        await images.record(url, lamp, said)
        await images.record(other, lamp)

        assert.deepEqual(await heard(), [
          [url, said],
          [other, { etag: null, lastModified: null }],
        ])
        await images.record(url, lamp)
        assert.deepEqual((await heard())[0], [url, said])
        await images.record(url, lamp, { etag: null, lastModified: null })
        await images.record(other, lamp, said)
        await images.record(other, chair)

        assert.deepEqual(await heard(), [
          [url, { etag: null, lastModified: null }],
          [other, { etag: null, lastModified: null }],
        ])
      }),
    )

    it(
      'knows since when and until when bytes were found behind a URL',
      withLedger(async ({ ledger: { images }, clock }) => {
        const url = 'https://a/1.jpg'
        const seen = async () => {
          const entries = await images.entries({ size: 9, after: null })
          return entries.flatMap(({ sha256, urls }) =>
            urls.map((at) => [sha256, at.firstSeenAt, at.lastSeenAt, at.etag]),
          )
        }
        const start = clock.now()
        await images.record(url, lamp, { etag: '"v1"', lastModified: null })
        clock.advance(10)
        await images.recordFailure(url, { code: 'timeout', reason: 'no answer' })
        await images.confirm(url)
        await images.confirm('https://a/unknown.jpg', { etag: '"v9"', lastModified: null })

        assert.deepEqual(await seen(), [['aa', start, start + 10, '"v1"']])
        assert.equal((await images.failures([url])).size, 0)
        clock.advance(10)
        await images.record(url, lamp)
        await images.confirm(url, { etag: '"v2"', lastModified: null })
        assert.deepEqual(await seen(), [['aa', start, start + 20, '"v2"']])
        clock.advance(10)
        await images.record(url, chair)
        assert.deepEqual(await seen(), [['bb', start + 30, start + 30, null]])
      }),
    )

    it(
      'takes over what a store knows, and nothing that it knows better itself',
      withLedger(async ({ ledger: { images } }) => {
        await images.record('https://a/1.jpg', lamp)

        const added = await images.adopt({ ...lamp, recipe: 0 }, ['https://a/1.jpg', 'https://b/2.jpg'])
        const other = await images.adopt(chair, ['https://b/2.jpg', 'https://c/3.png', 'https://c/3.png'])
        const none = await images.adopt(chair, [])

        assert.deepEqual([added, other, none], [1, 1, 0])
        const entries = await images.entries({ size: 9, after: null })
        assert.deepEqual(
          entries.map(({ sha256, recipe, urls }) => [sha256, recipe, urls.map(({ url }) => url)]),
          [
            ['aa', 1, ['https://a/1.jpg', 'https://b/2.jpg']],
            ['bb', 0, ['https://c/3.png']],
          ],
        )
        assert.equal(entries[1]?.urls[0]?.firstSeenAt, null)
      }),
    )

    it(
      'lists its images page by page, each with its URLs, also those that no URL leads to',
      withLedger(async ({ ledger: { images }, otherShop }) => {
        await otherShop.images.record('https://a/1.jpg', libraryImage({ sha256: 'ab' }))
        await images.record('https://c/3.png', chair)
        await images.record('https://b/2.jpg', lamp)
        await images.record('https://a/1.jpg', lamp)
        await images.record('https://c/3.png', lamp)

        const [first, ...rest] = await images.entries({ size: 1, after: null })
        const next = await images.entries({ size: 9, after: 'aa' })

        assert.deepEqual(
          { ...first, urls: first?.urls.map(({ url }) => url) },
          {
            ...lamp,
            urls: ['https://a/1.jpg', 'https://b/2.jpg', 'https://c/3.png'],
          },
        )
        assert.deepEqual([rest, next], [[], [{ ...chair, urls: [] }]])
      }),
    )

    it(
      'gives another image for bytes that were merged with it, by URL and by bytes, and can be told more later',
      withLedger(async ({ ledger: { images } }) => {
        await images.record('https://a/1.jpg', lamp)
        await images.record('https://c/3.png', chair)

        await images.redirect(['bb', 'unknown'], '1')
        await images.describe('bb', { perceptualHash: '0123456789abcdef', recipe: 2 })
        await images.describe('unknown', { recipe: 2 })

        const merged = { ...chair, storeId: '1', perceptualHash: '0123456789abcdef', recipe: 2 }
        assert.deepEqual(await images.findByHash('bb'), merged)
        assert.deepEqual((await images.findByUrl(['https://c/3.png'])).get('https://c/3.png'), merged)
        assert.deepEqual(await images.findByHash('aa'), lamp)
        assert.equal(await images.count(), 2)
      }),
    )
  })
}
