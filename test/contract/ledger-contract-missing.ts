import assert from 'node:assert/strict'
import { missingApartMs } from '../../src/core/missing-policy.js'
import { toStagedChunk } from '../../src/core/product/fingerprint.js'
import {
  aren,
  commitOf,
  importAll,
  keysOf,
  newWriter,
  peek,
  pending,
  row,
  rows,
  stage,
  takeOver,
  type WithLedger,
} from './ledger-fixture.js'

const stamp = { file: 'file', etag: null, lastModified: null }

export function missingContract(withLedger: WithLedger): void {
  describe('products that left the feed', () => {
    it(
      'are due when two complete fetches an hour apart lacked them, and not before',
      withLedger(async ({ ledger, clock }) => {
        await stage(ledger, rows('a', 'b', 'c'))
        await importAll(ledger)
        await stage(ledger, rows('a'))
        assert.equal(await ledger.countDue(aren, 'draft'), 0)

        clock.advance(missingApartMs - 1)
        await ledger.touchSnapshot(aren, stamp)
        assert.equal(await ledger.countDue(aren, 'draft'), 0)
        clock.advance(1)
        assert.equal(await ledger.countDue(aren, 'draft'), 0, 'time alone is no fetch')
        await ledger.touchSnapshot(aren, stamp)

        assert.equal(await ledger.countDue(aren, 'draft'), 2)
        assert.deepEqual(await ledger.dueProducts(aren, { how: 'draft', size: 1 }), [{ key: 'b', storeId: 'id of b' }])
      }),
    )

    it(
      'are not due by a fetch that was not complete, and start anew when one had them in between',
      withLedger(async ({ ledger, clock }) => {
        await stage(ledger, rows('a', 'b'))
        await importAll(ledger)
        await stage(ledger, rows('a'))
        clock.advance(missingApartMs)
        await stage(ledger, rows('a'), { complete: false })
        assert.equal(await ledger.countDue(aren, 'draft'), 0)

        await stage(ledger, rows('a', 'b'))
        await stage(ledger, rows('a'))
        assert.equal(await ledger.countDue(aren, 'draft'), 0)
        clock.advance(missingApartMs)
        await stage(ledger, rows('a'))
        assert.equal(await ledger.countDue(aren, 'draft'), 1)
      }),
    )

    it(
      'are not among the offers that changed, of which some are shown with what they were',
      withLedger(async ({ ledger }) => {
        await stage(ledger, [row('a'), row('b'), row('c'), row('d')])
        await importAll(ledger)
        const staging = await ledger.beginStaging(aren)
        await staging.write(toStagedChunk([row('a'), row('b', { price: 2 }), row('c', { name: 'C' }), row('e')]))

        const { total, sample } = await staging.changedOffers(10)

        assert.equal(total, 1)
        assert.deepEqual(
          sample.map((pair) => pair.map(({ key }) => key)),
          [['b', 'b']],
        )
        await staging.abort()
      }),
    )

    it(
      'leave figures behind: those of the last complete snapshot',
      withLedger(async ({ ledger }) => {
        const figures = { mapping: 'm', withImage: 1, inStock: 2, columns: ['sku'], fields: [] }
        const commit = async (complete: boolean, some: typeof figures) => {
          const staging = await ledger.beginStaging(aren)
          await staging.commit(commitOf(complete), some)
        }
        await commit(true, figures)
        await commit(false, { ...figures, withImage: 9 })

        assert.deepEqual((await ledger.wholesaler(aren))?.lastComplete, { records: 3, products: 3, figures })
      }),
    )

    it(
      'are told before a snapshot is current, for dry runs',
      withLedger(async ({ ledger, clock }) => {
        await stage(ledger, rows('a', 'b', 'c'))
        await importAll(ledger)
        await stage(ledger, rows('a'))
        clock.advance(missingApartMs)

        const staging = await ledger.beginStaging(aren)
        await staging.write(toStagedChunk(rows('a', 'c')))
        assert.equal(await staging.countDue('delete'), 1)
        await staging.abort()
        assert.equal(await ledger.countDue(aren, 'delete'), 0)
      }),
    )

    it(
      'are not missing when the feed has them in a record that was rejected',
      withLedger(async ({ ledger, clock }) => {
        await stage(ledger, rows('a', 'b', 'c'))
        await importAll(ledger)
        for (let fetch = 0; fetch < 2; fetch += 1) {
          const staging = await ledger.beginStaging(aren)
          await staging.write(toStagedChunk(rows('a')))
          await staging.noteRejected(['b', 'b'])
          assert.equal((await staging.preview()).missing, 1)
          assert.equal((await staging.commit(commitOf())).missing, 1)
          clock.advance(missingApartMs)
        }

        assert.deepEqual(keysOf({ items: await ledger.dueProducts(aren, { how: 'draft', size: 9 }) }), ['c'])
      }),
    )

    it(
      'are due no more when they are retired, and pending when they come back unchanged',
      withLedger(async ({ ledger, clock }) => {
        await stage(ledger, rows('a', 'b', 'c'))
        await importAll(ledger)
        await stage(ledger, rows('a'))
        clock.advance(missingApartMs)
        await stage(ledger, rows('a'))
        const writer = await newWriter(ledger)

        await ledger.noteRetired(writer, aren, { how: 'draft', keys: ['b'] })
        await ledger.noteRetired(writer, aren, { how: 'draft', keys: ['b'] })

        assert.equal(await ledger.countDue(aren, 'draft'), 1)
        assert.equal(await ledger.countDue(aren, 'delete'), 2, 'another policy has yet to act')
        assert.equal(await ledger.countInSale(aren), 2)
        assert.equal((await ledger.jobCounts(writer.jobId)).retired, 1, 'each counts once')
        assert.deepEqual(await stage(ledger, rows('a', 'b')), { new: 0, changed: 1, unchanged: 1, missing: 1 })
        await importAll(ledger)
        assert.deepEqual([await pending(ledger), await ledger.countInSale(aren)], [0, 3])
      }),
    )

    it(
      'are forgotten when they were deleted: what comes back is new',
      withLedger(async ({ ledger, clock }) => {
        await stage(ledger, rows('a', 'b'))
        await importAll(ledger)
        await stage(ledger, rows('a'))
        clock.advance(missingApartMs)
        await stage(ledger, rows('a'))

        await ledger.noteRetired(await newWriter(ledger), aren, { how: 'delete', keys: ['b', 'a'] })

        assert.equal(await ledger.countMissing(aren), 0)
        assert.equal(await ledger.countInSale(aren), 1, 'what the feed has is not touched')
        await stage(ledger, rows('a', 'b'))
        assert.deepEqual(
          (await peek(ledger))?.items.map(({ key, kind }) => [key, kind]),
          [['b', 'new']],
        )
      }),
    )

    it(
      'are not noted by a writer whose job was taken over',
      withLedger(async ({ ledger, clock }) => {
        await stage(ledger, rows('a', 'b'))
        await importAll(ledger)
        await stage(ledger, rows('a'))
        clock.advance(missingApartMs)
        await stage(ledger, rows('a'))
        const late = await newWriter(ledger)
        await ledger.noteRetired(await takeOver(ledger, late), aren, { how: 'draft', keys: [] })

        await assert.rejects(ledger.noteRetired(late, aren, { how: 'draft', keys: ['b'] }), { kind: 'lease_lost' })

        assert.equal(await ledger.countDue(aren, 'draft'), 1)
      }),
    )
  })
}
