/** News of jobs: what watchers are told, and what becomes of those who do not take it. */
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { Job } from '../../src/core/jobs/job.js'
import { noHistory } from '../../src/core/jobs/job-history.js'
import { type Listener, openJobNews } from '../../src/serve/job-news.js'
import { completedJob, oneOfEach, runningJob, scheduledJob, writeJobs } from '../cli/sample-jobs.js'
import { fixedClock } from '../support/fixed-clock.js'
import { assertFits } from '../support/published-schemas.js'
import { openStream } from './events.js'
import { inServedPlace, untilJob } from './serving.js'

/** A reader that takes what it is sent when it is told to. */
function reader(isSlow = false) {
  const emitter = new EventEmitter()
  const sent: string[] = []
  let state: 'open' | 'ended' | 'destroyed' = 'open'
  let waiting = 0
  const written = Object.assign(emitter, {
    write(data: string | Buffer) {
      sent.push(String(data))
      if (isSlow) waiting += data.length
      return !isSlow
    },
    end() {
      state = 'ended'
    },
    destroy() {
      state = 'destroyed'
      emitter.emit('close')
    },
  })
  const listener = Object.defineProperty(written, 'writableLength', { get: () => waiting }) as unknown as Listener
  return { listener, sent, state: () => state, take: () => (waiting = 0) }
}

/** News of jobs that the test changes as it likes; counts how often anybody looked at them. */
function desk(first: readonly Job[] = [scheduledJob(1)]) {
  const clock = fixedClock()
  let jobs = first
  let version = 1
  let looks = 0
  const news = openJobNews({
    board: {
      read: async () => {
        looks += 1
        return { jobs, history: noHistory, version }
      },
    },
    stuck: { read: async () => [] },
    clock,
    watchersMax: 3,
    onError: (error) => assert.fail(String(error)),
  })
  const change = (next: readonly Job[]) => {
    jobs = next
    version += 1
  }
  return { news, clock, change, looks: () => looks }
}

const told = (sent: readonly string[]) => sent.filter((text) => text.startsWith('event: jobs')).length

describe('news of jobs', () => {
  it('are asked for once, however many watch, and sent when there is something new', async () => {
    const { news, change, looks } = desk()
    const readers = [reader(), reader(), reader()]
    for (const { listener } of readers) await news.watch(listener)
    const before = looks()
    await news.look()
    change([runningJob(1)])
    await news.look()
    await news.look()

    assert.equal(looks() - before, 3)
    assert.deepEqual(
      readers.map(({ sent }) => told(sent)),
      [2, 2, 2],
    )
    news.close()
    assert.deepEqual(
      readers.map(({ state }) => state()),
      ['ended', 'ended', 'ended'],
    )
  })

  it('refuse more who watch than there is room for, until one leaves', async () => {
    const { news } = desk()
    const readers = [reader(), reader(), reader(), reader()]
    const were = []
    for (const { listener } of readers) were.push(await news.watch(listener))
    readers[0]?.listener.destroy()
    const later = await news.watch(reader().listener)

    assert.deepEqual([were, later, news.watchers], [[true, true, true, false], true, 3])
    news.close()
  })

  it('keep nothing for who takes nothing: it misses news, gets the latest when it takes them, and is sent away in the end', async () => {
    const { news, change, clock } = desk()
    const slow = reader(true)
    await news.watch(slow.listener)
    const atFirst = slow.sent.length
    for (let id = 2; id < 50; id += 1) {
      change([scheduledJob(id)])
      await news.look()
    }
    const meanwhile = slow.sent.length
    slow.take()
    await news.look()
    const latest = slow.sent.at(-1) ?? ''

    assert.deepEqual([meanwhile, told([latest])], [atFirst, 1])
    assert.match(latest, /"id":49,/)
    await news.look()
    clock.advance(19_000)
    await news.look()
    assert.equal(slow.state(), 'open')
    clock.advance(1_000)
    await news.look()
    assert.deepEqual([slow.state(), news.watchers], ['destroyed', 0])
  })

  it('say that they are still there when there is nothing to tell', async () => {
    const { news, clock } = desk()
    const { listener, sent } = reader()
    await news.watch(listener)
    const atFirst = sent.length
    clock.advance(14_000)
    await news.look()
    const quiet = sent.length
    clock.advance(1_000)
    await news.look()

    assert.deepEqual([quiet, sent.length, sent.at(-1)], [atFirst, atFirst + 1, ': still here\n\n'])
    news.close()
  })

  it('go on to attend to who watches while jobs cannot be read, and tell the operator once', async () => {
    const clock = fixedClock()
    const errors: unknown[] = []
    const news = openJobNews({
      board: { read: () => Promise.reject(new Error('the file is not complete JSON')) },
      stuck: { read: async () => [] },
      clock,
      watchersMax: 3,
      onError: (error) => errors.push(error),
    })
    const [quick, slow] = [reader(), reader(true)]
    await news.watch(quick.listener)
    await news.watch(slow.listener)
    clock.advance(15_000)
    await news.look()
    // What the slow one was sent is found waiting.
    await news.look()
    clock.advance(20_000)
    await news.look()

    assert.equal(quick.sent.at(-1), ': still here\n\n')
    assert.equal(slow.state(), 'destroyed')
    assert.equal(errors.length, 1)
    news.close()
  })

  it('tell fifty jobs at most, and of each the latest events', async () => {
    const events = Array.from({ length: 100 }, (_, at) => ({ at, message: `event ${at}` }))
    const { news } = desk(Array.from({ length: 80 }, (_, index) => completedJob(80 - index, { events })))
    const { listener, sent } = reader()
    await news.watch(listener)
    const document = JSON.parse(/^data: (.*)$/m.exec(sent.join(''))?.[1] ?? '')

    assert.deepEqual([document.jobs.length, document.jobs[0].job.id, document.jobs[49].job.id], [50, 80, 31])
    assert.deepEqual(document.jobs[0].events.at(-1).message, 'event 99')
    assert.ok(sent.join('').length < 200_000)
    news.close()
  })
})

