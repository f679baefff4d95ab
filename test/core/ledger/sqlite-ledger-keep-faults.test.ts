import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../../src/core/clock.js'
import type { Ledger, StagedCounts, Staging } from '../../../src/core/ledger/ledger.js'
import { openSqliteLedger } from '../../../src/core/ledger/sqlite-ledger.js'
import { toStagedChunk } from '../../../src/core/product/fingerprint.js'
import { aren, commitOf, importAll, pending, row, stage } from '../../contract/ledger-fixture.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { inTempDir } from '../../support/temp-dir.js'

const rowCount = 1200

function rowsOf(first: number, end: number, price = 1) {
  return Array.from({ length: end - first }, (_, index) => row(`k${first + index}`, { price }))
}

interface LedgerWishes {
  readonly clock?: Clock
  readonly mergedRowsMax?: number
}

async function withLedger<T>(dir: string, use: (ledger: Ledger) => Promise<T>, wishes: LedgerWishes = {}): Promise<T> {
  const options = { storeIdentity: 'shop a', clock: fixedClock(), ...wishes }
  const ledger = await openSqliteLedger(join(dir, 'ledger.db'), options)
  try {
    await ledger.addWholesaler(aren, null)
    return await use(ledger)
  } finally {
    await ledger.close()
  }
}

/** Stages rows with marks and imports them; the id of each is one more than its number. */
async function begin(ledger: Ledger): Promise<void> {
  const staging = await ledger.beginStaging(aren)
  const { ids } = await staging.write(toStagedChunk(rowsOf(0, rowCount)))
  assert.deepEqual([ids[0], ids.at(-1)], [1, rowCount])
  staging.mark(Buffer.from('marks'))
  await staging.commit(commitOf())
  await importAll(ledger, [], { size: 400 })
}

async function beginOnto(ledger: Ledger): Promise<Staging> {
  return await ledger.beginStaging(aren, { onto: (await ledger.wholesaler(aren))?.current?.id })
}

/** Keeps 400 rows, changes 200, leaves 600 out and adds 100. */
async function keepSome(ledger: Ledger): Promise<StagedCounts> {
  const staging = await beginOnto(ledger)
  await staging.keep(Array.from({ length: 400 }, (_, index) => index + 1))
  await staging.write(toStagedChunk([...rowsOf(400, 600, 2), ...rowsOf(2000, 2100)]))
  staging.mark(Buffer.from('others'))
  return await staging.commit(commitOf())
}

/** A clock that throws when it is asked for the `steps`-th time: between two steps of whoever works. */
function stoppingClock(steps: number): Clock {
  let left = steps
  return {
    ...fixedClock(),
    monotonic() {
      left -= 1
      if (left === 0) throw new Error('stopped')
      return 0
    },
  }
}

/** Of these products each snapshot has six. */
async function bodiesAreWhole(ledger: Ledger): Promise<void> {
  const names: string[] = []
  for (const key of ['k0', 'k399', 'k400', 'k599', 'k600', 'k1199', 'k2000', 'k2099']) {
    const product = await ledger.stagedProduct(aren, key)
    if (product === null) continue
    assert.equal(product.name, key)
    names.push(key)
  }
  assert.equal(names.length, 6, names.join())
}

