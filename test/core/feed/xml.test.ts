import assert from 'node:assert/strict'
import fc from 'fast-check'
import { WholesalerError } from '../../../src/core/errors.js'
import type { XmlElement } from '../../../src/core/feed/feed.js'
import { counts, read, readAll, textOf } from './string-text.js'

async function failure(content: string, hints = {}): Promise<WholesalerError> {
  try {
    await readAll(content, { format: 'xml', ...hints })
  } catch (error) {
    assert.ok(error instanceof WholesalerError, String(error))
    return error
  }
  assert.fail('was read without an error')
}

async function dataOf(content: string, hints = {}): Promise<XmlElement[]> {
  const { records } = await readAll(content, { format: 'xml', ...hints })
  return records.map(({ data }) => data as XmlElement)
}

interface Tree {
  readonly name: string
  readonly ns: string
  readonly attributes: Record<string, string>
  readonly children: readonly (Tree | string)[]
}

/** Names that no format knows and no record bears. */
const name = fc.constantFrom('a', 'Ab', 'c-d', 'ñ', '_e', 'x.y')
const text = fc
  .oneof(
    fc.constantFrom(' ', '\n  ', 'a & b', '<b>', ']]>', '"\'', '&amp;', '😀', 'ż'),
    fc.string({ unit: 'grapheme' }),
  )
  .filter(
    (value) =>
      value !== '' &&
      !/[\0-\x08\x0b-\x1f\x7f\u0085\ufffe\uffff\ud800-\udfff]/.test(value.replace(/[\u{10000}-\u{10ffff}]/gu, '')),
  )

const tree = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.record({
    name,
    ns: fc.constantFrom('', '', '', 'urn:x'),
    attributes: fc.dictionary(
      name,
      text.map((value) => value.replace(/[\n\t]/g, ' ')),
      { maxKeys: 3 },
    ),
    children: fc.array(fc.oneof({ maxDepth: 3 }, text, tie('tree')), { maxLength: 4 }),
  }),
})).tree

