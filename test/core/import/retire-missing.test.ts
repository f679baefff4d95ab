import assert from 'node:assert/strict'
import { exitCodeOfEnd } from '../../../src/cli/exit-code.js'
import { missingApartMs } from '../../../src/core/missing-policy.js'
import { atImportSite, type ImportSite } from './import-site.js'

function csv(names: readonly string[]): string {
  return `sku,name,price,stock\n${names.map((name) => `${name},${name},10,5\n`).join('')}`
}

function letters(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `P${String(index).padStart(3, '0')}`)
}

/** Imports `before`, then a feed with only `after`, and once more when it is due. */
async function lose(site: ImportSite, before: readonly string[], after: readonly string[]) {
  await site.feed(csv(before))
  await site.run()
  await site.feed(csv(after))
  const first = await site.run()
  site.clock.advance(missingApartMs)
  return { first, second: await site.run() }
}

describe('products that left the feed', () => {
  it('stay as they are by default', () =>
    atImportSite({}, async (site) => {
      const { second } = await lose(site, ['a', 'b', 'c'], ['a', 'b'])

      assert.deepEqual(site.shelf(), ['a', 'b', 'c'])
      assert.equal(second.feeds[0]?.retired, null)
      assert.equal(second.feeds[0]?.staged?.missing, 1)
    }))

  for (const [missing, shelf] of [
    ['out-of-stock', ['a', 'b', 'c, sold out']],
    ['draft', ['a', 'b', 'c, hidden']],
    ['delete', ['a', 'b']],
  ] as const) {
    it(`act as "${missing}" says after a second complete fetch an hour later, once, and come back`, () =>
      atImportSite({ missing }, async (site) => {
        const { first, second } = await lose(site, ['a', 'b', 'c'], ['a', 'b'])

        assert.deepEqual(first.feeds[0]?.retired, { policy: missing, due: 0, done: 0 })
        assert.deepEqual(second.feeds[0]?.retired, { policy: missing, due: 1, done: 1 })
        assert.equal(second.counts.retired, 1)
        assert.deepEqual(site.shelf(), shelf)

        site.clock.advance(missingApartMs)
        const third = await site.run()
        assert.deepEqual(third.feeds[0]?.retired, { policy: missing, due: 0, done: 0 })
        assert.equal(third.counts.retired, undefined)

        await site.feed(csv(['a', 'b', 'c']))
        const back = await site.run()
        assert.deepEqual(site.shelf(), ['a', 'b', 'c'])
        assert.equal(back.counts.created + back.counts.updated, 1)
      }))
  }

  it('are left alone when an hour has passed without a complete fetch, or existing products are not to be touched', () =>
    atImportSite({ missing: 'delete' }, async (site) => {
      await site.feed(csv(['a', 'b', 'c']))
      await site.run()
      await site.feed(csv(['a', 'b']))
      await site.run()
      site.clock.advance(missingApartMs)

      assert.equal((await site.run({ updateExisting: false })).feeds[0]?.retired, null)

      assert.deepEqual(site.shelf(), ['a', 'b', 'c'])
    }))

  it('are left alone when the fetch that lacks them ended early', () =>
    atImportSite({ missing: 'delete', lenient: true, format: 'json' }, async (site) => {
      const json = (names: readonly string[]) => JSON.stringify(names.map((name) => ({ sku: name, name })))
      await site.feed(json(['a', 'b', 'c', 'd']))
      await site.run()
      for (let fetch = 0; fetch < 3; fetch += 1) {
        await site.feed(`${json(['a', 'b', 'c']).slice(0, -1)}, {"sku": ${fetch}`)
        assert.equal((await site.run()).feeds[0]?.feed.complete, false)
        site.clock.advance(missingApartMs)
      }

      assert.deepEqual(site.shelf(), ['a', 'b', 'c', 'd'])
    }))

  it('are not missing when the feed lost its last line end since the last fetch, until somebody says that it is whole', () =>
    atImportSite({ missing: 'delete' }, async (site) => {
      await site.feed(csv(['a', 'b', 'c']))
      await site.run()
      for (let fetch = 0; fetch < 2; fetch += 1) {
        await site.feed(csv(['a', 'b']).trimEnd())
        const [report] = (await site.run()).feeds
        assert.deepEqual([report?.feed.complete, report?.feed.rejects], [false, 1])
        site.clock.advance(missingApartMs)
      }
      assert.deepEqual(site.shelf(), ['a', 'b', 'c'])

      await site.run({ allowShrink: true })
      site.clock.advance(missingApartMs)
      assert.equal((await site.run()).counts.retired, 1)
      assert.deepEqual(site.shelf(), ['a', 'b'])
    }))

  it('are not missing when their record is there and cannot be used', () =>
    atImportSite({ missing: 'delete' }, async (site) => {
      await site.feed(csv(['a', 'b', 'c']))
      await site.run()
      for (let fetch = 0; fetch < 3; fetch += 1) {
        await site.feed(`${csv(['a', 'b'])}c,,${fetch},5\n`)
        assert.equal((await site.run()).feeds[0]?.feed.rejects, 1)
        site.clock.advance(missingApartMs)
      }

      assert.deepEqual(site.shelf(), ['a', 'b', 'c'])
    }))

  it('wait until all that is pending had its turn: it may be what replaces them', () =>
    atImportSite({ missing: 'delete' }, async (site) => {
      await site.feed(csv(['a', 'b', 'c']))
      await site.run()
      await site.feed(csv(['a', 'b', 'd', 'e']))
      await site.run({ batches: 1, perBatch: 1 })
      site.clock.advance(missingApartMs)

      assert.equal((await site.run({ batches: 1, perBatch: 1 })).feeds[0]?.retired?.done, 1)
      assert.deepEqual(site.shelf(), ['a', 'b', 'd', 'e'])
    }))

  it('are counted by dry runs, which change nothing', () =>
    atImportSite({ missing: 'delete' }, async (site) => {
      await site.feed(csv(['a', 'b', 'c', 'd']))
      await site.run()
      await site.feed(csv(['a', 'b', 'c']))
      await site.run()
      site.clock.advance(missingApartMs)

      const unchanged = await site.preview()
      await site.feed(csv(['a', 'b', 'c', 'e']))
      const changed = await site.preview()

      assert.deepEqual(unchanged.feeds[0]?.retired, { policy: 'delete', due: 1, done: 0 })
      assert.deepEqual(changed.feeds[0]?.retired, { policy: 'delete', due: 1, done: 0 })
      assert.deepEqual(site.shelf(), ['a', 'b', 'c', 'd'])
    }))

  describe('guard', () => {
    it('lets ten pass, however few products there are', () =>
      atImportSite({ missing: 'draft' }, async (site) => {
        const { second } = await lose(site, letters(20), letters(10))

        assert.equal(second.guard, null)
        assert.equal(second.counts.retired, 10)
      }))

    it('withholds more than a fifth, does everything else, and says which number allows it', () =>
      atImportSite({ missing: 'delete' }, async (site) => {
        const all = letters(100)
        const { first } = await lose(site, all, all.slice(0, 79))
        assert.equal(first.guard, null)
        await site.feed(csv([...all.slice(0, 79), 'new']))

        const tripped = await site.run()

        assert.equal(exitCodeOfEnd(tripped), 6)
        assert.match(tripped.guard?.message ?? '', /^21 products are missing from the feed of aren, more than the 20 /)
        assert.match(tripped.guard?.hint ?? '', /--max-delete 21/)
        assert.deepEqual(tripped.feeds[0]?.retired, { policy: 'delete', due: 21, done: 0 })
        assert.deepEqual([tripped.counts.created, site.shelf().length], [1, 101])
        assert.match((await site.preview()).guard?.hint ?? '', /--max-delete 21/)

        const allowed = await site.run({ maxDelete: 21 })
        assert.equal(exitCodeOfEnd(allowed), 0)
        assert.deepEqual([allowed.counts.retired, site.shelf().length], [21, 80])
      }))

    it('takes its number from the config, and the command line before it', () =>
      atImportSite({ missing: 'delete', guards: { maxDelete: 0 } }, async (site) => {
        const { second } = await lose(site, ['a', 'b', 'c'], ['a', 'b'])

        assert.match(second.guard?.message ?? '', /more than the 0/)
        assert.equal((await site.run({ maxDelete: 1 })).guard, null)
        assert.deepEqual(site.shelf(), ['a', 'b'])
      }))
  })

  it('are counted once when the process died between store and ledger', () =>
    atImportSite({ missing: 'delete' }, async (site) => {
      await site.feed(csv(letters(12)))
      await site.run()
      await site.feed(csv(letters(6)))
      await site.run()
      site.clock.advance(missingApartMs)
      const writer = await site.newWriter()
      let calls = 0
      const dying = new Proxy(site.store, {
        get: (store, name) => {
          const member: unknown = Reflect.get(store, name, store)
          if (typeof member !== 'function') return member
          if (name !== 'retire') return member.bind(store)
          return async (batch: Parameters<typeof store.retire>[0]) => {
            const touched = await store.retire(batch)
            calls += 1
            if (calls === 2) throw new Error('died')
            return touched
          }
        },
      })

      await assert.rejects(site.runAs(writer, { perBatch: 2 }, dying), /died/)
      const token = await site.ports.ledger.nextNumber()
      const resumed = await site.runAs({ ...writer, token }, { perBatch: 2 })

      assert.equal(resumed.counts.retired, 6)
      assert.equal(site.shelf().length, 6)
    }))
})
