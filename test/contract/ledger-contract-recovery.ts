import assert from 'node:assert/strict'
import { toStagedChunk } from '../../src/core/product/fingerprint.js'
import {
  aren,
  claim,
  claimSome,
  finish,
  importAll,
  keysOf,
  newWriter,
  pending,
  row,
  rows,
  stage,
  takeOver,
  type WithLedger,
  written,
} from './ledger-fixture.js'

/** What happens to the work of those who die, and to those who come back from the dead. */
export function recoveryContract(withLedger: WithLedger): void {
  describe('a job that is taken over', () => {
    it(
      'gets the unfinished batch again first, under its old id',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b', 'c', 'd'))
        const dead = await newWriter(ledger)
        await finish(ledger, dead, await claimSome(ledger, dead, { size: 1 }))
        const lost = await claimSome(ledger, dead, { size: 2 })

        const heir = await takeOver(ledger, dead)
        const again = await claimSome(ledger, heir, { size: 1 })

        assert.equal(again.id, lost.id)
        assert.equal(again.number, lost.number)
        assert.deepEqual(again.items, lost.items)
        await finish(ledger, heir, again)
        assert.deepEqual(keysOf(await claim(ledger, heir)), ['d'])
        assert.equal((await ledger.jobCounts(heir.jobId)).processed, 3)
      }),
    )

    it(
      'gets it once, and not from a wholesaler it did not ask for',
      withLedger(async ({ ledger }) => {
        await ledger.addWholesaler('outlet', null)
        await stage(ledger, rows('a'))
        await stage(ledger, rows('x'), { wholesaler: 'outlet' })
        const dead = await newWriter(ledger)
        const lost = await claimSome(ledger, dead)

        const heir = await takeOver(ledger, dead)

        assert.deepEqual(keysOf(await claim(ledger, heir, { wholesaler: 'outlet' })), ['x'])
        assert.equal((await claim(ledger, heir))?.id, lost.id)
        assert.equal(await claim(ledger, heir), null)
      }),
    )

    it(
      'gets those products of it that are still staged as they were taken',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('gone', 'same', 'other'))
        const dead = await newWriter(ledger)
        const lost = await claimSome(ledger, dead)
        await stage(ledger, [row('same'), row('other', { price: 2 })])

        const heir = await takeOver(ledger, dead)
        const again = await claimSome(ledger, heir)

        assert.equal(again.id, lost.id)
        assert.deepEqual(keysOf(again), ['same'])
        await finish(ledger, heir, again)
        assert.deepEqual(keysOf(await claim(ledger, heir)), ['other'])
      }),
    )

    it(
      'learns what the store had made of the products that vanished or changed since',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('gone', 'same', 'other'))
        const dead = await newWriter(ledger)
        await claimSome(ledger, dead)
        await stage(ledger, [row('same'), row('other', { price: 2 })])
        const heir = await takeOver(ledger, dead)
        const again = await claimSome(ledger, heir)

        await ledger.finishBatch(heir, again, [written('gone'), written('same'), written('other')])

        const imported = await ledger.imported(aren, { size: 10, after: null })
        assert.deepEqual(
          imported.map(({ key, offer }) => [key, offer]),
          [
            ['gone', 'offer 1'],
            ['other', 'offer 1'],
            ['same', 'offer 1'],
          ],
        )
        assert.equal(await ledger.countMissing(aren), 1)
        const next = await claimSome(ledger, heir)
        assert.deepEqual(keysOf(next), ['other'])
        assert.equal(next.items[0]?.kind, 'changed')
      }),
    )
  })

  describe('an owner that lost its job', () => {
    it(
      'is refused everywhere, and changes nothing (P5)',
      withLedger(async ({ ledger }) => {
        await stage(ledger, [row('a', { images: ['1.jpg'] }), row('b')])
        const late = await newWriter(ledger)
        await finish(ledger, late, await claimSome(ledger, late, { size: 1 }))
        const batch = await claimSome(ledger, late)
        const heir = await takeOver(ledger, late)
        const again = await claimSome(ledger, heir)

        const lost = { kind: 'lease_lost' }
        await assert.rejects(claim(ledger, late), lost)
        await assert.rejects(ledger.finishBatch(late, batch, [written('b')]), lost)
        await assert.rejects(ledger.releaseBatch(late, batch), lost)
        await assert.rejects(ledger.finishImages(late, aren, 'a', 'images 1.jpg'), lost)

        assert.equal(await pending(ledger), 1)
        assert.equal(await ledger.countPendingImages(aren), 1)
        await finish(ledger, heir, again)
        assert.equal(await pending(ledger), 0)
      }),
    )

    it(
      'is told by its token alone, before its heir has claimed anything but images',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b'))
        const late = await newWriter(ledger)
        const heir = await takeOver(ledger, late)
        await ledger.finishImages(heir, aren, 'a', 'images ')

        await assert.rejects(claim(ledger, late), { kind: 'lease_lost' })
      }),
    )

    it(
      'does not hinder other jobs',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a'))
        const early = await newWriter(ledger)
        const other = await newWriter(ledger)
        await ledger.finishImages(other, aren, 'a', 'images ')

        assert.deepEqual(keysOf(await claim(ledger, early)), ['a'])
      }),
    )
  })

  describe('a batch that its job never finishes', () => {
    it(
      'does not block its products for other jobs',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b'))
        await claimSome(ledger, await newWriter(ledger))

        assert.equal(await pending(ledger), 2)
        assert.deepEqual(keysOf(await claim(ledger, await newWriter(ledger))), ['a', 'b'])
      }),
    )

    it(
      'says nothing about products that another job has taken since',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b'))
        const dead = await newWriter(ledger)
        await claimSome(ledger, dead)
        await stage(ledger, [row('a', { price: 2 }), row('b', { price: 2 })])
        await importAll(ledger)

        const heir = await takeOver(ledger, dead)
        const again = await claimSome(ledger, heir)
        await ledger.finishBatch(heir, again, [written('a'), written('b')])

        assert.deepEqual(keysOf(again), [])
        assert.equal(await pending(ledger), 0)
        const imported = await ledger.imported(aren, { size: 10, after: null })
        assert.deepEqual(
          imported.map(({ offer }) => offer),
          ['offer 2', 'offer 2'],
        )
      }),
    )
  })

  describe('a batch that is finished while a snapshot is staged', () => {
    it(
      'counts for that snapshot too',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b'))
        const writer = await newWriter(ledger)
        const batch = await claimSome(ledger, writer)
        const staging = await ledger.beginStaging(aren)
        await staging.write(toStagedChunk([row('a'), row('b', { price: 2 })]))

        await finish(ledger, writer, batch)
        const preview = await staging.preview()
        await staging.abort()

        assert.deepEqual(preview, { new: 0, changed: 1, unchanged: 1, missing: 0 })
      }),
    )
  })
}
