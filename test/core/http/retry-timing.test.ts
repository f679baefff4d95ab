import assert from 'node:assert/strict'
import fc from 'fast-check'
import { backoffMs, parseRetryAfter } from '../../../src/core/http/retry-timing.js'

const nowMs = Date.UTC(2026, 0, 15, 12)

describe('backoffMs', () => {
  it('doubles its range with every failure, up to 60 s', () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 20].map((failed) => backoffMs(failed, () => 1))

    assert.deepEqual(longest, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  })

  it('may be any time from none to all of its range', () => {
    assert.equal(
      backoffMs(3, () => 0),
      0,
    )
    assert.equal(
      backoffMs(3, () => 0.25),
      1000,
    )
  })
})

describe('parseRetryAfter', () => {
  const cases: readonly (readonly [value: string | undefined, ms: number | undefined])[] = [
    [undefined, undefined],
    ['7', 7000],
    [' 120 ', 120_000],
    ['300', 300_000],
    ['301', 300_000],
    ['99999999999999999999', 300_000],
    ['0', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['', undefined],
    ['Thu, 15 Jan 2026 12:00:30 GMT', 30_000],
    ['Thursday, 15-Jan-26 12:00:30 GMT', 30_000],
    ['Thu Jan 15 12:00:30 2026 GMT', 30_000],
    ['Thu, 15 Jan 2026 11:59:59 GMT', undefined],
    ['Fri, 31 Dec 2999 23:59:59 GMT', 300_000],
    ['Thu, 99 Jan 2026 12:00:30 GMT', undefined],
  ]
  for (const [value, ms] of cases) {
    it(`takes ${JSON.stringify(value)} for ${ms === undefined ? 'nothing' : `${ms} ms`} (N5)`, () => {
      assert.equal(parseRetryAfter(value, nowMs), ms)
    })
  }

  it('never asks for a negative wait or more than 300 s', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const ms = parseRetryAfter(value, nowMs)
        assert.ok(ms === undefined || (ms > 0 && ms <= 300_000))
      }),
    )
  })
})
