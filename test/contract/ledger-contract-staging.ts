import assert from 'node:assert/strict'
import fc from 'fast-check'
import { toStagedChunk } from '../../src/core/product/fingerprint.js'
import {
  aren,
  claim,
  commitOf,
  importAll,
  keysOf,
  newWriter,
  peek,
  pending,
  row,
  rows,
  stage,
  stageHalf,
  type WithLedger,
} from './ledger-fixture.js'

export function stagingContract(withLedger: WithLedger): void {
  describe('staging', () => {
    it(
      'is invisible until it is committed',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b', 'c'))
        const before = await ledger.wholesaler(aren)

        const staging = await stageHalf(ledger, rows('d', 'e'))

        assert.deepEqual(await ledger.wholesaler(aren), before)
        assert.equal(await pending(ledger), 3)
        assert.deepEqual(keysOf(await peek(ledger)), ['a', 'b', 'c'])
        await staging.commit(commitOf())
        assert.equal(await pending(ledger), 2)
      }),
    )

    it(
      'leaves the ledger as before when it is aborted, also twice',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b'))
        await importAll(ledger)
        const before = await ledger.wholesaler(aren)

        const staging = await stageHalf(ledger, [row('a', { price: 2 })])
        await staging.abort()
        await staging.abort()

        assert.deepEqual(await ledger.wholesaler(aren), before)
        assert.equal(await pending(ledger), 0)
        assert.equal(await ledger.countMissing(aren), 0)
      }),
    )

    it(
      'drops what an earlier staging left that never ended',
      withLedger(async ({ ledger }) => {
        await stageHalf(ledger, rows('dead', 'deader'))

        const counts = await stage(ledger, rows('a'))

        assert.deepEqual(counts, { new: 1, changed: 0, unchanged: 0, missing: 0 })
        assert.deepEqual(keysOf(await peek(ledger)), ['a'])
      }),
    )

    it(
      'refuses a staging under which a later one of the same wholesaler began',
      withLedger(async ({ ledger }) => {
        const early = await stageHalf(ledger, rows('a'))
        const late = await stageHalf(ledger, rows('b'))

        await assert.rejects(early.write(toStagedChunk(rows('c'))), { kind: 'busy' })
        await assert.rejects(early.commit(commitOf()), { kind: 'busy' })
        await early.abort()
        await late.commit(commitOf())

        assert.deepEqual(keysOf(await peek(ledger)), ['b'])
      }),
    )

    it(
      'lets two wholesalers stage at the same time',
      withLedger(async ({ ledger }) => {
        await ledger.addWholesaler('outlet', null)
        const one = await ledger.beginStaging(aren)
        const two = await ledger.beginStaging('outlet')
        await one.write(toStagedChunk(rows('a', 'b')))
        await two.write(toStagedChunk(rows('a', 'x')))
        await one.write(toStagedChunk(rows('c')))
        await two.write(toStagedChunk(rows('y')))

        await one.abort()
        const counts = await two.commit(commitOf())

        assert.equal(counts.new, 3)
        assert.equal(await pending(ledger), 0)
        const writer = await newWriter(ledger)
        assert.deepEqual(keysOf(await claim(ledger, writer, { wholesaler: 'outlet' })), ['a', 'x', 'y'])
      }),
    )

    it(
      'keeps the last of a repeated key, in the place of the first, and tells what it replaced',
      withLedger(async ({ ledger }) => {
        const staging = await ledger.beginStaging(aren)
        const first = await staging.write(
          toStagedChunk([
            row('a', { line: 1, variants: 2, images: ['1.jpg'] }),
            row('b', { line: 2 }),
            row('b', { line: 3, price: 3 }),
          ]),
        )
        const second = await staging.write(
          toStagedChunk([row('c', { line: 4 }), row('a', { line: 5, name: 'new' }), row('c', { line: 6 })]),
        )
        await staging.commit(commitOf())

        assert.deepEqual(first.replaced, [{ key: 'b', line: 2, variants: 0, images_wanted: 0 }])
        assert.deepEqual(second.replaced, [
          { key: 'a', line: 1, variants: 2, images_wanted: 1 },
          { key: 'c', line: 4, variants: 0, images_wanted: 0 },
        ])
        const batch = await peek(ledger)
        assert.deepEqual(
          batch?.items.map(({ key, offer, product }) => [key, offer, product.name]),
          [
            ['a', 'offer 1', 'new'],
            ['b', 'offer 3', 'b'],
            ['c', 'offer 1', 'c'],
          ],
        )
      }),
    )

    it(
      'keeps the last of each key whatever is repeated, and reports each replaced row (property)',
      withLedger(async ({ ledger }) => {
        const keys = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 120 })
        await fc.assert(
          fc.asyncProperty(keys, fc.integer({ min: 1, max: 50 }), async (numbers, size) => {
            const all = numbers.map((number, line) => row(`k${number}`, { line, price: line }))
            const staging = await ledger.beginStaging(aren)
            const replaced: string[] = []
            for (let at = 0; at < all.length; at += size) {
              const chunk = await staging.write(toStagedChunk(all.slice(at, at + size)))
              for (const { key, line } of chunk.replaced) replaced.push(`${key} ${line}`)
            }
            const counts = await staging.commit(commitOf())

            const last = new Map<string, number>()
            const expected: string[] = []
            for (const { key, line } of all.map(({ row }) => row)) {
              if (last.has(key)) expected.push(`${key} ${last.get(key)}`)
              last.set(key, line)
            }
            assert.deepEqual(replaced, expected)
            assert.equal(counts.new, last.size)
            const batch = await peek(ledger, { size: 100 })
            assert.deepEqual(
              batch?.items.map(({ key, offer }) => [key, offer]) ?? [],
              [...last].map(([key, line]) => [key, `offer ${line}`]),
            )
          }),
          { numRuns: 30 },
        )
      }),
    )
  })

  describe('what a snapshot changes', () => {
    it(
      'is one pending product when one of three has changed',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b', 'c'))
        await importAll(ledger)

        const counts = await stage(ledger, [row('a'), row('b', { price: 2 }), row('c')])

        assert.deepEqual(counts, { new: 0, changed: 1, unchanged: 2, missing: 0 })
        assert.equal(await pending(ledger), 1)
        const batch = await peek(ledger)
        assert.deepEqual(batch?.items[0]?.differs, { content: false, offer: true, images: false })
        assert.equal(batch?.items[0]?.kind, 'changed')
        assert.equal(batch?.items[0]?.storeId, 'id of b')
      }),
    )

    it(
      'is nothing when the feed says what it said before',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b'))
        await importAll(ledger)

        const counts = await stage(ledger, rows('b', 'a'))

        assert.deepEqual(counts, { new: 0, changed: 0, unchanged: 2, missing: 0 })
        assert.equal(await peek(ledger), null)
      }),
    )

    it(
      'is found again when a changed product returns to what it was',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a'))
        await importAll(ledger)
        await stage(ledger, [row('a', { price: 2 })])

        assert.deepEqual(await stage(ledger, rows('a')), { new: 0, changed: 0, unchanged: 1, missing: 0 })
      }),
    )

    it(
      'is told by a preview without becoming visible',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b', 'c'))
        await importAll(ledger)

        const staging = await stageHalf(ledger, [row('a', { name: 'A' }), row('b'), row('d')])
        const preview = await staging.preview()
        await staging.abort()

        assert.deepEqual(preview, { new: 1, changed: 1, unchanged: 1, missing: 1 })
        assert.equal(await pending(ledger), 0)
        assert.equal(await ledger.countMissing(aren), 0)
      }),
    )
  })

  describe('missing products', () => {
    it(
      'are marked when a complete snapshot lacks them, and unmarked when they return',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b', 'c'))
        await importAll(ledger)

        const without = await stage(ledger, rows('b'))
        const missing = await ledger.countMissing(aren)
        const again = await stage(ledger, rows('b', 'c'))

        assert.equal(without.missing, 2)
        assert.equal(missing, 2)
        assert.equal(again.missing, 1)
        assert.equal(await ledger.countMissing(aren), 1)
        assert.equal(await pending(ledger), 0)
      }),
    )

    it(
      'are only those that were imported',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b'))

        assert.equal((await stage(ledger, rows('a'))).missing, 0)
      }),
    )

    it(
      'are not marked by an incomplete snapshot, which keeps what was pending',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b'))
        await importAll(ledger)
        await stage(ledger, [row('a'), row('b', { price: 2 }), row('c'), row('d')])

        const counts = await stage(ledger, [row('a', { price: 5 }), row('c', { price: 6 })], { complete: false })

        assert.deepEqual(counts, { new: 1, changed: 1, unchanged: 0, missing: 0 })
        const batch = await peek(ledger)
        assert.deepEqual(
          batch?.items.map(({ key, offer }) => [key, offer]),
          [
            ['a', 'offer 5'],
            ['c', 'offer 6'],
            ['b', 'offer 2'],
            ['d', 'offer 1'],
          ],
        )
      }),
    )

    it(
      'are unmarked by an incomplete snapshot that has them',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b', 'c'))
        await importAll(ledger)
        await stage(ledger, rows('a'))

        await stage(ledger, rows('b'), { complete: false })

        assert.equal(await ledger.countMissing(aren), 1)
      }),
    )

    it(
      'stay marked while the source is unchanged',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b'))
        await importAll(ledger)
        await stage(ledger, rows('a'))

        await ledger.touchSnapshot(aren, { file: 'moved', etag: null, lastModified: null })

        assert.equal(await ledger.countMissing(aren), 1)
      }),
    )

    it(
      'are exact over many rows',
      withLedger(async ({ ledger }) => {
        const all = Array.from({ length: 5_000 }, (_, index) => row(`k${index}`))
        await stage(ledger, all)
        await importAll(ledger, [], { size: 1000 })

        const counts = await stage(
          ledger,
          all.filter((_, index) => index % 7 !== 0),
        )

        assert.equal(counts.missing, 715)
        assert.equal(await ledger.countMissing(aren), 715)
      }),
    )
  })
}
