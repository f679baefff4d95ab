import assert from 'node:assert/strict'
import { completeOptionalValues, environmentName, parseDuration } from '../../src/cli/flags.js'
import { WholesalerError } from '../../src/core/errors.js'

describe('environmentName', () => {
  it('is the flag in capitals', () => {
    assert.equal(environmentName('per-batch'), 'WHOLESALER_PER_BATCH')
  })
})

describe('parseDuration', () => {
  const durations: readonly (readonly [text: string, ms: number])[] = [
    ['90', 90_000],
    ['1.5', 1500],
    ['250ms', 250],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    [' 5M ', 300_000],
    ['0', 0],
  ]
  for (const [text, ms] of durations) {
    it(`reads ${JSON.stringify(text)} as ${ms} ms`, () => {
      assert.equal(parseDuration(text), ms)
    })
  }

  for (const text of ['', 'soon', '-5m', '5 minutes', '1e3', '5mm', 'm', '5w']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseDuration(text),
        (error: unknown) => error instanceof WholesalerError && error.kind === 'usage',
      )
    })
  }
})

describe('completeOptionalValues', () => {
  it('completes a flag that stands alone, and takes no word after it for its value', () => {
    assert.deepEqual(completeOptionalValues(['--wait', 'feed.csv', '--wait=5m'], ['wait']), [
      '--wait=',
      'feed.csv',
      '--wait=5m',
    ])
  })

  it('leaves other flags and everything after -- as they are', () => {
    const words = ['--json', '--waiting', '--', '--wait']

    assert.deepEqual(completeOptionalValues(words, ['wait']), words)
  })
})
