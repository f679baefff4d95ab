import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { FeedShape, JsonRecord, XmlElement } from '../../../src/core/feed/feed.js'
import { openFeed } from '../../../src/core/feed/open-feed.js'
import type { Node } from '../../../src/core/product/picked.js'
import { selectorsFor } from '../../../src/core/product/selector.js'

const shape = (format: FeedShape['format'], columns?: readonly string[]): FeedShape => ({
  format,
  compression: 'none',
  encoding: 'utf-8',
  ...(columns === undefined ? {} : { columns }),
})

const scope = (node: Node) => ({ node, up: null })

async function element(xml: string): Promise<XmlElement> {
  const text = `<feed>${xml}${xml}</feed>`
  const feedText = {
    compression: 'none' as const,
    encoding: 'utf-8',
    bom: false,
    head: text,
    async *chunks() {
      yield text
    },
  }
  const feed = await openFeed(feedText, {}, { file: 'test' })
  for await (const chunk of feed.records({ reject: () => {}, repair: () => {} })) {
    if (chunk[0] !== undefined) return chunk[0].data as XmlElement
  }
  throw new Error('no record')
}

describe('CSV selectors', () => {
  const { text, has } = selectorsFor(shape('csv', ['SKU', 'Product Name', 'sku', 'Note']))
  const pick = (path: string, row: readonly string[]) => text(path)(scope(row))

  it('find columns as written, then in any case and spacing', () => {
    assert.equal(pick('SKU', ['A', 'b', 'c', 'd']), 'A')
    assert.equal(pick('sku', ['A', 'b', 'c', 'd']), 'c')
    assert.equal(pick('productname', ['A', 'b', 'c', 'd']), 'b')
    assert.equal(has('PRODUCT NAME'), true)
    assert.equal(has('price'), false)
  })

  it('keep absent, blank and a value apart', () => {
    assert.equal(pick('price', ['A']), undefined)
    assert.equal(pick('Note', ['A', 'b']), undefined, 'a short row')
    assert.equal(pick('Note', ['A', 'b', 'c', '  ']), null)
    assert.equal(pick('Note', ['A', 'b', 'c', ' 0 ']), '0')
  })
})

describe('JSON selectors', () => {
  const { text, scopes, entries } = selectorsFor(shape('json'))
  const pick = (path: string, record: JsonRecord) => text(path)(scope(record))

  it('walk keys and flatten arrays', () => {
    const record = { a: { b: [{ c: 'x' }, { c: ['y', ' '] }, { d: 1 }] } }
    assert.deepEqual(pick('a/b/c', record), ['x', 'y'])
    assert.equal(pick('a/b/d', record), '1')
  })

  it('keep absent, blank and a value apart', () => {
    const record = { none: null, empty: '', list: [], zero: 0, no: false, object: {} }
    assert.equal(pick('nothing', record), undefined)
    assert.equal(pick('none', record), null)
    assert.equal(pick('empty', record), null)
    assert.equal(pick('list', record), null)
    assert.equal(pick('zero', record), '0')
    assert.equal(pick('no', record), 'false')
    assert.equal(pick('object', record), undefined)
  })

  it('read only what the record itself has (F6)', () => {
    const record = JSON.parse('{"__proto__": "kept", "a": 1}') as JsonRecord
    assert.equal(pick('__proto__', record), 'kept')
    assert.equal(pick('constructor', record), undefined)
    assert.equal(pick('a/toString', record), undefined)
  })

  it('give ids as exact text', () => {
    assert.equal(pick('id', { id: 31627125 }), '31627125')
    assert.equal(pick('id', { id: '007' }), '007')
    assert.equal(pick('id', { id: 102.85 }), '102.85')
  })

  it('take a key with a slash in it for what it is', () => {
    assert.equal(pick('price/unit', { 'price/unit': 'kg' }), 'kg')
  })

  it('know the way up from nested objects', () => {
    const record = {
      models: [
        { color: 'Red', sizes: [{ name: 'S' }, { name: 'M' }] },
        { color: 'Blue', sizes: [{ name: 'L' }] },
      ],
    }
    const found = scopes('models/sizes')(scope(record))
    const label = found.map((one) => `${text('../color')(one)} ${text('name')(one)}`)
    assert.deepEqual(label, ['Red S', 'Red M', 'Blue L'])
  })

  it('list the entries of an object', () => {
    assert.deepEqual(entries('attrs')(scope({ attrs: { Color: 'Red', Sizes: ['S', 'M'] } })), [
      ['Color', 'Red'],
      ['Sizes', ['S', 'M']],
    ])
  })
})

