import assert from 'node:assert/strict'
import { type JobCounts, noCounts } from '../../src/core/jobs/job.js'
import { Tally } from '../../src/core/tally.js'
import { fixedClock } from '../support/fixed-clock.js'

const options = { batches: null, perBatch: 50, updateExisting: true, maxDurationMs: null }

function resumed(earlier: JobCounts): Tally {
  const ports = { clock: fixedClock(), progress: { emit: () => {} }, ledger: {} as never }
  return new Tally({ jobId: 1, options, earlier, onCounts: () => {} }, ports)
}

describe('Tally', () => {
  it('adds up the images of all attempts at a job; one that failed is counted by the attempt that tried it last', () => {
    const earlier = { wanted: 10, downloaded: 7, attached: 8, duplicatesSkipped: 1, failed: 2 }
    const tally = resumed({ ...noCounts, images: earlier })

    tally.setImages(tally.counts.images, { wanted: 3, downloaded: 2, attached: 2, duplicatesSkipped: 0, failed: 1 })

    assert.deepEqual(tally.counts.images, { wanted: 11, downloaded: 9, attached: 10, duplicatesSkipped: 1, failed: 1 })
  })
})
