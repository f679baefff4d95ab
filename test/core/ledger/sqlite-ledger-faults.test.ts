import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../src/core/clock.js'
import type { Ledger } from '../../../src/core/ledger/ledger.js'
import { ledgerMigrations } from '../../../src/core/ledger/schema.js'
import { openSqliteLedger } from '../../../src/core/ledger/sqlite-ledger.js'
import { toStagedChunk } from '../../../src/core/product/fingerprint.js'
import { openDatabase } from '../../../src/core/sqlite.js'
import { aren, commitOf, importAll, newWriter, pending, row, stage } from '../../contract/ledger-fixture.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { inTempDir } from '../../support/temp-dir.js'

const script = join(import.meta.dirname, 'stage-rows.ts')
const scriptArguments = ['--import', 'tsx', script]
const processTimeoutMs = 60_000

function rowsOf(count: number, price = 1) {
  return Array.from({ length: count }, (_, index) => row(`k${index}`, { price }))
}

async function openLedger(path: string, clock: Clock = fixedClock()): Promise<Ledger> {
  const ledger = await openSqliteLedger(path, { storeIdentity: 'shop a', clock })
  await ledger.addWholesaler(aren, null)
  return ledger
}

async function withLedger<T>(path: string, use: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = await openLedger(path)
  try {
    return await use(ledger)
  } finally {
    await ledger.close()
  }
}

/** What lies in the file, whoever may see it. */
async function look(path: string): Promise<{ snapshots: number; staged: number }> {
  const database = await openDatabase(path, { migrations: ledgerMigrations })
  try {
    database.check()
    const count = (table: 'snapshot' | 'staged') =>
      database.prepare<{ count: number }>(`SELECT count(*) AS count FROM ${table}`).get()?.count ?? -1
    return { snapshots: count('snapshot'), staged: count('staged') }
  } finally {
    database.close()
  }
}

async function waitForWord(child: ChildProcess, word: string): Promise<void> {
  let said = ''
  for await (const chunk of child.stdout ?? []) {
    said += String(chunk)
    if (said.includes(word)) return
  }
  throw new Error(`the process ended without saying ${word}: ${said}`)
}

