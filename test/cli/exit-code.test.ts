import assert from 'node:assert/strict'
import { exitCodeOf, exitCodeOfError, exitCodeOfSignal, isSuccess } from '../../src/cli/exit-code.js'
import type { ErrorKind } from '../../src/core/errors.js'

describe('exit codes', () => {
  const documented: Readonly<Record<ErrorKind, number>> = {
    unexpected: 1,
    disk_full: 1,
    usage: 2,
    config: 2,
    denied: 4,
    temporary: 5,
    guard: 6,
    feed_missing: 7,
    feed_malformed: 7,
    feed_empty: 7,
    state_unreadable: 8,
    busy: 11,
    locked: 11,
    interrupted: 130,
    lease_lost: 75,
  }

  for (const [kind, code] of Object.entries(documented)) {
    it(`ends with ${code} for ${kind}`, () => {
      assert.equal(exitCodeOf(kind as ErrorKind), code)
    })
  }

  it('tells SIGTERM from SIGINT', () => {
    assert.equal(exitCodeOfSignal('SIGINT'), 130)
    assert.equal(exitCodeOfSignal('SIGTERM'), 143)
    assert.equal(exitCodeOfError({ kind: 'interrupted', cause: 'SIGTERM' }), 143)
    assert.equal(exitCodeOfError({ kind: 'interrupted', cause: undefined }), 130)
  })

  it('calls 0, 3, 10, 12 and 20 a success, and nothing else', () => {
    const successes = Array.from({ length: 256 }, (_, code) => code).filter(isSuccess)

    assert.deepEqual(successes, [0, 3, 10, 12, 20])
  })
})
