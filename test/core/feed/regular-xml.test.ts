import assert from 'node:assert/strict'
import fc from 'fast-check'
import { WholesalerError } from '../../../src/core/errors.js'
import { RecordOutput } from '../../../src/core/feed/read-records.js'
import { type ReadElement, readRegularElement } from '../../../src/core/feed/regular-xml.js'
import { XmlRecordParser } from '../../../src/core/feed/xml.js'
import { pathMatcher } from '../../../src/core/feed/xml-path.js'

/** Reads nothing: all is left to saxes. */
const bySaxes: ReadElement = () => null

/** Everything that reading pieces of a document gives, as text. */
function told(pieces: readonly string[], regular: ReadElement, record = 'list/p'): string {
  const said: unknown[] = []
  const out = new RecordOutput({
    reject: (reject) => said.push(reject),
    repair: (repair) => said.push(repair),
    side: (element) => said.push(element),
  })
  const targets = { record: pathMatcher(record), side: [pathMatcher('list/s')] }
  const parser = new XmlRecordParser({ file: 'feed', targets }, out, regular)
  try {
    for (const piece of pieces) {
      parser.write(piece)
      said.push(...out.ready.splice(0))
    }
    parser.end()
  } catch (error: unknown) {
    assert.ok(error instanceof WholesalerError, String(error))
    said.push(...out.ready.splice(0), error.message, error.place)
  }
  return said.map((one) => JSON.stringify(one)).join('\n')
}

/** Counts what is read without saxes. */
function counting(): { readonly regular: ReadElement; readonly count: () => number } {
  let count = 0
  return {
    regular: (...given) => {
      const found = readRegularElement(...given)
      if (found !== null) count += 1
      return found
    },
    count: () => count,
  }
}

/** What stands in records, regular or not, well-formed or not. */
const part = fc.constantFrom(
  'text',
  ' ',
  '\n',
  '\r\n',
  '\r',
  '\t',
  'ż',
  '😀',
  '\u0007',
  ']]>',
  ']]&gt;',
  '&amp;',
  '&apos;&gt;',
  '\ud800',
  '&lt;p&gt;',
  '&#38;',
  '&#xA0;',
  '&#10;',
  '&#x1F600;',
  '&#0;',
  '&nbsp;',
  '& ',
  '&',
  '<a>1</a>',
  '<a>1</a >',
  '<a>',
  '</a>',
  '<a/>',
  '<b i="1" j=\'2\'>x</b>',
  '<b i = "1"/>',
  '<b i="&quot;&#x20;"\n j="a > b"></b>',
  '<b i="1" i="2"/>',
  '<b i="1"j="2"/>',
  '<b i="a\nb"/>',
  '<b i="<"/>',
  '<b i=1/>',
  '<b i/>',
  '<g:id>7</g:id>',
  '<b g:i="1" xml:lang="pl"/>',
  '<c xmlns="urn:c"><a/></c>',
  '<x:y/>',
  '<pp>9</pp>',
  '<p>in a record</p>',
  '<![CDATA[<p>&amp;</p>]]>',
  '<![CDATA[]]>',
  '<![CDATA[',
  '<!-- </p> -->',
  '<?pi </p>?>',
  '<!b>',
)
/** Most of them, so that not every document is broken by its second record. */
const soundPart = fc.constantFrom(
  'text',
  '\n',
  'ż 😀',
  '&amp;',
  '&apos;&gt;',
  '\ud800',
  '<a>1</a>',
  '<a/>',
  '<b i="1" j=\'2\'>x</b>',
  '<g:id>7</g:id>',
)
const content = (one: fc.Arbitrary<string>) => fc.array(one, { maxLength: 5 }).map((parts) => parts.join(''))
const record = fc
  .tuple(
    fc.constantFrom('<p>', '<p i="1">', '<p\n i="1"\tj=\'"\'>', '<p >'),
    fc.oneof({ weight: 5, arbitrary: content(soundPart) }, { weight: 1, arbitrary: content(part) }),
  )
  .map(([start, inner]) => `${start}${inner}</p>`)