describe('SQLite ledger: faults', function () {
  this.timeout(processTimeoutMs)

  it('is as before when the process is killed in mid-staging (P2)', () =>
    inTempDir(async (dir) => {
      const path = join(dir, 'ledger.db')
      await withLedger(path, async (ledger) => {
        await stage(ledger, rowsOf(700))
        await importAll(ledger, [], { size: 100 })
      })

      const child = spawn(process.execPath, [...scriptArguments, path, '3000', '2', 'hang'])
      await waitForWord(child, 'written')
      child.kill('SIGKILL')
      await once(child, 'exit')

      await withLedger(path, async (ledger) => {
        assert.equal(await pending(ledger), 0)
        assert.equal((await ledger.wholesaler(aren))?.current?.complete, true)
        assert.deepEqual(await stage(ledger, rowsOf(700)), { new: 0, changed: 0, unchanged: 700, missing: 0 })
      })
      assert.deepEqual(await look(path), { snapshots: 1, staged: 700 })
    }))

  it('deletes and carries over all rows of a snapshot that was staged after one that never ended', () =>
    inTempDir(async (dir) => {
      const path = join(dir, 'ledger.db')
      await withLedger(path, async (ledger) => {
        await stage(ledger, rowsOf(10))
        const dead = await ledger.beginStaging(aren)
        await dead.write(toStagedChunk(rowsOf(500)))

        await stage(ledger, rowsOf(300))
        await stage(ledger, rowsOf(20, 2), { complete: false })
        assert.equal(await pending(ledger), 300)
        await stage(ledger, rowsOf(10))
      })
      assert.deepEqual(await look(path), { snapshots: 1, staged: 10 })
    }))

  it('goes on where a process was killed right after its snapshot became current (P1)', () =>
    inTempDir(async (dir) => {
      const path = join(dir, 'ledger.db')
      await withLedger(path, async (ledger) => {
        await stage(ledger, rowsOf(1500))
        await importAll(ledger, [], { size: 100 })
      })

      const child = spawn(process.execPath, [...scriptArguments, path, '1000', '2', 'die-settling'])
      const [, signal] = await once(child, 'exit')

      assert.equal(signal, 'SIGKILL')
      assert.deepEqual(await look(path), { snapshots: 2, staged: 2500 })
      await withLedger(path, async (ledger) => {
        assert.equal(await pending(ledger), 1000)
        assert.equal(await ledger.countMissing(aren), 500)
        await ledger.touchSnapshot(aren, { file: 'file', etag: null, lastModified: null })
      })
      assert.deepEqual(await look(path), { snapshots: 1, staged: 1000 })
    }))

  it('loses nothing, whichever step of a staging is the last (P1)', async () => {
    for (let steps = 1; ; steps += 1) {
      const ended = await inTempDir(async (dir) => {
        const path = join(dir, 'ledger.db')
        await withLedger(path, async (ledger) => {
          await stage(ledger, rowsOf(1200))
          await importAll(ledger, [{ key: 'k1199', outcome: 'rejected', code: 'refused', reason: 'no' }], { size: 400 })
        })
        const ended = await stageUntil(path, steps)

        await withLedger(path, async (ledger) => {
          const pendingThen = await pending(ledger)
          assert.ok([1, 600].includes(pendingThen), `step ${steps}: ${pendingThen} pending`)
          assert.equal(await ledger.countMissing(aren), pendingThen === 600 ? 599 : 0)
          const counts = await stage(ledger, rowsOf(600, 2))
          assert.deepEqual(counts, { new: 0, changed: 600, unchanged: 0, missing: 599 })
        })
        assert.deepEqual(await look(path), { snapshots: 1, staged: 600 })
        return ended
      })
      if (ended) return
    }
  })

  it('counts every complete fetch that lacks a product, the unchanged ones too', () =>
    inTempDir(async (dir) => {
      const path = join(dir, 'ledger.db')
      await withLedger(path, async (ledger) => {
        await stage(ledger, rowsOf(2))
        await importAll(ledger)
        await stage(ledger, rowsOf(1))
        await ledger.touchSnapshot(aren, { file: 'moved', etag: null, lastModified: null })
        await stage(ledger, rowsOf(1), { complete: false })
        await ledger.touchSnapshot(aren, { file: 'moved', etag: null, lastModified: null })
        await stage(ledger, rowsOf(1))
      })

      const database = await openDatabase(path, { migrations: ledgerMigrations })
      const fetches = database.prepare<{ key: string; fetches: number }>(`
        SELECT key, complete_fetches - missing_fetch + 1 AS fetches
        FROM imported JOIN wholesaler ON wholesaler.id = wholesaler_id WHERE missing_since IS NOT NULL`)
      assert.deepEqual({ ...fetches.get() }, { key: 'k1', fetches: 3 })
      database.close()
    }))

  it('brings back a product that the missing policy retired, when it returns unchanged', () =>
    inTempDir(async (dir) => {
      const path = join(dir, 'ledger.db')
      await withLedger(path, async (ledger) => {
        await stage(ledger, rowsOf(2))
        await importAll(ledger)
        await stage(ledger, rowsOf(1))
      })
      const database = await openDatabase(path, { migrations: ledgerMigrations })
      database.prepare("UPDATE imported SET retired = 'draft' WHERE key = 'k1'").run()
      database.close()

      await withLedger(path, async (ledger) => {
        assert.deepEqual(await stage(ledger, rowsOf(2)), { new: 0, changed: 1, unchanged: 1, missing: 0 })
        await importAll(ledger)
        assert.deepEqual(await stage(ledger, rowsOf(2)), { new: 0, changed: 0, unchanged: 2, missing: 0 })
      })
    }))

  it('is refused and left alone when its file is damaged (D13)', () =>
    inTempDir(async (dir) => {
      const path = join(dir, 'ledger.db')
      const garbage = Buffer.alloc(10_000, 'garbage')
      await writeFile(path, garbage)

      await assert.rejects(openLedger(path), { kind: 'state_unreadable' })

      assert.deepEqual(await readFile(path), garbage)
    }))

  it('is refused when a newer release wrote it (D8)', () =>
    inTempDir(async (dir) => {
      const path = join(dir, 'ledger.db')
      const database = await openDatabase(path, { migrations: [...ledgerMigrations, 'CREATE TABLE later (id);'] })
      database.close()

      await assert.rejects(openLedger(path), {
        kind: 'state_unreadable',
        message: new RegExp(`version ${ledgerMigrations.length + 1},`),
      })
    }))

  it('leaves no trace of a staging for which the disk had no room, and heals (D2)', function () {
    const run = (rows: number, price: number) =>
      `"$1" --import tsx "$2" "$0/ledger.db" ${rows} ${price} finish | grep -v written`
    const shell = `
      mount -t tmpfs -o size=6m tmpfs "$0" || exit
      dd if=/dev/zero of="$0/ballast" bs=1k count=2000 status=none
      ${run(500, 1)}; ${run(20_000, 2)}; rm "$0/ballast"; ${run(500, 3)}`
    return inTempDir(async (dir) => {
      const result = spawnSync('unshare', ['-Urm', 'sh', '-c', shell, dir, process.execPath, script], {
        encoding: 'utf8',
      })
      if (result.error !== undefined || /unshare:|mount:/.test(result.stderr)) this.skip()

      assert.deepEqual(result.stdout.trim().split('\n'), ['committed', 'failed disk_full', 'committed'], result.stderr)
    })
  })

  it('takes a limit on the size of files for a full disk (D17)', () =>
    inTempDir(async (dir) => {
      const path = join(dir, 'ledger.db')
      const shell = `trap '' XFSZ; ulimit -f 4000; exec "$0" --import tsx "$1" "$2" 20000 1 finish`

      const { stdout } = spawnSync('sh', ['-c', shell, process.execPath, script, path], { encoding: 'utf8' })

      // Node's own SQLite does not tell why a write failed.
      assert.match(stdout, /failed (disk_full|unexpected)/)
      await withLedger(path, async (ledger) => {
        assert.equal((await stage(ledger, rowsOf(10))).new, 10)
      })
    }))

  it('lets two processes number jobs and write at once', () =>
    inTempDir(async (dir) => {
      const path = join(dir, 'ledger.db')
      const [one, two] = await Promise.all([openLedger(path), openLedger(path)])

      const numbers = await Promise.all([one, two, one, two].map((ledger) => ledger.nextNumber()))

      assert.equal(new Set(numbers).size, 4)
      await stage(one, rowsOf(3))
      assert.equal(
        (await two.claimBatch(await newWriter(two), { wholesaler: aren, size: 5, updateExisting: true }))?.items.length,
        3,
      )
      await Promise.all([one.close(), two.close()])
    }))
})

/** Stages 600 changed rows, stopping before step number `steps`. True when it came to its end. */
async function stageUntil(path: string, steps: number): Promise<boolean> {
  let left = steps
  const clock: Clock = {
    ...fixedClock(),
    monotonic() {
      left -= 1
      if (left === 0) throw new Error('stopped')
      return 0
    },
  }
  const ledger = await openLedger(path, clock)
  try {
    const staging = await ledger.beginStaging(aren)
    await staging.write(toStagedChunk(rowsOf(600, 2)))
    await staging.commit(commitOf())
    return true
  } catch (error: unknown) {
    if (!(error instanceof Error && error.message === 'stopped')) throw error
    return false
  } finally {
    await ledger.close()
  }
}