const escaped = (value: string) =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Writes a tree; some text as CDATA, so that both ways are read. */
function written({ name, ns, attributes, children }: Tree): string {
  const qname = ns === '' ? name : `x:${name}`
  const head = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`)
  const body = children.map((child) => {
    if (typeof child !== 'string') return written(child)
    return child.length % 2 === 0 && !child.includes(']]>') ? `<![CDATA[${child}]]>` : escaped(child)
  })
  return body.length === 0 ? `<${qname}${head.join('')}/>` : `<${qname}${head.join('')}>${body.join('')}</${qname}>`
}

/** What a tree is read as: neighbouring texts are one. */
function joined({ name, ns, attributes, children }: Tree): unknown {
  const merged: unknown[] = []
  for (const child of children) {
    const last = merged.at(-1)
    if (typeof child !== 'string') merged.push(joined(child))
    else if (typeof last === 'string') merged[merged.length - 1] = last + child
    else merged.push(child)
  }
  return { name, ns, attributes: { ...attributes }, children: merged }
}

function plain({ name, ns, attributes, children }: XmlElement): unknown {
  return {
    name,
    ns,
    attributes: { ...attributes },
    children: children.map((child) => (typeof child === 'string' ? child : plain(child))),
  }
}

const element = (name: string, ...children: (XmlElement | string)[]) => ({ name, ns: '', attributes: {}, children })

describe('XML feed', () => {
  for (const lenient of [false, true]) {
    it(`reads back any tree, however the text is cut${lenient ? ', under lenient as well' : ''}`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(tree, { minLength: 1, maxLength: 4 }),
          fc.array(fc.nat(), { maxLength: 6 }),
          async (trees, cuts) => {
            const items = trees.map((item) => ({ ...item, name: 'product', ns: '' }))
            const content = `<?xml version="1.0"?>\n<products xmlns:x="urn:x">${items.map(written).join('\n')}</products>`
            const { records, repairs, end } = await readAll(textOf(content, cuts), { lenient, record: 'product' })

            assert.deepEqual(
              records.map(({ data }) => plain(data as XmlElement)),
              items.map(joined),
            )
            assert.deepEqual(repairs, [])
            assert.deepEqual(end, { complete: true, records: items.length })
          },
        ),
        { numRuns: 200 },
      )
    })
  }

  it('knows the line on which each record begins', async () => {
    const content = '<r>\n<item>\n<a/>\n</item><item\n id="2"\n><a/></item>\r\n\r\n<item><a/></item></r>'
    for (const lenient of [false, true]) {
      const { records } = await readAll(textOf(content, 5), { format: 'xml', lenient })

      assert.deepEqual(
        records.map(({ position }) => position.line),
        [2, 4, 8],
      )
    }
  })

  for (const [path, content] of [
    ['offers/o', '<offers><o id="1"><name>A</name></o></offers>'],
    [
      'yml_catalog/shop/offers/offer',
      '<yml_catalog><shop><categories><category id="1" parentId="0">A</category></categories><offers><offer id="1"><name/></offer></offers></shop></yml_catalog>',
    ],
    ['rss/channel/item', '<rss><channel><title>A</title><item><id/></item></channel></rss>'],
    ['feed/entry', '<feed><entry><id/></entry></feed>'],
    [
      'offer/products/product',
      '<offer><products><product id="1"><sizes><size id="1"><x/></size></sizes></product></products></offer>',
    ],
    ['SHOP/SHOPITEM', '<SHOP><SHOPITEM><ITEM_ID/></SHOPITEM></SHOP>'],
    ['Products/Offer', '<Products><Offer><Name/></Offer></Products>'],
    [
      'BMECAT/T_NEW_CATALOG/ARTICLE',
      '<BMECAT><HEADER><CATALOG><X/></CATALOG></HEADER><T_NEW_CATALOG><ARTICLE><SUPPLIER_AID/></ARTICLE></T_NEW_CATALOG></BMECAT>',
    ],
    [
      'shop/articles/article',
      '<shop><articles><article id="1"><related><item id="1" sku="2"/></related></article></articles></shop>',
    ],
    ['root/PRODUCTS/PRODUCT', '<root><PRODUCTS><PRODUCT><ID/></PRODUCT></PRODUCTS></root>'],
    ['list/thing', '<list><info><x/></info><thing><a/><b><c/></b></thing><thing><a/><b><c/></b></thing></list>'],
    ['list/row', '<list><row sku="1" name="A"/><row sku="2" name="B"/></list>'],
    ['list/thing', '<list><thing><a/></thing></list>'],
  ] as const) {
    it(`finds the record ${path}`, async () => {
      const { feed, records } = await readAll(content, { format: 'xml' })

      assert.equal(feed.shape.recordPath, path)
      assert.ok(records.length > 0)
    })
  }

  it('finds the record behind a long dictionary', async () => {
    const categories = Array.from({ length: 5000 }, (_, id) => `<category id="${id}" parentId="0">name</category>`)
    const content = `<shop><categories>${categories.join('')}</categories><list><ware><a/></ware><ware><a/></ware></list></shop>`
    const { feed, records } = await readAll(content)

    assert.equal(feed.shape.recordPath, 'shop/list/ware')
    assert.equal(records.length, 2)
  })

  it('takes a name or the end of a path as hint, and the outermost element of that name', async () => {
    const content = '<s><a><p><x/><more><p/></more></p></a><b><p><y/></p></b></s>'

    assert.equal((await dataOf(content, { record: 'p' })).length, 2)
    assert.equal((await dataOf(content, { record: 'b/p' })).length, 1)
  })

  it('reads Ceneo offers in groups and beside them', async () => {
    const content = '<offers><group name="other"><o id="1"><name/></o></group><o id="2"><name/></o></offers>'

    assert.deepEqual(
      (await dataOf(content)).map(({ attributes }) => attributes.id),
      ['1', '2'],
    )
  })

  it('hands out side elements in order, and keeps their like inside records', async () => {
    const content =
      '<shop><currencies><c id="PLN"/></currencies><categories><category id="1">A</category><category id="2">B</category></categories>' +
      '<offers><offer><category>x</category></offer></offers></shop>'
    for (const lenient of [false, true]) {
      const { side, records } = await readAll(content, { side: ['categories/category', 'currencies'], lenient })

      assert.deepEqual(
        side.map(({ name, attributes }) => [name, attributes.id]),
        [
          ['currencies', undefined],
          ['category', '1'],
          ['category', '2'],
        ],
      )
      assert.equal(records.length, 1)
    }
  })

  it('does not take an element around the records for a dictionary', async () => {
    const { side, records } = await readAll('<s><list><item><a/></item><item><a/></item></list></s>', {
      side: ['list'],
    })

    assert.deepEqual(side, [])
    assert.equal(records.length, 2)
  })

  it('tells root, attributes and namespaces', async () => {
    const { feed } = await readAll(
      '<rss version="2.0" xmlns:g="urn:g" xml:lang="pl"><channel><item><g:id>1</g:id></item></channel></rss>',
    )

    assert.equal(feed.shape.root?.name, 'rss')
    assert.deepEqual({ ...feed.shape.root?.attributes }, { version: '2.0', lang: 'pl' })
    assert.deepEqual({ ...feed.shape.namespaces }, { g: 'urn:g' })
  })

  it('takes a prefix that nobody declared as the one everyone means, and says so once', async () => {
    for (const lenient of [false, true]) {
      const { records, repairs } = await readAll('<rss><channel><item><g:id>1</g:id><g:x/></item></channel></rss>', {
        lenient,
      })
      const item = records[0]?.data as XmlElement

      assert.deepEqual(
        item.children.map((child) => (child as XmlElement).ns),
        Array(2).fill('http://base.google.com/ns/1.0'),
      )
      assert.deepEqual(counts(repairs), { undeclared_prefix: 1 })
    }
  })

  it('takes a namespace for what it is where a name stands', async () => {
    const content = `<r xmlns="urn:a" xmlns:p="urn:p"><item><p:x/><y xmlns="" xmlns:p="urn:q"><p:x/><z/></y><p:x/><z/>
      <w p:id="1" xml:lang="pl" id="2" xmlns:q="urn:p" q:no="3"/></item><item xmlns:p=" urn:s "><p:x/></item></r>`
    const names = (node: XmlElement): readonly string[] =>
      node.children.flatMap((child) => {
        return typeof child === 'string' ? [] : [`${child.ns} ${child.name}`, ...names(child)]
      })
    for (const lenient of [false, true]) {
      const { records, repairs } = await readAll(content, { lenient })
      const [first, second] = records.map(({ data }) => data as XmlElement)
      const last = first?.children.findLast((child) => typeof child !== 'string') as XmlElement

      assert.deepEqual(
        [first, second].map((item) => item && names(item)),
        [['urn:p x', ' y', 'urn:q x', ' z', 'urn:p x', 'urn:a z', 'urn:a w'], ['urn:s x']],
      )
      assert.deepEqual({ ...last.attributes }, { id: '2', lang: 'pl', no: '3' })
      assert.deepEqual(repairs, [])
    }
  })

  it('tolerates white space before the declaration, and counts its lines', async () => {
    const { records, repairs } = await readAll('\n\n<?xml version="1.0"?>\n<r><item><a/></item></r>')

    assert.equal(records[0]?.position.line, 4)
    assert.deepEqual(counts(repairs), { leading_space: 1 })
  })

  it('ignores a document type that names a DTD, and refuses one that brings its own (F7)', async () => {
    const feed = '<r><item><a>1</a></item></r>'
    const bomb = '<!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]>'
    const external = '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    for (const lenient of [false, true]) {
      assert.equal((await dataOf(`<!DOCTYPE r SYSTEM "http://127.0.0.1:9/[x].dtd">${feed}`, { lenient })).length, 1)
      for (const dtd of [bomb, external, '<!DOCTYPE r []>']) {
        const error = await failure(`\n${dtd}${feed}`, { lenient })

        assert.match(error.message, /DTD/)
        assert.equal(error.kind, 'feed_malformed')
        assert.equal(error.place.line, 2)
      }
    }
  })

  it('resolves character references, and leaves no way to expand others (F7)', async () => {
    const error = await failure('<r><item><a>&#65;&#x42;</a></item><item><a>&nbsp;</a></item></r>')
    const [first] = await dataOf('<r><item><a>&#65;&#x42;</a></item></r>')

    assert.deepEqual(
      first?.children.map((child) => plain(child as XmlElement)),
      [element('a', 'AB')],
    )
    assert.match(error.message, /undefined entity/)
  })

  it('refuses elements nested 100,000 deep (F8)', async () => {
    const error = await failure(`<r><item><a/></item><item>${'<a>'.repeat(100_000)}`)

    assert.match(error.message, /more than 200 deep/)
  })

  it('stops at a record, and at text without tags, of more than 8 MiB (F4)', async () => {
    const long = 'x'.repeat(9 * 1024 * 1024)
    for (const content of [
      `<r><item><a/></item>\n<item><a>${long}</a></item></r>`,
      `<r><item><a/></item>\n<!-- ${long} --></r>`,
    ]) {
      assert.match((await failure(content)).message, /8 MiB/)
    }
    const tags = '<b>x</b>'.repeat(1_200_000)
    assert.match((await failure(`<r><item>${tags}</item></r>`)).message, /8 MiB/)
  })

  it('says where a bare ampersand stands, though the parser stumbles later', async () => {
    const content =
      '<r>\n<item><u>a?b&amp;c=1</u></item>\n<item><u><![CDATA[x&y]]></u></item>\n<item><u>?v=1&w=2</u></item></r>'
    for (const size of [1, 7, 1000]) {
      const { error, records } = await read(textOf(content, size))

      assert.ok(error instanceof WholesalerError)
      assert.deepEqual([error.place.line, error.place.column], [4, 14])
      assert.match(error.message, /bare "&"/)
      assert.match(error.hint ?? '', /--lenient/)
      assert.equal(records.length, 2)
    }
  })

  for (const [name, content, line, column] of [
    ['a wrong end tag', '<r><item><a/></item>\n<item><a></b></item></r>', 2, 13],
    ['text behind the root', '<r><item><a/></item></r>\nx', 2, 1],
    ['a second root', '<r><item><a/></item></r>\n<r/>', 2, 3],
    ['text before the declaration', 'oops<?xml version="1.0"?><r><item><a/></item></r>', 1, 5],
    ['an attribute twice', '<r><item a="1" a="2"><a/></item></r>', 1, 21],
    ['an attribute twice by its namespace', '<r xmlns:a="u" xmlns:b="u"><item a:x="1" b:x="2"/></r>', 1, 50],
    ['a name with two colons', '<r><item><a:b:c/></item></r>', 1, 17],
    ['a name without its end', '<r><item><a:/></item></r>', 1, 14],
    ['an attribute that begins with a colon', '<r><item><a :b="1"/></item></r>', 1, 20],
    ['a prefix declared as nothing', '<r><item><a xmlns:a=""/></item></r>', 1, 24],
    ['xmlns declared anew', '<r><item><a xmlns:xmlns="urn:x"/></item></r>', 1, 33],
    ['xml declared anew', '<r><item><a xmlns:xml="urn:x"/></item></r>', 1, 31],
    ['a name in the namespace of declarations', '<r><item><xmlns:a/></item></r>', 1, 19],
    ['a control character', '<r><item><a>\x01</a></item></r>', 1, 13],
  ] as const) {
    it(`says where ${name} stands`, async () => {
      const error = await failure(content)

      assert.equal(error.kind, 'feed_malformed')
      assert.deepEqual([error.place.line, error.place.column], [line, column], error.message)
      assert.doesNotMatch(error.message, /\d+:\d+: \d+:\d+/)
    })
  }

  it('calls a document without records empty (F11)', async () => {
    for (const content of ['<offers/>', '<?xml version="1.0"?>\n<products>\n</products>']) {
      assert.equal((await failure(content)).kind, 'feed_empty')
      assert.equal((await failure(content, { record: 'offer' })).kind, 'feed_empty')
    }
  })

  it('never passes off a feed cut at any byte as whole (F1)', async () => {
    const content =
      '<?xml version="1.0"?>\n<offers a="b"><o id="1"><name>A &amp; B</name></o>\n<o id="2"><x><![CDATA[<b>]]></x></o></offers>'
    const whole = await dataOf(content)
    for (let length = 1; length < content.length; length += 1) {
      const cut = content.slice(0, length)
      for (const lenient of [false, true]) {
        let reading: Awaited<ReturnType<typeof read>>
        try {
          reading = await read(cut, { format: 'xml', lenient })
        } catch (error) {
          assert.ok(error instanceof WholesalerError && /^feed_/.test(error.kind), cut)
          continue
        }

        assert.deepEqual(
          reading.records.map(({ data }) => data),
          whole.slice(0, reading.records.length),
          cut,
        )
        if (lenient) assert.notEqual(reading.end?.complete, true, cut)
        else assert.equal((reading.error as WholesalerError).kind, 'feed_malformed', cut)
      }
    }
  })
})
