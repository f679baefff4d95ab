import assert from 'node:assert/strict'
import { startCli } from '../cli/run-cli.js'
import { withServer } from '../support/local-server.js'
import { csvFeed, inWorkplace, skus, type Workplace } from './workplace.js'

/** Enough batches of 50 that a signal sent after the first one comes long before the last. */
const products = skus(20_000)

/** Starts an import and ends it by `signal` once its first batch is done. */
async function disturb({ dir, write }: Workplace, signal: NodeJS.Signals) {
  await write('big.csv', csvFeed(products))
  const { child, printed, finished } = startCli(['import', 'big.csv', '--ndjson'], { cwd: dir })
  await printed('"type":"batch"')
  child.kill(signal)
  return await finished
}

describe('an import that is interrupted', function () {
  this.timeout(60_000)

  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`by ${signal} ends with ${exitCode}, keeps its finished batches, and the next run completes`, async () => {
      await inWorkplace(async (place) => {
        const { code, stdout } = await disturb(place, signal)
        const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
        assert.deepEqual(
          [code, summary.type, summary.success, summary.error.code, summary.job.status, summary.job.reason],
          [exitCode, 'summary', false, 'interrupted', 'failed', 'interrupted'],
        )
        const kept = summary.job.total_created
        assert.ok(kept >= 50 && kept < products.length, `${kept} products`)
        assert.equal((await place.catalog()).size, kept)

        const { job, pending, code: nextCode } = await place.importJson('big.csv')
        assert.deepEqual([nextCode, job?.total_created, pending], [0, products.length - kept, 0])
        assert.equal((await place.catalog()).size, products.length)
      })
    })
  }

  it('by kill -9 is found by the next import, which says so and completes it, each product once (P2)', async () => {
    await inWorkplace(async (place) => {
      const { code } = await disturb(place, 'SIGKILL')
      assert.equal(code, null)

      const { stderr, job, pending, code: nextCode } = await place.importJson('big.csv')
      assert.match(stderr, /Job 1 did not end: .*Its finished batches are kept\./)
      assert.deepEqual([nextCode, pending], [0, 0])
      assert.equal((await place.catalog()).size, products.length)

      const { jobs } = JSON.parse((await place.run('jobs', '--json')).stdout)
      assert.deepEqual(
        jobs.map(({ id, status }: { id: number; status: string }) => [id, status]),
        [
          [job?.id, 'completed'],
          [1, 'processing_stuck'],
        ],
      )
      const again = await place.importJson('big.csv')
      assert.deepEqual([again.code, again.job?.total_processed], [0, 0])
    })
  })

  it('by --max-duration ends with 10, and the next run goes on', async () => {
    await inWorkplace(async ({ write, importJson }) => {
      await write('a.csv', csvFeed(skus(100)))
      const stopped = await importJson('a.csv', '--max-duration', '1ms')
      assert.deepEqual(
        [stopped.code, stopped.success, stopped.job?.status, stopped.job?.reason],
        [10, true, 'completed', 'time_limit'],
      )
      const done = stopped.job?.total_created ?? 0
      assert.equal(stopped.pending, 100 - done)

      const next = await importJson('a.csv')
      assert.deepEqual([next.code, next.job?.total_created, next.pending], [0, 100 - done, 0])
    })
  })
})

describe('two imports of one wholesaler at once', function () {
  this.timeout(30_000)

  it('are one import: the other ends with 11 and names the job', async () => {
    const held: (() => void)[] = []
    await withServer(
      (_, response) => void held.push(() => response.end(csvFeed(['A', 'B']))),
      async ({ host }) => {
        await inWorkplace(async ({ dir, importJson, write }) => {
          const url = `http://${host}/feed.csv`
          const first = startCli(['import', url, '--as', 'acme', '--ndjson'], { cwd: dir })
          await first.printed('"step":"fetch"')

          const second = await importJson(url, '--as', 'acme')
          assert.deepEqual([second.code, second.success, second.error?.code], [11, false, 'busy'])
          assert.match(second.error?.message ?? '', /\bjob 1\b/i)

          await write('other.csv', csvFeed(['O']))
          assert.equal((await importJson('other.csv')).code, 0, 'another wholesaler is not busy')

          for (const answer of held) answer()
          assert.equal((await first.finished).code, 0)
          assert.equal((await importJson('other.csv')).code, 0)
        })
      },
    )
  })
})
