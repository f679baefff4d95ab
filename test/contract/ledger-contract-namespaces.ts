import assert from 'node:assert/strict'
import {
  aren,
  claim,
  imagesPending,
  importAll,
  libraryImage,
  newWriter,
  pending,
  row,
  rows,
  stage,
  type WithLedger,
} from './ledger-fixture.js'

/** Numbers, names, and which shop sees what. */
export function namespaceContract(withLedger: WithLedger): void {
  describe('numbers', () => {
    it(
      'never decrease',
      withLedger(async ({ ledger }) => {
        const first = await ledger.nextNumber()
        await ledger.raiseNumber(first + 40)
        const raised = await ledger.nextNumber()
        await ledger.raiseNumber(3)

        assert.ok(first >= 1)
        assert.equal(raised, first + 41)
        assert.equal(await ledger.nextNumber(), raised + 1)
      }),
    )
  })

  describe('wholesalers', () => {
    it(
      'are unknown until they are added, and then have staged nothing',
      withLedger(async ({ ledger }) => {
        assert.equal(await ledger.wholesaler('outlet'), null)

        const state = await ledger.addWholesaler('outlet', '/feeds')

        assert.deepEqual(state, { name: 'outlet', origin: '/feeds', current: null, lastComplete: null })
        assert.deepEqual(await ledger.wholesaler('outlet'), state)
        assert.equal(await ledger.countPending('unknown', { updateExisting: true }), 0)
      }),
    )

    it(
      'keep the origin they were first used for',
      withLedger(async ({ ledger }) => {
        await ledger.addWholesaler('outlet', '/feeds')

        assert.equal((await ledger.addWholesaler('outlet', '/elsewhere')).origin, '/feeds')
        assert.equal((await ledger.addWholesaler('outlet', null)).origin, '/feeds')
        assert.equal((await ledger.wholesalers()).length, 2)
      }),
    )

    for (const name of ['__proto__', 'constructor', '😀 Größe', "O'Neill; DROP TABLE staged", ' ', '../x']) {
      it(
        `may be called ${JSON.stringify(name)}, and so may products`,
        withLedger(async ({ ledger }) => {
          await ledger.addWholesaler(name, null)
          await stage(ledger, rows(name, 'plain'), { wholesaler: name })

          const writer = await newWriter(ledger)
          const batch = await claim(ledger, writer, { wholesaler: name })

          assert.equal(batch?.wholesaler, name)
          assert.deepEqual(
            batch?.items.map(({ key, product }) => [key, product.key]),
            [
              [name, name],
              ['plain', 'plain'],
            ],
          )
          assert.equal(await pending(ledger), 0)
        }),
      )
    }

    it(
      'know what was staged last, and how large the last complete feed was',
      withLedger(async ({ ledger, clock }) => {
        await stage(ledger, rows('a', 'b'))
        clock.advance(1000)
        await stage(ledger, rows('a'), { complete: false })

        const state = await ledger.wholesaler(aren)

        assert.equal(state?.current?.complete, false)
        assert.equal(state?.current?.stagedAt, clock.now())
        assert.equal(state?.current?.mappingDigest, 'digest')
        assert.equal(state?.current?.feed.source, 'feed.csv')
        assert.deepEqual(state?.lastComplete, { records: 3, products: 3, figures: null })
      }),
    )

    it(
      'take a new stamp of an unchanged source',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a'))
        const stamp = { file: null, etag: '"2"', lastModified: 'today' }

        await ledger.touchSnapshot(aren, stamp)

        assert.deepEqual((await ledger.wholesaler(aren))?.current?.stamp, stamp)
        assert.equal(await pending(ledger), 1)
      }),
    )
  })

  describe('two shops', () => {
    it(
      'see nothing of each other',
      withLedger(async ({ ledger, otherShop }) => {
        await stage(ledger, [row('a', { images: ['1.jpg'] }), row('b')])
        const writer = await importAll(ledger)
        const image = libraryImage({ sha256: 'x', storeId: '7' })
        await ledger.images.record('https://example.com/1.jpg', image)
        await ledger.images.recordFailure('https://example.com/2.jpg', { code: 'http_404', reason: 'gone' })

        assert.equal(await otherShop.wholesaler(aren), null)
        await otherShop.addWholesaler(aren, null)
        assert.deepEqual(await otherShop.imported(aren, { size: 10, after: null }), [])
        assert.deepEqual(await imagesPending(otherShop), [])
        assert.equal((await otherShop.jobCounts(writer.jobId)).batches, 0)
        assert.equal(await otherShop.images.count(), 0)
        assert.equal(await otherShop.images.findByHash('x'), null)
        assert.equal((await otherShop.images.failures(['https://example.com/2.jpg'])).size, 0)
        assert.deepEqual(await stage(otherShop, rows('a')), { new: 1, changed: 0, unchanged: 0, missing: 0 })
        assert.equal(await pending(ledger), 0)
      }),
    )
  })
}
