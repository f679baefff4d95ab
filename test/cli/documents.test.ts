import assert from 'node:assert/strict'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import {
  errorDocument,
  eventDocument,
  type FallbackFields,
  imageStatusDocument,
  importDocument,
  importFeedFields,
  inspectDocument,
  jobFields,
  jobsDocument,
  statsFields,
  statusDocument,
  summaryEvent,
} from '../../src/cli/documents.js'
import { jsonSchemaOf, type SchemaName } from '../../src/cli/schemas.js'
import { WholesalerError } from '../../src/core/errors.js'
import { isFinished, noCounts } from '../../src/core/jobs/job.js'
import { historyWith, noHistory } from '../../src/core/jobs/job-history.js'
import type { FeedSummary } from '../../src/core/ledger/ledger.js'
import type { Decimal, Product } from '../../src/core/product/product.js'
import type { ProgressEvent } from '../../src/core/progress.js'
import type { StoreImage } from '../../src/core/store/store.js'
import { completedJob, failedJob, noon, oneOfEach, runningJob, scheduledJob, stuckJob } from './sample-jobs.js'

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true })
addFormats.default(ajv)

/** Asserts that the document, as it is printed, is what its schema says. */
function assertMatches(name: SchemaName, document: object): void {
  const { $id } = jsonSchemaOf(name) as { $id: string }
  const validate = ajv.getSchema($id) ?? ajv.compile(jsonSchemaOf(name))
  const printed: unknown = JSON.parse(JSON.stringify(document))
  assert.ok(validate(printed), ajv.errorsText(validate.errors))
}

const feed: FeedSummary = {
  wholesaler: 'aren',
  source: 'offer.xml',
  format: 'xml',
  preset: 'aren',
  encoding: 'utf-8',
  compression: 'none',
  bytes: 1234,
  sha256: 'ab'.repeat(32),
  complete: true,
  records: 12,
  products: 10,
  variants: 12,
  images: 30,
  rejects: 1,
  repairs: 0,
  skipped: 0,
  error: null,
}

describe('job document', () => {
  it('has the names of the original guide', () => {
    const fields = jobFields(completedJob(7), noon)

    assert.equal(fields.id, 7)
    assert.equal(fields.status, 'completed')
    assert.equal(fields.total_processed, 120)
    assert.deepEqual(fields.configuration, {
      total_batches: 5,
      products_per_batch: 100,
      process_images: true,
      update_existing: true,
    })
  })

  it('gives times as whole Unix seconds and as ISO 8601', () => {
    const fields = jobFields(completedJob(7), noon)

    assert.equal(fields.created_at, Date.UTC(2026, 0, 15, 12) / 1000)
    assert.equal(fields.created_at_iso, '2026-01-15T12:00:00.345Z')
    assert.equal(fields.duration, 20)
  })

  it('counts the duration of a running job up to now, and of a stuck one up to when it was found', () => {
    assert.equal(jobFields(runningJob(1), noon + 31_000).duration, 30)
    assert.equal(jobFields(stuckJob(1), noon + 999_000).duration, 60)
    assert.equal(jobFields(scheduledJob(1), noon).duration, null)
  })

  it('never shows a duration below zero when the clock was set back', () => {
    assert.equal(jobFields(runningJob(1), noon - 60_000).duration, 0)
  })

  describe('progress', () => {
    const withCounts = (processed: number, estimatedTotal: number | null) => ({
      counts: { ...noCounts, processed, estimatedTotal },
    })

    it('is the share of the products that were expected', () => {
      assert.equal(jobFields(runningJob(1, withCounts(120, 500)), noon).progress, 24)
      assert.equal(jobFields(runningJob(1, withCounts(0, null)), noon).progress, 0)
      assert.equal(jobFields(runningJob(1, withCounts(0, 0)), noon).progress, 0)
    })

    it('is 100 when the work is done, also when there was nothing to do, and not before', () => {
      assert.equal(jobFields(completedJob(1, withCounts(0, 0)), noon).progress, 100)
      assert.equal(jobFields(runningJob(1, withCounts(500, 500)), noon).progress, 99)
      assert.equal(jobFields(completedJob(1, { ...withCounts(250, 500), reason: 'time_limit' }), noon).progress, 50)
    })
  })

  it('shows a source without the secrets of its URL, and a path as it is', () => {
    const from = (source: string) => jobFields(scheduledJob(1, { options: { source } }), noon).source

    assert.equal(from('https://me:secret@feeds.example/a.xml?key=secret'), 'https://feeds.example/a.xml?…')
    assert.equal(from('/srv/feeds/100%?.csv'), '/srv/feeds/100%?.csv')
  })
})