describe('SQLite ledger: faults of stagings that keep rows', function () {
  this.timeout(60_000)

  for (const [what, mergedRowsMax] of [
    ['merged', 10_000],
    ['copied', 0],
  ] as const) {
    it(`has the old snapshot or the new one, whichever step is the last, when what changed is ${what} (P1)`, async () => {
      let stops = 0
      for (let steps = 1, ended = false; !ended; steps += 1) {
        await inTempDir(async (dir) => {
          await withLedger(dir, begin)
          const stopping = { clock: stoppingClock(steps), mergedRowsMax }
          ended = await withLedger(dir, keepSome, stopping).then(
            () => true,
            (error: unknown) => {
              if (!(error instanceof Error && error.message === 'stopped')) throw error
              return false
            },
          )
          stops += ended ? 0 : 1

          await withLedger(dir, async (ledger) => {
            const isNew = (await pending(ledger)) > 0
            assert.equal(await pending(ledger), isNew ? 300 : 0)
            assert.equal(await ledger.countMissing(aren), isNew ? 600 : 0)
            await bodiesAreWhole(ledger)
            const counts = isNew ? await stageAgain(ledger) : await keepSome(ledger)
            assert.deepEqual(counts, { new: 100, changed: 200, unchanged: 400, missing: 600 })
            await bodiesAreWhole(ledger)
            assert.deepEqual(await stage(ledger, rowsOf(0, rowCount)), {
              new: 0,
              changed: 0,
              unchanged: 1200,
              missing: 0,
            })
          })
          assert.equal(readdirSync(join(dir, 'staged')).length, 1)
        })
      }
      assert.ok(stops >= 8, `${stops} steps`)
    })
  }

  it('is whole when the process was killed right after it was merged (P1)', () =>
    inTempDir(async (dir) => {
      await withLedger(dir, begin)
      const script = join(import.meta.dirname, 'stage-rows.ts')
      const { signal } = spawnSync(process.execPath, [
        ...['--import', 'tsx', script, join(dir, 'ledger.db')],
        ...['1000', '2', 'die-merged'],
      ])

      assert.equal(signal, 'SIGKILL')
      await withLedger(dir, async (ledger) => {
        assert.equal(await pending(ledger), 500)
        assert.equal(await ledger.countMissing(aren), 200)
        assert.equal((await ledger.stagedProduct(aren, 'k999'))?.name, 'k999')
        assert.equal((await stage(ledger, rowsOf(0, rowCount))).unchanged, rowCount)
      })
    }))

  it('leaves one of two stagings that end at once, and that one whole', async () => {
    for (let run = 0; run < 10; run += 1) {
      await inTempDir((dir) =>
        withLedger(dir, async (one) => {
          await begin(one)
          await withLedger(dir, async (two) => {
            const ends = await Promise.allSettled([keepSome(one), keepSome(two)])

            const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason.kind] : []))
            assert.deepEqual(refused, ['busy'])
            assert.equal(await pending(one), 300)
            assert.equal(await two.countMissing(aren), 600)
            await bodiesAreWhole(one)
          })
        }),
      )
    }
  })

  it('asks for a whole staging when half of the products on the disk are of no use', () =>
    inTempDir((dir) =>
      withLedger(dir, async (ledger) => {
        await begin(ledger)
        const marks = []
        for (let night = 1; night <= 3; night += 1) {
          const staging = await beginOnto(ledger)
          await staging.keep(Array.from({ length: 700 }, (_, index) => index + 1))
          await staging.write(toStagedChunk(rowsOf(700, rowCount, night)))
          staging.mark(Buffer.from('marks'))
          await staging.commit(commitOf())
          marks.push((await ledger.wholesaler(aren))?.current?.marks !== null)
        }

        // 500 of 1,700, 1,000 of 2,200, and 1,500 of 2,700 are dead.
        assert.deepEqual(marks, [true, true, false])
      }),
    ))

  it('asks for a whole staging after 30 that added products', () =>
    inTempDir((dir) =>
      withLedger(dir, async (ledger) => {
        await begin(ledger)
        let nights = 0
        while ((await ledger.wholesaler(aren))?.current?.marks != null) {
          nights += 1
          const staging = await beginOnto(ledger)
          await staging.keep(Array.from({ length: rowCount }, (_, index) => index + 1))
          await staging.write(toStagedChunk(rowsOf(5000 + nights, 5001 + nights)))
          staging.mark(Buffer.from('marks'))
          await staging.commit(commitOf())
        }
        assert.equal(nights, 30)
      }),
    ))

  for (const [what, damage] of [
    ['gone', (path: string) => rmSync(path)],
    ['cut short', (path: string) => truncateSync(path, 100)],
  ] as const) {
    it(`has no marks when the products they speak of are ${what} (D13)`, () =>
      inTempDir((dir) =>
        withLedger(dir, async (ledger) => {
          await begin(ledger)
          damage(join(dir, 'staged', '1.ndjson'))

          assert.equal((await ledger.wholesaler(aren))?.current?.marks, null)
        }),
      ))
  }
})

/** The feed of `keepSome`, as a whole. */
async function stageAgain(ledger: Ledger): Promise<StagedCounts> {
  return await stage(ledger, [...rowsOf(0, 400), ...rowsOf(400, 600, 2), ...rowsOf(2000, 2100)])
}
