import assert from 'node:assert/strict'
import fc from 'fast-check'
import { WholesalerError } from '../../../src/core/errors.js'
import type { CsvRow } from '../../../src/core/feed/feed.js'
import { counts, read, readAll, textOf } from './string-text.js'

async function rowsOf(content: string, hints = {}): Promise<readonly CsvRow[]> {
  const { records } = await readAll(content, { format: 'csv', ...hints })
  return records.map((record) => record.data as CsvRow)
}

async function failure(content: string, hints = {}): Promise<WholesalerError> {
  try {
    await readAll(content, { format: 'csv', ...hints })
  } catch (error) {
    assert.ok(error instanceof WholesalerError, String(error))
    return error
  }
  assert.fail('was read without an error')
}

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`

function written(table: readonly CsvRow[], delimiter: string, newline: string): string {
  const special = (cell: string) => cell.includes(delimiter) || /["\r\n]/.test(cell) || cell.trim() !== cell
  return table.map((row) => row.map((cell) => (special(cell) ? quoted(cell) : cell)).join(delimiter) + newline).join('')
}

const cell = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    '19" screen',
    'x,y;z|w',
    'line\nline',
    'cr\r\nlf',
    'lone\rcr',
    '"',
    '""',
    ' padded ',
    'żółć',
    '😀',
  ),
  // Control characters are taken out by rule, half surrogates are no text.
  fc.string({ unit: 'grapheme' }).filter((text) => !/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text)),
)

const table = fc.integer({ min: 2, max: 6 }).chain((width) =>
  fc.record({
    width: fc.constant(width),
    rows: fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 12 }),
    delimiter: fc.constantFrom(',', ';', '\t', '|'),
    newline: fc.constantFrom('\n', '\r\n', '\r'),
  }),
)

const isBlank = (row: CsvRow) => row.every((text) => text.trim() === '')
const header = (width: number) => Array.from({ length: width }, (_, index) => `name${index}`)

describe('CSV feed', () => {
  it('reads back any table, in any dialect, however the text is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.array(fc.nat(), { maxLength: 6 }),
        async ({ width, rows, delimiter, newline }, cuts) => {
          fc.pre(!rows.every(isBlank))
          const content = written([header(width), ...rows], delimiter, newline)
          const { records, feed, end } = await readAll(textOf(content, cuts), { format: 'csv', delimiter })

          assert.deepEqual(feed.shape.columns, header(width))
          assert.deepEqual(
            records.map((record) => record.data),
            rows.filter((row) => !isBlank(row)),
          )
          assert.deepEqual(end, { complete: true, records: records.length, endsWithLineEnd: true })
        },
      ),
      { numRuns: 200 },
    )
  })

  it('knows the line on which each record begins', async () => {
    await fc.assert(
      fc.asyncProperty(table, async ({ width, rows, delimiter, newline }) => {
        fc.pre(!rows.every(isBlank))
        const content = written([header(width), ...rows], delimiter, newline)
        const { records } = await readAll(content, { format: 'csv', delimiter })
        let line = 2
        const lines: number[] = []
        for (const row of rows) {
          if (!isBlank(row)) lines.push(line)
          line += written([row], delimiter, newline).split(/\r\n|\n|\r/).length - 1
        }

        assert.deepEqual(
          records.map((record) => record.position.line),
          lines,
        )
      }),
      { numRuns: 100 },
    )
  })

  it('reads mixed line ends', async () => {
    assert.deepEqual(await rowsOf('a,b\r\n1,2\n3,4\r\n5,6\r7,8\n'), [
      ['1', '2'],
      ['3', '4'],
      ['5', '6'],
      ['7', '8'],
    ])
  })

  it('keeps a stray CR inside an unquoted cell as text', async () => {
    assert.deepEqual(await rowsOf('a,b,c\n1,x\ry,3\n4,5,6\n'), [
      ['1', 'x\ry', '3'],
      ['4', '5', '6'],
    ])
  })

  it('names columns: trimmed, blank ones by number, repeated ones by count', async () => {
    const { feed } = await readAll(' sku ,"Price\n(EUR)",,sku,sku,__proto__\n1,2,3,4,5,6\n')

    assert.deepEqual(feed.shape.columns, ['sku', 'Price (EUR)', 'column 3', 'sku (2)', 'sku (3)', '__proto__'])
  })

  it("passes over Excel's sep line and blank lines", async () => {
    assert.deepEqual(await rowsOf('sep=;\n\nsku;name\n\n1;A\n\n\n2;B\n\n'), [
      ['1', 'A'],
      ['2', 'B'],
    ])
  })

  it('leaves out rows of empty cells as a repair', async () => {
    const { records, repairs, end } = await readAll('sku;name\n1;A\n;\n; \n2;B\n')

    assert.equal(records.length, 2)
    assert.equal(end?.records, 2)
    assert.deepEqual(counts(repairs), { blank_row: 2 })
  })

  it('tells absent from blank: a short row stays short', async () => {
    const { records, repairs } = await readAll('sku,name,price\n1,A\n2,B,\n3,C,9\n')

    assert.deepEqual(
      records.map((record) => record.data),
      [
        ['1', 'A'],
        ['2', 'B', ''],
        ['3', 'C', '9'],
      ],
    )
    assert.deepEqual(repairs, [
      { position: { record: 1, line: 2 }, code: 'short_row', detail: 'The row has 2 of 3 cells.' },
    ])
  })

  it('rejects a row with surplus cells, unless they are empty', async () => {
    const { records, rejects, end } = await readAll('sku,name\n1,A,,\n2,"B,x",C\n3,D\n')

    assert.deepEqual(
      records.map((record) => record.data),
      [
        ['1', 'A'],
        ['3', 'D'],
      ],
    )
    assert.deepEqual(rejects, [
      {
        position: { record: 2, line: 3 },
        code: 'surplus_cells',
        reason: 'The row has 3 cells, the header 2.',
        raw: '2,"B,x",C',
      },
    ])
    assert.equal(end?.records, 3)
  })

  it('takes control characters out of cells as a repair (F3)', async () => {
    const { records, repairs } = await readAll(textOf('sku,name\n1,A\0B\x0bC\n2,D\n', 12), { format: 'csv' })

    assert.deepEqual(
      records.map((record) => record.data),
      [
        ['1', 'ABC'],
        ['2', 'D'],
      ],
    )
    assert.deepEqual(counts(repairs), { control_characters: 1 })
  })

  it('notices control characters in a row that spans many pieces (F3)', async () => {
    const { records } = await readAll(textOf(`sku,name\n1,"\0${'x'.repeat(500)}"\n`, 40), { format: 'csv' })

    assert.deepEqual(records[0]?.data, ['1', 'x'.repeat(500)])
  })

  it('refuses a stray quote with its line and column name, after the rows before it', async () => {
    for (const bad of ['2,19" screen', '2,"a" b']) {
      const { error, records } = await read(`sku,name\n1,A\n${bad}\n`)

      assert.ok(error instanceof WholesalerError)
      assert.equal(error.kind, 'feed_malformed')
      assert.deepEqual(error.place, { file: 'feed', line: 3, field: 'name' })
      assert.match(error.hint ?? '', /--lenient/)
      assert.equal(records.length, 1)
    }
  })

  it('keeps a stray quote as text under lenient, and says so', async () => {
    const { records, repairs, end } = await readAll('sku,name\n1,19" screen\n2,"a" b\n3,"ok ""x"""\n', {
      lenient: true,
    })

    assert.deepEqual(
      records.map((record) => record.data),
      [
        ['1', '19" screen'],
        ['2', '"a" b'],
        ['3', 'ok "x"'],
      ],
    )
    assert.deepEqual(counts(repairs), { stray_quote: 2 })
    assert.equal(end?.complete, true)
  })

  it('says of each stray quote in a long feed on which line it stands, and nothing of the rows around it', async () => {
    const lines = Array.from({ length: 3000 }, (_, i) => (i % 100 === 99 ? `${i},19" rack` : `${i},"a ""5"" b"`))
    const { records, repairs } = await readAll(`sku,name\r\n${lines.join('\r\n')}\r\n`, { lenient: true })

    assert.equal(records.length, 3000)
    assert.deepEqual(records[99]?.data, ['99', '19" rack'])
    assert.deepEqual(records[100]?.data, ['100', 'a "5" b'])
    assert.deepEqual(
      repairs.map(({ code, position }) => [code, position.line]),
      Array.from({ length: 30 }, (_, i) => ['stray_quote', 100 * i + 101]),
    )
  })

  it('never takes an unclosed quote for a complete feed (F4)', async () => {
    const content = `sku,name\n1,A\n2,"B\n${'3,C\n'.repeat(100)}`
    const error = await failure(content)
    const lenient = await readAll(content, { lenient: true })

    assert.equal(error.kind, 'feed_malformed')
    assert.equal(error.place.line, 3)
    assert.match(error.message, /never closed/)
    assert.equal(lenient.records.length, 1)
    assert.equal(lenient.end?.complete, false)
    assert.match(lenient.end?.problem ?? '', /never closed/)
  })

  it('stops at a cell of 10 MB with the line it begins on (F4)', async () => {
    const error = await failure(`sku,name\n1,A\n2,"${'x'.repeat(10 * 1024 * 1024)}"\n`)

    assert.equal(error.kind, 'feed_malformed')
    assert.equal(error.place.line, 3)
    assert.match(error.message, /longer than 8 MiB/)
  })

  it('reads a cell just inside the limit (F4)', async () => {
    const rows = await rowsOf(`sku,name\n1,"${'x'.repeat(7 * 1024 * 1024)}"\n`)

    assert.equal(rows[0]?.[1]?.length, 7 * 1024 * 1024)
  })

  it('refuses a million columns, in the header and in a row (F4)', async () => {
    const header = await failure(`sku${',x'.repeat(1_000_000)}\n1\n`)
    const { rejects } = await readAll(`sku,name\n1,A${',x'.repeat(1_000_000)}\n`, { format: 'csv' })
    const endless = await failure(`sku,name\n1,A\n${','.repeat(9 * 1024 * 1024)}`, { delimiter: ',' })

    assert.match(header.message, /1000001 cells/)
    assert.deepEqual(counts(rejects), { surplus_cells: 1 })
    assert.equal(rejects[0]?.raw?.length, 4096)
    assert.match(endless.message, /longer than 8 MiB/)
  })

  it('calls a header alone empty (F11)', async () => {
    for (const content of ['sku,name\n', 'sku,name', 'sku,name\n\n,\n', 'Access denied']) {
      assert.equal((await failure(content)).kind, 'feed_empty', content)
    }
  })

  it('never passes off a feed cut at any byte as whole, unless it is cut where a shorter feed could end (F1)', async () => {
    const content = 'sku,name,price\n1,"A\nB",5\n2,C,7\n3,"D,d",10\n'
    const whole = await rowsOf(content)
    for (let length = 1; length < content.length; length += 1) {
      const cut = content.slice(0, length)
      const { error, records, end } = await read(cut, { format: 'csv' })
      const lenient = await read(cut, { format: 'csv', lenient: true })

      if (error === undefined) {
        // All cells are there; the last may have lost its end, which only `mustEndLine` can tell.
        assert.equal(end?.complete, true)
        assert.ok(
          records.every((record) => (record.data as CsvRow).length === 3),
          cut,
        )
        const strict = await read(cut, { format: 'csv', mustEndLine: true })
        assert.deepEqual(
          strict.records.map((record) => record.data),
          whole.slice(0, strict.records.length),
        )
      } else {
        assert.ok(error instanceof WholesalerError && /^feed_/.test(error.kind), cut)
        assert.deepEqual(
          records.map((record) => record.data),
          whole.slice(0, records.length),
        )
        if (lenient.end !== undefined) assert.equal(lenient.end.complete, false, cut)
      }
    }
  })

  it('rejects a last row without line end when earlier snapshots had one (F1)', async () => {
    const { records, rejects, end } = await readAll('sku,name\n1,A\n2,B', { mustEndLine: true })

    assert.equal(records.length, 1)
    assert.deepEqual(counts(rejects), { cut_off: 1 })
    assert.deepEqual(end, { complete: true, records: 2, endsWithLineEnd: false })
  })

  it('does not take rows that are all short for a cut feed', async () => {
    assert.deepEqual(await rowsOf('a,b,c\n1,2\n3,4'), [
      ['1', '2'],
      ['3', '4'],
    ])
  })

  it('hands records out in chunks of a few hundred', async () => {
    const { records, chunkMax } = await readAll(`sku,name\n${'1,A\n'.repeat(5000)}`)

    assert.equal(records.length, 5000)
    assert.ok(chunkMax <= 500)
  })

  it('can be read again from the start', async () => {
    const { feed } = await readAll('sku,name\n1,A\n')
    const again = await feed.records({ reject: () => {}, repair: () => {} }).next()

    assert.deepEqual(again.value, [{ data: ['1', 'A'], position: { record: 1, line: 2 } }])
  })
})
