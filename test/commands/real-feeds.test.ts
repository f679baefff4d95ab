import assert from 'node:assert/strict'
import { runCli } from '../cli/run-cli.js'
import { realFeed } from '../support/feeds.js'
import { inTempDir } from '../support/temp-dir.js'

interface Expected {
  readonly file: string
  readonly preset: string
  readonly records: number
  readonly products: number
  readonly variants: number
  readonly images: number
  /** Number of rejects by code; empty = none. */
  readonly rejects?: Readonly<Record<string, number>>
}

interface FeedLine {
  readonly preset: string
  readonly complete: boolean
  readonly records: number
  readonly products: number
  readonly variants: number
  readonly images: number
  readonly rejects: number
  readonly rejects_file: string | null
}

interface ImportAnswer {
  readonly success: boolean
  readonly pending: number
  readonly feed: FeedLine
  readonly job: { readonly total_created: number; readonly total_updated: number; readonly total_errors: number }
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string | null }
}

/**
 * Records, distinct keys, entries below grouped products and image references, counted apart from the
 * importer (by a CSV reader, an XML tree and a JSON parser of another language) over the files themselves.
 */
const whole: readonly Expected[] = []

describe('importing real feeds', function () {
  this.timeout(120_000)

  for (const expected of whole) {
    it(`${expected.file}: ${expected.products} products, ${expected.variants} variants`, async function () {
      const file = realFeed(this, expected.file)
      await inTempDir(async (cwd) => {
        const { code, stdout, stderr } = await runCli(['import', file, '--no-images', '--json'], { cwd })
        const { feed, job, pending }: ImportAnswer = JSON.parse(stdout)

        assert.deepEqual({ code, stderr }, { code: expected.rejects === undefined ? 0 : 3, stderr: '' })
        assert.equal(feed.complete, true)
        assert.deepEqual(
          {
            preset: feed.preset,
            records: feed.records,
            products: feed.products,
            variants: feed.variants,
            images: feed.images,
          },
          {
            preset: expected.preset,
            records: expected.records,
            products: expected.products,
            variants: expected.variants,
            images: expected.images,
          },
        )
        assert.equal(job.total_created, expected.products)
        assert.equal(pending, 0)
      })
    })
  }
})
