import assert from 'node:assert/strict'
import {
  aren,
  claim,
  claimSome,
  finish,
  importAll,
  keysOf,
  newWriter,
  peek,
  pending,
  rejected,
  row,
  rows,
  stage,
  type WithLedger,
  written,
} from './ledger-fixture.js'

export function batchContract(withLedger: WithLedger): void {
  describe('batches', () => {
    it(
      'take products in the order of the feed, each once, until there are no more',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('c', 'a', 'b', 'e', 'd'))
        const writer = await newWriter(ledger)

        const first = await claimSome(ledger, writer, { size: 2 })
        const second = await claimSome(ledger, writer, { size: 2 })
        const third = await claimSome(ledger, writer, { size: 2 })

        assert.deepEqual([first, second, third].map(keysOf), [['c', 'a'], ['b', 'e'], ['d']])
        assert.deepEqual(
          [first, second, third].map(({ id, number }) => [id, number]),
          [1, 2, 3].map((number) => [`${writer.jobId}-${number}`, number]),
        )
        assert.equal(await claim(ledger, writer), null)
      }),
    )

    it(
      'hand out the product with its fingerprints',
      withLedger(async ({ ledger }) => {
        await stage(ledger, [row('a', { name: 'Lamp', price: 3, images: ['1.jpg'], line: 7 })])

        const { items } = await claimSome(ledger, await newWriter(ledger))

        assert.deepEqual(items, [
          {
            key: 'a',
            line: 7,
            kind: 'new',
            content: 'content Lamp',
            offer: 'offer 3',
            images: 'images 1.jpg',
            product: { key: 'a', name: 'Lamp', options: [], variants: [], images: [{ url: '1.jpg' }] },
            storeId: null,
            differs: { content: true, offer: true, images: true },
          },
        ])
      }),
    )

    it(
      'leave out a pending product that vanished from the feed',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b'))
        await stage(ledger, rows('b'))

        assert.deepEqual(keysOf(await peek(ledger)), ['b'])
      }),
    )

    it(
      'count what became of their products, and remember it for the job',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b', 'c', 'd', 'e'))
        const writer = await newWriter(ledger)
        const first = await claimSome(ledger, writer, { size: 4 })
        const second = await claimSome(ledger, writer)

        const counts = await finish(ledger, writer, first, [
          written('b', 'updated'),
          written('c', 'unchanged'),
          rejected('d'),
        ])
        await finish(ledger, writer, second, [{ key: 'e', outcome: 'skipped', storeId: '9' }])

        assert.deepEqual(counts, { processed: 4, created: 1, updated: 1, unchanged: 1, skipped: 0, errors: 1 })
        assert.deepEqual(await ledger.jobCounts(writer.jobId), {
          processed: 5,
          created: 1,
          updated: 1,
          unchanged: 1,
          skipped: 1,
          errors: 1,
          retired: 0,
          batches: 2,
        })
        assert.equal((await ledger.jobCounts(writer.jobId + 100)).processed, 0)
      }),
    )

    it(
      'are finished once, however often they are reported',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b'))
        const writer = await newWriter(ledger)
        const batch = await claimSome(ledger, writer)

        const once = await finish(ledger, writer, batch, [rejected('b')])
        const twice = await finish(ledger, writer, batch, [rejected('b')])

        const thrice = await finish(ledger, writer, batch)

        assert.deepEqual([twice, thrice], [once, once])
        assert.equal(await pending(ledger), 1)
        assert.equal((await ledger.jobCounts(writer.jobId)).processed, 2)
        assert.equal((await ledger.jobCounts(writer.jobId)).batches, 1)
      }),
    )

    it(
      'put rejected products at the back of the queue, where they block nobody',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('bad', 'worse', 'a', 'b'))
        const first = await newWriter(ledger)
        const batch = await claimSome(ledger, first, { size: 2 })
        await finish(ledger, first, batch, [rejected('bad'), rejected('worse')])

        assert.equal(await pending(ledger), 4)
        const good = await claimSome(ledger, first)
        assert.deepEqual(keysOf(good), ['a', 'b'])
        assert.equal(await claim(ledger, first), null)
        await ledger.releaseBatch(first, good)
        const second = await newWriter(ledger)
        assert.deepEqual(keysOf(await claim(ledger, second)), ['a', 'b', 'bad', 'worse'])
      }),
    )

    it(
      'remember across snapshots which products were rejected, until the store takes them',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('bad', 'a', 'b'))
        await importAll(ledger, [rejected('bad')])
        await importAll(ledger, [rejected('bad')])

        await stage(ledger, [row('bad', { price: 2 }), row('a', { price: 2 }), row('b')])
        assert.deepEqual(keysOf(await peek(ledger)), ['a', 'bad'])
        await importAll(ledger)
        await stage(ledger, [row('bad', { price: 3 }), row('a', { price: 3 }), row('b')])

        assert.deepEqual(keysOf(await peek(ledger)), ['bad', 'a'])
      }),
    )

    it(
      'take only new products when the store is not to be updated, and leave the others for later',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b'))
        await importAll(ledger)
        await stage(ledger, [row('a', { price: 2 }), row('b'), row('c')])

        assert.equal(await pending(ledger, false), 1)
        assert.equal(await pending(ledger, true), 2)
        const writer = await newWriter(ledger)
        const batch = await claimSome(ledger, writer, { updateExisting: false })
        assert.deepEqual(keysOf(batch), ['c'])
        assert.equal(await claim(ledger, writer, { updateExisting: false }), null)
        await ledger.releaseBatch(writer, batch)
        assert.deepEqual(keysOf(await peek(ledger)), ['a', 'c'])
      }),
    )

    it(
      'see in a skipped product one that the store has, in later snapshots too',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a'))
        const result = { key: 'a', outcome: 'skipped', storeId: '12' } as const
        await importAll(ledger, [result], { updateExisting: false })

        assert.equal(await pending(ledger, false), 0)
        assert.equal(await pending(ledger, true), 1)
        assert.deepEqual(await stage(ledger, [row('a', { price: 2 })]), {
          new: 0,
          changed: 1,
          unchanged: 0,
          missing: 0,
        })
        assert.deepEqual(await ledger.imported(aren, { size: 10, after: null }), [])
        const { items } = await claimSome(ledger, await newWriter(ledger))
        assert.equal(items[0]?.kind, 'changed')
        assert.equal(items[0]?.storeId, '12')
      }),
    )

    it(
      'that are given back leave their products untouched, and never lend their id to another',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b', 'c'))
        const writer = await newWriter(ledger)
        const batch = await claimSome(ledger, writer, { size: 2 })

        await ledger.releaseBatch(writer, batch)
        await ledger.releaseBatch(writer, batch)
        const next = await claimSome(ledger, writer, { size: 2 })

        assert.deepEqual(keysOf(next), ['a', 'b'])
        assert.notEqual(next.id, batch.id)
        assert.equal((await ledger.jobCounts(writer.jobId)).batches, 0)
        await assert.rejects(ledger.finishBatch(writer, batch, [written('a'), written('b')]))
      }),
    )
  })

  describe('what was imported', () => {
    it(
      'is listed by key, page by page, as it was sent',
      withLedger(async ({ ledger }) => {
        await stage(ledger, [row('b', { price: 2 }), row('😀'), row('a'), row('Z'), row('\uffff')])
        await importAll(ledger)
        await stage(ledger, rows('b'))

        const first = await ledger.imported(aren, { size: 3, after: null })
        const second = await ledger.imported(aren, { size: 3, after: 'b' })

        assert.deepEqual(
          [first, second].map((page) => page.map(({ key }) => key)),
          [
            ['Z', 'a', 'b'],
            ['\uffff', '😀'],
          ],
        )
        assert.deepEqual(first[2], {
          key: 'b',
          storeId: 'id of b',
          content: 'content b',
          offer: 'offer 2',
          images: 'images ',
        })
      }),
    )

    it(
      'is pending again when the store no longer has it',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b'))
        await importAll(ledger)

        await ledger.reopen(aren, ['b', 'never heard of'], 'product')

        assert.equal(await pending(ledger), 1)
        const writer = await newWriter(ledger)
        const batch = await claimSome(ledger, writer)
        assert.deepEqual(batch.items[0]?.differs, { content: true, offer: false, images: false })
        await finish(ledger, writer, batch)
        assert.equal(await pending(ledger), 0)
        assert.equal((await stage(ledger, rows('a', 'b'))).unchanged, 2)
      }),
    )

    it(
      'stays pending over a new snapshot when it was reopened',
      withLedger(async ({ ledger }) => {
        await stage(ledger, rows('a', 'b'))
        await importAll(ledger)
        await ledger.reopen(aren, ['b'], 'product')

        assert.equal((await stage(ledger, rows('a', 'b'))).changed, 1)
      }),
    )
  })
}
