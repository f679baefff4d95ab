import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { copyFile, readFile, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Database, openDatabase } from '../../src/core/sqlite.js'
import { inTempDir } from '../support/temp-dir.js'

const migrations = ['CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;']

function addNotes(database: Database, count: number, text = 'x'.repeat(500)): void {
  database.transaction(() => {
    for (let at = 0; at < count; at += 1) database.prepare('INSERT INTO note (text) VALUES (?)').run(text)
  })
}

function countNotes(database: Database): number {
  return database.prepare<{ count: number }>('SELECT count(*) AS count FROM note').get()?.count ?? -1
}

/** A database with 100 notes, closed; copied, so that no connection of this process has the file open. */
async function makeDatabase(dir: string): Promise<string> {
  const original = join(dir, 'original.db')
  const database = await openDatabase(original, { migrations })
  addNotes(database, 100)
  database.close()
  const path = join(dir, 'notes.db')
  await copyFile(original, path)
  return path
}

describe('openDatabase', () => {
  it('creates a file that only its owner may read, whatever the umask', () =>
    inTempDir(async (dir) => {
      const path = join(dir, 'notes.db')
      const umask = process.umask(0)
      try {
        const database = await openDatabase(path, { migrations })
        addNotes(database, 1)

        for (const file of [path, `${path}-wal`, `${path}-shm`]) assert.equal(statSync(file).mode & 0o777, 0o600)
        database.close()
      } finally {
        process.umask(umask)
      }
    }))

  it('opens what it wrote, and finds all of it in the one file once it was closed', () =>
    inTempDir(async (dir) => {
      const path = await makeDatabase(dir)

      const database = await openDatabase(path, { migrations })

      assert.equal(countNotes(database), 100)
      database.check()
      database.close()
      database.close()
    }))

  it('brings an older schema up to date and keeps its data', () =>
    inTempDir(async (dir) => {
      const path = await makeDatabase(dir)
      const newer = [...migrations, "ALTER TABLE note ADD COLUMN title TEXT NOT NULL DEFAULT 'none';"]

      const database = await openDatabase(path, { migrations: newer })

      assert.equal(database.prepare<{ title: string }>('SELECT title FROM note').all().length, 100)
      assert.equal(database.prepare<{ user_version: number }>('PRAGMA user_version').get()?.user_version, 2)
      database.close()
    }))

  it('leaves the schema as it was when a migration fails', () =>
    inTempDir(async (dir) => {
      const path = await makeDatabase(dir)

      await assert.rejects(openDatabase(path, { migrations: [...migrations, 'DROP TABLE note; BROKEN'] }))

      const database = await openDatabase(path, { migrations })
      assert.equal(countNotes(database), 100)
      database.close()
    }))

  const unusable: readonly [string, (path: string) => Promise<void>, RegExp][] = [
    ['that is garbage (D13)', (path) => writeFile(path, 'not a database at all '.repeat(500)), /damaged/],
    ['filled with NUL (D7)', (path) => writeFile(path, Buffer.alloc(8192)), /damaged/],
    ['that is cut short (D6)', (path) => truncate(path, 8192), /damaged/],
    ['of a newer version (D8)', (path) => writeVersion(path, 7), /version 7/],
    ['of another program', (path) => writeVersion(path, 0), /another program/],
  ]
  for (const [name, spoil, message] of unusable) {
    it(`refuses a file ${name}, and leaves it as it is`, () =>
      inTempDir(async (dir) => {
        const path = await makeDatabase(dir)
        await spoil(path)
        const before = await readFile(path)

        await assert.rejects(openDatabase(path, { migrations }), (error: Error & { kind?: string; hint?: string }) => {
          assert.equal(error.kind, 'state_unreadable')
          assert.match(error.message, message)
          assert.ok(error.message.startsWith(path))
          assert.ok(error.hint)
          return true
        })

        assert.deepEqual(await readFile(path), before)
      }))
  }

  it('refuses symbolic links (D11)', () =>
    inTempDir(async (dir) => {
      const path = await makeDatabase(dir)
      const link = join(dir, 'link.db')
      await symlink(path, link)

      await assert.rejects(openDatabase(link, { migrations }), { kind: 'state_unreadable' })
    }))

  it('says where there is no folder', () =>
    inTempDir(async (dir) => {
      await assert.rejects(openDatabase(join(dir, 'none', 'notes.db'), { migrations }), {
        kind: 'unexpected',
        message: /ENOENT/,
      })
    }))
})

describe('a database', () => {
  const withDatabase = (test: (database: Database) => Promise<void> | void) => () =>
    inTempDir(async (dir) => {
      const database = await openDatabase(join(dir, 'notes.db'), { migrations })
      try {
        await test(database)
      } finally {
        database.close()
      }
    })

  it(
    'takes back a transaction that throws',
    withDatabase((database) => {
      const defect = new Error('defect')

      assert.throws(
        () =>
          database.transaction(() => {
            database.prepare('INSERT INTO note (text) VALUES (?)').run('lost')
            throw defect
          }),
        defect,
      )

      assert.equal(countNotes(database), 0)
      addNotes(database, 1)
      assert.equal(countNotes(database), 1)
    }),
  )

  it(
    'keeps what was committed when the disk is full, and goes on when there is room again (D2)',
    withDatabase((database) => {
      addNotes(database, 50)
      database.prepare('PRAGMA max_page_count = 20').get()

      assert.throws(() => addNotes(database, 1000), { kind: 'disk_full' })

      assert.equal(countNotes(database), 50)
      database.prepare('PRAGMA max_page_count = 100000').get()
      addNotes(database, 1000)
      assert.equal(countNotes(database), 1050)
    }),
  )

  it(
    'names the lock when another connection keeps writing',
    withDatabase(async (database) => {
      const other = await openDatabase(database.path, { migrations, busyTimeoutMs: 0 })

      database.transaction(() => {
        assert.throws(() => addNotes(other, 1), { kind: 'locked' })
        assert.equal(countNotes(other), 0)
      })
      addNotes(other, 1)

      assert.equal(countNotes(database), 1)
      other.close()
    }),
  )

  it(
    'commits durably when asked',
    withDatabase((database) => {
      const value = database.transaction(() => database.prepare("INSERT INTO note (text) VALUES ('a')").run(), {
        durable: true,
      })

      assert.equal(value, 1)
      assert.equal(database.prepare<{ synchronous: number }>('PRAGMA synchronous').get()?.synchronous, 1)
    }),
  )

  it('notices a damaged page when it is checked or read (D13)', () =>
    inTempDir(async (dir) => {
      const path = await makeDatabase(dir)
      const bytes = readFileSync(path)
      bytes.fill(0xaa, 4096 * 2, 4096 * 6)
      await writeFile(path, bytes)

      const database = await openDatabase(path, { migrations })

      assert.throws(() => database.check(), { kind: 'state_unreadable' })
      assert.throws(() => database.prepare('SELECT text FROM note').all(), { kind: 'state_unreadable' })
      database.close()
      assert.deepEqual(readFileSync(path), bytes)
    }))
})

/** Sets the schema version in the header (https://sqlite.org/fileformat2.html, offset 60). */
async function writeVersion(path: string, version: number): Promise<void> {
  const bytes = await readFile(path)
  bytes.writeUInt32BE(version, 60)
  await writeFile(path, bytes)
}
