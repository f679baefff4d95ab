import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import iconv from 'iconv-lite'
import { WholesalerError } from '../../../src/core/errors.js'
import { openFeed } from '../../../src/core/feed/open-feed.js'
import { openText } from '../../../src/core/feed/open-text.js'
import { createMapper } from '../../../src/core/product/mapper.js'
import { inTempDir } from '../../support/temp-dir.js'

interface Reading {
  /** SKU and name of each product. */
  readonly products: readonly string[]
  readonly repairs: readonly string[]
  readonly rejects: readonly string[]
  readonly complete: boolean
}

/** Reads a feed as an import does. */
async function read(content: string | Uint8Array, lenient: boolean): Promise<Reading> {
  return await inTempDir(async (dir) => {
    const path = join(dir, 'feed')
    await writeFile(path, content)
    const hints = lenient ? { lenient } : {}
    const feed = await openFeed(await openText(path, hints, 'feed'), hints, { file: 'feed' })
    const mapper = await createMapper(feed, {}, { spillDir: dir })
    const repairs: string[] = []
    const rejects: string[] = []
    const listener = {
      repair: ({ code }: { code: string }) => repairs.push(code),
      reject: ({ code }: { code: string }) => rejects.push(code),
      skip: () => {},
    }
    const products: string[] = []
    const chunks = mapper.products(feed, listener)
    for (;;) {
      const next = await chunks.next()
      if (next.done) return { products, repairs, rejects, complete: next.value.complete }
      for (const { product } of next.value) products.push(`${product.sku} ${product.name}`)
    }
  })
}

const xml = (...items: string[]) => `<items>${items.map((item) => `<item>${item}</item>`).join('')}</items>`
const a = '<sku>1</sku><name>Łóżko</name>'
const b = '<sku>2</sku><name>Kubek</name>'
const both = ['1 Łóżko', '2 Kubek']
/** UTF-8 that was taken for windows-1252 and written as UTF-8 once more. */
const twice = (text: string) => iconv.decode(Buffer.from(text), 'windows-1252').replaceAll('\ufffd', '\u0081')
const header = 'sku,name\n'

type Damage = readonly [
  what: string,
  feed: string | Uint8Array,
  /** What strict reading says, with its position; null: it is read as it is. */
  strict: RegExp | null,
  lenient: { readonly products?: readonly string[]; readonly repairs?: readonly string[] } & Partial<Reading>,
]

const damages: readonly Damage[] = [
  [
    'a wrong declaration of the encoding',
    iconv.encode(
      `<?xml version="1.0" encoding="utf-8"?>${xml(a, b, '<sku>3</sku><name>Zażółć gęślą jaźń</name>')}`,
      'windows-1250',
    ),
    /declares utf-8, but it is not: it is most likely windows-1250/,
    { products: [...both, '3 Zażółć gęślą jaźń'], repairs: ['wrong_encoding'] },
  ],
  [
    'text before the prolog',
    `PHP Warning: x\n<?xml version="1.0"?>${xml(a, b)}`,
    /feed:2:1: .*outside of root/,
    { repairs: ['text_before_root'] },
  ],
  ['garbage behind the root', `${xml(a, b)}\n</div> bye`, /feed:2:/, { repairs: ['text_after_root'] }],
  ['a missing last close tag', xml(a, b).replace('</items>', ''), /feed:1:\d+: .*cut off/, { complete: false }],
  [
    'a bare ampersand',
    xml(a, '<sku>2</sku><name>Kubek & spodek</name>'),
    /feed:1:\d+: .*bare "&"/,
    { products: ['1 Łóżko', '2 Kubek & spodek'], repairs: ['bare_ampersand'] },
  ],
  [
    'unescaped HTML',
    xml(`${a}<description>Nowe<br>i <b>dobre</description>`, b),
    /feed:1:\d+: .*close tag/,
    { repairs: ['unclosed_element'] },
  ],
  [
    'a duplicate attribute',
    xml(a, b).replace('<item>', '<item id="1" id="2">'),
    /feed:1:\d+: .*duplicate attribute/,
    { repairs: ['duplicate_attribute'] },
  ],
  ['a ragged row that is short', 'sku,name,brand\n1,Łóżko\n2,Kubek,Acme\n', null, { repairs: ['short_row'] }],
  ['a ragged row that is long', 'sku,name\n1,Łóżko\n2,Kubek\n3,C,D\n', null, { rejects: ['surplus_cells'] }],
  [
    'a stray quote',
    `${header}1,Łóżko 5" x\n2,Kubek\n`,
    /feed:2(:\d+)?: .*quote/,
    { products: ['1 Łóżko 5" x', '2 Kubek'], repairs: ['stray_quote'] },
  ],
  ['mixed line ends', 'sku,name\r\n1,Łóżko\n2,Kubek\r\n', null, {}],
  ['a byte order mark', `\ufeff${header}1,Łóżko\n2,Kubek\n`, null, {}],
  ['byte order marks in a row', `\ufeff\ufeff[{"sku":"1","name":"Łóżko"},{"sku":"2","name":"Kubek"}]`, null, {}],
  ['byte order marks of joined files', `${header}1,Łóżko\n\ufeff2,Kubek\n`, null, { repairs: ['byte_order_mark'] }],
  ['NULs in CSV', `${header}1,Łóż\0ko\n2,Kubek\n`, null, { repairs: ['control_characters'] }],
  ['NULs in XML', xml(a.replace('ż', 'ż\0'), b), /feed:1:\d+: .*character/, { repairs: ['control_characters'] }],
  [
    'NULs in JSON',
    '[{"sku":"1","name":"Łóż\0ko"},\n{"sku":"2","name":"Kubek"}]',
    /feed:1:\d+: /,
    { repairs: ['control_characters'] },
  ],
  [
    'text in UTF-8 twice, which is read as it stands',
    `${header}1,${twice('Łóżko')}\n2,Kubek\n`,
    null,
    { repairs: ['double_encoded'] },
  ],
]

describe('damage to a feed', () => {
  for (const [what, feed, strict, lenient] of damages) {
    it(`${what}: ${strict === null ? 'is no fault' : 'is told with its place, and what to do'}; --lenient reads it and counts`, async () => {
      if (strict !== null) {
        await assert.rejects(read(feed, false), (error: unknown) => {
          assert.ok(error instanceof WholesalerError)
          assert.equal(error.kind, 'feed_malformed')
          assert.match(error.message, strict)
          assert.match(error.hint ?? '', /--lenient/)
          return true
        })
      } else await read(feed, false)

      assert.deepEqual(await read(feed, true), {
        products: both,
        repairs: [],
        rejects: [],
        complete: true,
        ...lenient,
      })
    })
  }

  it('is not seen in text that only looks like UTF-8 taken for another encoding', async () => {
    const feed = `${header}1,MAÇÃ” e “MAÇÃ”\n2,Ã³ Ã³ Ã³ é\n`

    const { products, repairs } = await read(feed, true)

    assert.deepEqual([products, repairs], [['1 MAÇÃ” e “MAÇÃ”', '2 Ã³ Ã³ Ã³ é'], []])
  })
})
