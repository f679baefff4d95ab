import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { WholesalerError } from '../../../src/core/errors.js'
import { counts, read, readAll, textOf } from './string-text.js'

const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown
const ndjson = { format: 'ndjson' } as const

describe('NDJSON feed', () => {
  it('reads back any objects, however the text is cut', async () => {
    const record = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 8 }),
        fc.constantFrom('\n', '\r\n', '\n\n'),
        fc.array(fc.nat(), { maxLength: 6 }),
        async (items, newline, cuts) => {
          const content = items.map((item) => JSON.stringify(item) + newline).join('')
          const { records, end } = await readAll(textOf(content, cuts), ndjson)

          assert.deepEqual(plain(records.map(({ data }) => data)), plain(items))
          assert.deepEqual(end, { complete: true, records: items.length, endsWithLineEnd: true })
          assert.deepEqual(
            records.map(({ position }) => position.line),
            items.map((_, index) => (newline === '\n\n' ? 2 * index + 1 : index + 1)),
          )
        },
      ),
      { numRuns: 300 },
    )
  })

  it('rejects bad lines and reads on', async () => {
    const { records, rejects, end } = await readAll('{"a":1}\n{"b":}\n[1]\n7\n{"c":3}\n')

    assert.equal(records.length, 2)
    assert.deepEqual(counts(rejects), { bad_json: 1, not_an_object: 2 })
    assert.deepEqual(rejects[0]?.position, { record: 2, line: 2 })
    assert.equal(rejects[0]?.raw, '{"b":}')
    assert.deepEqual(end, { complete: true, records: 5, endsWithLineEnd: true })
  })

  it('accepts a last line without line end when it is whole', async () => {
    const { records, end } = await readAll('{"a":1}\n{"b":2}')

    assert.equal(records.length, 2)
    assert.deepEqual(end, { complete: true, records: 2, endsWithLineEnd: false })
  })

  it('rejects it when earlier snapshots ended with a line end (F1)', async () => {
    const { records, rejects } = await readAll('{"a":1}\n{"b":2}', { mustEndLine: true })

    assert.equal(records.length, 1)
    assert.deepEqual(counts(rejects), { cut_off: 1 })
  })

  it('never passes off a feed cut at any byte as whole, but at a line end (F1)', async () => {
    const content = '{"sku":"1","n":{"a":[1,2]}}\n{"sku":"2"}\n{"sku":"3","b":true}\n'
    const { records: whole } = await readAll(content, ndjson)
    for (let length = 1; length < content.length; length += 1) {
      const cut = content.slice(0, length)
      const strict = await read(cut, ndjson)
      const lenient = await read(cut, { ...ndjson, lenient: true })
      const atBorder = /\}\n?$/.test(cut) && !/[:{[,][^}]*$/.test(cut.split('\n').at(-1) ?? '') && !cut.endsWith(']}')

      assert.deepEqual(strict.records, whole.slice(0, strict.records.length), cut)
      if (strict.error === undefined) {
        assert.ok(atBorder || cut.endsWith(']}}'), cut)
      } else {
        assert.equal((strict.error as WholesalerError).kind, 'feed_malformed', cut)
        assert.equal(lenient.end?.complete, false, cut)
        assert.deepEqual(counts(lenient.rejects), { cut_off: 1 }, cut)
      }
    }
  })

  it('passes over a line that is too long, and reads on (F4)', async () => {
    const long = `{"a":"${'x'.repeat(9 * 1024 * 1024)}"}`
    const { records, rejects, end } = await readAll(`{"a":1}\n${long}\n{"b":2}\n`, ndjson)

    assert.equal(records.length, 2)
    assert.deepEqual(counts(rejects), { line_too_long: 1 })
    assert.equal(rejects[0]?.raw?.length, 4096)
    assert.equal(records[1]?.position.line, 3)
    assert.equal(end?.complete, true)
  })

  it('rejects a line nested 100,000 levels deep (F8)', async () => {
    const { rejects } = await readAll(`{"a":1}\n{"b":${'['.repeat(100_000)}${']'.repeat(100_000)}}\n`)

    assert.deepEqual(counts(rejects), { too_deep: 1 })
  })

  it('keeps the digits of long numbers, and only of numbers', async () => {
    const { records } = await readAll(
      '{"id":9007199254740993,"t":"9007199254740993, 1","x":-9007199254740993.5,"p":0.1}\n',
      ndjson,
    )

    assert.deepEqual(plain(records[0]?.data), {
      id: '9007199254740993',
      t: '9007199254740993, 1',
      x: '-9007199254740993.5',
      p: 0.1,
    })
  })

  it('has no prototypes: __proto__ is a key (F6)', async () => {
    const { records } = await readAll('{"__proto__":{"x":1}}\n{"a":1}\n')
    const data = records[0]?.data as object

    assert.equal(Object.getPrototypeOf(data), null)
    assert.deepEqual(Object.keys(data), ['__proto__'])
  })

  it('passes over byte order marks of joined files', async () => {
    assert.equal((await readAll('{"a":1}\n\ufeff{"b":1}\n')).records.length, 2)
  })

  it('calls blank lines alone empty (F11)', async () => {
    await assert.rejects(readAll('\n\n', ndjson), (error: WholesalerError) => error.kind === 'feed_empty')
  })

  it('stops when it is told to', async () => {
    const { feed } = await readAll('{"a":1}\n')
    const reading = feed.records({ reject: () => {}, repair: () => {} }, AbortSignal.abort())

    await assert.rejects(reading.next(), { name: 'AbortError' })
  })
})