const between = fc.constantFrom(
  '',
  '\n',
  '\r\n  ',
  '\t',
  'text',
  '<s>side</s>',
  '<pp>1</pp>',
  '<!-- -->',
  '<list><p>deeper</p></list>',
  '<p/>',
  '<p i="1"/>',
)
const document = fc
  .tuple(
    fc.constantFrom(
      '<list xmlns:g="urn:g">',
      '<?xml version="1.0"?>\n<list>\n',
      '<?xml version="1.1"?><list>',
      '  <list>',
    ),
    // Names that are met.
    fc.constantFrom('', '<p i="" j=""><a/><b/><g:id/><pp/></p>'),
    fc.array(fc.tuple(between, record), { maxLength: 8 }),
    fc.constantFrom('</list>', '\n</list>\n', '', '</list><p/>'),
  )
  .map(([start, met, records, end]) => start + met + records.flat().join('') + end)

const cuts = fc.array(fc.nat(), { maxLength: 5 })

function cutAt(text: string, at: readonly number[]): readonly string[] {
  const chars = Array.from(text)
  const ends = [...at.map((one) => one % (chars.length + 1)), chars.length].sort((a, b) => a - b)
  return ends.map((end, index) => chars.slice(ends[index - 1] ?? 0, end).join(''))
}

describe('Regular XML, read without saxes', () => {
  it('gives the records, places and faults that saxes gives, whatever the document and however it is cut', () => {
    let regular = 0
    fc.assert(
      fc.property(document, cuts, (text, at) => {
        const pieces = cutAt(text, at)
        const { regular: read, count } = counting()
        assert.equal(told(pieces, read), told(pieces, bySaxes))
        regular += count()
      }),
      { numRuns: 6000 },
    )
    assert.ok(regular > 500, `only ${regular} records were read without saxes`)
  })

  it('reads nearly all records of a usual feed, with line ends of whatever kind', () => {
    const one = (i: number) =>
      `  <p i="${i}">\n    <a>Name &amp; ${i}</a>\n    <b j="&quot;"><![CDATA[<b>${i}</b>]]></b>\n    <g:id>x</g:id><a/>\n  </p>\n`
    const text = `<list xmlns:g="urn:g">\n${Array.from({ length: 100 }, (_, i) => one(i)).join('')}</list>\n`
    for (const lineEnd of ['\n', '\r\n']) {
      const document = text.replaceAll('\n', lineEnd)
      const pieces = [document.slice(0, 500), document.slice(500)]
      const { regular, count } = counting()
      assert.equal(told(pieces, regular), told(pieces, bySaxes))
      assert.ok(count() > 90, `${count()} of 100`)
    }
  })

  it('is not how a second root is read where the first one is the record', () => {
    for (const text of ['<p>1</p><p>2</p><p>3</p>', '<p><a>1</a></p>\n<p><a>2</a></p>', '<p/> <p/>']) {
      for (let at = 0; at <= text.length; at += 1) {
        const pieces = [text.slice(0, at), text.slice(at)]
        const found = told(pieces, readRegularElement, 'p')
        assert.equal(found, told(pieces, bySaxes, 'p'))
        assert.match(found, /only one root/)
      }
    }
  })

  it('keeps the limit of depth, which counts the elements around a record', () => {
    for (const around of [100, 149, 150, 151, 198, 199, 200]) {
      const inner = `${'<a>'.repeat(45)}${'</a>'.repeat(45)}`
      const text = `${'<d>'.repeat(around)}<p/><p/><p><a/></p>${`<p>${inner}</p>`.repeat(3)}${'</d>'.repeat(around)}`
      const pieces = [text.slice(0, around * 3 + 5), text.slice(around * 3 + 5)]
      assert.equal(told(pieces, readRegularElement, 'p'), told(pieces, bySaxes, 'p'), `${around} around`)
    }
  })

  it('is not tried for ever where little is regular', () => {
    const seldom = '<p/><p><!-- --></p>\n'
    for (const one of ['<p><!-- --></p>\n', seldom, '<p/><!-- -->', '<p/>text', '<p/><s>side</s>']) {
      let tries = 0
      const text = `<list><p/>${one.repeat(2000)}</list>`
      const counted: ReadElement = (...given) => {
        tries += 1
        return readRegularElement(...given)
      }
      const pieces = [text.slice(0, 20), text.slice(20)]
      assert.equal(told(pieces, counted), told(pieces, bySaxes))
      assert.ok(tries < 500, `${tries} times`)
    }
  })

  it('is not tried for ever where no record is regular', () => {
    let tries = 0
    const text = `<list><p/>${'<p><!-- --></p>\n'.repeat(2000)}</list>`
    const never: ReadElement = () => {
      tries += 1
      return null
    }
    assert.equal(told([text.slice(0, 20), text.slice(20)], never).split('\n').length, 2001)
    assert.ok(tries < 100, `${tries} times`)
  })
})
