import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stateDirOf } from './job-desk.js'
import { csvFeed, inWorkplace, skus } from './workplace.js'

describe('damaged state', function () {
  this.timeout(60_000)

  for (const name of ['catalog.db', 'ledger.db']) {
    it(`${name}: ends an import with 8, is not overwritten, and doctor names it (D13)`, () =>
      inWorkplace(async (place) => {
        await place.write('a.csv', csvFeed(skus(10)))
        await place.importJson('a.csv')
        const path = join(stateDirOf(place.dir), name)
        const garbage = Buffer.alloc(30_000, 'garbage')
        writeFileSync(path, garbage)

        const { code, stdout } = await place.run('import', 'a.csv', '--json')
        const doctor = await place.run('doctor', '--json')

        assert.deepEqual([code, JSON.parse(stdout).error.code], [8, 'state_unreadable'])
        assert.deepEqual(readFileSync(path), garbage)
        const failed = JSON.parse(doctor.stdout).checks.filter(
          ({ status }: { readonly status: string }) => status === 'fail',
        )
        assert.deepEqual(
          failed.map(({ id }: { readonly id: string }) => `${id}.db`),
          [name],
        )
      }))
  }

  it('a catalog that was deleted is another shop: all comes in again (D13)', () =>
    inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(skus(10)))
      await place.importJson('a.csv')
      for (const ending of ['', '-wal', '-shm']) {
        rmSync(join(stateDirOf(place.dir), `catalog.db${ending}`), { force: true })
      }

      const { code, job } = await place.importJson('a.csv')

      assert.deepEqual([code, job?.total_created, (await place.catalog()).size], [0, 10, 10])
    }))
})
