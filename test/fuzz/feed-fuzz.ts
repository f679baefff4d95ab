/**
 * Damaged feeds without end: inputs are made of sound ones by chance, and read as an import reads them, from the
 * bytes on disk to mapped products. Input and reading of a round follow from seed and number, so that it can be had again.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { gunzipSync, gzipSync } from 'node:zlib'
import { WholesalerError } from '../../src/core/errors.js'
import type { FeedHints } from '../../src/core/feed/feed.js'
import { openFeed } from '../../src/core/feed/open-feed.js'
import { openText } from '../../src/core/feed/open-text.js'
import { sideElements } from '../../src/core/product/choose-preset.js'
import { createMapper } from '../../src/core/product/mapper.js'
import { type Random, seededRandom } from '../chaos/random.js'
import { assertSame, readFeed } from '../core/feed/in-blocks.js'
import { zipOf } from '../support/zip.js'

export const parsers = ['csv', 'xml', 'ndjson', 'json', 'zip'] as const
export type FuzzedParser = (typeof parsers)[number]

/** What became of a damaged feed: read, or refused in words of its own. */
export type Outcome = 'read' | 'refused'

/** Leading bytes of a real feed: enough for its head and some records, small enough for thousands of rounds. */
const realBytesMax = 24 * 1024

/** Words that parsers stumble over. */
const tokens: Readonly<Record<FuzzedParser, readonly string[]>> = {
  csv: [
    '"',
    '""',
    ',',
    ';',
    '\t',
    '|',
    '\r',
    '\n',
    '\r\n',
    '\0',
    '\ufeff',
    '"\n',
    ',"',
    '=cmd()',
    '\\',
    "'",
    'sku',
    'a'.repeat(4_000),
  ],
  xml: [
    '<',
    '>',
    '</',
    '/>',
    '&',
    '&amp;',
    '&#0;',
    '&#x110000;',
    '&x;',
    '<![CDATA[',
    ']]>',
    '<!--',
    '-->',
    '<?xml ',
    '?>',
    '<!DOCTYPE a [',
    '<!ENTITY a "b">',
    ' xmlns:a="b"',
    ' a="1"',
    '"',
    '<a>'.repeat(300),
    '</a>'.repeat(300),
    '\0',
    'encoding="utf-16"',
    '<item>',
    '</item>',
  ],
  ndjson: [
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\n',
    '\r\n',
    '\\u',
    '\\ud800',
    'null',
    '1e999',
    '-',
    '\0',
    '{"__proto__":{}}',
    '['.repeat(300),
  ],
  json: [
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\u',
    '\\ud800',
    'null',
    'NaN',
    '1e999',
    '-',
    '\0',
    '"__proto__":',
    '['.repeat(300),
    ']]]]',
  ],
  zip: ['PK\x03\x04', 'PK\x01\x02', 'PK\x05\x06', 'PK\x06\x06', '../../x', '\0', '\xff\xff\xff\xff', '/etc/passwd'],
}

const made: Readonly<Record<Exclude<FuzzedParser, 'zip'>, readonly string[]>> = {
  csv: [
    'sku,name,price,images\nA-1,Cup,4.50,https://a.example/1.jpg|https://a.example/2.jpg\nA-2,"A ""big"" bowl,\nred",6.00,\n',
    'Code;Title;Qty\r\n1;"Łóżko; białe";3\r\n2;Kubek;0\r\n',
  ],
  xml: [
    '<?xml version="1.0" encoding="UTF-8"?><shop><item id="1"><name>Cup &amp; saucer</name><price>4.50</price></item><item id="2"><name><![CDATA[<b>Bowl</b>]]></name></item></shop>',
    '<rss xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>1</g:id><title>A</title><g:price>3 EUR</g:price></item></channel></rss>',
  ],
  ndjson: ['{"sku":"1","name":"Cup","price":4.5}\n{"sku":"2","name":"B\\u0142","images":["a","b"]}\n'],
  json: [
    '[{"sku":"1","name":"Cup","price":4.5},{"sku":"2","name":"B","variants":[{"sku":"2-S"}]}]',
    '{"meta":{"n":2},"products":[{"id":1,"title":"A"},{"id":2,"title":"B"}]}',
  ],
}

/** Sound feeds to begin with: those made here, and the beginnings of real ones where a folder of them is known. */
export function corpusOf(parser: FuzzedParser, folder = process.env.WHOLESALER_FEEDS): readonly Buffer[] {
  if (parser === 'zip') {
    const entries = (data: string) => [
      { name: 'products.csv', data },
      { name: 'README', data: 'x', stored: true },
    ]
    return [...made.csv, ...made.xml].flatMap((data) => [zipOf(entries(data)), gzipSync(data)])
  }
  const own = made[parser].map((text) => Buffer.from(text))
  return folder === undefined ? own : [...own, ...realStarts(folder, parser)]
}

