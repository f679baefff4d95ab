import assert from 'node:assert/strict'
import { readFileSync, truncateSync } from 'node:fs'
import type { Ledger, ReplacedRow, Staging } from '../../src/core/ledger/ledger.js'
import { missingApartMs } from '../../src/core/missing-policy.js'
import { type StagedProduct, toStagedChunk } from '../../src/core/product/fingerprint.js'
import {
  aren,
  commitOf,
  importAll,
  keysOf,
  peek,
  pending,
  rejected,
  row,
  rows,
  stage,
  type WithLedger,
} from './ledger-fixture.js'

/** Stages and imports these rows as a whole; returns their ids by key. */
async function base(ledger: Ledger, staged: readonly StagedProduct[]): Promise<ReadonlyMap<string, number>> {
  const staging = await ledger.beginStaging(aren)
  const { ids } = await staging.write(toStagedChunk(staged))
  await staging.commit(commitOf())
  await importAll(ledger)
  return new Map(staged.map(({ row: { key } }, index) => [key, ids[index] ?? 0]))
}

async function currentId(ledger: Ledger): Promise<number> {
  return (await ledger.wholesaler(aren))?.current?.id ?? 0
}

async function beginOnto(ledger: Ledger): Promise<Staging> {
  return await ledger.beginStaging(aren, { onto: await currentId(ledger) })
}

function idsOf(known: ReadonlyMap<string, number>, ...keys: readonly string[]): readonly number[] {
  return keys.map((key) => known.get(key) ?? 0)
}

function linesOf(replaced: readonly ReplacedRow[]): readonly (readonly [string, number])[] {
  return replaced.map(({ key, line }) => [key, line])
}