describe('/api/events', () => {
  it('tells a browser how an import goes, from before its start to its end', () =>
    inServedPlace({}, async (place) => {
      const stream = await openStream(place.url)
      const before = await stream.next()
      const { job_id: id } = (await place.post('/api/import', { per_batch: 2 })).json
      const done = await stream.until(({ jobs }) => jobs[0]?.job?.status === 'completed')
      stream.end()

      assert.deepEqual([before.jobs, before.stuck], [[], []])
      assert.deepEqual([done.jobs[0]?.job?.id, done.jobs[0]?.job?.total_created], [id, 8])
      assert.ok(Math.abs(done.now - Date.now() / 1000) < 60)
    }))

  it('tells what is stuck and why, and what others wrote into the job file', () =>
    inServedPlace({ idle: true }, async (place) => {
      const stream = await openStream(place.url)
      await stream.next()
      writeJobs(place.stateDir, oneOfEach)
      const news = await stream.until(({ jobs }) => jobs.length > 0)
      stream.end()
      assertFits('serve-news', news)

      assert.deepEqual(
        news.jobs.map(({ job }) => job?.id),
        [5, 4, 3, 2, 1],
      )
      const marked = news.stuck.find(({ job_id: id }) => id === 3)
      assert.deepEqual(marked, { job_id: 3, reason: 'owner_dead', evidence: 'process 4711 is gone' })
    }))

  it('goes on when the job file is unreadable for a while', () =>
    inServedPlace({ idle: true }, async (place) => {
      writeJobs(place.stateDir, [completedJob(1)])
      const stream = await openStream(place.url)
      await stream.next()
      const { writeFileSync } = await import('node:fs')
      writeFileSync(`${place.stateDir}/jobs.json`, '{')
      const broken = await place.get('/api/jobs')
      writeJobs(place.stateDir, [completedJob(2)])
      const news = await stream.until(({ jobs }) => jobs[0]?.job?.id === 2)
      stream.end()

      assert.deepEqual([broken.status, broken.json.error.code], [500, 'state_unreadable'])
      assert.equal(news.jobs.length, 1)
    }))
})

describe('jobs over HTTP', () => {
  it('tell batches with their counts and durations, and where their time went over the last ones', () =>
    inServedPlace({}, async (place) => {
      const { job_id: id } = (await place.post('/api/import', { per_batch: 3, images: false })).json
      await untilJob(place, id, 'completed')
      const { json: details } = await place.get(`/api/jobs/${id}`)
      const { json: plotted } = await place.get('/api/series')

      assert.deepEqual(
        details.batches.map((one: { batch: number; state: string; created: number }) => [
          one.batch,
          one.state,
          one.created,
        ]),
        [
          [1, 'finished', 3],
          [2, 'finished', 3],
          [3, 'finished', 2],
        ],
      )
      for (const { duration_ms: ms, started_at: start, ended_at: end } of details.batches) {
        assert.ok(ms >= 0 && end >= start, JSON.stringify(details.batches))
      }
      assert.deepEqual([details.stuck, details.has_rejects, details.has_log], [null, false, true])
      assert.deepEqual(
        plotted.series.map((point: { job_id: number; products: number }) => [point.job_id, point.products]),
        [
          [id, 3],
          [id, 3],
          [id, 2],
        ],
      )
    }))

  it('cancel what waits, do it again in a worker, and refuse both where they make no sense', () =>
    inServedPlace({}, async (place) => {
      writeJobs(place.stateDir, [])
      const idle = await place.post('/api/import', { wholesaler: 'small' })
      const { job_id: id } = idle.json
      await untilJob(place, id, 'completed')
      const late = await place.post(`/api/jobs/${id}/cancel`)
      const again = await place.post(`/api/jobs/${id}/retry`)
      const dead = await place.post(`/api/jobs/${id}/recover`)
      const none = await place.post('/api/jobs/4711/cancel')

      assert.deepEqual([late.status, again.status, dead.status, none.status], [409, 409, 409, 404])
      assert.match(late.json.error.message, /has ended/)
    }))

  it('import those wholesalers that are named, and refuse names and fields that there are not', () =>
    inServedPlace({ idle: true }, async (place) => {
      const named = await place.post('/api/import', { wholesaler: ['small'], batches: 2, per_batch: 10, images: false })
      const unknown = await place.post('/api/import', { wholesaler: 'other' })
      const field = await place.post('/api/import', { wholesalers: ['small'] })
      const { json: known } = await place.get('/api/wholesalers')

      assert.deepEqual(named.json.job.wholesalers, ['small'])
      assert.deepEqual([unknown.status, field.status], [400, 400])
      assert.match(unknown.json.error.hint, /There are: small/)
      assert.deepEqual(known.wholesalers, [{ name: 'small', source: './products.csv' }])
    }))
})
