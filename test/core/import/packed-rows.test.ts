import assert from 'node:assert/strict'
import fc from 'fast-check'
import { packRows, unpackRows } from '../../../src/core/map-feed-in-thread.js'
import type { CutRow } from '../../../src/core/product/fingerprint.js'

const count = fc.nat(1_000_000)
const part = fc.oneof(count, fc.string({ minLength: 22, maxLength: 22 }))
const row: fc.Arbitrary<CutRow> = fc.record(
  {
    key: fc.oneof(fc.constantFrom('', '\n', 'a\nb', 'ż', '"'), fc.string()),
    content: part,
    offer: part,
    images: part,
    bytes: count,
    variants: count,
    images_wanted: count,
    line: count,
  },
  { noNullPrototype: true },
)

describe('Rows between threads', () => {
  it('come out as they went in, whatever their keys are', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
        assert.deepEqual(unpackRows(structuredClone(packRows(rows))), rows)
      }),
      { numRuns: 500 },
    )
  })
})
