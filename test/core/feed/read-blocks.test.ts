import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import type { FeedFormat } from '../../../src/core/feed/feed.js'
import { openText } from '../../../src/core/feed/open-text.js'
import { inTempDir } from '../../support/temp-dir.js'
import { assertSame, readFeed, textInBytes } from './in-blocks.js'

type Items = readonly number[]
type Format = Exclude<FeedFormat, 'json'>

/** Records of some hundred bytes, with all that may look like the end of one; those whose number ends with 7 are odd. */
const writers: Readonly<Record<Format, (items: Items) => string>> = {
  csv: (items) =>
    `id,text,note\n${items.map((i) => `${i},"a\nb ""${'ż'.repeat(i % 40)}""",${odd(i, '\u0007')}\n`).join('')}`,
  ndjson: (items) => items.map((i) => `${odd(i, '[1]\n')}{"id":${i},"text":"${'x'.repeat(i % 90)} ż"}\n`).join(''),
  xml: (items) =>
    `<?xml version="1.0"?>\n<list>\n${items
      .map(
        (i) =>
          `<p id="${i}"><a><![CDATA[</p>]]>${'y'.repeat(i % 50)}</a>${i % 30 < 3 ? '<!-- </p> -->' : ''}${odd(i, '<x:b/>')}</p>\n`,
      )
      .join('')}</list>\n`,
}

function odd(i: number, text: string): string {
  return i % 10 === 7 && i % 400 < 50 ? text : ''
}

const edit = fc.record({
  at: fc.nat(),
  what: fc.constantFrom('change', 'insert', 'delete', 'move', 'cut'),
  much: fc.integer({ min: 1, max: 300 }),
})

function edited(items: Items, { at, what, much }: { at: number; what: string; much: number }): Items {
  const place = items.length === 0 ? 0 : at % items.length
  switch (what) {
    case 'change':
      return items.map((item, index) => (index === place ? item + 1000 : item))
    case 'insert':
      return [...items.slice(0, place), ...Array.from({ length: much }, (_, i) => 5000 + at + i), ...items.slice(place)]
    case 'delete':
      return items.length <= much ? items : [...items.slice(0, place), ...items.slice(place + much)]
    case 'move':
      return [...items.slice(place), ...items.slice(0, place)]
    default:
      return items
  }
}

describe('A feed in blocks', () => {
  for (const format of ['csv', 'ndjson', 'xml'] as const) {
    it(`gives of ${format} what it gives when it is read whole, whatever has changed since`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 100, max: 900 }),
          fc.array(edit, { maxLength: 4 }),
          fc.constantFrom(1000, 4096, 65_536),
          async (count, edits, chunkBytes) => {
            const items = Array.from({ length: count }, (_, index) => index)
            const first = await readFeed(textInBytes(writers[format](items), chunkBytes), { format }, null)
            const later = edits.reduce<Items>(edited, items)
            const cut = edits.find(({ what }) => what === 'cut')
            const whole = writers[format](later)
            const content = cut === undefined ? whole : whole.slice(0, Math.max(200, cut.at % (whole.length + 1)))

            const expected = await readFeed(textInBytes(content, chunkBytes), { format }, null, false)
            const found = await readFeed(textInBytes(content, chunkBytes), { format }, first)

            assertSame(found, expected)
            // A repair that is told once for a feed is told where it is met.
            if (format !== 'xml') assert.deepEqual(found.repairs, expected.repairs)
            if (edits.length === 0) {
              assert.equal(found.kept, first.blocks.filter(({ block }) => block.hash !== '').length)
            }
          },
        ),
        { numRuns: 60 },
      )
    })

    it(`passes over all of ${format} but what has changed`, async () => {
      const items = Array.from({ length: 6000 }, (_, index) => 10 * index)
      const first = await readFeed(textInBytes(writers[format](items), 65_536), { format }, null)
      assert.ok(first.blocks.length > 30)
      const later = [...items.slice(0, 1000), 3, ...items.slice(1000, 4000), ...items.slice(4500)]

      const found = await readFeed(textInBytes(writers[format](later), 65_536), { format }, first)

      const read = found.records.length - found.blocks.reduce((sum, { records }) => sum + records.length, 0)
      assert.equal(found.records.length, 5501)
      assert.ok(found.kept > first.blocks.length * 0.85, `${found.kept} of ${first.blocks.length} blocks were kept`)
      assert.ok(read > 4500)
    })
  }

  it('is not passed over from one element around the records into another', async () => {
    const section = (name: string, from: number, count: number) =>
      `<${name}>${writers
        .xml(Array.from({ length: count }, (_, index) => 10 * (from + index)))
        .replace('<?xml version="1.0"?>\n<list>', '')
        .replace('</list>', `</${name}>`)}`
    const feed = (count: number, others: string) =>
      `<list>${section('shoes', 0, count)}${section('hats', 2000, 3000)}<hats ${others}>${section('b', 6000, 900)}</hats></list>`
    const hints = { format: 'xml', record: 'p' } as const
    const first = await readFeed(textInBytes(feed(1990, 'xmlns:x="urn:x"'), 65_536), hints, null)
    assert.ok(first.blocks.length > 30)

    for (const later of [feed(1990, 'xmlns:x="urn:y"'), feed(1991, 'xmlns:x="urn:x"'), feed(3, 'xmlns:x="urn:x"')]) {
      const found = await readFeed(textInBytes(later, 65_536), hints, first)

      assertSame(found, await readFeed(textInBytes(later, 65_536), hints, null, false))
      assert.ok(found.kept > 15, `${found.kept} of ${first.blocks.length} blocks were kept`)
    }
  })

  it('has no block that begins amid a character, where a piece of the feed ends behind a record', async () => {
    const record = (id: number) => `<p id="${id}">${'y'.repeat(50)}</p>`
    const pieceBytes = 32 * 1024
    const head = `<list>${' '.repeat(pieceBytes - '<list>'.length - record(0).length - 1)}${record(0)}`
    const others = Array.from({ length: 3000 }, (_, index) => `\u00a0${record(index + 1)}`)
    const feed = textInBytes(`${head}${others.join('')}</list>`, pieceBytes)
    const hints = { format: 'xml', record: 'p' } as const

    const first = await readFeed(feed, hints, null)

    assertSame(await readFeed(feed, hints, first), await readFeed(feed, hints, null, false))
  })

  it('is the text that lenient reading mends', async () => {
    const twice = (items: Items) => Buffer.from(writers.ndjson(items)).toString('latin1').replaceAll('"x', '"\u0007x')
    const feed = textInBytes(twice(Array.from({ length: 900 }, (_, index) => 10 * index + 1)), 65_536)
    const hints = { format: 'ndjson', lenient: true } as const

    assertSame(await readFeed(feed, hints, null), await readFeed(feed, hints, null, false))
  })

  for (const format of ['csv', 'ndjson', 'xml'] as const) {
    it(`gives of ${format} all records before the place where its archive was cut`, async () => {
      await inTempDir(async (dir) => {
        const path = join(dir, 'feed.gz')
        const packed = gzipSync(writers[format](Array.from({ length: 6000 }, (_, index) => index)))
        await writeFile(path, packed.subarray(0, packed.length * 0.7))
        const text = await openText(path, {}, 'feed')
        const { raw: _raw, ...inPieces } = text

        const whole = await readFeed(inPieces, { format }, null, false)
        assertSame(await readFeed(text, { format }, null), whole)
        assert.ok(whole.error !== null && whole.records.length > 3000)
      })
    })
  }
})
