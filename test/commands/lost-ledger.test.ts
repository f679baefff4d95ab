import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { runCli } from '../cli/run-cli.js'
import { jobsOf, stateDirOf } from './job-desk.js'
import { csvFeed, inWorkplace, skus, type Workplace } from './workplace.js'

function lose({ dir }: Workplace, ...names: readonly string[]): void {
  for (const name of names) {
    for (const ending of ['', '-wal', '-shm', '.bak'])
      rmSync(join(stateDirOf(dir), `${name}${ending}`), { force: true })
  }
}

/** An import that dies when the store has had two of its batches of 50. */
async function killedImport({ dir, write }: Workplace, products: readonly string[]): Promise<void> {
  await write('a.csv', csvFeed(products))
  const env = { WHOLESALER_FAILPOINT: 'batch-recorded:2:kill' }
  assert.equal((await runCli(['import', 'a.csv'], { cwd: dir, env })).code, null)
}

describe('a ledger that was lost', function () {
  this.timeout(60_000)

  it('is followed by one that numbers above what only the store still knows', () =>
    inWorkplace(async (place) => {
      await killedImport(place, skus(150))
      lose(place, 'ledger.db', 'jobs.json')
      await place.write('a.csv', csvFeed(skus(150, 'B')))

      const { code, job, job_id: id } = await place.importJson('a.csv')

      assert.deepEqual([code, job?.total_created], [0, 150])
      assert.ok(Number(id) > 2, `job ${id} has a number that was in use`)
      assert.equal((await place.catalog()).size, 250)
    }))

  it('numbers above a heartbeat when the job file is gone as well', () =>
    inWorkplace(async (place) => {
      await killedImport(place, skus(150))
      lose(place, 'ledger.db', 'jobs.json', 'catalog.db')

      const { job_id: id } = await place.importJson('a.csv')

      assert.ok(Number(id) > 2, `job ${id} has a number that was in use`)
    }))

  it('costs its jobs nothing: their batches are not taken for those they had before', () =>
    inWorkplace(async (place) => {
      await killedImport(place, skus(150))
      lose(place, 'ledger.db')
      // Other products under the same numbers of batches.
      await place.write('a.csv', csvFeed(skus(150, 'B')))

      const { code } = await place.run('recover')

      assert.equal(code, 0)
      const job = (await jobsOf(place.dir)).get(1)
      assert.deepEqual([job?.status, job?.counts.processed, job?.counts.created], ['completed', 150, 150])
      assert.equal((await place.catalog()).size, 250)
    }))
})
