import assert from 'node:assert/strict'
import fc from 'fast-check'
import { RowSet } from '../../../src/core/ledger/row-set.js'

/** Ranges in order with gaps between them, and ids of them in any order, some repeated. */
const rangesAndIds = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 50 }), length: fc.integer({ min: 1, max: 150 }) }), {
    minLength: 1,
    maxLength: 4,
  })
  .chain((parts) => {
    let end = 0
    const ranges = parts.map(({ gap, length }) => {
      const first = end + gap
      end = first + length
      return { first, last: end - 1 }
    })
    const all = ranges.flatMap(({ first, last }) =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index),
    )
    const some = fc.oneof(fc.constant(all), fc.array(fc.constantFrom(...all), { maxLength: 300 }))
    return fc.record({ ranges: fc.constant(ranges), all: fc.constant(all), ids: some, deleted: fc.subarray(all) })
  })

describe('a set of rows', () => {
  it('has what was added and not deleted, and tells the ranges of what it lacks (property)', () => {
    fc.assert(
      fc.property(rangesAndIds, ({ ranges, all, ids, deleted }) => {
        const set = new RowSet(ranges)
        const model = new Set<number>()
        for (const id of ids) {
          assert.equal(set.add(id), !model.has(id))
          model.add(id)
        }
        for (const id of deleted) {
          set.delete(id)
          model.delete(id)
        }

        assert.deepEqual(
          all.filter((id) => set.has(id)),
          all.filter((id) => model.has(id)),
        )
        const lacking = [...set.gaps()].flatMap(({ first, last }) => all.filter((id) => id >= first && id <= last))
        assert.deepEqual(
          lacking,
          all.filter((id) => !model.has(id)),
        )
      }),
      { numRuns: 200 },
    )
  })

  it('takes no id outside its ranges', () => {
    const set = new RowSet([
      { first: 5, last: 9 },
      { first: 20, last: 20 },
    ])

    for (const id of [4, 10, 19, 21, 5.5, Number.NaN]) assert.throws(() => set.add(id), /no row of the snapshot/)
    assert.equal(set.add(9), true)
    assert.equal(set.add(20), true)
  })
})
