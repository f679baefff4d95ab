import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type ImageBase, normalizeUrl } from '../../../src/core/images/normalize-url.js'

const web: ImageBase = { folders: [], url: 'https://shop.example/feeds/offer.xml' }
const disk: ImageBase = { folders: ['/feeds/aren', '/pictures'], url: null }

function keyOf(reference: string, base: ImageBase = disk): string {
  const address = normalizeUrl(reference, base)
  assert.ok(address.ok, `${reference}: ${address.ok ? '' : address.reason}`)
  return address.key
}

function codeOf(reference: string, base: ImageBase = disk): string {
  const address = normalizeUrl(reference, base)
  assert.ok(!address.ok, `${reference} was taken`)
  return address.code
}

describe('normalizeUrl', () => {
  it('writes one address in one way, whatever its spelling (I11)', () => {
    const same: readonly (readonly [string, string])[] = [
      ['HTTP://Example.COM/a.jpg', 'http://example.com/a.jpg'],
      ['http://example.com:80/a.jpg', 'http://example.com/a.jpg'],
      ['https://example.com:443/a.jpg', 'https://example.com/a.jpg'],
      ['https://example.com/a.jpg#zoom', 'https://example.com/a.jpg'],
      ['  https://example.com/a.jpg\n', 'https://example.com/a.jpg'],
      ['//cdn.example/a.jpg', 'https://cdn.example/a.jpg'],
      ['https://example.com/x/../a.jpg', 'https://example.com/a.jpg'],
      ['https://example.com/my photo.jpg', 'https://example.com/my%20photo.jpg'],
      ['https://example.com/%7euser/%61.jpg', 'https://example.com/~user/a.jpg'],
      ['https://example.com/zdj%c4%99cie.jpg', 'https://example.com/zdj%C4%99cie.jpg'],
      ['https://example.com/zdjęcie.jpg', 'https://example.com/zdj%C4%99cie.jpg'],
      ['https://example.com/100%.jpg', 'https://example.com/100%25.jpg'],
      ['https://example.com/a.jpg?', 'https://example.com/a.jpg'],
      ['https://żółw.example/a.jpg', 'https://xn--w-uga1v8h.example/a.jpg'],
    ]
    for (const [reference, key] of same) assert.equal(keyOf(reference), key)
  })

  it('takes tracking parameters away, and no others (I11)', () => {
    const same: readonly (readonly [string, string])[] = [
      ['https://e.com/a.jpg?utm_source=feed&utm_medium=cpc', 'https://e.com/a.jpg'],
      ['https://e.com/a.jpg?id=5&GCLID=x&fbclid=y', 'https://e.com/a.jpg?id=5'],
      ['https://e.com/a.jpg?utm%5Fsource=feed&v=2', 'https://e.com/a.jpg?v=2'],
      [
        'https://e.com/a.jpg?v=1700&w=800&width=8&sig=a%2Bb&token=t',
        'https://e.com/a.jpg?v=1700&w=800&width=8&sig=a%2Bb&token=t',
      ],
      ['https://e.com/a.jpg?b=2&a=1', 'https://e.com/a.jpg?b=2&a=1'],
      ['https://e.com/i?url=x?utm_source', 'https://e.com/i?url=x?utm_source'],
    ]
    for (const [reference, key] of same) assert.equal(keyOf(reference), key)
  })

  it('asks for the address as the feed spells it, tracking parameters included', () => {
    const address = normalizeUrl('https://e.com/%7ea.jpg?utm_source=x#top', disk)

    assert.ok(address.ok && address.kind === 'url')
    assert.equal(address.href, 'https://e.com/%7ea.jpg?utm_source=x')
  })

  it('keeps different pictures apart (I10)', () => {
    const different = [
      'https://e.com/red/1.jpg',
      'https://e.com/blue/1.jpg',
      'https://e.com/Red/1.jpg',
      'https://e.com/red/1.jpg?v=2',
      'https://e.com/red/1.jpg?v=3',
      'https://e.com/red%2F1.jpg',
      'http://e.com/red/1.jpg',
      'https://e.com:8443/red/1.jpg',
      'red/1.jpg',
      'blue/1.jpg',
    ]

    assert.equal(new Set(different.map((reference) => keyOf(reference))).size, different.length)
  })

  it('reads paths from the folder of the feed, in one spelling', () => {
    assert.equal(keyOf('img/1.jpg'), '/feeds/aren/img/1.jpg')
    assert.equal(keyOf('./img//x/../1.jpg'), '/feeds/aren/img/1.jpg')
    assert.equal(keyOf('img\\1.jpg'), '/feeds/aren/img/1.jpg')
    assert.equal(keyOf('/pictures/1.jpg'), '/pictures/1.jpg')
    assert.equal(keyOf('../../pictures/1.jpg'), '/pictures/1.jpg')
    assert.equal(keyOf('100%.jpg'), '/feeds/aren/100%.jpg')
  })

  it('never leaves the folder of the feed and the image roots (I8)', () => {
    for (const path of [
      '../x.jpg',
      '/etc/passwd',
      'a/../../x.jpg',
      '..\\..\\x',
      '../aren-secret/1.jpg',
      '.',
      '/feeds',
    ]) {
      assert.equal(codeOf(path), 'outside_folder', path)
    }
    for (const path of ['a\0.php', 'C:\\x.jpg', 'file:///etc/passwd']) assert.equal(codeOf(path), 'bad_url', path)
  })

  it('completes relative references of a feed from the web, and reads no file for it', () => {
    assert.equal(keyOf('img/1.jpg', web), 'https://shop.example/feeds/img/1.jpg')
    assert.equal(keyOf('/img/1.jpg', web), 'https://shop.example/img/1.jpg')
    assert.equal(codeOf('img/1.jpg', { folders: [], url: null }), 'bad_url')
  })

  it('refuses what no picture is fetched by', () => {
    const refused = [
      '',
      '  ',
      'data:image/png;base64,AAAA',
      'ftp://e.com/a.jpg',
      'gopher://e.com',
      'https://',
      'http://[::1',
      `https://e.com/${'x'.repeat(5000)}`,
    ]
    for (const reference of refused) assert.equal(codeOf(reference), 'bad_url', reference)
  })

  it('is idempotent', () => {
    const reference = fc.oneof(
      fc.webUrl({ withQueryParameters: true, withFragments: true, validSchemes: ['http', 'https'] }),
      fc.string({ unit: 'grapheme' }),
      fc
        .tuple(
          fc.constantFrom('https://e.com/', 'https://e.com/a?'),
          fc.string({ unit: fc.constantFrom(...'%%%0142eEfF./?&=#\\|^ \'"ü') }),
        )
        .map(([start, rest]) => start + rest),
    )
    fc.assert(
      fc.property(reference, fc.constantFrom(web, disk), (text, base) => {
        const address = normalizeUrl(text, base)
        if (address.ok) assert.equal(keyOf(address.key, base), address.key)
      }),
      { numRuns: 2000 },
    )
  })

  it('lets no path out of its folders, whatever it is made of (I8)', () => {
    const part = fc.constantFrom('..', '.', 'a', '/', '\\', '//', '%2e%2e', 'pictures', 'feeds', 'aren', ' ')
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 12 }), (parts) => {
        const address = normalizeUrl(parts.join('/'), disk)
        if (address.ok && address.kind === 'file')
          assert.match(address.key, /^\/(?:feeds\/aren|pictures)\/(?!.*\/\.\.?(?:\/|$))./)
      }),
      { numRuns: 2000 },
    )
  })
})
