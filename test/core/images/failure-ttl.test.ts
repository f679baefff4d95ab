import assert from 'node:assert/strict'
import { failureTtlMaxMs, failureTtlMinMs, retryAt } from '../../../src/core/images/failure-ttl.js'

const hourMs = 60 * 60 * 1000
const failedAt = Date.UTC(2026, 0, 15)

/** Hours until the picture is asked for again, when it has failed for so long. */
function hoursAfter(code: string, lastedHours = 0): number {
  const failure = { url: 'u', code, reason: '', failedAt, firstFailedAt: failedAt - lastedHours * hourMs, times: 9 }
  return (retryAt(failure) - failedAt) / hourMs
}

describe('how long a failure is believed', () => {
  it('is not at all when the next try may end otherwise', () => {
    for (const code of ['timeout', 'connect', 'tls', 'http_429', 'http_500', 'http_503', 'http_408', 'no_file']) {
      assert.equal(hoursAfter(code, 1000), 0, code)
    }
  })

  it('is less than a day at first for what is gone or no picture, so that a nightly run asks every night', () => {
    for (const code of ['http_404', 'http_410', 'not_an_image', 'svg_refused', 'too_large']) {
      assert.equal(hoursAfter(code), failureTtlMinMs / hourMs, code)
      assert.equal(hoursAfter(code, 20), 20, code)
    }
  })

  it('is as long again as it has lasted, and never longer than a week', () => {
    assert.deepEqual(
      [21, 72, 164, 165, 10_000].map((lasted) => hoursAfter('http_404', lasted)),
      [21, 72, 164, 164, 164],
    )
    assert.ok(failureTtlMaxMs < 7 * 24 * hourMs)
  })

  it('does not grow for a refusal that somebody may lift', () => {
    assert.deepEqual([hoursAfter('http_403'), hoursAfter('http_403', 500)], [20, 20])
  })
})
