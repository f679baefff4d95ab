import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { heartbeatDir } from '../../../src/core/jobs/heartbeat.js'
import type { JobStore } from '../../../src/core/jobs/job-store.js'
import { openJobStore } from '../../../src/core/jobs/lowdb-job-store.js'
import { fixedClock } from '../../support/fixed-clock.js'
import { inTempDir } from '../../support/temp-dir.js'
import { jobIn, scheduledJob, startOfTest } from './sample-jobs.js'
import { startStoreProcess } from './store-process.js'

interface Scene {
  readonly dir: string
  readonly file: string
  readonly backup: string
  readonly store: JobStore
  readonly warnings: string[]
}

/** A store with two revisions behind it: job 1 in the backup, jobs 1 and 2 in the file. */
async function withTwoRevisions(body: (scene: Scene) => Promise<void>): Promise<void> {
  await inTempDir(async (dir) => {
    const warnings: string[] = []
    const store = openJobStore({ dir, clock: fixedClock(startOfTest), onWarning: (text) => warnings.push(text) })
    await add(store, 1)
    await add(store, 2)
    const file = join(dir, 'jobs.json')
    try {
      await body({ dir, file, backup: `${file}.bak`, store, warnings })
    } finally {
      await store.close()
    }
  })
}

function add(store: JobStore, id: number): Promise<void> {
  return store.transaction(() => ({ put: [scheduledJob(id)], result: undefined }))
}

async function idsOf(store: JobStore): Promise<number[]> {
  return [...(await store.read()).keys()]
}

