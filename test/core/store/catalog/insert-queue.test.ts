import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type Database, openDatabase } from '../../../../src/core/sqlite.js'
import { InsertQueue } from '../../../../src/core/store/catalog/insert-queue.js'
import { inTempDir } from '../../../support/temp-dir.js'

const migrations = ['CREATE TABLE tag (product_id INTEGER NOT NULL, name TEXT NOT NULL) STRICT;']

function namesIn(database: Database): string[] {
  const rows = database.prepare<{ name: string }>('SELECT name FROM tag ORDER BY rowid').all()
  return rows.map(({ name }) => name)
}

function withQueue(work: (database: Database, tags: InsertQueue) => void): Promise<void> {
  return inTempDir(async (dir) => {
    const database = await openDatabase(join(dir, 'tags.db'), { migrations })
    try {
      work(database, new InsertQueue(database, 'tag (product_id, name)'))
    } finally {
      database.close()
    }
  })
}

describe('rows that are inserted many at a time', () => {
  for (const count of [0, 1, 7, 8, 63, 64, 65, 200]) {
    it(`are all there and in their order after a flush: ${count}`, () =>
      withQueue((database, tags) => {
        const names = Array.from({ length: count }, (_, index) => `name ${index}`)
        for (const name of names) tags.add(1, name)

        tags.flush()
        tags.flush()

        assert.deepEqual(namesIn(database), names)
      }))
  }

  it('are inserted no more once they are forgotten, after a rollback', () =>
    withQueue((database, tags) => {
      tags.add(1, 'of the transaction that failed')

      tags.forget()
      tags.add(1, 'of the next')
      tags.flush()

      assert.deepEqual(namesIn(database), ['of the next'])
    }))

  it('wait no longer after a flush that failed', () =>
    withQueue((database, tags) => {
      tags.add(1, null)
      assert.throws(() => tags.flush(), /NOT NULL/)

      tags.flush()

      assert.deepEqual(namesIn(database), [])
    }))
})
