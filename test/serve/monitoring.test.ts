/** What probes and Prometheus read, and that no answer says more of a fault than it should. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { WholesalerError } from '../../src/core/errors.js'
import { noCounts } from '../../src/core/jobs/job.js'
import { answerOfError } from '../../src/serve/http-error.js'
import { completedJob, oneOfEach, runningJob, scheduledJob, writeJobs } from '../cli/sample-jobs.js'
import { inServedPlace, untilJob } from './serving.js'

/** Samples by name and labels. Fails for a line that is not of the format. */
function samplesOf(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>()
  const named = new Set<string>()
  for (const line of text.trimEnd().split('\n')) {
    const [, type] = /^# TYPE (\w+) (?:gauge|counter|summary)$/.exec(line) ?? []
    if (type !== undefined) named.add(type)
    if (line.startsWith('#')) continue
    const [, sample = '', name = '', value = ''] =
      /^((\w+?)(?:_sum|_count)?(?:\{\w+="[^"\\]*"\})?) (\S+)$/.exec(line) ?? []
    assert.ok(named.has(name), line)
    assert.ok(Number.isFinite(Number(value)), line)
    assert.ok(!samples.has(sample), line)
    samples.set(sample, Number(value))
  }
  return samples
}

describe('/metrics', () => {
  it('tells jobs by state, stuck ones, products, images and how long jobs took', () =>
    inServedPlace({ idle: true }, async (place) => {
      const counts = {
        ...noCounts,
        created: 5,
        processed: 5,
        pace: { requestSize: 10, requestsAtOnce: 2, latencyMs: 750 },
      }
      writeJobs(place.stateDir, [...oneOfEach, runningJob(6, { counts })])
      const { text, headers } = await place.get('/metrics')
      const samples = samplesOf(text)
      const at = (name: string) => samples.get(name)

      assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
      assert.deepEqual(
        ['scheduled', 'running', 'processing_stuck', 'completed', 'failed'].map((status) =>
          at(`wholesaler_jobs{status="${status}"}`),
        ),
        [1, 2, 1, 1, 1],
      )
      // The one that is marked; the one that waits, waits for another.
      assert.equal(at('wholesaler_jobs_stuck'), 1)
      assert.equal(at('wholesaler_products_total{outcome="created"}'), 405)
      assert.deepEqual(
        [at('wholesaler_job_duration_seconds_sum'), at('wholesaler_job_duration_seconds_count')],
        [20, 1],
      )
      assert.equal(at('wholesaler_shop_latency_seconds{job="6"}'), 0.75)
      assert.ok((at('process_resident_memory_bytes') ?? 0) > 1e6)
    }))

  it('tells how long batches took, and images, after an import', () =>
    inServedPlace({}, async (place) => {
      const { job_id: id } = (await place.post('/api/import', { per_batch: 2 })).json
      await untilJob(place, id, 'completed')
      const samples = samplesOf((await place.get('/metrics')).text)

      assert.ok((samples.get('wholesaler_batch_duration_seconds{quantile="0.99"}') ?? -1) >= 0)
      assert.ok((samples.get('wholesaler_images{outcome="attached"}') ?? 0) > 0)
      assert.ok((samples.get('wholesaler_last_completed_timestamp_seconds') ?? 0) > 1.7e9)
    }))
})

describe('/healthz', () => {
  it('says that all is well, to anybody, and that it is not when jobs cannot be read', () =>
    inServedPlace({ requireToken: true, idle: true }, async (place) => {
      const well = await place.get('/healthz')
      writeJobs(place.stateDir, [completedJob(1)])
      writeFileSync(join(place.stateDir, 'jobs.json'), '{')
      const ill = await place.get('/healthz')

      assert.deepEqual([well.status, well.json.message, ill.status], [200, 'ok', 503])
      assert.ok(!ill.text.includes(place.stateDir), ill.text)
    }))
})

describe('an answer about a fault', () => {
  it('says nothing of one that nobody foresaw; the operator is told', () => {
    const told: unknown[] = []
    const secret = new Error('key ck_secret at /srv/shop')
    const { status, document } = answerOfError(secret, (error) => told.push(error))

    assert.equal(status, 500)
    assert.ok(!/secret|srv|stack|\.ts/.test(JSON.stringify(document)))
    assert.deepEqual(told, [secret])
  })

  it('says of one that was foreseen what it is and what to do', () => {
    const locked = new WholesalerError({ kind: 'locked', message: 'process 7 holds it', hint: 'Wait.' })
    const { status, headers, document } = answerOfError(locked, () => {})

    assert.deepEqual([status, headers['retry-after']], [503, '5'])
    assert.deepEqual(document, {
      success: false,
      schema_version: 1,
      error: { code: 'locked', message: 'process 7 holds it', hint: 'Wait.' },
    })
  })
})

describe('imports that wait', () => {
  it('are no more than twenty: each has a process', () =>
    inServedPlace({ idle: true }, async (place) => {
      writeJobs(
        place.stateDir,
        Array.from({ length: 19 }, (_, index) => scheduledJob(index + 1)),
      )
      const last = await place.post('/api/import')
      const over = [await place.post('/api/import'), await place.post('/wp-json/wholesaler/v1/background-import')]

      assert.equal(last.status, 200)
      assert.deepEqual(
        over.map(({ status, headers }) => [status, headers['retry-after']]),
        [
          [429, '60'],
          [429, '60'],
        ],
      )
    }))
})
