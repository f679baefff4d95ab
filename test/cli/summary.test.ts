import assert from 'node:assert/strict'
import { Chalk } from 'chalk'
import { importDocument, importFeedFields } from '../../src/cli/documents.js'
import { importSummary } from '../../src/cli/summary.js'
import { noCounts } from '../../src/core/jobs/job.js'
import type { FeedSummary } from '../../src/core/ledger/ledger.js'
import { completedJob, noon } from './sample-jobs.js'

const feed: FeedSummary = {
  wholesaler: 'aren',
  source: 'offer.xml',
  format: 'xml',
  preset: 'aren',
  encoding: 'utf-8',
  compression: 'none',
  bytes: 1234,
  sha256: null,
  complete: true,
  records: 12_000,
  products: 10_000,
  variants: 12_000,
  images: 30_000,
  rejects: 3,
  repairs: 1,
  skipped: 0,
  error: null,
}
const staged = { new: 9000, changed: 1000, unchanged: 0, missing: 2 }
const base = { exitCode: 0, nowMs: noon, scheduled: false, fallbacks: [], message: 'Import finished', dryRun: false }
const uncolored = new Chalk({ level: 0 })

describe('the summary of an import', () => {
  it('gives feeds, products, images, what is left and what to do next, aligned', () => {
    const images = { wanted: 40, downloaded: 30, attached: 38, duplicatesSkipped: 2, failed: 1 }
    const job = completedJob(7, {
      counts: { ...noCounts, processed: 500, created: 450, updated: 49, errors: 1, images },
    })
    const feeds = [importFeedFields({ feed, staged, retired: null }, '.wholesaler/rejects/7.csv')]
    const document = importDocument({ ...base, job, feeds, pending: 9500, imagesPending: 1 })

    assert.equal(
      importSummary(document, uncolored),
      `FEED  RECORDS  PRODUCTS  VARIANTS  IMAGES  REJECTS  REPAIRS    NEW  CHANGED  MISSING
aren   12,000    10,000    12,000  30,000        3        1  9,000    1,000        2

Products  450 created, 49 updated, 1 failed
Images    30 downloaded, 38 attached, 2 already there, 1 failed
Left      9,500 products, images of 1 product
Rejects   .wholesaler/rejects/7.csv
Time      20 s, 25 products/s
Job       7, Import finished
Next      The next wholesaler import goes on with what is left.
`,
    )
  })

  it('says what is wrong with a feed, without its control characters (A9)', () => {
    const broken = {
      ...feed,
      complete: false,
      error: { code: 'feed_missing', message: 'answered \x1b[31m404', hint: null },
    }
    const feeds = [importFeedFields({ feed: broken, staged: null, retired: null }, null)]
    const text = importSummary(importDocument({ ...base, job: null, feeds, pending: 0, imagesPending: 0 }), uncolored)

    assert.match(text, /^aren {2}answered ␛\[31m404$/m)
  })

  it('is short when there was nothing to do', () => {
    const job = completedJob(7, { counts: noCounts })
    const feeds = [importFeedFields({ feed, staged: { ...staged, new: 0, changed: 0 }, retired: null }, null)]
    const text = importSummary(importDocument({ ...base, job, feeds, pending: 0, imagesPending: 0 }), uncolored)

    assert.match(text, /^Products {2}nothing to do$/m)
    assert.doesNotMatch(text, /Next|Left|Images {2}/)
  })
})
