import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { keepStdin } from '../../src/core/feed/stdin-copy.js'
import { startCli } from '../cli/run-cli.js'
import { withServer } from '../support/local-server.js'
import { jobsOf, scheduleJob, stateDirOf, takeOver } from './job-desk.js'
import { csvFeed, inWorkplace, skus, type Workplace } from './workplace.js'

/** Enough batches of 50 that a signal sent after the first one comes long before the last. */
const products = skus(20_000)

async function startsOf({ dir }: Workplace): Promise<readonly number[]> {
  const jobs = [...(await jobsOf(dir)).values()]
  return jobs.sort((one, other) => one.token - other.token).map(({ id }) => id)
}

describe('worker', function () {
  this.timeout(60_000)

  it('works off what is scheduled, by priority, then age, and ends with --once', async () => {
    await inWorkplace(async (place) => {
      for (const name of ['a', 'b', 'c']) await place.write(`${name}.csv`, csvFeed([name]))
      const late = await scheduleJob(place.dir, 'a.csv')
      const next = await scheduleJob(place.dir, 'b.csv')
      const first = await scheduleJob(place.dir, 'c.csv', { priority: 1 })

      const { code, stdout, stderr } = await place.run('worker', '--once', '--json')

      const { success, jobs } = JSON.parse(stdout)
      assert.deepEqual([code, success, jobs.length], [0, true, 3])
      assert.deepEqual(await startsOf(place), [first, late, next])
      assert.equal((await place.catalog()).size, 3)
      assert.match(stderr, /^job \d+: Running \(c\)$/m)
      assert.deepEqual(readdirSync(join(stateDirOf(place.dir), 'workers')), [])
    })
  })

  it('works with the options of the job, not with its own, from any folder', async () => {
    await inWorkplace(async (place) => {
      await place.write(
        'shop/wholesaler.config.js',
        'export default { wholesalers: { acme: { feed: "a.csv", price: { margin: 100 } } } }',
      )
      await place.write('shop/a.csv', csvFeed(skus(10)))
      const configPath = place.path('shop/wholesaler.config.js')
      await scheduleJob(place.dir, 'a.csv', {
        configPath,
        wholesalers: ['acme'],
        source: 'acme',
        batches: 2,
        perBatch: 3,
      })

      const { code } = await place.run('worker', '--once')

      const rows = [...(await place.catalog()).values()]
      assert.deepEqual([code, rows.length, rows[0]?.['Regular price']], [0, 6, '20'])
    })
  })

  it('works from the copy of what came by stdin, which is gone when the job is completed', async () => {
    await inWorkplace(async (place) => {
      const { signal } = new AbortController()
      const stdinSha256 = await keepStdin(stateDirOf(place.dir), signal, Readable.from([Buffer.from(csvFeed(skus(3)))]))
      await scheduleJob(place.dir, 'a', { source: '-', stdinSha256, as: 'acme', wholesalers: ['acme'] })

      const { code } = await place.run('worker', '--once')
      assert.deepEqual([code, (await place.catalog()).size], [0, 3])

      await place.run('worker', '--once')
      assert.deepEqual(readdirSync(join(stateDirOf(place.dir), 'stdin')), [])
    })
  })

  for (const [what, remove] of [
    ['feed', 'a.csv'],
    ['config', 'wholesaler.config.json'],
  ] as const) {
    it(`ends a job whose ${what} is gone as failed, saying what is missing, with 3`, async () => {
      await inWorkplace(async (place) => {
        await place.write('a.csv', csvFeed(['A']))
        const configPath = await place.write('wholesaler.config.json', '{ "wholesalers": {} }')
        const id = await scheduleJob(place.dir, 'a.csv', { configPath })
        await rm(place.path(remove))

        const { code } = await place.run('worker', '--once')

        const job = (await jobsOf(place.dir)).get(id)
        assert.deepEqual([code, job?.status], [3, 'failed'])
        assert.match(job?.errorMessages[0] ?? '', new RegExp(remove.replaceAll('.', '\\.')))
        assert.equal(job?.status === 'failed' && job.exitCode, what === 'feed' ? 7 : 2)
      })
    })
  }

  it('ends a job whose wholesaler is not configured any more as failed', async () => {
    await inWorkplace(async (place) => {
      const configPath = await place.write(
        'wholesaler.config.json',
        '{ "wholesalers": { "other": { "feed": "o.csv" } } }',
      )
      const id = await scheduleJob(place.dir, 'a.csv', { configPath, wholesalers: ['acme'], source: null })

      await place.run('worker', '--once')

      assert.match(
        (await jobsOf(place.dir)).get(id)?.errorMessages[0] ?? '',
        /"acme", which is not configured any more/,
      )
    })
  })

  it('runs jobs of different wholesalers side by side, and those of one in turn', async () => {
    const open: (() => void)[] = []
    let most = 0
    await withServer(
      ({ url }, response) => {
        open.push(() => response.end(csvFeed([url ?? ''])))
        most = Math.max(most, open.length)
        // Two are there: answer both. The third one comes after.
        if (open.length === 2 || most === 2) for (const answer of open.splice(0)) setTimeout(answer, 100)
      },
      async ({ host }) => {
        await inWorkplace(async (place) => {
          const job = (name: string) => ({ wholesalers: [name], as: name, source: `http://${host}/${name}.csv` })
          await scheduleJob(place.dir, 'a', job('a'))
          await scheduleJob(place.dir, 'a', job('a'))
          await scheduleJob(place.dir, 'b', job('b'))

          const { code, stderr } = await place.run('worker', '--once', '--concurrency', '3')

          assert.deepEqual([code, most], [0, 2], stderr)
          const jobs = [...(await jobsOf(place.dir)).values()]
          assert.ok(jobs.every(({ status, attempt }) => status === 'completed' && attempt === 1))
        })
      },
    )
  })

  for (const [signal, exitCode] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    it(`told to stop by ${signal} puts its job back, keeps its batches and ends with ${exitCode} (P15)`, async () => {
      await inWorkplace(async (place) => {
        await place.write('a.csv', csvFeed(products))
        const id = await scheduleJob(place.dir, 'a.csv')
        const { child, printed, finished } = startCli(['worker', '--ndjson'], { cwd: place.dir })
        await printed('"type":"batch"')
        child.kill(signal)

        const { code, stdout } = await finished

        const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
        assert.deepEqual(
          [code, summary.type, summary.success, summary.error.code, summary.jobs[0].status],
          [exitCode, 'summary', false, 'interrupted', 'scheduled'],
        )
        const job = (await jobsOf(place.dir)).get(id)
        assert.deepEqual([job?.status, job?.attempt], ['scheduled', 0])
        const kept = job?.counts.created ?? 0
        assert.ok(kept >= 50 && kept < products.length, `${kept} products`)

        assert.equal((await place.run('worker', '--once')).code, 0)
        const done = (await jobsOf(place.dir)).get(id)
        assert.deepEqual([done?.status, done?.counts.created], ['completed', products.length])
        assert.equal((await place.catalog()).size, products.length)
      })
    })
  }

  it('told twice ends at once; what it left is found (P15)', async () => {
    await withServer(
      () => {},
      async ({ host }) => {
        await inWorkplace(async (place) => {
          const source = `http://${host}/a.csv`
          await scheduleJob(place.dir, 'a', { source, as: 'a' })
          const { child, printed, finished } = startCli(['worker', '--ndjson'], { cwd: place.dir })
          await printed('"step":"fetch"')
          child.kill('SIGSTOP')
          child.kill('SIGTERM')
          child.kill('SIGINT')
          child.kill('SIGCONT')

          assert.ok([130, 143].includes((await finished).code ?? 0))
        })
      },
    )
  })

  it('is not ended by a terminal that closes (P14), nor by a reader that is gone (P16)', async () => {
    await inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(products))
      const id = await scheduleJob(place.dir, 'a.csv')
      const { child, printed, finished } = startCli(['worker', '--once', '--ndjson'], { cwd: place.dir })
      await printed('"type":"batch"')
      child.kill('SIGHUP')
      child.stdout?.destroy()
      child.stderr?.destroy()

      assert.equal((await finished).code, 0)
      const job = (await jobsOf(place.dir)).get(id)
      assert.deepEqual([job?.status, job?.counts.created], ['completed', products.length])
    })
  })

  it('whose sign of life throws ends its job as failed, with the cause, and goes on (P9)', async () => {
    await inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(['A']))
      await place.write('b.csv', csvFeed(['B']))
      const [first, second] = [await scheduleJob(place.dir, 'a.csv'), await scheduleJob(place.dir, 'b.csv')]

      const env = { WHOLESALER_FAILPOINT: `heartbeat@${first}:throw` }
      const { code } = await startCli(['worker', '--once'], { cwd: place.dir, env }).finished

      const jobs = await jobsOf(place.dir)
      assert.deepEqual([code, jobs.get(first)?.status, jobs.get(second)?.status], [3, 'failed', 'completed'])
      assert.match(jobs.get(first)?.errorMessages[0] ?? '', /fail point heartbeat/)
    })
  })

  it('whose job was taken over writes nothing more and ends with 75 (P5)', async () => {
    await inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(products))
      const id = await scheduleJob(place.dir, 'a.csv')
      const { child, printed, finished } = startCli(['worker', '--once', '--ndjson'], { cwd: place.dir })
      await printed('"type":"batch"')
      child.kill('SIGSTOP')
      await takeOver(place.dir, id)
      child.kill('SIGCONT')

      const { code, stdout } = await finished

      assert.equal(code, 75)
      assert.equal(JSON.parse(stdout.trim().split('\n').at(-1) ?? '').error.code, 'lease_lost')
      assert.equal((await jobsOf(place.dir)).get(id)?.status, 'processing_stuck')
    })
  })
})