describe('XML selectors', () => {
  const selectors = selectorsFor(shape('xml'), { g: 'http://base.google.com/ns/1.0' })
  const pick = async (path: string, xml: string) => selectors.text(path)(scope(await element(xml)))

  it('walk elements, attributes and conditions', async () => {
    const xml =
      '<p id="7"><images><image><url>a</url></image><image><url> b </url></image></images>' +
      '<category name="Tops"/><attrs><a name="EAN">590</a><a name="Color / shade">Red</a></attrs></p>'
    assert.equal(await pick('@id', xml), '7')
    assert.deepEqual(await pick('images/image/url', xml), ['a', 'b'])
    assert.equal(await pick('category/@name', xml), 'Tops')
    assert.equal(await pick('attrs/a[@name=EAN]', xml), '590')
    assert.equal(await pick('attrs/a[@name="Color / shade"]', xml), 'Red')
    assert.equal(await pick('attrs/a/name()', xml).then((name) => name?.[0]), 'a')
    assert.equal(await pick('images/nothing', xml), undefined)
  })

  it('narrow a step by the text of a child', async () => {
    const xml =
      '<p><attributes><attribute><name>EAN</name><values><value>1</value></values></attribute>' +
      '<attribute><name>Kolor</name><values><value>Czarny</value></values></attribute></attributes></p>'
    assert.equal(await pick('attributes/attribute[name=EAN]/values/value', xml), '1')
  })

  it('match plain names in any namespace and prefixes only in theirs', async () => {
    const xml =
      '<item xmlns:x="http://base.google.com/ns/1.0" xmlns:o="urn:other"><o:id>other</o:id><x:id>google</x:id></item>'
    assert.equal(await pick('g:id', xml), 'google')
    assert.deepEqual(await pick('id', xml), ['other', 'google'])
  })

  it('keep absent, blank and a value apart, and trim padded CDATA', async () => {
    const xml = '<p sku=""><empty/><space> </space><name><![CDATA[\n  Shirt & Co \n]]></name></p>'
    assert.equal(await pick('nothing', xml), undefined)
    assert.equal(await pick('@sku', xml), null)
    assert.equal(await pick('empty', xml), null)
    assert.equal(await pick('space', xml), null)
    assert.equal(await pick('name', xml), 'Shirt & Co')
  })

  it('restore markup that is written as child elements', async () => {
    const xml = '<p><desc>Soft &amp; <b class="x">warm</b><br/> wool &lt; 3</desc></p>'
    assert.equal(await pick('desc', xml), 'Soft &amp; <b class="x">warm</b><br> wool &lt; 3')
  })

  it('refuse prefixes that nobody declared and paths that cannot be read', () => {
    assert.throws(() => selectors.text('x:id'), RangeError)
    assert.throws(() => selectors.text('a[b'), RangeError)
  })
})

describe('selectors of every kind', () => {
  it('never throw on any record', () => {
    const path = fc.stringMatching(/^[a-z./*@]{0,8}$/)
    const json = selectorsFor(shape('json'))
    const xml = selectorsFor(shape('xml'))
    const tree: fc.Arbitrary<XmlElement> = fc.letrec<{ node: XmlElement }>((tie) => ({
      node: fc.record({
        name: fc.constantFrom('a', 'b'),
        ns: fc.constant(''),
        attributes: fc.dictionary(fc.constantFrom('a', 'b'), fc.string()),
        children: fc.array(fc.oneof({ depthSize: 'small' }, fc.string(), tie('node')), { maxLength: 3 }),
      }),
    })).node
    fc.assert(
      fc.property(path, fc.dictionary(fc.string(), fc.jsonValue()), tree, (at, object, node) => {
        json.text(at)(scope(object as JsonRecord))
        xml.text(at)(scope(node))
      }),
    )
  })
})
