import assert from 'node:assert/strict'
import { adHocName, describeSource, parseSource, sourceOrigin } from '../../../src/core/feed/source.js'

const parse = (source: string) => parseSource(source, '/work')

describe('parseSource', () => {
  it('takes - for stdin, http and https for URLs, all else for paths of the working directory', () => {
    assert.deepEqual(parse('-'), { kind: 'stdin' })
    assert.deepEqual(parse('https://example.com/a.csv'), { kind: 'url', url: 'https://example.com/a.csv' })
    assert.deepEqual(parse('HTTP://example.com/a.csv'), { kind: 'url', url: 'HTTP://example.com/a.csv' })
    assert.deepEqual(parse('feeds/a.csv'), { kind: 'file', path: '/work/feeds/a.csv' })
    assert.deepEqual(parse('./aren'), { kind: 'file', path: '/work/aren' })
    assert.deepEqual(parse('/abs/a.csv'), { kind: 'file', path: '/abs/a.csv' })
    assert.deepEqual(parse('file:///abs/a%20b.csv'), { kind: 'file', path: '/abs/a b.csv' })
    assert.deepEqual(parse('12:30.csv'), { kind: 'file', path: '/work/12:30.csv' })
  })

  for (const source of [
    'ftp://example.com/a.csv',
    's3://bucket/a.csv',
    'data://x',
    'https://',
    'http://[',
    '',
    ' ',
    'a\0b',
    'file://host/a',
  ]) {
    it(`refuses ${JSON.stringify(source)}`, () => {
      assert.throws(() => parse(source), { kind: 'usage' })
    })
  }
})

describe('adHocName', () => {
  const names: readonly (readonly [source: string, name: string])[] = [
    ['products.csv', 'products'],
    ['feeds/offer.csv.gz', 'offer'],
    ['offer.CSV.ZIP', 'offer'],
    ['offer', 'offer'],
    ['offer.dat', 'offer'],
    ['offer.v2.xml.gz', 'offer.v2'],
    ['2026.01.15.csv', '2026.01.15'],
    ['.csv', '.csv'],
    ['https://example.com/feeds/offer.xml?key=SECRET#x', 'example.com/feeds/offer.xml'],
    ['https://user:SECRET@example.com:8443/', 'example.com:8443'],
  ]
  for (const [source, name] of names) {
    it(`calls ${source} ${name}`, () => {
      assert.equal(adHocName(parse(source)), name)
    })
  }

  it('asks for a name where there is none', () => {
    assert.throws(() => adHocName(parse('-')), { kind: 'usage', hint: /--as/ })
  })
})

describe('a source', () => {
  it('belongs to its folder or host', () => {
    assert.equal(sourceOrigin(parse('feeds/a.csv')), '/work/feeds')
    assert.equal(sourceOrigin(parse('https://example.com:8443/a.csv')), 'example.com:8443')
    assert.equal(sourceOrigin(parse('-')), null)
  })

  it('is shown without login and query', () => {
    assert.equal(
      describeSource(parse('https://user:SECRET@example.com/%E9.csv?key=SECRET')),
      'https://example.com/%E9.csv?…',
    )
    assert.equal(describeSource(parse('a.csv')), '/work/a.csv')
    assert.equal(describeSource(parse('-')), 'stdin')
  })
})
