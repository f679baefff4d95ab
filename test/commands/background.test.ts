import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { ImportDocument } from '../../src/cli/documents.js'
import type { Fallback } from '../../src/core/jobs/schedule-import.js'
import { runShell, startCli } from '../cli/run-cli.js'
import { withServer } from '../support/local-server.js'
import { jobsOf, scheduleJob, stateDirOf } from './job-desk.js'
import { csvFeed, inWorkplace, skus, type Workplace } from './workplace.js'

type States = Readonly<Record<Fallback['name'], Fallback['state']>>

function statesOf({ fallbacks }: ImportDocument): States {
  return Object.fromEntries(fallbacks.map(({ name, state }) => [name, state])) as States
}

const allReady = { immediate_retry: 'ready', backup_queue: 'ready', stuck_monitor: 'ready', manual: 'ready' } as const

/** A module that, loaded first, lets every worker, or only the first one, die before it does anything. */
async function dyingWorkers({ write, path }: Workplace, which: 'all' | 'first'): Promise<Record<string, string>> {
  const once = `import fs from 'node:fs'
    if (process.argv[2] === 'worker' && !(${which === 'first'} && fs.existsSync('${path('died')}'))) {
      fs.writeFileSync('${path('died')}', '')
      process.exit(9)
    }`
  return { NODE_OPTIONS: `--import=${await write('dying.mjs', once)}` }
}

async function inBackground(place: Workplace, env: Record<string, string> = {}, ...args: readonly string[]) {
  const { code, stdout, stderr } = await startCli(['import', 'a.csv', '--background', ...args, '--json'], {
    cwd: place.dir,
    env,
  }).finished
  assert.equal(code, 0, `${stdout} ${stderr}`)
  const document: ImportDocument = JSON.parse(stdout)
  return document
}

/** The exit code of the job, once it has ended. */
async function endOf({ run }: Workplace, { job_id: id }: ImportDocument): Promise<number | null> {
  return (await run('status', String(id), '--wait')).code
}

