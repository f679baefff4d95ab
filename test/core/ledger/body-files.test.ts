import assert from 'node:assert/strict'
import { mkdir, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { BodyFiles, type BodyPlace } from '../../../src/core/ledger/body-files.js'
import type { Ledger } from '../../../src/core/ledger/ledger.js'
import { openSqliteLedger } from '../../../src/core/ledger/sqlite-ledger.js'
import { aren, claimSome, importAll, keysOf, newWriter, rows, stage, stageHalf } from '../../contract/ledger-fixture.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { inTempDir } from '../../support/temp-dir.js'

/** A ledger in `dir` with its folder of staged products. */
async function withLedger(test: (ledger: Ledger, folder: string) => Promise<void>): Promise<void> {
  await inTempDir(async (dir) => {
    const ledger = await openSqliteLedger(join(dir, 'ledger.db'), { storeIdentity: 'shop a', clock: fixedClock() })
    await ledger.addWholesaler(aren, null)
    await test(ledger, join(dir, 'staged'))
    await ledger.close()
  })
}

describe('files of staged products', () => {
  it('give back what was written, in whatever order it is asked for', () =>
    inTempDir(async (dir) => {
      const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      const bodiesThenOrder = fc
        .array(text, { minLength: 1, maxLength: 30 })
        .chain((bodies) => fc.tuple(fc.constant(bodies), fc.shuffledSubarray(bodies.map((_, index) => index))))
      await fc.assert(
        fc.asyncProperty(bodiesThenOrder, async ([bodies, order]) => {
          const files = new BodyFiles(join(dir, 'staged'))
          const writer = files.create(7)
          const places = bodies.map((body): BodyPlace => {
            const bytes = Buffer.from(body)
            return { at: writer.append(bytes), bytes: bytes.length }
          })
          await writer.finish()

          const wanted = order.map((index) => places[index] ?? { at: 0, bytes: 0 })
          assert.deepEqual(
            files.read(7, wanted),
            order.map((index) => Buffer.from(bodies[index] ?? '').toString()),
          )
        }),
        { numRuns: 50 },
      )
    }))

  it('are for their owner only', () =>
    withLedger(async (ledger, folder) => {
      await stage(ledger, rows('a'))

      const [name = ''] = await readdir(folder)
      assert.equal((await stat(folder)).mode & 0o777, 0o700)
      assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600)
    }))

  it('go with their snapshot: one is left, whatever was staged before', () =>
    withLedger(async (ledger, folder) => {
      await stage(ledger, rows('a', 'b'))
      await stageHalf(ledger, rows('c'))
      await stage(ledger, rows('a', 'd'))
      await (await stageHalf(ledger, rows('e'))).abort()

      assert.equal((await readdir(folder)).length, 1)
    }))

  it('of a ledger that is lost are removed, other files are not touched', () =>
    withLedger(async (ledger, folder) => {
      await mkdir(folder)
      for (const name of ['99.ndjson', '099.ndjson', 'notes.txt']) await writeFile(join(folder, name), 'x')

      await stage(ledger, rows('a'))

      assert.deepEqual((await readdir(folder)).sort(), ['099.ndjson', '1.ndjson', 'notes.txt'])
    }))

  it('keep what a feed that was cut off did not name', () =>
    withLedger(async (ledger) => {
      await stage(ledger, rows('a', 'b', 'c'))
      await stage(ledger, rows('b', 'd'), { complete: false })

      const batch = await claimSome(ledger, await newWriter(ledger))
      assert.deepEqual([...keysOf(batch)].sort(), ['a', 'b', 'c', 'd'])
      assert.deepEqual(batch.items.map(({ product }) => product.name).sort(), ['a', 'b', 'c', 'd'])
    }))

  for (const [what, damage] of [
    ['missing', rm],
    ['cut short', (path: string) => truncate(path, 1)],
  ] as const) {
    it(`that are ${what} end the run with what to do, and reading the feed again heals it (D13)`, () =>
      withLedger(async (ledger, folder) => {
        await stage(ledger, rows('a', 'b'))
        await damage(join(folder, '1.ndjson'))

        const writer = await newWriter(ledger)
        await assert.rejects(claimSome(ledger, writer), { kind: 'state_unreadable', hint: /--remap/ })

        await stage(ledger, rows('a', 'b'))
        await importAll(ledger)
        assert.equal(await ledger.countPending(aren, { updateExisting: true }), 0)
      }))
  }
})