export function keepContract(withLedger: WithLedger): void {
  describe('a staging that keeps rows of the snapshot before', () => {
    it(
      'changes what it wrote, what it left out, and nothing else',
      withLedger(async ({ ledger }) => {
        const known = await base(ledger, rows('a', 'b', 'c', 'd'))

        const staging = await beginOnto(ledger)
        await staging.keep(Float64Array.from(idsOf(known, 'a', 'c')))
        const { ids, replaced } = await staging.write(toStagedChunk([row('b', { price: 2 }), row('e')]))
        const preview = await staging.preview()
        assert.equal(await pending(ledger), 0, 'it is invisible')
        const counts = await staging.commit(commitOf())

        assert.deepEqual(counts, { new: 1, changed: 1, unchanged: 2, missing: 1 })
        assert.deepEqual(preview, counts)
        assert.deepEqual(replaced, [])
        assert.equal(ids[0], known.get('b'), 'a key has one row')
        assert.deepEqual([...keysOf(await peek(ledger))].sort(), ['b', 'e'])
        assert.equal((await ledger.stagedProduct(aren, 'a'))?.name, 'a')
        assert.equal(await ledger.stagedProduct(aren, 'd'), null)
      }),
    )

    it(
      'is told which rows are like those that it stands on, whatever became of them since',
      withLedger(async ({ ledger }) => {
        const known = await base(ledger, [row('a'), row('b'), row('c', { price: 2 }), row('d', { name: 'D' })])
        const asked = [row('a', { line: 9 }), row('b', { price: 2 }), row('c', { price: 2 }), row('d'), row('e')]

        const staging = await beginOnto(ledger)
        const same = await staging.findSame(asked.map((one) => one.row))
        const alone = await ledger.beginStaging(aren)

        assert.deepEqual(same, [known.get('a'), null, known.get('c'), null, null])
        assert.deepEqual(await alone.findSame(asked.map((one) => one.row)), [null, null, null, null, null])
        await assert.rejects(staging.findSame([]), { kind: 'busy' })
        await alone.abort()
      }),
    )

    it(
      'makes another snapshot of it, whose ids hold for the next one',
      withLedger(async ({ ledger }) => {
        const known = new Map(await base(ledger, rows('a', 'b')))
        for (const night of [1, 2, 3]) {
          const before = await currentId(ledger)
          const staging = await beginOnto(ledger)
          await staging.keep(idsOf(known, ...known.keys()))
          const { ids } = await staging.write(toStagedChunk(rows(`n${night}`)))
          known.set(`n${night}`, ids[0] ?? 0)

          assert.deepEqual(await staging.commit(commitOf()), { new: 1, changed: 0, unchanged: night + 1, missing: 0 })
          assert.ok((await currentId(ledger)) > before)
          await importAll(ledger)
        }
        for (const key of known.keys()) assert.equal((await ledger.stagedProduct(aren, key))?.name, key)
      }),
    )

    it(
      'leaves nothing out when the feed was cut off',
      withLedger(async ({ ledger }) => {
        const known = await base(ledger, rows('a', 'b', 'c'))

        const staging = await beginOnto(ledger)
        await staging.keep(idsOf(known, 'a'))
        await staging.write(toStagedChunk([row('b', { price: 2 })]))
        const counts = await staging.commit(commitOf(false))

        assert.deepEqual(counts, { new: 0, changed: 1, unchanged: 1, missing: 0 })
        assert.deepEqual(keysOf(await peek(ledger)), ['b'])
        assert.equal((await ledger.stagedProduct(aren, 'c'))?.name, 'c')
      }),
    )

    it(
      'finds all that is missing when the snapshot it keeps was cut off',
      withLedger(async ({ ledger }) => {
        await base(ledger, rows('a', 'b'))
        const rejecting = await ledger.beginStaging(aren)
        await rejecting.noteRejected(['a'])
        await rejecting.write(toStagedChunk(rows('b')))
        assert.equal((await rejecting.commit(commitOf())).missing, 0)
        const cut = await ledger.beginStaging(aren)
        const { ids } = await cut.write(toStagedChunk(rows('b')))
        assert.equal((await cut.commit(commitOf(false))).missing, 0)

        const staging = await beginOnto(ledger)
        await staging.keep(ids)
        const preview = await staging.preview()

        assert.deepEqual(await staging.commit(commitOf()), { new: 0, changed: 0, unchanged: 1, missing: 1 })
        assert.equal(preview.missing, 1)
      }),
    )

    it(
      'lets the last record of a repeated key win, kept or written, and tells what it replaced',
      withLedger(async ({ ledger }) => {
        const known = await base(ledger, [row('a', { line: 1 }), row('b', { line: 2 }), row('c', { line: 3 })])

        const staging = await beginOnto(ledger)
        await staging.keep(idsOf(known, 'a', 'b'))
        const over = await staging.write(toStagedChunk([row('a', { line: 7, price: 2 }), row('c', { line: 8 })]))
        const back = await staging.keep(idsOf(known, 'c', 'b'))
        const again = await staging.write(toStagedChunk([row('a', { line: 9, price: 3 })]))
        const counts = await staging.commit(commitOf())

        assert.deepEqual(linesOf(over.replaced), [['a', 1]])
        assert.deepEqual(linesOf(back), [
          ['c', 8],
          ['b', 2],
        ])
        assert.deepEqual(linesOf(again.replaced), [['a', 7]])
        assert.deepEqual(again.ids, idsOf(known, 'a'))
        assert.deepEqual(counts, { new: 0, changed: 1, unchanged: 2, missing: 0 })
        assert.equal((await peek(ledger))?.items[0]?.offer, 'offer 3')
      }),
    )

    it(
      'leaves the snapshot as it was when it is aborted',
      withLedger(async ({ ledger }) => {
        const known = await base(ledger, rows('a', 'b'))
        const before = await ledger.wholesaler(aren)

        const staging = await beginOnto(ledger)
        await staging.keep(idsOf(known, 'a'))
        await staging.write(toStagedChunk([row('b', { price: 2 }), row('c')]))
        await staging.abort()

        assert.deepEqual(await ledger.wholesaler(aren), before)
        assert.equal(await pending(ledger), 0)
        const next = await beginOnto(ledger)
        await next.keep(idsOf(known, 'a', 'b'))
        assert.deepEqual(await next.commit(commitOf()), { new: 0, changed: 0, unchanged: 2, missing: 0 })
      }),
    )

    it(
      'is refused when another snapshot is current, and when another staging began',
      withLedger(async ({ ledger }) => {
        const known = await base(ledger, rows('a', 'b'))
        const seen = await currentId(ledger)
        const early = await beginOnto(ledger)
        const late = await beginOnto(ledger)

        await assert.rejects(early.keep(idsOf(known, 'a')), { kind: 'busy' })
        await assert.rejects(early.commit(commitOf()), { kind: 'busy' })
        await early.abort()
        await late.keep(idsOf(known, 'a', 'b'))
        await late.commit(commitOf())

        await assert.rejects(ledger.beginStaging(aren, { onto: seen }), { kind: 'busy' })
        assert.equal((await stage(ledger, rows('a', 'b'))).unchanged, 2)
      }),
    )

    it(
      'throws for ids of no row, and where there is nothing to keep',
      withLedger(async ({ ledger }) => {
        const known = await base(ledger, rows('a'))
        const staging = await beginOnto(ledger)
        for (const id of [1e9, -1, 0.5, Number.NaN]) await assert.rejects(staging.keep([id]), /no row/)
        await staging.abort()

        const whole = await ledger.beginStaging(aren)
        await assert.rejects(whole.keep(idsOf(known, 'a')), /no snapshot/)
        await whole.abort()
      }),
    )

    it(
      'keeps what is known of failures, and forgets those of products that left',
      withLedger(async ({ ledger }) => {
        const known = new Map<string, number>()
        const first = await ledger.beginStaging(aren)
        const { ids } = await first.write(toStagedChunk(rows('a', 'b', 'c')))
        for (const [index, key] of ['a', 'b', 'c'].entries()) known.set(key, ids[index] ?? 0)
        await first.commit(commitOf())
        await importAll(ledger, [rejected('a'), rejected('b')])

        const staging = await beginOnto(ledger)
        await staging.keep(idsOf(known, 'a', 'c'))
        await staging.write(toStagedChunk(rows('d')))
        const counts = await staging.commit(commitOf())

        assert.deepEqual(counts, { new: 2, changed: 0, unchanged: 1, missing: 0 })
        assert.deepEqual(keysOf(await peek(ledger)), ['d', 'a'])
        await stage(ledger, rows('a', 'b', 'c', 'd'))
        assert.deepEqual(keysOf(await peek(ledger)), ['b', 'd', 'a'])
      }),
    )

    it(
      'takes products that it left out for missing, and those it has again for back, by fetches',
      withLedger(async ({ ledger, clock }) => {
        const known = await base(ledger, rows('a', 'b'))
        const without = await beginOnto(ledger)
        await without.keep(idsOf(known, 'a'))
        assert.equal((await without.commit(commitOf())).missing, 1)

        clock.advance(missingApartMs)
        const still = await beginOnto(ledger)
        await still.keep(idsOf(known, 'a'))
        assert.equal(await still.countDue('draft'), 1)
        await still.commit(commitOf())
        assert.equal(await ledger.countDue(aren, 'draft'), 1)

        const back = await beginOnto(ledger)
        await back.keep(idsOf(known, 'a'))
        await back.write(toStagedChunk(rows('b')))
        assert.deepEqual(await back.commit(commitOf()), { new: 0, changed: 0, unchanged: 2, missing: 0 })
      }),
    )
  })

  describe('marks', () => {
    const bytes = (text: string) => Buffer.from(text)
    const marksOf = async (ledger: Ledger) => {
      const path = (await ledger.wholesaler(aren))?.current?.marks ?? null
      return path === null ? null : readFileSync(path, 'utf8')
    }

    it(
      'are those of the staging that made the current snapshot',
      withLedger(async ({ ledger }) => {
        const first = await ledger.beginStaging(aren)
        const { ids } = await first.write(toStagedChunk(rows('a', 'b', 'c')))
        first.mark(bytes('one '))
        first.mark(bytes('two'))
        assert.equal(await marksOf(ledger), null)
        await first.commit(commitOf())
        assert.equal(await marksOf(ledger), 'one two')

        const dead = await beginOnto(ledger)
        dead.mark(bytes('dead'))
        await dead.abort()
        assert.equal(await marksOf(ledger), 'one two')

        const second = await beginOnto(ledger)
        await second.keep(ids)
        second.mark(bytes('three'))
        assert.equal(await marksOf(ledger), 'one two')
        await second.commit(commitOf())
        assert.equal(await marksOf(ledger), 'three')

        await stage(ledger, rows('a'))
        assert.equal(await marksOf(ledger), null)
      }),
    )

    it(
      'are none when they were given up, or the feed was cut off, or the file is not what it was',
      withLedger(async ({ ledger }) => {
        const commit = async (complete: boolean, drop: boolean) => {
          const staging = await ledger.beginStaging(aren)
          await staging.write(toStagedChunk(rows('a')))
          staging.mark(bytes('marks'))
          if (drop) staging.dropMarks()
          if (drop) staging.mark(bytes('more'))
          await staging.commit(commitOf(complete))
        }
        await commit(true, true)
        assert.equal(await marksOf(ledger), null)
        await commit(false, false)
        assert.equal(await marksOf(ledger), null)
        await commit(true, false)
        assert.equal(await marksOf(ledger), 'marks')

        truncateSync((await ledger.wholesaler(aren))?.current?.marks ?? '', 3)
        assert.equal(await marksOf(ledger), null)
      }),
    )
  })
}