describe('import --background', function () {
  this.timeout(60_000)

  it('answers at once with the job and its fallbacks; a process of its own does the job (1: primary)', async () => {
    await inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(['A', 'B']))

      const document = await inBackground(place)

      const { success, job_id, scheduled, fallbacks_enabled, message } = document
      assert.deepEqual(
        { success, job_id, scheduled, fallbacks_enabled, message },
        {
          success: true,
          job_id: 1,
          scheduled: true,
          fallbacks_enabled: true,
          message: 'Background import scheduled with multiple fallbacks',
        },
      )
      assert.deepEqual(statesOf(document), { primary: 'used', ...allReady })
      assert.equal(await endOf(place, document), 0)
      assert.equal((await place.catalog()).size, 2)
      assert.equal(statSync(join(stateDirOf(place.dir), 'logs/1.log')).mode & 0o777, 0o600)
    })
  })

  it('starts the worker once more when the first one dies at once (2: immediate retry)', async () => {
    await inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(['A', 'B']))

      const document = await inBackground(place, await dyingWorkers(place, 'first'))

      assert.deepEqual(statesOf(document), { primary: 'failed', ...allReady, immediate_retry: 'used' })
      assert.match(document.fallbacks[0]?.note ?? '', /did not come up: it ended with 9/)
      assert.equal(await endOf(place, document), 0)
    })
  })

  it('leaves the job in the queue when no worker comes up at all, for any worker to take (3: backup queue)', async () => {
    await inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(['A', 'B']))

      const document = await inBackground(place, await dyingWorkers(place, 'all'))

      assert.deepEqual(statesOf(document), {
        primary: 'failed',
        ...allReady,
        immediate_retry: 'failed',
        backup_queue: 'used',
      })
      assert.deepEqual([document.success, document.scheduled, document.job?.status], [true, true, 'scheduled'])
      assert.equal((await place.run('worker', '--once')).code, 0)
      assert.equal(await endOf(place, document), 0)
    })
  })

  it('is done by a worker that lives already when its own does not come up (3: backup queue)', async () => {
    await inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(['A', 'B']))
      const first = await scheduleJob(place.dir, 'a.csv')
      const { child, printed, finished } = startCli(['worker', '--ndjson'], { cwd: place.dir })
      try {
        await printed('"completed"')

        const document = await inBackground(place, await dyingWorkers(place, 'all'))

        assert.match(document.fallbacks[2]?.note ?? '', new RegExp(`worker process ${child.pid}`))
        assert.equal(await endOf(place, document), 0)
        assert.equal((await jobsOf(place.dir)).get(first)?.status, 'completed')
      } finally {
        child.kill('SIGTERM')
        assert.equal((await finished).code, 143)
      }
    })
  })

  it('is found by the stuck monitor of cron when nobody came (4: stuck monitor)', async () => {
    await inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(['A', 'B']))
      const document = await inBackground(place, await dyingWorkers(place, 'all'))

      const { code, stdout } = await place.run('recover', '--detach', '--older-than', '0s', '--json')

      const [found] = JSON.parse(stdout).jobs
      assert.deepEqual(
        [code, found.verdict, found.reason, found.fallback, found.action],
        [0, 'stuck', 'never_started', 'stuck_monitor', 'worker_started'],
      )
      assert.equal(await endOf(place, document), 0)
    })
  })

  it('is finished by hand when all else failed (5: manual)', async () => {
    await inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(['A', 'B']))
      const dying = await dyingWorkers(place, 'all')
      const document = await inBackground(place, dying)

      const { code, stdout } = await startCli(['recover', String(document.job_id), '--json'], {
        cwd: place.dir,
        env: dying,
      }).finished

      assert.deepEqual([code, JSON.parse(stdout).jobs[0].job.status], [0, 'completed'])
    })
  })

  it('survives its terminal and everything that was started in it (P14)', async () => {
    const held: (() => void)[] = []
    await withServer(
      (_, response) => void held.push(() => response.end(csvFeed(['A', 'B']))),
      async ({ host }) => {
        await inWorkplace(async (place) => {
          const { stdout } = await runShell(
            `setsid bash -c '"$WHOLESALER" import http://${host}/a.csv --as a --background --json; kill -HUP 0; kill -KILL 0'`,
            { cwd: place.dir },
          )
          const document: ImportDocument = JSON.parse(stdout)
          while (held.length === 0) await new Promise(setImmediate)
          for (const answer of held) answer()

          assert.equal(await endOf(place, document), 0)
        })
      },
    )
  })

  it('waits for its turn while its wholesaler is busy, and its worker with it', async () => {
    const held: (() => void)[] = []
    await withServer(
      (_, response) => void held.push(() => response.end(csvFeed(['A', 'B']))),
      async ({ host }) => {
        await inWorkplace(async (place) => {
          await place.write('a.csv', csvFeed(['A', 'B']))
          const first = startCli(['import', `http://${host}/a.csv`, '--as', 'a', '--ndjson'], { cwd: place.dir })
          await first.printed('"step":"fetch"')

          const document = await inBackground(place, {}, '--as', 'a')
          assert.deepEqual([document.job?.status, statesOf(document).primary], ['scheduled', 'used'])

          while (held.length === 0) await new Promise(setImmediate)
          for (const answer of held) answer()
          assert.equal((await first.finished).code, 0)
          assert.equal(await endOf(place, document), 0)
        })
      },
    )
  })

  it('ends with its --max-duration as in the foreground: completed, 10', async () => {
    await inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(skus(100)))

      const document = await inBackground(place, {}, '--max-duration', '1ms')

      assert.equal(await endOf(place, document), 10)
      const job = (await jobsOf(place.dir)).get(document.job_id ?? 0)
      assert.deepEqual([job?.status, job?.status === 'completed' && job.reason], ['completed', 'time_limit'])
    })
  })

  it('takes the feed from stdin before it answers', async () => {
    await inWorkplace(async (place) => {
      const feed = await place.write('a.csv', csvFeed(['A', 'B']))
      const { finished } = startCli(['import', '-', '--as', 'acme', '--background', '--json'], {
        cwd: place.dir,
        stdin: feed,
      })

      assert.equal(await endOf(place, JSON.parse((await finished).stdout)), 0)
      assert.equal((await place.catalog()).size, 2)
    })
  })

  it('goes by --priority when jobs have to wait', async () => {
    await inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(['A', 'B']))
      const dying = await dyingWorkers(place, 'all')
      const late = await inBackground(place, dying, '--as', 'late', '--no-images')
      const soon = await inBackground(place, dying, '--as', 'soon', '--priority', '1')

      await place.run('worker', '--once')

      const jobs = await jobsOf(place.dir)
      assert.ok((jobs.get(soon.job_id ?? 0)?.token ?? 0) < (jobs.get(late.job_id ?? 0)?.token ?? 0))
    })
  })

  it('is refused like any import: no job for an ad-hoc name from another folder', async () => {
    await inWorkplace(async (place) => {
      await place.write('a.csv', csvFeed(['A']))
      await place.write('other/a.csv', csvFeed(['A']))
      await place.run('import', 'a.csv')

      const { code } = await place.run('import', 'other/a.csv', '--background')

      assert.deepEqual([code, (await jobsOf(place.dir)).size], [2, 1])
    })
  })
})

describe('import --wait', function () {
  this.timeout(60_000)

  it('waits for its turn instead of 11, for as long as it says', async () => {
    const held: (() => void)[] = []
    await withServer(
      (_, response) => void held.push(() => response.end(csvFeed(['A', 'B']))),
      async ({ host }) => {
        await inWorkplace(async (place) => {
          await place.write('a.csv', csvFeed(['A', 'B']))
          const busy = startCli(['import', `http://${host}/a.csv`, '--as', 'a', '--ndjson'], { cwd: place.dir })
          await busy.printed('"step":"fetch"')

          assert.equal((await place.run('import', 'a.csv', '--as', 'a', '--wait=1ms')).code, 11)

          const waiting = startCli(['import', 'a.csv', '--as', 'a', '--wait', '--ndjson'], { cwd: place.dir })
          await waiting.printed('Waiting for its turn')
          while (held.length === 0) await new Promise(setImmediate)
          for (const answer of held) answer()
          assert.deepEqual([(await busy.finished).code, (await waiting.finished).code], [0, 0])
        })
      },
    )
  })
})
