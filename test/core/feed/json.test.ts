import assert from 'node:assert/strict'
import fc from 'fast-check'
import { WholesalerError } from '../../../src/core/errors.js'
import { counts, read, readAll, textOf } from './string-text.js'

async function dataOf(content: string, hints = {}) {
  const { records } = await readAll(content, { format: 'json', ...hints })
  return records.map((record) => record.data)
}

async function failure(content: string, hints = {}): Promise<WholesalerError> {
  try {
    await readAll(content, { format: 'json', ...hints })
  } catch (error) {
    assert.ok(error instanceof WholesalerError, String(error))
    return error
  }
  assert.fail('was read without an error')
}

/** As plain objects with the prototype that literals have, so that they can be compared. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown

const record = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 })

describe('JSON feed', () => {
  it('reads back any array of objects, however the text is cut', async () => {
    const spaces = fc.constantFrom(undefined, 1, '\t')
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 8 }),
        spaces,
        fc.array(fc.nat(), { maxLength: 6 }),
        async (items, space, cuts) => {
          const content = JSON.stringify(items, undefined, space)
          const { records, end } = await readAll(textOf(content, cuts), { format: 'json' })

          assert.deepEqual(plain(records.map(({ data }) => data)), plain(items))
          assert.deepEqual(end, { complete: true, records: items.length })
        },
      ),
      { numRuns: 300 },
    )
  })

  it('reads records out of any document around them, however the text is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
        fc.array(record, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 9 }),
        async (around, items, size) => {
          const content = JSON.stringify({ ...around, feed: { 'the products': items }, after: [around] })
          const text = textOf(content, size)

          const { records } = await readAll(text, { format: 'json', record: 'feed/the products' })

          assert.deepEqual(plain(records.map(({ data }) => data)), plain(items))
        },
      ),
      { numRuns: 100 },
    )
  })

  it('knows the line on which each record begins', async () => {
    const { records } = await readAll(textOf('{"a":1,\n"products":[\n\n{"x":"a\\nb",\n"y":2},{"z":1}\n,\n{}]}', 3))

    assert.deepEqual(
      records.map(({ position }) => position),
      [
        { record: 1, line: 4 },
        { record: 2, line: 5 },
        { record: 3, line: 7 },
      ],
    )
  })

  for (const [name, path, content] of [
    ['the root', '', '[{"items":[{"a":1}]}]'],
    ['a telling name before others', 'result/products', '{"tags":[{"a":1}],"result":{"products":[{"a":1}]}}'],
    ['the only array of objects', 'foo/bar', '{"ids":[1,2],"foo":{"bar":[{"a":1}]}}'],
    ['the shallower one of two', 'data', '{"x":{"data":[{"a":1}]},"data":[{"a":1}]}'],
    ['a name in capitals', 'Products', '{"Products":[{"a":1}],"foo":[{"b":1}]}'],
  ] as const) {
    it(`finds the records: ${name}`, async () => {
      const { feed, records } = await readAll(content, { format: 'json' })

      assert.equal(feed.shape.recordPath, path)
      assert.equal(records.length, 1)
    })
  }

  it('finds records behind the head', async () => {
    const { feed, records } = await readAll(`{"about":"${'x'.repeat(100_000)}","list":[{"a":1}]}`)

    assert.equal(feed.shape.recordPath, 'list')
    assert.equal(records.length, 1)
  })

  it('takes a path or a name as hint', async () => {
    const content = '{"products":[{"a":1}],"x":{"y":[{"b":2}]}}'

    assert.deepEqual(plain(await dataOf(content, { record: 'x/y' })), [{ b: 2 }])
    assert.deepEqual(plain(await dataOf(content, { record: 'y' })), [{ b: 2 }])
  })

  it('reads arrays of records inside of arrays when they are named', async () => {
    const content = '{"groups":[{"items":[{"a":1},{"a":2}]},{"items":[{"a":3}]}]}'

    assert.deepEqual(plain(await dataOf(content, { record: 'groups/items' })), [{ a: 1 }, { a: 2 }, { a: 3 }])
  })

  it('keeps the digits of numbers that JavaScript cannot hold', async () => {
    const content =
      '[{"id":12345678901234567890,"price":12.10,"safe":9007199254740991,"s":"12345678901234567890","n":[1e309,-0.5]}]'

    assert.deepEqual(plain(await dataOf(content)), [
      {
        id: '12345678901234567890',
        price: 12.1,
        safe: 9007199254740991,
        s: '12345678901234567890',
        n: ['1e309', -0.5],
      },
    ])
  })

  it('has no prototypes: __proto__ is a key (F6)', async () => {
    const [data] = (await dataOf('[{"__proto__":{"x":1},"a":{"constructor":2}}]')) as [Record<string, unknown>]

    assert.equal(Object.getPrototypeOf(data), null)
    assert.deepEqual(Object.keys(data), ['__proto__', 'a'])
    assert.equal((data.a as Record<string, unknown>).toString, undefined)
    assert.equal(({} as Record<string, unknown>).x, undefined)
  })

  it('rejects items that are no objects', async () => {
    const { records, rejects, end } = await readAll('[{"a":1},5,"x",null,[{"b":1}],{"c":1}]')

    assert.equal(records.length, 2)
    assert.deepEqual(counts(rejects), { not_an_object: 4 })
    assert.equal(end?.records, 6)
  })

  it('rejects a record nested 100,000 levels deep, and survives such a document (F8)', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const { records, rejects } = await readAll(`[{"a":1},{"b":${deep}},{"c":1}]`)
    const shallow = await readAll(`[{"b":${'['.repeat(300)}${']'.repeat(300)}}]`)

    assert.equal(records.length, 2)
    assert.deepEqual(counts(rejects), { too_deep: 1 })
    assert.deepEqual(counts(shallow.rejects), { too_deep: 1 })
    assert.match((await failure(`{"x":${'{"a":'.repeat(100_000)}`)).message, /more than 200 levels/)
  })

  it('stops at a record that never ends (F4)', async () => {
    const error = await failure(`[{"a":1},\n{"b":"${'x'.repeat(9 * 1024 * 1024)}"}]`)

    assert.equal(error.place.line, 2)
    assert.match(error.message, /longer than 8 MiB/)
  })

  for (const [name, content, line, column] of [
    ['a missing comma', '[{"a":1}\n {"b":1}]', 2, 2],
    ['a fault inside a record', '[{"a":1},\n{"b":1,\n "c":tru}]', 3, 6],
    ['text behind the end', '[{"a":1}]\nx', 2, 1],
    ['a second document', '[{"a":1}]\n[{"b":1}]', 2, 1],
    ['a word that is no value', '{"x":nul,"products":[{"a":1}]}', 1, 6],
    ['a trailing comma', '[{"a":1},\n]', 2, 1],
    ['the wrong bracket', '{"products":[{"a":1}}', 1, 21],
    ['a missing colon', '{"products" [{"a":1}]}', 1, 13],
  ] as const) {
    it(`says where ${name} stands`, async () => {
      const error = await failure(content)

      assert.equal(error.kind, 'feed_malformed')
      assert.deepEqual([error.place.line, error.place.column], [line, column], error.message)
      assert.equal(error.place.file, 'feed')
    })
  }

  it('passes over trailing commas and broken records under lenient', async () => {
    const { records, rejects, repairs, end } = await readAll('[{"a":1},{"b":tru},{"c":1},]', { lenient: true })

    assert.equal(records.length, 2)
    assert.deepEqual(counts(rejects), { bad_json: 1 })
    assert.deepEqual(counts(repairs), { trailing_comma: 1 })
    assert.equal(end?.complete, true)
  })

  it('calls a feed without records empty (F11)', async () => {
    for (const content of ['[]', '{"products":[]}', ' [ ] ']) {
      assert.equal((await failure(content)).kind, 'feed_empty', content)
    }
    assert.equal((await failure('{"error":"denied"}')).kind, 'feed_malformed')
  })

  it('never passes off a feed cut at any byte as whole (F1)', async () => {
    const content = '{"meta":{"n":2},"products":[{"sku":"1","tags":["a","b"]},\n{"sku":"2","price":1.5}],"x":[1]}'
    const whole = await dataOf(content)
    for (let length = 1; length < content.length; length += 1) {
      const cut = content.slice(0, length)
      let opened: Awaited<ReturnType<typeof read>>
      try {
        opened = await read(cut, { format: 'json' })
      } catch (error) {
        assert.ok(error instanceof WholesalerError && /^feed_/.test(error.kind), cut)
        continue
      }

      assert.ok(opened.error instanceof WholesalerError, cut)
      assert.equal(opened.error.kind, 'feed_malformed')
      assert.deepEqual(
        opened.records.map(({ data }) => data),
        whole.slice(0, opened.records.length),
      )
      const lenient = await read(cut, { format: 'json', lenient: true })
      if (lenient.end !== undefined) assert.equal(lenient.end.complete, false)
    }
  })
})