describe('the job file', () => {
  it('is a document that a person can read, for its owner only (A8)', () =>
    withTwoRevisions(async ({ dir, file, backup }) => {
      const text = await readFile(file, 'utf8')

      assert.match(text, /^\{\n {2}"schema_version": 1,\n {2}"rev": 2,\n {2}"jobs": \{\n {4}"1": \{/)
      assert.equal(JSON.parse(await readFile(backup, 'utf8')).rev, 1)
      for (const path of [file, backup]) assert.equal((await stat(path)).mode & 0o777, 0o600)
      assert.deepEqual(
        (await readdir(dir)).filter((name) => name.endsWith('.tmp')),
        [],
      )
    }))

  it('has a backup from its first write on, which is a file of its own', () =>
    inTempDir(async (dir) => {
      const store = openJobStore({ dir, clock: fixedClock(), onWarning: assert.fail })

      await add(store, 1)

      const [file, backup] = [await stat(join(dir, 'jobs.json')), await stat(join(dir, 'jobs.json.bak'))]
      assert.notEqual(file.ino, backup.ino)
      await store.close()
    }))

  it('creates the state folder for its owner only', () =>
    inTempDir(async (dir) => {
      const state = join(dir, 'deep', 'state')
      const store = openJobStore({ dir: state, clock: fixedClock(), onWarning: assert.fail })

      assert.equal((await store.read()).size, 0)
      await assert.rejects(stat(state), { code: 'ENOENT' })
      await add(store, 1)

      assert.equal((await stat(state)).mode & 0o777, 0o700)
      await store.close()
    }))

  it('is not written when nothing changes', () =>
    withTwoRevisions(async ({ file, store }) => {
      const before = await stat(file)

      await store.transaction(() => ({ put: [], result: undefined }))

      assert.equal((await stat(file)).ino, before.ino)
    }))

  const damages: Readonly<Record<string, (file: string) => Promise<void>>> = {
    'empty (D5)': (file) => writeFile(file, ''),
    'garbage (D7)': (file) => writeFile(file, randomBytes(500)),
    'filled with NUL (D7)': async (file) => writeFile(file, Buffer.alloc((await stat(file)).size)),
    'missing, with a backup': (file) => rm(file),
  }
  for (const [what, damage] of Object.entries(damages)) {
    it(`that is ${what} is restored from its backup, reported, and kept`, () =>
      withTwoRevisions(async ({ dir, file, store, warnings }) => {
        await damage(file)
        const damaged = await readFile(file).catch(() => null)

        await add(store, 3)

        assert.deepEqual(await idsOf(store), [1, 3])
        assert.equal(warnings.length, 1)
        assert.match(warnings[0] ?? '', /jobs\.json .* was restored from jobs\.json\.bak/)
        const kept = (await readdir(dir)).filter((name) => name.startsWith('jobs.corrupt-'))
        assert.equal(kept.length, damaged === null ? 0 : 1)
        for (const name of kept) {
          assert.match(name, /^jobs\.corrupt-20260115T12\d{7}Z\.json$/)
          assert.deepEqual(await readFile(join(dir, name)), damaged)
        }
      }))

    it(`that is ${what} is read from its backup by readers, who report it and write nothing`, () =>
      withTwoRevisions(async ({ dir, file, store, warnings }) => {
        await damage(file)
        const before = await readdir(dir)

        assert.deepEqual(await idsOf(store), [1])

        assert.equal(warnings.length, 1)
        assert.match(warnings[0] ?? '', /its backup was read instead/)
        assert.deepEqual(await readdir(dir), before)
      }))
  }

  it('that is gone with its backup, where jobs ran, is missed aloud, once, and begins anew', () =>
    withTwoRevisions(async ({ dir, file, store, warnings }) => {
      await mkdir(heartbeatDir(dir))
      await rm(file)
      await rm(`${file}.bak`)

      assert.deepEqual(await idsOf(store), [])
      await add(store, 7)

      assert.deepEqual(await idsOf(store), [7])
      assert.equal(warnings.length, 1)
      assert.match(warnings[0] ?? '', /jobs\.json and its backup are gone/)
    }))

  it('cut off at any byte is read from its backup (D6)', () =>
    withTwoRevisions(async ({ file, store, warnings }) => {
      const whole = await readFile(file)
      const lastBrace = whole.lastIndexOf('}')
      for (let length = 0; length < whole.length; length += 1) {
        await writeFile(file, whole.subarray(0, length))
        warnings.length = 0

        const ids = await idsOf(store)

        // Without its last line end the document is still whole.
        assert.deepEqual(ids, length > lastBrace ? [1, 2] : [1], `cut at ${length}`)
        assert.equal(warnings.length, length > lastBrace ? 0 : 1)
      }
    })).timeout(60_000)

  it('that is damaged together with its backup is refused, never started empty', () =>
    withTwoRevisions(async ({ file, backup, store }) => {
      await writeFile(file, '{')
      await writeFile(backup, '')
      const refusal = { kind: 'state_unreadable', message: /not complete JSON, and its backup is empty/ }

      await assert.rejects(store.read(), refusal)
      await assert.rejects(add(store, 3), refusal)

      assert.equal(await readFile(file, 'utf8'), '{')
      assert.equal(await readFile(backup, 'utf8'), '')
    }))

  it('that is damaged and has no backup is refused', () =>
    withTwoRevisions(async ({ file, backup, store }) => {
      await writeFile(file, '')
      await rm(backup)

      await assert.rejects(add(store, 3), { kind: 'state_unreadable', message: /is empty, and its backup is missing/ })
    }))

  for (const [what, text, message] of [
    ['JSON of a wrong shape', '[1, 2]', /jobs\.json must be an object/],
    ['of a newer schema', '{"schema_version": 99, "rev": 1, "jobs": {}}', /schema version 99/],
    ['wrong in one value', '{"schema_version": 1, "rev": 1, "jobs": {"1": {"id": 1}}}', /jobs\.1\.kind must be/],
  ] as const) {
    it(`that is ${what} is refused and left untouched (D8)`, () =>
      withTwoRevisions(async ({ dir, file, store }) => {
        await writeFile(file, text)
        const before = await readdir(dir)

        await assert.rejects(store.read(), { kind: 'state_unreadable', message })
        await assert.rejects(add(store, 3), { kind: 'state_unreadable', message })

        assert.equal(await readFile(file, 'utf8'), text)
        assert.deepEqual(await readdir(dir), before)
      }))
  }

  it('loses temporary files that a dead writer left an hour ago, and no others (D10)', () =>
    inTempDir(async (dir) => {
      const clock = fixedClock(startOfTest)
      const aged = async (name: string, ageMs: number) => {
        await writeFile(join(dir, name), 'left over')
        const at = (startOfTest - ageMs) / 1000
        await utimes(join(dir, name), at, at)
      }
      await aged('jobs.json.1.old.tmp', 3_601_000)
      await aged('jobs.json.1.new.tmp', 3_599_000)
      await aged('other.json.1.old.tmp', 3_601_000)
      const store = openJobStore({ dir, clock, onWarning: assert.fail })

      await add(store, 1)

      const left = (await readdir(dir)).filter((name) => name.endsWith('.tmp'))
      assert.deepEqual(left, ['jobs.json.1.new.tmp', 'other.json.1.old.tmp'])
      await store.close()
    }))

  it('does not mind a lock file, a note and heartbeats that were left behind (D10)', () =>
    withTwoRevisions(async ({ dir, store }) => {
      await writeFile(join(dir, 'jobs.lock.json'), '{"half a no')
      await mkdir(join(dir, 'heartbeats'))
      await writeFile(join(dir, 'heartbeats', '9.json'), '')

      await add(store, 3)

      assert.deepEqual(await idsOf(store), [1, 2, 3])
    }))

  it('that is the same file as its backup, after a crash between two renames, is written as ever', () =>
    withTwoRevisions(async ({ dir, file, backup, store }) => {
      await rm(backup)
      await link(file, backup)

      await add(store, 3)

      assert.equal(JSON.parse(await readFile(backup, 'utf8')).rev, 2)
      assert.equal(JSON.parse(await readFile(file, 'utf8')).rev, 3)
      assert.deepEqual(
        (await readdir(dir)).filter((name) => name.endsWith('.tmp')),
        [],
      )
    }))

  it('that somebody edited is read anew, be it as long and as old as before', () =>
    withTwoRevisions(async ({ file, store }) => {
      await store.read()
      const { atime, mtime } = await stat(file)
      const text = await readFile(file, 'utf8')

      await writeFile(file, text.replace('"priority": 5', '"priority": 7'))
      assert.equal((await store.read()).get(1)?.options.priority, 7)

      // As another program's write may leave it, on a file system with coarse times.
      await writeFile(file, text.replace('"rev": 2', '"rev": 3').replace('"priority": 5', '"priority": 6'))
      await utimes(file, atime, mtime)
      assert.equal((await store.read()).get(1)?.options.priority, 6)
    }))

  it('behind a link is refused, and what the link names is left alone (D11)', () =>
    withTwoRevisions(async ({ dir, file, store }) => {
      const elsewhere = join(dir, 'elsewhere.json')
      await rename(file, elsewhere)
      await symlink(elsewhere, file)
      const before = await readFile(elsewhere, 'utf8')

      await assert.rejects(store.read(), { kind: 'state_unreadable', message: /symbolic link/ })
      await assert.rejects(add(store, 3), { kind: 'state_unreadable' })

      assert.equal(await readFile(elsewhere, 'utf8'), before)
    }))

  it('that is no file at all is refused', () =>
    withTwoRevisions(async ({ file, store }) => {
      await rm(file)
      await mkdir(file)

      await assert.rejects(store.read(), { kind: 'state_unreadable', message: /not a regular file/ })
    }))

  it('in a folder that every user may write to is not written (D11)', () =>
    withTwoRevisions(async ({ dir, store }) => {
      await chmod(dir, 0o777)

      await assert.rejects(add(store, 3), { kind: 'state_unreadable', hint: /chmod 700/ })
    }))

  it('stays as it was when there is no room for the next one, and no piece of that is left (D1, D17)', async function () {
    if (process.platform === 'win32') return this.skip()
    await inTempDir(async (dir) => {
      const store = openJobStore({ dir, clock: fixedClock(startOfTest), onWarning: assert.fail })
      const many = Array.from({ length: 40 }, (_, index) => jobIn('completed', index + 1))
      await store.transaction(() => ({ put: many, result: undefined }))
      const before = await readFile(join(dir, 'jobs.json'))
      assert.ok(before.length > 45_000)

      const limited = startStoreProcess([dir, 'add', 100, 1], { limitKib: 44 })
      const { lines } = await limited.ended

      assert.deepEqual(lines, ['refused 100 disk_full'])
      assert.deepEqual(await readFile(join(dir, 'jobs.json')), before)
      assert.deepEqual(
        (await readdir(dir)).filter((name) => name.endsWith('.tmp')),
        [],
      )
      await add(store, 101)
      assert.equal((await store.read()).size, 41)
      await store.close()
    })
  })

  it('loses nothing of 4 processes that write at once, and no reader ever sees a broken one', async function () {
    this.timeout(60_000)
    await inTempDir(async (dir) => {
      const writers = [0, 1, 2, 3].map((number) => startStoreProcess([dir, 'add', number * 50 + 1, 50]))
      const reader = startStoreProcess([dir, 'read', 1, 400])
      const outputs = await Promise.all([...writers, reader].map((each) => each.ended))

      const lines = outputs.flatMap((output) => output.lines)
      const unexpected = lines.filter((line) => !/^(stored|read) \d+$/.test(line))
      assert.deepEqual(unexpected, [])
      assert.deepEqual(
        outputs.map(({ code }) => code),
        [0, 0, 0, 0, 0],
      )
      const store = openJobStore({ dir, clock: fixedClock(), onWarning: assert.fail })
      assert.equal((await store.read()).size, 200)
      assert.equal(JSON.parse(await readFile(join(dir, 'jobs.json'), 'utf8')).rev, 200)
      await store.close()
    })
  })

  it('has every change that was acknowledged before its writer was killed (P2)', async function () {
    this.timeout(60_000)
    await inTempDir(async (dir) => {
      const acknowledged: number[] = []
      for (const round of [0, 1, 2]) {
        const writer = startStoreProcess([dir, 'add', round * 1000 + 1, 1000])
        await writer.line(`stored ${round * 1000 + 5 + round * 3}`)
        writer.kill('SIGKILL')
        const { lines } = await writer.ended
        for (const line of lines) acknowledged.push(Number(line.split(' ')[1]))
      }

      const store = openJobStore({ dir, clock: fixedClock(startOfTest), onWarning: assert.fail })
      const stored = new Set(await idsOf(store))
      assert.deepEqual(
        acknowledged.filter((id) => !stored.has(id)),
        [],
      )
      assert.ok(stored.size - acknowledged.length <= 3)
      await store.close()
    })
  })
})
