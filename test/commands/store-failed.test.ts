import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCli } from '../cli/run-cli.js'
import { jobsOf, stateDirOf } from './job-desk.js'
import { csvFeed, inWorkplace, skus } from './workplace.js'

describe('a product at which the store fails in a way that nobody foresaw', function () {
  this.timeout(60_000)

  for (const [when, point] of [
    ['before it is written', 'apply-product'],
    ['inside the transaction', 'product-written'],
  ] as const) {
    it(`${when}: costs that product, the rest is imported, and the next run tries it again`, () =>
      inWorkplace(async ({ dir, write, importJson, catalog }) => {
        await write('a.csv', csvFeed(skus(230)))
        const env = { WHOLESALER_FAILPOINT: `${point}@a00077:1+:throw` }

        const first = await runCli(['import', 'a.csv', '--json'], { cwd: dir, env })

        assert.equal(first.code, 3, first.stderr)
        const job = (await jobsOf(dir)).get(1)
        assert.deepEqual(
          [job?.status, job?.counts.processed, job?.counts.created, job?.counts.errors, job?.counts.batches],
          ['completed', 230, 229, 1, 5],
        )
        const rejects = await readFile(join(stateDirOf(dir), 'rejects', '1.csv'), 'utf8')
        assert.match(rejects, /,store_failed,"the store failed at it.*a00077/)
        assert.equal((await catalog()).size, 229)

        const { code, job: again } = await importJson('a.csv')
        assert.deepEqual([code, again?.total_created, (await catalog()).size], [0, 1, 230])
      }))
  }

  it('ends the job when the store fails at everything, rather than rejecting all', () =>
    inWorkplace(async ({ dir, write }) => {
      await write('a.csv', csvFeed(skus(10)))
      const env = { WHOLESALER_FAILPOINT: 'batch-claimed:1+:throw' }

      const { code } = await runCli(['import', 'a.csv', '--json'], { cwd: dir, env })

      const job = (await jobsOf(dir)).get(1)
      assert.deepEqual([code, job?.status, job?.counts.errors], [1, 'failed', 0])
    }))
})
