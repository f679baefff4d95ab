import assert from 'node:assert/strict'
import { parseUrl } from '../../src/core/parse-url.js'

describe('parseUrl', () => {
  it('reads a URL, also relative to a base', () => {
    assert.equal(parseUrl('https://a.example/1.jpg')?.host, 'a.example')
    assert.equal(parseUrl('/1.jpg', 'https://a.example/feed.csv')?.href, 'https://a.example/1.jpg')
  })

  it('gives null for what is none, however often it is asked about beside others', () => {
    const texts = ['http://a b/', 'http://1\u{e3}\u{80}\u{82}/', 'http://[\u{ff}]/', 'no url', '']
    for (let times = 0; times < 5_000; times += 1) {
      for (const text of texts) assert.equal(parseUrl(text), null)
    }
  })
})