describe('documents and their JSON Schemas', () => {
  it('agree on jobs of every status', () => {
    for (const job of [...oneOfEach, completedJob(6, { reason: 'time_limit' })]) {
      assertMatches('status', statusDocument({ job, nowMs: noon + 90_000, exitCode: 0 }))
    }
  })

  it('agree on a state without jobs, on stuck jobs and on a job that failed', () => {
    assertMatches('status', statusDocument({ job: null, nowMs: noon, exitCode: 0 }))
    assertMatches('status', statusDocument({ job: stuckJob(3), nowMs: noon, exitCode: 12, stuckJobs: [3] }))
    const error = { kind: 'transient', message: 'answered 503' } as const
    const failed = statusDocument({ job: failedJob(2), nowMs: noon, exitCode: 5, error })
    assertMatches('status', failed)
    assert.equal(failed.success, false)
  })

  it('agree on lists of jobs, the empty one too', () => {
    assertMatches(
      'jobs',
      jobsDocument({ all: oneOfEach, history: noHistory, listed: oneOfEach, matching: 5, nowMs: noon + 90_000 }),
    )
    assertMatches('jobs', jobsDocument({ all: [], history: noHistory, listed: [], matching: 0, nowMs: noon }))
  })

  it('agree on errors', () => {
    assertMatches('error', errorDocument(new WholesalerError({ kind: 'feed_missing', message: 'no such file' })))
  })

  it('agree on imports: done, scheduled, dry, failed', () => {
    const staged = { new: 10, changed: 0, unchanged: 0, missing: 0 }
    const fallbacks: FallbackFields[] = [{ name: 'primary', state: 'used', note: null }]
    const base = {
      nowMs: noon,
      scheduled: false,
      fallbacks,
      message: 'Done',
      dryRun: false,
      pending: 0,
      imagesPending: 0,
    }
    const fields = importFeedFields({ feed, staged, retired: { policy: 'draft', due: 3, done: 2 } }, 'rejects/7.csv')
    const one = importDocument({ ...base, exitCode: 3, job: completedJob(7), feeds: [fields] })

    assertMatches('import', one)
    assert.deepEqual(one.feed, fields)
    const two = importDocument({ ...base, exitCode: 0, job: completedJob(7), feeds: [fields, fields] })
    assertMatches('import', two)
    assert.equal('feed' in two, false)
    assertMatches('import', importDocument({ ...base, exitCode: 0, scheduled: true, job: scheduledJob(8), feeds: [] }))
    assertMatches(
      'import',
      importDocument({
        ...base,
        exitCode: 20,
        dryRun: true,
        job: null,
        feeds: [importFeedFields({ feed: { ...feed, format: null }, staged: null, retired: null }, null)],
        pending: null,
        imagesPending: null,
      }),
    )
    const error = { kind: 'feed_malformed', message: 'cut off' } as const
    assertMatches('import', importDocument({ ...base, exitCode: 7, job: failedJob(9), feeds: [], error }))
  })

  it('agree on feed inspections, with products in snake_case', () => {
    const product: Product = {
      key: 'A-1',
      name: 'Shoe',
      salePrice: '9.9' as Decimal,
      options: ['Size'],
      variants: [{ key: 'A-1/40', options: [['Size', '40']], wholesalePrice: null }],
    }
    const position = { record: 2, line: 3 }
    const document = inspectDocument({
      feed,
      shape: {
        format: 'csv',
        compression: 'none',
        encoding: 'windows-1250',
        declaredEncoding: 'utf-8',
        dialect: { delimiter: ';', quote: '"', bom: false, newline: '\n' },
      },
      preset: { name: 'generic', reason: 'its names are understood', others: [] },
      columns: [
        { path: 'Code', filled: 2, values: 2, share: 2 / 3, kind: 'text', examples: ['A-1'], readAs: ['sku', 'id'] },
      ],
      columnsCut: false,
      config: 'export default {}\n',
      rejectCodes: new Map([['no_key', 1]]),
      repairCodes: new Map([['short_row', 1]]),
      sample: [product],
      rejects: [{ position, code: 'no_key', reason: 'It has no key.' }],
      repairs: [{ position, code: 'short_row', detail: '2 cells' }],
    })

    assertMatches('feed-inspect', document)
    assert.equal(document.sample[0]?.sale_price, '9.9')
  })

  it('agree on images, and on a product without any', () => {
    const product = { id: '123', parentId: null, sku: 'A-1', name: 'Shoe', wholesaler: 'aren', key: 'A-1' }
    const image = (id: string): StoreImage => ({ id, originalUrl: null, url: `ab/${id}.jpg`, sha256: null })
    const locate = (url: string) => `file:///media/${url}`
    const gallery = [image('456'), image('457')]
    const document = imageStatusDocument({ product, gallery, variants: new Map([['40', image('458')]]), locate })
    const none = imageStatusDocument({ product, gallery: [], variants: new Map(), locate })

    assertMatches('images', document)
    assertMatches('images', none)
    assert.deepEqual(
      [document.product_id, document.featured_image, document.gallery_images, document.total_images],
      [123, 456, 1, 2],
    )
    assert.equal(document.featured_image_url, 'file:///media/ab/456.jpg')
    assert.deepEqual([none.featured_image, none.gallery_images, none.total_images], [0, 0, 0])
    assert.equal(none.featured_image_url, null)
  })

  it('agree on every event of --ndjson', () => {
    const wholesaler = 'aren'
    const counts = { created: 1, updated: 0, unchanged: 0, skipped: 0, errors: 0 }
    const events: ProgressEvent[] = [
      { type: 'job', job: runningJob(4) },
      { type: 'step', wholesaler, step: 'stage', state: 'progress', done: 3, total: null },
      { type: 'feed', feed, staged: null },
      { type: 'batch', wholesaler, batch: '4-1', number: 1, ...counts, durationMs: 1500 },
      { type: 'product', wholesaler, key: 'A-1', outcome: 'created', storeId: '123' },
      { type: 'image', wholesaler, key: 'A-1', url: 'https://a.example/1.jpg', outcome: 'failed', reason: '404' },
      { type: 'reject', wholesaler, line: 3, record: 2, code: 'no_key', reason: 'It has no key.' },
      { type: 'warning', message: 'short rows' },
    ]
    const place = { atMs: noon, jobId: 4 }

    for (const event of events) assertMatches('event', eventDocument(event, place))
    assertMatches('event', summaryEvent(errorDocument({ kind: 'guard', message: 'too many' }), place))
  })
})

describe('job statistics', () => {
  it('count every status and rate what has ended', () => {
    const stats = statsFields(oneOfEach, noHistory, noon + 31_000)

    assert.deepEqual(
      [stats.total_jobs, stats.scheduled, stats.running, stats.processing_stuck, stats.completed, stats.failed],
      [5, 1, 1, 1, 1, 1],
    )
    assert.equal(stats.success_rate, 50)
    assert.equal(stats.average_duration, 20)
    assert.equal(stats.total_processed, 480)
    // 20 s completed, 10 s failed, 60 s stuck, 30 s running.
    assert.equal(stats.products_per_second, 4)
  })

  it('count jobs that are not kept any more as if they were', () => {
    const history = historyWith(noHistory, oneOfEach.filter(isFinished))
    const left = oneOfEach.filter((job) => !isFinished(job))

    assert.deepEqual(statsFields(left, history, noon + 31_000), statsFields(oneOfEach, noHistory, noon + 31_000))
  })

  it('say nothing about rates before any job has ended', () => {
    const stats = statsFields([scheduledJob(1)], noHistory, noon)

    assert.deepEqual([stats.success_rate, stats.average_duration, stats.products_per_second], [null, null, null])
  })
})
