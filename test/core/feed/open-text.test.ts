import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { decodeStream, strictDecoder, UndecodableBytes } from '../../../src/core/feed/decode.js'
import type { FeedHints } from '../../../src/core/feed/feed.js'
import { openText } from '../../../src/core/feed/open-text.js'
import { realFeed } from '../../support/feeds.js'
import { inTempDir } from '../../support/temp-dir.js'

const polish = 'sku;nazwa\n1;Koszulka żółta damska, świetna jakość\n2;Spódnica w kwiaty, długość 60 cm\n'.repeat(50)

describe('openText', () => {
  it('reads UTF-8 and says that nothing was declared', async () => {
    const { text, opened } = await read(Buffer.from(polish))

    assert.equal(text, polish)
    assert.equal(opened.encoding, 'utf-8')
    assert.equal(opened.declaredEncoding, undefined)
    assert.equal(opened.bom, false)
  })

  it('shows the first 64 KiB of text beforehand, or all when it is shorter', async () => {
    const long = 'ą'.repeat(200_000)

    assert.equal((await read(Buffer.from(polish))).opened.head, polish)
    assert.equal((await read(Buffer.from(long))).opened.head, 'ą'.repeat(65_536))
    assert.equal((await read(iconv.encode(long, 'utf-16be', { addBOM: true }))).opened.head, 'ą'.repeat(65_536))
  })

  it('opens an empty file as an empty text', async () => {
    const { text, opened } = await read(Buffer.alloc(0))

    assert.deepEqual([text, opened.head, opened.encoding], ['', '', 'utf-8'])
  })

  for (const encoding of ['utf-8', 'utf-16le', 'utf-16be', 'utf-32le', 'utf-32be']) {
    it(`reads ${encoding} by its BOM, which is no part of the text (F2)`, async () => {
      const emoji = `👕${polish}👕`
      const { text, opened } = await read(iconv.encode(`\ufeff${emoji}`, encoding, { addBOM: false }))

      assert.equal(text, emoji)
      assert.deepEqual([opened.encoding, opened.declaredEncoding, opened.bom], [encoding, encoding, true])
    })
  }

  for (const encoding of ['utf-16le', 'utf-16be']) {
    it(`knows ${encoding} without BOM (F2)`, async () => {
      const xml = '<?xml version="1.0" encoding="UTF-16"?><товары><имя>Рубашка мужская</имя></товары>'

      assert.equal((await read(iconv.encode(polish, encoding))).text, polish)
      const { text, opened } = await read(iconv.encode(xml, encoding))
      assert.deepEqual([text, opened.encoding, opened.declaredEncoding], [xml, encoding, encoding])
    })
  }

  it('refuses half a surrogate pair and half a character of UTF-16 (F2)', async () => {
    const lone = Buffer.concat([Buffer.from('\ufeffab\ud83d', 'utf16le'), Buffer.from('cd', 'utf16le')])

    await assert.rejects(read(lone), { kind: 'feed_malformed', place: { file: 'feed', line: 1, byte: 6 } })
    await assert.rejects(read(Buffer.from('\ufeffab', 'utf16le').subarray(0, 5)), { kind: 'feed_malformed' })
  })

  it('follows the XML declaration, also after blank lines', async () => {
    const xml = `\n<?xml version='1.0' encoding='Windows-1250'?><a>${polish}</a>`
    const { text, opened } = await read(iconv.encode(xml, 'windows-1250'))

    assert.equal(text, xml)
    assert.deepEqual([opened.encoding, opened.declaredEncoding], ['windows-1250', 'windows-1250'])
  })

  it('reads ISO-8859-1 as browsers do, with the quotes and dashes of windows-1252', async () => {
    const xml = '<?xml version="1.0" encoding="ISO-8859-1"?><a>Größe – “L”, 5 €</a>'
    const { text } = await read(iconv.encode(xml, 'windows-1252'))

    assert.equal(text, xml)
  })

  it('takes no notice of a declared UTF-16 that can be read byte by byte', async () => {
    const xml = '<?xml version="1.0" encoding="utf-16"?><a>żółty</a>'
    const { text, opened } = await read(Buffer.from(xml))

    assert.deepEqual([text, opened.encoding], [xml, 'utf-8'])
  })

  it('refuses UTF-8 that is declared as something else, and reads it when lenient', async () => {
    const bytes = Buffer.from(`<?xml version="1.0" encoding="windows-1250"?><a>${polish}</a>`)

    await assert.rejects(read(bytes), { kind: 'feed_malformed', message: /declares windows-1250.*utf-8/ })
    assert.equal((await read(bytes, { lenient: true })).text, bytes.toString())
  })

  it('refuses a declared ISO-8859-2 with the letters of windows-1250, and reads it when lenient', async () => {
    const xml = `<?xml version="1.0" encoding="ISO-8859-2"?><a>${polish}</a>`
    const bytes = iconv.encode(xml, 'windows-1250')

    await assert.rejects(read(bytes), { kind: 'feed_malformed', message: /declares iso-8859-2.*windows-1250/ })
    assert.equal((await read(bytes, { lenient: true })).text, xml)
  })

  it('refuses a declared encoding that does not exist, and finds out the real one when lenient', async () => {
    const xml = `<?xml version="1.0" encoding="polish"?><a>${polish}</a>`
    const bytes = iconv.encode(xml, 'iso-8859-2')

    await assert.rejects(read(bytes), { kind: 'feed_malformed', message: /does not exist, "polish".*iso-8859-2/ })
    assert.equal((await read(bytes, { lenient: true })).text, xml)
  })

  it('believes the config more than the feed, and less than a BOM', async () => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?><a>${polish}</a>`

    assert.equal((await read(iconv.encode(xml, 'iso-8859-2'), { encoding: 'latin2' })).text, xml)
    assert.equal((await read(Buffer.from(`\ufeff${xml}`), { encoding: 'latin2' })).text, xml)
    await assert.rejects(read(Buffer.from(xml), { encoding: 'klingon' }), { kind: 'usage', message: /klingon/ })
  })

  it('reads encodings of several bytes when they are named', async () => {
    const thai = 'รหัส,ชื่อ\n1,เสื้อ\n'.repeat(20_000)
    const chinese = '编号,名称\n1,衬衫\n'.repeat(20_000)

    assert.equal((await read(iconv.encode(thai, 'windows-874'), { encoding: 'windows-874' })).text, thai)
    assert.equal((await read(iconv.encode(chinese, 'gb18030'), { encoding: 'GB18030' })).text, chinese)
    await assert.rejects(read(Buffer.of(0x61, 0xff), { encoding: 'shift_jis' }), { kind: 'feed_malformed' })
  })

  it('finds out the encoding of a feed that declares nothing (F2)', async () => {
    for (const encoding of ['windows-1250', 'iso-8859-2']) {
      const { text, opened } = await read(iconv.encode(polish, encoding))

      assert.deepEqual([text, opened.encoding, opened.declaredEncoding], [polish, encoding, undefined])
    }
  })

  it('looks behind a long start of nothing but ASCII', async () => {
    const text = `${'sku;name\n'.repeat(300_000)}${polish}`
    const { text: decoded, opened } = await read(gzipSync(iconv.encode(text, 'windows-1250')))

    assert.equal(opened.encoding, 'windows-1250')
    assert.ok(decoded === text)
  })

  it('names byte and line of what is not UTF-8, after all text before it (F2)', async () => {
    const start = 'a;żółw\n'.repeat(30_000)
    const bytes = Buffer.concat([Buffer.from(`${start}b;`), Buffer.of(0xe9), Buffer.from('t\xe9;x\n'.repeat(5))])
    let text = ''

    await assert.rejects(
      read(bytes, {}, (piece) => {
        text += piece
      }),
      {
        kind: 'feed_malformed',
        message: `feed:30001: Byte 0xE9 at byte ${Buffer.byteLength(start) + 2} is not valid utf-8.`,
        place: { file: 'feed', line: 30_001, byte: Buffer.byteLength(start) + 2 },
      },
    )
    assert.ok(text === `${start}b;`)
  })

  it('takes a few bad bytes in UTF-8 for damage, lenient or not, never for another encoding (F2)', async () => {
    const damaged = Buffer.concat([Buffer.from(polish), Buffer.of(0xff), Buffer.from(polish)])

    for (const lenient of [false, true]) {
      await assert.rejects(read(damaged, { lenient }), { kind: 'feed_malformed', message: /0xFF/ })
    }
  })

  it('refuses a text that ends inside a character (F1)', async () => {
    await assert.rejects(read(Buffer.from('żółw').subarray(0, 5)), {
      kind: 'feed_malformed',
      message: /The text at byte 4/,
    })
  })

  it('refuses bytes that windows-1250 does not have (F2)', async () => {
    const bytes = Buffer.concat([iconv.encode(polish, 'windows-1250'), Buffer.of(0x81)])

    await assert.rejects(read(bytes, { encoding: 'cp1250' }), { kind: 'feed_malformed', message: /windows-1250/ })
  })

  it('passes NULs and control characters on (F3)', async () => {
    const text = 'a\0b;\x01c\x1b[2J\n'

    assert.equal((await read(Buffer.from(text))).text, text)
  })

  it('keeps a replacement character that the feed itself has', async () => {
    assert.equal((await read(Buffer.from('a\ufffdb'))).text, 'a\ufffdb')
  })

  it('refuses a feed that is packed twice', async () => {
    await assert.rejects(read(gzipSync(gzipSync(polish))), { kind: 'feed_malformed', message: /packed twice/ })
  })

  it('stops when it is told to', async () => {
    const stop = new AbortController()
    const reading = read(Buffer.from(polish.repeat(200)), {}, () => stop.abort(new Error('enough')), stop.signal)

    await assert.rejects(reading, /enough/)
  })

  it('gives the same text however the bytes are cut', async () => {
    const encodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1250', 'gb18030', 'utf-32le']
    const alphabet = fc.constantFrom('a', ';', '\n', 'ż', '\u20ac', '👕')
    const cuts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...encodings), fc.array(alphabet), cuts, async (encoding, parts, sizes) => {
        const hasEmoji = encoding.startsWith('utf-')
        const text = parts.filter((part) => hasEmoji || part !== '👕').join('')
        const bytes = iconv.encode(text, encoding, { addBOM: false })

        const pieces = await collect(decodeStream(slices(bytes, sizes), strictDecoder(encoding)))

        assert.equal(pieces.join(''), text)
        for (const piece of pieces) assert.equal(Buffer.from(piece).toString(), piece, 'a character was split')
      }),
    )
  })

  it('finds the first byte that is not UTF-8, however the bytes are cut', async () => {
    const bytes = fc.array(
      fc.constantFrom(0x61, 0xc5, 0xbc, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x91, 0x95, 0xed, 0xff, 0xc0),
    )
    const cuts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(bytes, cuts, async (values, sizes) => {
        const input = Buffer.from(values)
        const expected = firstBad(input)
        let text = ''
        try {
          for await (const piece of decodeStream(slices(input, sizes), strictDecoder('utf-8'))) text += piece
          assert.equal(expected, input.length)
        } catch (error: unknown) {
          if (!(error instanceof UndecodableBytes)) throw error
          assert.equal(error.byte, expected)
        }
        assert.equal(text, input.toString('utf8', 0, expected))
      }),
      { numRuns: 500 },
    )
  })

  describe('of real feeds', () => {
    it('refuses windows-1251 that is declared as UTF-8, and reads it when lenient (F2)', async function () {
      const path = realFeed(this, 'yml/BROKEN_declares_utf8_is_windows-1251.yml.gz')

      await assert.rejects(openText(path, {}), {
        kind: 'feed_malformed',
        message: /declares utf-8, .*windows-1251/,
        hint: /--lenient.*encoding: windows-1251/,
      })
      const opened = await openText(path, { lenient: true })
      const text = (await collect(opened.chunks())).join('')
      assert.deepEqual([opened.encoding, opened.declaredEncoding], ['windows-1251', 'utf-8'])
      assert.match(text, /Корпус/)
      assert.equal(text.includes('\ufffd'), false)
    })

    it('reads declared windows-1251 to its end', async function () {
      const opened = await openText(realFeed(this, 'yml/yml_windows-1251_3479.yml.gz'), {})
      const text = (await collect(opened.chunks())).join('')

      assert.equal(opened.encoding, 'windows-1251')
      assert.equal(text.match(/<\/offer>/g)?.length, 3479)
      assert.match(text, /<\/yml_catalog>\s*$/)
    })

    it('takes the BOM off packed feeds', async function () {
      for (const name of ['csv/semicolon_bom_crlf_de_5257.csv.gz', 'google/google_rss_opispost.xml.gz']) {
        const opened = await openText(realFeed(this, name), {})

        assert.equal(opened.bom, true)
        assert.equal(opened.compression, 'gzip')
        assert.notEqual(opened.head.charCodeAt(0), 0xfeff)
      }
    })

    it('gives the same text in every encoding that can hold it', async function () {
      const cases: readonly (readonly [feed: string, encodings: readonly string[]])[] = [
        ['ceneo/ceneo_2025-12-10.xml', ['windows-1250', 'iso-8859-2', 'utf-16le', 'utf-16be']],
        ['heureka/heureka_arche_77.xml', ['windows-1250', 'iso-8859-2']],
        ['csv/semicolon_bom_crlf_de_5257.csv.gz', ['windows-1252', 'utf-16le', 'utf-16be']],
        ['yml/yml_utf8_html_params_628.yml.gz', ['windows-1251', 'koi8-u']],
      ]
      for (const [name, encodings] of cases) {
        const packed = readFileSync(realFeed(this, name))
        const source = (name.endsWith('.gz') ? gunzipSync(packed) : packed).toString().replace(/^\ufeff/, '')
        for (const encoding of encodings) {
          const xml = source.replace(/encoding=["'][^"']+["']/i, `encoding="${encoding}"`)
          const isUtf16 = encoding.startsWith('utf-16')
          for (const declares of isUtf16 ? [true] : [true, false]) {
            const written = declares ? xml : xml.replace(/<\?xml[^>]*>/, '')
            const bytes = iconv.encode(written, encoding, { addBOM: isUtf16 })
            const expected = iconv.decode(bytes, encoding)

            const { text, opened } = await read(bytes)

            assert.equal(opened.encoding, encoding, `${name} as ${encoding}, ${declares ? '' : 'not '}declared`)
            assert.ok(text === expected)
          }
        }
      }
    }).timeout(60_000)
  })
})

async function read(bytes: Buffer, hints: FeedHints = {}, onPiece?: (piece: string) => void, signal?: AbortSignal) {
  return inTempDir(async (dir) => {
    const path = join(dir, 'snapshot')
    await writeFile(path, bytes)
    const opened = await openText(path, hints, 'feed')
    let text = ''
    for await (const piece of opened.chunks(signal)) {
      text += piece
      onPiece?.(piece)
    }
    return { opened, text }
  })
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}

async function* slices(bytes: Buffer, sizes: readonly number[]) {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

/** The slow truth: the longest start that the decoder of the platform takes, whole characters only. */
function firstBad(bytes: Buffer): number {
  for (let length = bytes.length; length > 0; length -= 1) {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length))
      return length
    } catch {
      // Not yet short enough.
    }
  }
  return 0
}
