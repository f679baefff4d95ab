import assert from 'node:assert/strict'
import { firstHop, nextHop, redirectsMax } from '../../../src/core/http/redirect.js'

const key = { 'x-api-key': 'KEY' }

describe('a redirect', () => {
  it('keeps the headers within its origin, and from http to https of one host', () => {
    assert.deepEqual(nextHop(firstHop('https://shop.test/a', key), '/b').headers, key)
    assert.deepEqual(nextHop(firstHop('http://shop.test/a', key), 'https://shop.test/a').headers, key)
  })

  for (const target of ['https://evil.test/', 'https://shop.test:8443/', 'https://sub.shop.test/', '//evil.test/x']) {
    it(`leaves them behind on the way to ${target} (N11)`, () => {
      assert.deepEqual(nextHop(firstHop('https://shop.test/a', key), target).headers, {})
    })
  }

  it('never gets them back', () => {
    const away = nextHop(firstHop('https://shop.test/a', key), 'https://evil.test/')

    assert.deepEqual(nextHop(away, 'https://shop.test/a').headers, {})
  })

  it('may not step down from https to http with credentials (N12)', () => {
    const withKey = firstHop('https://shop.test/a', key)
    const withLogin = firstHop('https://user:pw@shop.test/a', {})

    for (const hop of [withKey, withLogin]) {
      assert.throws(() => nextHop(hop, 'http://shop.test/a'), { code: 'redirect', kind: 'denied' })
    }
    assert.equal(nextHop(firstHop('https://shop.test/a', {}), 'http://shop.test/a').url.href, 'http://shop.test/a')
    assert.deepEqual(nextHop(withKey, 'http://cdn.test/a').headers, {})
  })

  it(`is the last one after ${redirectsMax}`, () => {
    let hop = firstHop('http://shop.test/0', {})
    for (let turn = 1; turn <= redirectsMax; turn += 1) hop = nextHop(hop, `/${turn}`)

    assert.throws(() => nextHop(hop, '/6'), { code: 'redirect' })
  })

  it('shows no login and no query in its errors', () => {
    assert.throws(
      () => nextHop(firstHop('https://user:SECRET@shop.test/a?key=SECRET', {}), 'http://shop.test/a?key=SECRET'),
      (error: Error) => !error.message.includes('SECRET'),
    )
  })
})
