import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { XmlElement } from '../../../src/core/feed/feed.js'
import { counts, readAll, textOf } from './string-text.js'

const lenient = { format: 'xml', lenient: true } as const

function child(record: unknown, name: string): XmlElement | undefined {
  return (record as XmlElement).children.find(
    (found): found is XmlElement => typeof found !== 'string' && found.name === name,
  )
}

const textIn = (element: XmlElement | undefined): string =>
  element?.children.map((found) => (typeof found === 'string' ? found : textIn(found))).join('') ?? ''

const offers = (...bodies: string[]) =>
  `<shop><offers>${bodies.map((body) => `<offer>${body}</offer>`).join('\n')}</offers></shop>`

describe('damaged XML feed, read leniently', () => {
  it('keeps bare ampersands as text, in elements and attributes, one repair per record', async () => {
    const content = offers(
      '<u>a?b=1&c=2&amp;d=3&e</u>',
      '<u>ok &amp; fine</u><v><![CDATA[a&b]]></v>',
      '<u href="?x&y"/>',
    )
    for (const size of [3, 1000]) {
      const { records, repairs, end } = await readAll(textOf(content, size), lenient)

      assert.equal(textIn(child(records[0]?.data, 'u')), 'a?b=1&c=2&d=3&e')
      assert.equal(child(records[2]?.data, 'u')?.attributes.href, '?x&y')
      assert.deepEqual(
        repairs.map(({ code, position }) => [code, position.record]),
        [
          ['bare_ampersand', 1],
          ['bare_ampersand', 3],
        ],
      )
      assert.match(repairs[0]?.detail ?? '', /2 times/)
      assert.equal(end?.complete, true)
    }
  })

  it('keeps unescaped HTML inside its element', async () => {
    const html = '<p>One<br>two<ul><li>a<li>b</p></td> x > y <b>bold</i>'
    const { records, repairs } = await readAll(offers(`<d>${html}</d><price>5</price>`, '<price>6</price>'), lenient)

    assert.deepEqual(
      records.map(({ data }) => textIn(child(data, 'price'))),
      ['5', '6'],
    )
    assert.equal(textIn(child(records[0]?.data, 'd')), 'Onetwoab x > y bold')
    assert.deepEqual(counts(repairs), { unclosed_element: 1 })
  })

  it('never lets markup of one record reach into the next', async () => {
    const tag = fc.constantFrom(
      '<p>',
      '</p>',
      '<br>',
      '<b>',
      '</b>',
      '<table>',
      '</td>',
      '<ul><li>',
      'text ',
      '&nbsp;',
      '& ',
      '</ul>',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(tag, { maxLength: 8 }), { minLength: 1, maxLength: 5 }), async (soups) => {
        const bodies = soups.map((soup, index) => `<id>${index}</id><d>${soup.join('')}</d><price>${index}</price>`)
        const { records, end } = await readAll(offers(...bodies), lenient)

        assert.deepEqual(
          records.map(({ data }) => textIn(child(data, 'id'))),
          soups.map((_, index) => String(index)),
        )
        assert.deepEqual(
          records.map(({ data }) => textIn(child(data, 'price'))),
          soups.map((_, index) => String(index)),
        )
        assert.equal(end?.complete, true)
      }),
      { numRuns: 200 },
    )
  })

  it('ends a record where the next one begins when its end tag is missing', async () => {
    const direct = '<shop><offers><offer><id>1</id><offer><id>2</id></offer><offer><id>3</id></offer></offers></shop>'
    const inText =
      '<shop><offers><offer><id>1</id><d>text <p>more<offer><id>2</id></offer><offer><id>3</id></offer></offers></shop>'
    for (const content of [direct, inText]) {
      const { records, repairs, end } = await readAll(content, { ...lenient, record: 'offer' })

      assert.deepEqual(
        records.map(({ data }) => textIn(child(data, 'id'))),
        ['1', '2', '3'],
      )
      assert.equal(counts(repairs).unclosed_record, 1)
      assert.equal(end?.complete, true)
    }
  })

  it('reads a feed in which no record is ever closed', async () => {
    const content = `<shop><offers>${Array.from({ length: 500 }, (_, id) => `<offer><id>${id}</id>`).join('\n')}</offers></shop>`
    const { records } = await readAll(content, { ...lenient, record: 'offer' })

    assert.deepEqual(
      records.map(({ data }) => textIn(child(data, 'id'))),
      Array.from({ length: 500 }, (_, id) => String(id)),
    )
  })

  it('leaves a list of related records inside its record', async () => {
    const content =
      '<products><product><id>1</id><related><product><id>9</id></product></related></product><product><id>2</id></product></products>'
    const { records, repairs } = await readAll(content, lenient)

    assert.deepEqual(
      records.map(({ data }) => textIn(child(data, 'id'))),
      ['1', '2'],
    )
    assert.deepEqual(repairs, [])
  })

  it('rejects a record whose tags were swallowed, and reads on', async () => {
    const content = offers(
      '<id>1</id>',
      '<id>2</id><d><a href="x>y</a></d></offer><offer z="">',
      '<d>size <5 cm</d><id>3</id>',
      '<id>4</id>',
    )
    const { records, rejects } = await readAll(content, lenient)

    assert.deepEqual(
      records.map(({ data }) => textIn(child(data, 'id'))),
      ['1', '4'],
    )
    assert.ok(rejects.length > 0 && rejects.every(({ code }) => code === 'swallowed_markup'))
  })

  it('passes over text around the root', async () => {
    const content = `Warning: <b>x</b>\n<?xml version="1.0"?>\n${offers('<id>1</id>')}\n<!-- done -->trailing`
    for (const size of [2, 1000]) {
      const { records, repairs, end } = await readAll(textOf(content, size), { lenient: true })

      assert.equal(records[0]?.position.line, 3)
      assert.deepEqual(counts(repairs), { text_before_root: 1, text_after_root: 1 })
      assert.equal(end?.complete, true)
    }
  })

  it('is not complete when there are elements behind the root', async () => {
    const { end, records } = await readAll(`${offers('<id>1</id>')}${offers('<id>2</id>')}`, lenient)

    assert.equal(records.length, 1)
    assert.match(end?.problem ?? '', /behind the end/)
    assert.equal(end?.complete, false)
  })

  it('keeps all whole records of a cut feed, and rejects the cut one (F1)', async () => {
    const { records, rejects, end } = await readAll(
      '<shop><offers><offer><id>1</id></offer>\n<offer><id>2</id><na',
      lenient,
    )

    assert.equal(records.length, 1)
    assert.deepEqual(
      rejects.map(({ code, position }) => [code, position]),
      [['cut_off', { record: 2, line: 2 }]],
    )
    assert.deepEqual(end, { complete: false, records: 2, problem: 'The feed ends before </shop>.' })
  })

  it('takes control characters out (F3)', async () => {
    const { records, repairs } = await readAll(offers('<id>1\x0b2\0</id>'), lenient)

    assert.equal(textIn(child(records[0]?.data, 'id')), '12')
    assert.deepEqual(counts(repairs), { control_characters: 1 })
  })

  it('flattens markup nested too deep, and ends where it has no end (F8)', async () => {
    const deep = '<p>x'.repeat(3000)
    const { records, repairs } = await readAll(offers(`<d>${deep}</d><price>5</price>`), lenient)
    const endless = await readAll(`<shop><offers><offer><id/></offer><offer>${'<a>'.repeat(100_000)}`, lenient)

    assert.equal(textIn(child(records[0]?.data, 'price')), '5')
    assert.equal(textIn(child(records[0]?.data, 'd')), 'x'.repeat(3000))
    assert.equal(counts(repairs).deep_markup, 1)
    assert.equal(endless.records.length, 1)
    assert.equal(endless.end?.complete, false)
  })
})
