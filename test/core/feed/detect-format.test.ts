import assert from 'node:assert/strict'
import { WholesalerError } from '../../../src/core/errors.js'
import { detectFormat } from '../../../src/core/feed/detect-format.js'

const formatOf = (head: string, file = 'feed') => detectFormat(head, { file })

function failure(head: string): WholesalerError {
  try {
    formatOf(head)
  } catch (error) {
    assert.ok(error instanceof WholesalerError)
    return error
  }
  assert.fail('was taken for a feed')
}

describe('detectFormat', () => {
  for (const [format, name, head] of [
    ['csv', 'a table', 'sku;name\n1;A\n'],
    ['csv', 'a single column', 'sku\n1\n'],
    ['csv', 'a table whose cells hold tags', 'sku,html\n1,<b>x</b>\n'],
    ['xml', 'a document with declaration', '<?xml version="1.0"?><offers/>'],
    ['xml', 'a document without declaration', '<offers><o/></offers>'],
    ['xml', 'leading white space', '\n\n  <offers/>'],
    ['xml', 'a second byte order mark', '\ufeff<offers/>'],
    ['xml', 'a warning before the declaration', 'Warning: x in y.php on line 3\n<?xml version="1.0"?><a/>'],
    ['xml', 'a comment and a document type', '<!-- x --><!DOCTYPE yml_catalog SYSTEM "shops.dtd"><yml_catalog/>'],
    ['json', 'an array', ' [{"a":1}]'],
    ['json', 'an object over many lines', '{\n  "products": [\n  ]\n}'],
    ['json', 'an object with a list on one line', '{"products":[{"sku":1}]}\n'],
    ['json', 'an array of numbers over lines', '[\n1,\n2]'],
    ['ndjson', 'objects on lines of their own', '{"sku":1}\n{"sku":2}\n'],
    ['ndjson', 'one object that looks like a record', '{"sku":1,"name":"A"}'],
  ] as const) {
    it(`takes ${name} for ${format}`, () => {
      assert.equal(formatOf(head), format)
    })
  }

  it('believes the name .jsonl for what could be either', () => {
    assert.equal(formatOf('{"items":[1]}\n', 'feed.jsonl.gz'), 'ndjson')
  })

  it('refuses an HTML page and tells its title (F11)', () => {
    for (const head of [
      '<!DOCTYPE html><head><title>Log  in</title>',
      '<html><title>Log in</title>',
      '<?xml version="1.0"?>\n<!-- c -->\n<!DOCTYPE html PUBLIC "x"><html><title>Log in</title>',
    ]) {
      const error = failure(head)
      assert.equal(error.kind, 'feed_malformed')
      assert.match(error.message, /feed: This is an HTML page, not a feed: "Log in"/)
      assert.match(error.hint ?? '', /login page/)
    }
  })

  it('refuses binary data (F3)', () => {
    assert.equal(failure('%PDF-1.7 and so on').kind, 'feed_malformed')
    assert.equal(failure('s\0k\0u\0;\0n\0a\0').kind, 'feed_malformed')
  })

  it('lets a stray control byte pass (F3)', () => {
    assert.equal(formatOf(`sku;name\n${'1;abc\n'.repeat(50)}2;\0x\n`), 'csv')
  })

  it('calls blank text empty (F11)', () => {
    for (const head of ['', ' \r\n\t', '\ufeff \n']) assert.equal(failure(head).kind, 'feed_empty')
  })

  it('takes no time over a long run of white space', () => {
    assert.equal(formatOf(`<?xml version="1.0"?>${' '.repeat(60_000)}<offers/>`), 'xml')
  })
})