function realStarts(folder: string, parser: FuzzedParser): readonly Buffer[] {
  const named = parser === 'xml' ? /\.(xml|yml)(\.gz)?$/ : new RegExp(`\\.${parser}(\\.gz)?$`)
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && named.test(entry.name))
    .map(({ parentPath, name }) => {
      const bytes = readFileSync(join(parentPath, name))
      return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).subarray(0, realBytesMax)
    })
}

/** The input of a round, and what it was made of. */
export function inputOf(parser: FuzzedParser, corpus: readonly Buffer[], random: Random) {
  const sound = random.pick(corpus)
  let bytes: Buffer = Buffer.from(sound)
  for (let left = random.integer(1, 8); left > 0; left -= 1) bytes = damaged(bytes, parser, corpus, random)
  return { sound, bytes }
}

function damaged(bytes: Buffer, parser: FuzzedParser, corpus: readonly Buffer[], random: Random): Buffer<ArrayBuffer> {
  const at = random.integer(0, bytes.length)
  const end = Math.min(bytes.length, at + random.integer(1, 200))
  const joined = (...parts: readonly Uint8Array[]) => Buffer.concat(parts)
  switch (random.integer(0, 7)) {
    case 0: {
      const flipped = Buffer.from(bytes)
      if (at < bytes.length) flipped[at] = random.integer(0, 255)
      return flipped
    }
    case 1:
      return joined(bytes.subarray(0, at), bytes.subarray(end))
    case 2:
      return joined(bytes.subarray(0, end), bytes.subarray(at, end), bytes.subarray(end))
    case 3:
      return joined(bytes.subarray(0, at))
    case 4: {
      const other = random.pick(corpus)
      const from = random.integer(0, other.length)
      return joined(bytes.subarray(0, at), other.subarray(from, from + 500), bytes.subarray(at))
    }
    case 5:
      return joined(
        bytes.subarray(0, at),
        Buffer.from([random.integer(0, 255), random.integer(0, 255)]),
        bytes.subarray(at),
      )
    default: {
      const token = Buffer.from(random.pick(tokens[parser]), parser === 'zip' ? 'latin1' : 'utf8')
      return joined(bytes.subarray(0, at), token, bytes.subarray(at))
    }
  }
}

export interface Fuzzer {
  /** One round. Throws what is neither a reading nor a refusal: a defect. */
  round(number: number): Promise<Outcome>
  close(): Promise<void>
}

export async function openFuzzer(parser: FuzzedParser, seed: number): Promise<Fuzzer> {
  const corpus = corpusOf(parser)
  const dir = await mkdtemp(join(tmpdir(), 'wholesaler-fuzz-'))
  const path = join(dir, 'feed')
  return {
    async round(number) {
      const random = seededRandom(seed, parsers.indexOf(parser), number)
      const { sound, bytes } = inputOf(parser, corpus, random)
      await writeFile(path, bytes)
      const format = parser === 'zip' || random.fraction() < 0.5 ? {} : { format: parser }
      const hints: FeedHints = { ...format, ...(random.fraction() < 0.5 ? { lenient: true } : {}) }
      try {
        if (parser !== 'zip' && hints.lenient !== true) await readAfter(join(dir, 'sound'), sound, path, hints)
        await readAll(path, hints, dir)
        return 'read'
      } catch (error: unknown) {
        if (error instanceof WholesalerError && error.kind !== 'unexpected') return 'refused'
        throw error
      }
    },
    close: () => rm(dir, { recursive: true }),
  }
}

/** A damaged feed that follows a sound one gives in blocks what it gives when it is read whole. */
async function readAfter(soundPath: string, sound: Buffer, path: string, hints: FeedHints): Promise<void> {
  const text = await openText(path, hints, 'feed')
  await writeFile(soundPath, sound)
  const before = await readFeed(await openText(soundPath, hints, 'feed'), hints, null)
  const whole = await readFeed(text, hints, null, false)
  // Known blocks are of use only where a feed is read as the one before was.
  const isAlike = isDeepStrictEqual(before.shape, whole.shape)
  assertSame(await readFeed(text, hints, isAlike ? before : null), whole)
}

async function readAll(path: string, hints: FeedHints, spillDir: string): Promise<void> {
  const text = await openText(path, hints, 'feed')
  const feed = await openFeed(text, { side: sideElements(text.head), ...hints }, { file: 'feed' })
  const mapper = await createMapper(feed, {}, { spillDir })
  const products = mapper.products(feed, { reject: () => {}, repair: () => {}, skip: () => {} })
  while (!(await products.next()).done);
}
